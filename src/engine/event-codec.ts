// Events to text and back. Stored bytes are never rewritten: an older version is upcast when it is read.
import type { EventType, NewEvent } from '#core/kernel/event.ts';
import { EVENT_VERSION } from '#core/kernel/event.ts';
import { assert } from '#core/base/assert.ts';

/** Written by the engine that makes a journal; a decision can be decided again by the same version. */
export const ENGINE_VERSION = '1';

/** Core builds events with their keys in alphabetical order, so this is canonical JSON (a test holds every type to it). */
export function encodeEvent(event: NewEvent): string {
  return JSON.stringify(event);
}

type Raw = { type: string; v: number } & Record<string, unknown>;
type Upcast = (event: Raw) => Raw;

/** Per event type: from version n to n + 1. Version 1 is the first. */
export const UPCASTS: Partial<Record<EventType, Record<number, Upcast>>> = {};

export function upcast(raw: Raw, upcasts: Partial<Record<string, Record<number, Upcast>>> = UPCASTS): NewEvent {
  let event = raw;
  while (event.v < EVENT_VERSION) {
    const step = upcasts[event.type]?.[event.v];
    assert(step, `no way to read ${event.type} version ${event.v}`);
    event = { ...step(event), v: event.v + 1 };
  }
  assert(event.v === EVENT_VERSION, `${event.type} version ${event.v} is newer than this program`);
  return event as unknown as NewEvent;
}
