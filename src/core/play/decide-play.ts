// The door of responsible play: limits, cool-off and exclusion that a person sets, and the timer that applies what waited.
import { unreachable } from '../base/assert.ts';
import { isId } from '../base/ids.ts';
import { AMOUNT_MINOR_MAX } from '../base/money.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Command, Context, Envelope, Via } from '../kernel/command.ts';
import { type Decision, event, type EventData } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import { PERIODS } from './calendar.ts';
import { type LimitKey, limitKey, type PlayPerson } from './play.ts';
import {
  COOL_OFF_HOURS_MAX,
  COOL_OFF_HOURS_MIN,
  type CoolOff,
  EXCLUSION_DAYS_MAX,
  EXCLUSION_DAYS_MIN,
  FOR_GOOD,
  type KeepPlayLimit,
  type LimitName,
  PLAY_KINDS,
  type PlayCommand,
  RAISE_WAIT_MS,
  type SelfExclude,
  type Setter,
  type SetPlayLimit,
  TIME_MINUTES_MAX,
} from './play-commands.ts';
import { decideBans, isBanCommand } from './tell-bans.ts';

const HOUR_MS = 3_600_000;

/** Which way in may send which command. */
export const PLAY_WAYS: Record<PlayCommand['type'], readonly Via[]> = {
  SetPlayLimit: ['api', 'operator', 'worker'],
  KeepPlayLimit: ['api', 'operator'],
  CoolOff: ['api', 'worker'],
  SelfExclude: ['api', 'worker'],
  FollowBans: ['worker'],
  TakeBans: ['worker'],
  NoteBansTold: ['worker'],
};

export function isPlayCommand(cmd: Command): cmd is PlayCommand {
  return Object.hasOwn(PLAY_WAYS, cmd.type);
}

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

export function decidePlay(ledger: LedgerState, envelope: Envelope<PlayCommand>, context: Context): Decision {
  const { actor, cmd } = envelope;
  if (isBanCommand(cmd)) return decideBans(ledger, envelope as Envelope<typeof cmd>, context);
  if (!isId('usr', cmd.ownerId)) return refuse('malformed', { path: '/ownerId' });
  // People set their own and nobody else's.
  if (actor.via === 'api' && actor.ownerId !== cmd.ownerId) return refuse('not_found', { path: '/ownerId' });
  const cause = { envelope, context };
  const person = ledger.play.find(cmd.ownerId);
  switch (cmd.type) {
    case 'SetPlayLimit':
      return setPlayLimit(cause, cmd, person);
    case 'KeepPlayLimit':
      return keepPlayLimit(cause, cmd, person);
    case 'CoolOff':
      return coolOff(cause, cmd, person);
    case 'SelfExclude':
      return selfExclude(cause, cmd, ledger.exclusions.get(cmd.ownerId) ?? 0);
    default:
      return unreachable(cmd, 'command');
  }
}

/** A loosening waited long enough. */
export function firePlayTimer(ledger: LedgerState, cause: Cause, name: string): Decision {
  const colon = name.indexOf(':');
  const ownerId = name.slice(0, colon);
  const key = name.slice(colon + 1) as LimitKey;
  const waiting = ledger.play.find(ownerId)?.waiting.get(key);
  if (!waiting) return [];
  const [by, kind, period] = key.split(':') as [Setter, LimitName['kind'], LimitName['period']];
  return [event(cause, 'PlayLimitSet', { by, kind, ownerId, period, value: waiting.value })];
}

/** Tighter at once; looser, or none at all, after the wait, which begins anew with each such wish. */
function setPlayLimit(cause: Cause, cmd: SetPlayLimit, person: PlayPerson | undefined): Decision {
  const { kind, ownerId, period, value } = cmd;
  const fault = faultInName(cmd);
  if (fault) return fault;
  const largest = kind === 'time' ? TIME_MINUTES_MAX : AMOUNT_MINOR_MAX;
  if (value !== null && (!Number.isSafeInteger(value) || value < 0 || value > largest))
    return refuse('malformed', { need: largest, path: '/value' });
  const by = setterOf(cause);
  const key = limitKey(by, kind, period);
  const now = person?.limits.get(key);
  const waits = person?.waiting.has(key) ?? false;
  if (now === undefined && value === null) return refuse('already_resolved', { path: '/value' });
  if (now === value && !waits) return refuse('already_resolved', { path: '/value' });
  const limit = { by, kind, ownerId, period, value };
  const loosens = now !== undefined && (value === null || value > now);
  if (!loosens) return [event(cause, 'PlayLimitSet', limit)];
  const dueAt = cause.context.now + RAISE_WAIT_MS[period];
  return [event(cause, 'PlayLimitWaits', { by, dueAt, kind, ownerId, period, value })];
}

function keepPlayLimit(cause: Cause, cmd: KeepPlayLimit, person: PlayPerson | undefined): Decision {
  const { kind, ownerId, period } = cmd;
  const fault = faultInName(cmd);
  if (fault) return fault;
  const by = setterOf(cause);
  if (!person?.waiting.has(limitKey(by, kind, period))) return refuse('not_found', { path: '/kind' });
  return [event(cause, 'PlayLimitKept', { by, kind, ownerId, period })];
}

/** A cool-off, as an exclusion, is only ever made longer. */
function coolOff(cause: Cause, { hours, ownerId }: CoolOff, person: PlayPerson | undefined): Decision {
  const fault = faultInLength(hours, { least: COOL_OFF_HOURS_MIN, most: COOL_OFF_HOURS_MAX, path: '/hours' });
  if (fault) return fault;
  const { now } = cause.context;
  const until = now + hours * HOUR_MS;
  const known = person?.coolOffUntil ?? 0;
  if (until <= known) return refuse('cool_off', { path: '/hours', retryAfterMs: known - now });
  return [event(cause, 'CoolOffSet', { ownerId, until })];
}

function selfExclude(cause: Cause, { days, ownerId }: SelfExclude, known: number): Decision {
  const fault =
    days === null ? null : faultInLength(days, { least: EXCLUSION_DAYS_MIN, most: EXCLUSION_DAYS_MAX, path: '/days' });
  if (fault) return fault;
  const { now } = cause.context;
  const until = days === null ? FOR_GOOD : now + days * 24 * HOUR_MS;
  if (until <= known) return refuse('self_excluded', { path: '/days', retryAfterMs: known - now });
  const excluded: EventData['ExclusionSet'] = { ownerId, self: true, until };
  return [event(cause, 'ExclusionSet', excluded)];
}

function faultInName({ kind, period }: LimitName) {
  if (!PLAY_KINDS.includes(kind)) return refuse('malformed', { path: '/kind' });
  return PERIODS.includes(period) ? null : refuse('malformed', { path: '/period' });
}

function setterOf({ envelope }: Cause): Setter {
  return envelope.actor.via === 'api' ? 'person' : 'operator';
}

function faultInLength(value: unknown, of: { least: number; most: number; path: string }): Refusal | null {
  const { least, most, path } = of;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return refuse('malformed', { path });
  if (value < least) return refuse('malformed', { need: least, path });
  return value > most ? refuse('malformed', { need: most, path }) : null;
}
