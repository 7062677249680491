// The switches and limits of a ledger: one each that halts all bets, all bots, all trading, and its undo.
import { isId } from '../base/ids.ts';
import { AMOUNT_MINOR_MAX } from '../base/money.ts';
import { refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import {
  type ChangeHalt,
  type Context,
  type Envelope,
  HALT_SCOPES,
  type SetExclusion,
  type SetLimits,
} from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import { onExclusionSet } from '../play/evolve-play.ts';
import { LIMIT_NAMES, type Limits } from './limits.ts';

export function changeHalt(ledger: LedgerState, envelope: Envelope<ChangeHalt>, context: Context): Decision {
  const { reason, scope, type } = envelope.cmd;
  if (!HALT_SCOPES.includes(scope)) return refuse('malformed', { path: '/scope' });
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  if (ledger.halted.has(scope) === (type === 'Halt')) return refuse('already_resolved', { path: '/scope' });
  return [event({ envelope, context }, type === 'Halt' ? 'RiskHalted' : 'RiskResumed', { reason, scope })];
}

export function setLimits(_ledger: LedgerState, envelope: Envelope<SetLimits>, context: Context): Decision {
  const { limits } = envelope.cmd;
  if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) return refuse('malformed', { path: '/limits' });
  const known = new Set<string>(LIMIT_NAMES);
  const changed: Record<string, number> = {};
  for (const name of Object.keys(limits).sort()) {
    const value = limits[name as keyof Limits];
    if (!known.has(name)) return refuse('malformed', { path: '/limits' });
    // No limit may let amounts grow beyond what one posting carries: sums of exposures would stop being exact.
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > AMOUNT_MINOR_MAX) {
      return refuse('malformed', { need: AMOUNT_MINOR_MAX, path: `/limits/${name}` });
    }
    changed[name] = value as number;
  }
  return [event({ envelope, context }, 'LimitsChanged', { limits: changed })];
}

/** An operator's own exclusion may be changed at will; the one that a person set himself only be made longer. */
export function setExclusion(ledger: LedgerState, envelope: Envelope<SetExclusion>, context: Context): Decision {
  const { ownerId, until } = envelope.cmd;
  if (!isId('usr', ownerId)) return refuse('malformed', { path: '/ownerId' });
  if (!Number.isSafeInteger(until) || until < 0) return refuse('malformed', { path: '/until' });
  const own = ledger.play.find(ownerId)?.selfExcludedUntil ?? 0;
  if (own > context.now && until < own) return refuse('self_excluded', { path: '/until', retryAfterMs: own - context.now });
  return [event({ envelope, context }, 'ExclusionSet', { ownerId, until })];
}

export function onControl(
  ledger: LedgerState,
  e: NewEvent<'RiskHalted' | 'RiskResumed' | 'LimitsChanged' | 'ExclusionSet'>,
): void {
  if (e.type === 'RiskHalted') ledger.halted.add(e.data.scope);
  else if (e.type === 'RiskResumed') ledger.halted.delete(e.data.scope);
  else if (e.type === 'LimitsChanged') {
    ledger.limits = { ...ledger.limits, ...e.data.limits };
    ledger.desk.countDays(ledger.limits.ownerDayStakeMaxMinor < AMOUNT_MINOR_MAX, e.at);
  } else onExclusionSet(ledger, e as NewEvent<'ExclusionSet'>);
}
