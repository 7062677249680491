// A message as a Kafka record and back: the key is the record's key, the body its value, all else headers. A record that is not a message
// of ours becomes a dead letter, so that it never blocks what comes after it.
import type { Message as KafkaMessage, MessageRecord } from '@platformatic/kafka';
import { assert } from '#core/base/assert.ts';
import type { Message } from '#ports/bus.ts';

/** A record with deserialised text; absent where the record had none. */
export type Received = KafkaMessage<string | undefined, string | undefined, string, string>;

export interface SizedRecord {
  readonly record: MessageRecord;
  /** About what it takes on the wire, before compression. */
  readonly bytes: number;
}

const HEADER = {
  id: Buffer.from('id'),
  type: Buffer.from('type'),
  v: Buffer.from('v'),
  correlationId: Buffer.from('correlationId'),
  traceparent: Buffer.from('traceparent'),
};
/** Lengths, offsets and header names of a record, bytes. */
const OVERHEAD_BYTES = 64;

export function recordOf(message: Message, topic: string): SizedRecord {
  const { body, correlationId, id, key, traceparent, type, v } = message;
  for (const text of [message.topic, key, id, type, correlationId, body])
    assert(typeof text === 'string', 'a message carries text only');
  assert(Number.isSafeInteger(v), 'a message has an integer version');
  assert(traceparent === undefined || typeof traceparent === 'string', 'a message carries text only');
  const value = Buffer.from(body);
  const headers = new Map<Buffer, Buffer>([
    [HEADER.id, Buffer.from(id)],
    [HEADER.type, Buffer.from(type)],
    [HEADER.v, Buffer.from(String(v))],
    [HEADER.correlationId, Buffer.from(correlationId)],
  ]);
  if (traceparent !== undefined) headers.set(HEADER.traceparent, Buffer.from(traceparent));
  const bytes = value.length + key.length + id.length + type.length + correlationId.length + OVERHEAD_BYTES;
  return { record: { topic, key: Buffer.from(key), value, headers }, bytes };
}

/** The message, or why it is none. */
export function messageOf(received: Received, topic: string): Message | string {
  const { headers, key, value: body } = received;
  const [id, type, correlationId] = [headers.get('id'), headers.get('type'), headers.get('correlationId')];
  const v = Number(headers.get('v') ?? 'none');
  if (key === undefined || body === undefined) return 'the record has no key or no value';
  if (id === undefined || type === undefined || correlationId === undefined)
    return 'the record lacks a header: id, type and correlationId are needed';
  if (!Number.isSafeInteger(v)) return "the record's header v is no whole number";
  const traceparent = headers.get('traceparent');
  return { topic, key, id, type, v, correlationId, ...(traceparent === undefined ? {} : { traceparent }), body };
}

/** What can be told of a record that is no message. */
export function remainsOf(received: Received, topic: string): Message {
  const { headers, key = '', offset, partition, value = '' } = received;
  const place = `${topic}/${partition}/${offset}`;
  const v = Number(headers.get('v') ?? 0);
  return {
    topic,
    key,
    id: headers.get('id') ?? place,
    type: headers.get('type') ?? 'unknown',
    v: Number.isSafeInteger(v) ? v : 0,
    correlationId: headers.get('correlationId') ?? place,
    body: value,
  };
}
