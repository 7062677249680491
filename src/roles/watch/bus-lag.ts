// Messages that wait for a group of this process, as figures. What a group is not asked about any more is left out.
import type { Metrics } from '#ports/metrics.ts';

/** Takes the newest count of a topic and group; NaN: not known. */
export function lagGauges(metrics: Metrics): (topic: string, group: string, messages: number) => void {
  const counts = new Map<string, number>();
  return (topic, group, messages) => {
    const key = `${topic} ${group}`;
    if (!counts.has(key)) metrics.gauge('palpite_bus_lag_messages', () => counts.get(key) ?? Number.NaN, { topic, group });
    counts.set(key, messages);
  };
}
