// The part of the gate that counts: whatever a command would put at stake, in whatever product, is counted as its events say and refused when a
// limit of the person would be passed. It reads the decision itself, so no product can forget to ask. What only gives money back always passes.
import type { Refusal } from '../base/refusal.ts';
import { refuse } from '../base/refusal.ts';
import type { Envelope } from '../kernel/command.ts';
import { type Decision, isRefusal } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import { type Period, PERIODS, windowEnd } from './calendar.ts';
import type { Counters } from './counters.ts';
import { bindingLimit, type PlayPerson } from './play.ts';
import { PLAY_KINDS, type PlayKind, SESSION_START_MS } from './play-commands.ts';

const MINUTE_MS = 60_000;

/** The decision itself, or why a limit of the person whose money it is forbids it. Costs one look-up for a person without limits. */
export function gatePlay(ledger: LedgerState, envelope: Envelope, now: number, decision: Decision): Decision {
  const { play } = ledger;
  if (!play.counts) return decision;
  const ownerId = whoseMoney(envelope);
  const person = ownerId === null ? undefined : play.find(ownerId);
  if (!person || person.limits.size === 0 || isRefusal(decision)) return decision;
  const drafted = person.counters.copy();
  for (const e of decision) play.countAs(ledger, e, (id) => (id === person.ownerId ? drafted : null));
  return firstPassed({ person, drafted, now, byHand: envelope.actor.via === 'api' }) ?? decision;
}

/** People and their bots act for themselves; what an operator grants is for whom he names. Nothing else is held up by limits. */
function whoseMoney({ actor, cmd }: Envelope): string | null {
  if (actor.via === 'api' || actor.via === 'bot') return actor.ownerId;
  return cmd.type === 'IssueFunds' ? cmd.ownerId : null;
}

interface Asked {
  readonly person: PlayPerson;
  readonly drafted: Counters;
  readonly now: number;
  readonly byHand: boolean;
}

function firstPassed(asked: Asked): Refusal | null {
  for (const period of PERIODS) {
    for (const kind of PLAY_KINDS) {
      const limit = bindingLimit(asked.person, kind, period);
      if (limit === null) continue;
      const refused = kind === 'time' ? overTime(asked, period, limit) : overAmount(asked, { kind, limit, period });
      if (refused) return refused;
    }
  }
  return null;
}

function overAmount(asked: Asked, of: { kind: PlayKind; limit: number; period: Period }): Refusal | null {
  const { drafted, now, person } = asked;
  const { kind, limit, period } = of;
  const have = drafted.used(period, kind, now);
  if (have <= limit || have <= person.counters.used(period, kind, now)) return null;
  const retryAfterMs = windowEnd(period, now) - now;
  const path = `/limits/${kind}/${period}`;
  return refuse(kind === 'loss' ? 'loss_limit' : 'limit_user', { have, need: limit, path, retryAfterMs });
}

/**
 * Only what stakes is an action. Time runs in the person's own wallet: bots cost none, but bet no longer than he may begin a session, and whoever
 * has a time limit bets by hand from his own wallet only.
 */
function overTime({ byHand, drafted, now, person }: Asked, period: Period, minutes: number): Refusal | null {
  if (!drafted.staked) return null;
  const isOwn = drafted.acted;
  const used = isOwn ? drafted.used(period, 'time', now) : person.counters.used(period, 'time', now) + SESSION_START_MS;
  if (used <= minutes * MINUTE_MS && (isOwn || !byHand)) return null;
  const have = Math.ceil(used / MINUTE_MS);
  return refuse('time_limit', {
    have,
    need: minutes,
    path: `/limits/time/${period}`,
    retryAfterMs: windowEnd(period, now) - now,
  });
}
