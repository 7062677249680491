// Handing a batch to a handler until it is done: the batch again, then message by message so that one bad message does not bury its
// neighbours, at last the dead letters.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Handler, Message } from '#ports/bus.ts';
import { isOutage } from '#ports/outage.ts';

/** Longest pause while what a handler needs is away, ms. */
const OUTAGE_RETRY_MS_MAX = 1_000;

export interface DeliveryTerms {
  readonly attemptsMax: number;
  readonly retryMs: number;
  readonly handler: Handler;
  /** False once the member leaves: what is not done then is left to the others. */
  readonly open: () => boolean;
  /** What the handler needs is away: it is tried until it is back. */
  readonly onOutage: (reason: string) => void;
  readonly bury: (message: Message, reason: string) => Promise<void>;
}

/** Gives what a leaving member left undone: the rest of the batch from the first message that is not handled. */
export async function deliver(batch: readonly Message[], terms: DeliveryTerms): Promise<readonly Message[]> {
  if (batch.length === 0) return [];
  for (let attempt = 1, waits = 0; ; attempt++) {
    try {
      await terms.handler(batch);
      return [];
    } catch (error) {
      if (isOutage(error)) {
        if (!terms.open()) return batch;
        if (waits === 0) terms.onOutage(String(error));
        await sleep(Math.min(terms.retryMs * ++waits, OUTAGE_RETRY_MS_MAX));
        attempt--; // not the message's fault
        continue;
      }
      const [first] = batch;
      if (first && attempt >= terms.attemptsMax && batch.length === 1) {
        await terms.bury(first, String(error));
        return [];
      }
      if (!terms.open()) return batch;
      await sleep(terms.retryMs * attempt);
      if (attempt >= 2 && batch.length > 1) return oneByOne(batch, terms);
    }
  }
}

async function oneByOne(batch: readonly Message[], terms: DeliveryTerms): Promise<readonly Message[]> {
  for (const [i, message] of batch.entries()) {
    const undone = await deliver([message], terms);
    if (undone.length > 0) return batch.slice(i);
  }
  return [];
}
