// How many dead letters wait for somebody to decide, per topic.
import { TOPICS_SENT } from '#engine/bus/message-table.ts';
import type { Running, Runtime } from '../runtime.ts';
import { poll } from './polled.ts';

const ASK_MS = 15_000;
/** A letter may name any topic at all; the figures may not. */
const OTHER = 'other';

export function watchDeadLetters({ context, metrics }: Pick<Runtime, 'context' | 'metrics'>): Running {
  const { deadLetters, log } = context;
  const known = new Set<string>(TOPICS_SENT);
  const waiting = poll(() => deadLetters.waiting(), { what: 'dead letters', everyMs: ASK_MS, log });
  const sum = (mine: (topic: string) => boolean): number => {
    if (!waiting.last) return Number.NaN;
    return [...waiting.last].reduce((total, [topic, letters]) => (mine(topic) ? total + letters : total), 0);
  };
  for (const topic of known) metrics.gauge('palpite_dead_letters', () => sum((each) => each === topic), { topic });
  metrics.gauge('palpite_dead_letters', () => sum((each) => !known.has(each)), { topic: OTHER });
  return waiting;
}
