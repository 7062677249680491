// A recorded command log: what one writer was asked, batch by batch, with the time and the prices it had. Fed to another writer it gives the
// same events; timers are left out, they fire by themselves.
import type { Quote } from '#core/catalog/quote.ts';
import type { Block } from '#ports/journal.ts';
import type { Message } from '#ports/bus.ts';
import { BlockBody } from './block-body.ts';

export interface RecordedBatch {
  /** What the batch was stamped with, ms. */
  readonly at: number;
  readonly quotes: readonly Quote[];
  /** Encoded envelopes in the order in which they were decided. */
  readonly commands: readonly string[];
}

const TIMER = /"type":"FireTimer"\}/;

export function recordedBatch(block: Block): RecordedBatch {
  const body = new BlockBody(block.body);
  const { now, quotes } = body.context();
  return { at: now, quotes, commands: body.commandLines().filter((line) => !TIMER.test(line)) };
}

/** A batch on the bus: the shard is the key, so that batches keep their order. */
export function batchMessage(shard: number, n: number, batch: RecordedBatch): Message {
  const id = `recorded:${shard}:${n}`;
  return { topic: 'commands', key: String(shard), id, type: 'batch', v: 1, correlationId: id, body: JSON.stringify(batch) };
}

/** A command of a producer that does not wait for the answer. */
export function commandMessage(shard: number, id: string, encoded: string): Message {
  return { topic: 'commands', key: String(shard), id, type: 'command', v: 1, correlationId: id, body: encoded };
}

/** Throws when the message is not one of ours. */
export function readBatch(message: Message): RecordedBatch {
  const batch = JSON.parse(message.body) as Partial<RecordedBatch>;
  if (!Number.isSafeInteger(batch.at) || !Array.isArray(batch.quotes) || !Array.isArray(batch.commands))
    throw new Error('malformed recorded batch');
  return batch as RecordedBatch;
}
