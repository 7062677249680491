// SetMarketLimits and SetBettorFactor: what the desk allows on some markets and to some people.
import { stakeOf } from '../bets/each-way/each-way.ts';
import { openStakesOfMultiples } from '../bets/multiples/multiple-exposure.ts';
import { isId } from '../base/ids.ts';
import { AMOUNT_MINOR_MAX } from '../base/money.ts';
import { refuse } from '../base/refusal.ts';
import type { Market } from '../bets/market.ts';
import { onBarred } from '../exchange/orders/pull-orders.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt, marketOf } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { FACTOR_PPM_MAX, MARKET_LIMIT_NAMES, PPM, type SetBettorFactor, type SetMarketLimits } from './desk-commands.ts';
import { covers, isTarget } from './target.ts';

/** Targets with limits of their own, and people with a factor, per ledger. */
const TARGETS_MAX = 10_000;
const FACTORS_MAX = 100_000;

export function setMarketLimits(ledger: LedgerState, envelope: Envelope<SetMarketLimits>, context: Context): Decision {
  const { limits, target } = envelope.cmd;
  if (!isTarget(target)) return refuse('malformed', { path: '/target' });
  if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) return refuse('malformed', { path: '/limits' });
  const known = new Set<string>(MARKET_LIMIT_NAMES);
  const changed: Record<string, number | null> = {};
  const names = Object.keys(limits).sort();
  if (names.length === 0) return refuse('malformed', { path: '/limits' });
  for (const name of names) {
    const value: unknown = limits[name as keyof typeof limits];
    if (!known.has(name)) return refuse('malformed', { path: '/limits' });
    if (value !== null && (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > AMOUNT_MINOR_MAX))
      return refuse('malformed', { need: AMOUNT_MINOR_MAX, path: `/limits/${name}` });
    changed[name] = value as number | null;
  }
  if (target.includes('/') && !marketOf(ledger, target)) return refuse('not_found', { path: '/target' });
  if (!ledger.desk.limits.has(target) && ledger.desk.limits.size >= TARGETS_MAX)
    return refuse('too_large', { need: TARGETS_MAX, path: '/target' });
  return [event({ envelope, context }, 'MarketLimitsSet', { limits: changed, target })];
}

export function setBettorFactor(ledger: LedgerState, envelope: Envelope<SetBettorFactor>, context: Context): Decision {
  const { factorPpm, ownerId } = envelope.cmd;
  if (!isId('usr', ownerId)) return refuse('malformed', { path: '/ownerId' });
  if (!Number.isSafeInteger(factorPpm) || factorPpm < 0 || factorPpm > FACTOR_PPM_MAX)
    return refuse('malformed', { need: FACTOR_PPM_MAX, path: '/factorPpm' });
  const { factors } = ledger.desk;
  if (factorPpm !== PPM && !factors.has(ownerId) && factors.size >= FACTORS_MAX)
    return refuse('too_large', { need: FACTORS_MAX, path: '/ownerId' });
  return [event({ envelope, context }, 'BettorFactorSet', { factorPpm, ownerId })];
}

export function onDesk(ledger: LedgerState, e: NewEvent<'MarketLimitsSet' | 'BettorFactorSet'>): void {
  if (e.type === 'BettorFactorSet') {
    ledger.desk.setFactor(e.data.ownerId, e.data.factorPpm);
    if (e.data.factorPpm === 0) onBarred(ledger, e.data.ownerId);
    return;
  }
  const { limits, target } = e.data;
  ledger.desk.setLimits(target, limits);
  const one = marketOf(ledger, target);
  if (one) return applyLimits(ledger, one);
  for (const { eventId, markets } of ledger.fixtures.values())
    if (covers(target, eventId)) for (const row of markets) applyLimits(ledger, marketAt(ledger, row));
}

/** Works out what was set over a market: when that changes, and when the market opens. */
export function applyLimits(ledger: LedgerState, market: Market): void {
  ledger.desk.apply(market, () => openStakes(ledger, market));
}

function* openStakes(ledger: LedgerState, market: Market): Iterable<readonly [string, number]> {
  for (const bets of [ledger.bets, ledger.eachWay]) {
    for (let row = bets.first(market.row); row >= 0; row = bets.next(row)) {
      const bet = bets.get(row);
      yield [(ledger.holders[bet.holder] as Holder).ownerId, stakeOf(ledger, bets, bet)];
    }
  }
  yield* openStakesOfMultiples(ledger, market.row);
}
