// From the bus to the hub: every gateway hears every change of prices, and none is remembered for a gateway that is away.
import type { Bus, Subscription } from '#ports/bus.ts';
import { numbered, readUpdate } from '#engine/odds/messages.ts';
import { noTraces, type Traces } from '#ports/traces.ts';
import type { OddsHub } from './odds-hub.ts';

export function feedHub(bus: Bus, hub: OddsHub, traces: Traces = noTraces): Promise<Subscription> {
  const hear: Parameters<Bus['subscribe']>[2] = async (messages) => {
    for (const message of messages) {
      const update = readUpdate(message);
      if (update.kind !== 'quotes') continue;
      const change = { eventId: update.eventId, after: update.after, quotes: numbered(update) };
      hub.publish(change, traces.follow(message.traceparent, 'gateway.push'));
    }
  };
  return bus.subscribe('odds_updates', 'gateway', hear, { broadcast: true });
}
