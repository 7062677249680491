// Declares a pool once: fees, dividends or prizes, and what becomes of each minor unit that is left. Entries are paid from the escrow afterwards.
import { assert } from '../base/assert.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { event, type NewEvent } from '../kernel/event.ts';
import { HOUSE, holderOf, type LedgerState, ROUNDING } from '../kernel/state.ts';
import { type Posting, posting } from '../ledger/accounts.ts';
import { dividendsOf } from './arithmetic/dividends.ts';
import { feesOf } from './arithmetic/fees.ts';
import { prizesOf } from './arithmetic/prizes.ts';
import type { PoolMarketOpened } from './pool-events.ts';
import { carryOf, type Declared, type Pool, selectionName } from './state/pool.ts';
import { finishOf, outOf, runnersOf } from './arithmetic/pool-finish.ts';

export const POOL_FEES = 'fees:pool';

export interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

type Money = Omit<Declared, 'poolId' | 'reason' | 'version' | 'grossMinor' | 'carryInMinor' | 'refundMinor'>;
const NOTHING: Money = {
  breakageMinor: 0,
  carriedMinor: 0,
  creatorFeeMinor: 0,
  dividends: [],
  netMinor: 0,
  outcome: 'refund',
  prizes: [],
  roundingMinor: 0,
  takeoutMinor: 0,
  topUpMinor: 0,
};

/** Null while a market's result does not say who won. */
export function declare(ledger: LedgerState, cause: Cause, pool: Pool): NewEvent | null {
  if (!pool.market) return declareBolao(ledger, cause, pool);
  const finish = finishOf(pool);
  if (finish === 'undecided') return null;
  if (finish === 'refund') return declareRefund(ledger, cause, pool, 'no_contest');
  const refundMinor = unitsOut(pool) * pool.rules.unitMinor;
  const net = netOf(pool, refundMinor);
  if (finish.shares.length === 0) return nobodyWon(ledger, cause, pool, refundMinor);
  const { breakage, minDividendMinor, minusPool, oddCents } = pool.rules;
  const unitsOf = (selection: number): number => pool.unitsOn[selection] as number;
  const rules = { breakage, minDividendMinor, minusPool, oddCents };
  const paid = dividendsOf({ netMinor: net.netMinor, shares: finish.shares, unitsOf, rules, topUpMaxMinor: topUpMax(ledger) });
  const { market } = pool;
  const dividends = paid.dividends.map(
    ({ dividendMinor, oddMinor, selections, units }) =>
      [selections.map((selection) => selectionName(market, selection)), units, dividendMinor, oddMinor] as const,
  );
  const { breakageMinor, roundingMinor, topUpMinor } = paid;
  const money = { ...NOTHING, ...net, ...leftOf(pool, breakageMinor), dividends, roundingMinor, topUpMinor };
  return declared(ledger, cause, pool, { ...money, outcome: 'dividends', reason: 'result', refundMinor });
}

/** Everything back, no fees; what an earlier pool carried waits for the next. */
export function declareRefund(ledger: LedgerState, cause: Cause, pool: Pool, reason: string): NewEvent<'PoolDeclared'> {
  const refundMinor = pool.liveUnits * pool.rules.unitMinor;
  const money = { ...NOTHING, carriedMinor: pool.carryInMinor };
  return declared(ledger, cause, pool, { ...money, outcome: 'refund', reason, refundMinor });
}

function declareBolao(ledger: LedgerState, cause: Cause, pool: Pool): NewEvent {
  const net = netOf(pool, 0);
  const standing = [...pool.standing].sort(([a], [b]) => b - a);
  const paid = prizesOf({ netMinor: net.netMinor, standing, rules: pool.rules });
  if (!paid) return nobodyWon(ledger, cause, pool, 0);
  const prizes = paid.prizes.map(({ eachMinor, entries, oddMinor, points }) => [points, entries, eachMinor, oddMinor] as const);
  const money = { ...NOTHING, ...net, ...leftOf(pool, paid.breakageMinor), prizes, roundingMinor: paid.roundingMinor };
  return declared(ledger, cause, pool, { ...money, outcome: 'prizes', reason: 'result', refundMinor: 0 });
}

/** Fees are taken when the net is carried, and not when the stakes go back. */
function nobodyWon(ledger: LedgerState, cause: Cause, pool: Pool, refundMinor: number): NewEvent {
  if (pool.rules.noWinner !== 'carry') return declareRefund(ledger, cause, pool, 'no_winner');
  const net = netOf(pool, refundMinor);
  const money = { ...NOTHING, ...net, carriedMinor: net.netMinor };
  return declared(ledger, cause, pool, { ...money, outcome: 'carry', reason: 'no_winner', refundMinor });
}

/** Fees are of this pool's stakes; what was carried to it paid them before. */
function netOf(pool: Pool, refundMinor: number): Pick<Money, 'creatorFeeMinor' | 'netMinor' | 'takeoutMinor'> {
  const stakedMinor = pool.liveUnits * pool.rules.unitMinor - refundMinor;
  const { creatorFeeMinor, takeoutMinor } = feesOf(stakedMinor, pool.rules);
  return { creatorFeeMinor, netMinor: stakedMinor - takeoutMinor - creatorFeeMinor + pool.carryInMinor, takeoutMinor };
}

/** Breakage that stays with the pool is carried to the next one. */
function leftOf(pool: Pool, breakageMinor: number): Pick<Money, 'breakageMinor' | 'carriedMinor'> {
  const toHouse = pool.rules.breakage.to === 'house';
  return { breakageMinor: toHouse ? breakageMinor : 0, carriedMinor: toHouse ? 0 : breakageMinor };
}

function declared(
  ledger: LedgerState,
  cause: Cause,
  pool: Pool,
  money: Money & { readonly reason: string; readonly refundMinor: number },
): NewEvent<'PoolDeclared'> {
  const { carryInMinor, liveUnits, poolId, rules, version } = pool;
  const grossMinor = liveUnits * rules.unitMinor;
  const { breakageMinor, carriedMinor, creatorFeeMinor, dividends, netMinor, outcome, prizes } = money;
  const { reason, refundMinor, roundingMinor, takeoutMinor, topUpMinor } = money;
  const data: Declared = {
    breakageMinor,
    carriedMinor,
    carryInMinor,
    creatorFeeMinor,
    dividends,
    grossMinor,
    netMinor,
    outcome,
    poolId,
    prizes,
    reason,
    refundMinor,
    roundingMinor,
    takeoutMinor,
    topUpMinor,
    version: version + 1,
    ...withdrawnIn(pool),
  };
  const left = grossMinor + carryInMinor + topUpMinor - spentOf(data);
  assert(left === 0, () => `${poolId}: ${left} of the pool is nobody's`);
  // After the window no money of the pool moves again: the house pays what somebody would have got more.
  return event(cause, 'PoolDeclared', data, pool.difference ? [] : postingsOf(ledger, pool, data));
}

/** All that leaves the escrow. */
function spentOf(d: Declared): number {
  const fees = d.takeoutMinor + d.creatorFeeMinor + d.breakageMinor + d.carriedMinor + d.roundingMinor + d.refundMinor;
  const paid = [...d.dividends, ...d.prizes].reduce((sum, [, count, each, odd]) => sum + count * each + odd, 0);
  return fees + paid;
}

/** First what comes in, so that the escrow is never overdrawn. */
function postingsOf(ledger: LedgerState, pool: Pool, data: Declared): Posting[] {
  const creator = holderOf(ledger, pool.holder);
  assert(creator, () => `${pool.poolId}: its creator is unknown`);
  const { escrow } = pool;
  const moves: [from: string, to: string, amountMinor: number][] = [
    [HOUSE, escrow, data.topUpMinor],
    [escrow, POOL_FEES, data.takeoutMinor],
    [escrow, creator.available, data.creatorFeeMinor],
    [escrow, HOUSE, data.breakageMinor],
    [escrow, carryOf(pool.poolId), data.carriedMinor],
    [escrow, ROUNDING, data.roundingMinor],
  ];
  return moves.filter(([, , amount]) => amount > 0).map(([from, to, amount]) => posting(from, to, amount, ledger.currency));
}

/** What the house may add to a minus pool: its capital less all that it could lose on open bets. */
function topUpMax(ledger: LedgerState): number {
  const free = ledger.accounts.balance(HOUSE, ledger.currency) - ledger.worstLossMinor + ledger.limits.houseCapitalMinor;
  return Math.max(0, free);
}

/** Units on what takes no part: their stakes go back. */
function unitsOut(pool: Pool): number {
  const out = outOf(pool);
  const { market } = pool;
  if (!market || out.length === 0) return 0;
  let units = 0;
  for (const [selection, on] of pool.unitsOn.entries()) if (on > 0 && names(market, selection, out)) units += on;
  return units;
}

/** True when a selection names one of these runners. */
export function names(market: PoolMarketOpened, selection: number, runners: readonly number[]): boolean {
  return runnersOf(market, selection).some((runner) => runners.includes(runner));
}

/** What a later word of the result must not change while it is paid. */
function withdrawnIn(pool: Pool): Pick<Declared, 'withdrawn'> {
  const told = outOf(pool).slice(pool.scratched.length);
  return told.length === 0 ? {} : { withdrawn: told.map((runner) => pool.market?.runners[runner] as string) };
}
