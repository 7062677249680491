// One command decided, whatever happens: events, a recorded refusal, or a quarantine when decide() throws.
// The writer and `journal verify` both go through here, so that a decision can be decided again to the same bytes.
import { hash } from 'node:crypto';
import { type Refusal, refuse } from '#core/base/refusal.ts';
import { decide } from '#core/decide.ts';
import type { Context, Envelope } from '#core/kernel/command.ts';
import { type Decision, event, isRefusal, type NewEvent } from '#core/kernel/event.ts';
import type { ShardState } from '#core/kernel/state.ts';

export interface Decided {
  readonly events: readonly NewEvent[];
  readonly result: 'done' | Refusal;
  /** What decide() threw, if it did. */
  readonly thrown?: unknown;
}

export function decideOne(state: ShardState, envelope: Envelope, context: Context): Decided {
  let decision: Decision;
  try {
    decision = decide(state, envelope, context);
  } catch (error) {
    return quarantine({ envelope, context }, error);
  }
  if (!isRefusal(decision)) return { events: decision, result: 'done' };
  const refused = event({ envelope, context }, 'CommandRefused', { command: envelope.cmd.type, refusal: decision });
  return { events: [refused], result: decision };
}

/** A timer that cannot be decided is dropped with its quarantine: left in place it would be due again at once, for ever. */
function quarantine(cause: { envelope: Envelope; context: Context }, thrown: unknown): Decided {
  const { cmd } = cause.envelope;
  const errorHash = hash('sha256', String(thrown)).slice(0, 32);
  const events: NewEvent[] = [event(cause, 'CommandQuarantined', { command: cmd.type, errorHash })];
  if (cmd.type === 'FireTimer') events.push(event(cause, 'TimerDropped', { key: cmd.key }));
  return { events, result: refuse('quarantined'), thrown };
}
