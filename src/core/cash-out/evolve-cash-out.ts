// Folds cash-outs into state: what waits, and bets that became smaller or ended.
import { assert } from '../base/assert.ts';
import { placeMarketOf } from '../bets/each-way/each-way.ts';
import { heldBet } from '../bets/held-bet.ts';
import { closeBet, shrinkBet } from '../bets/evolve-bets.ts';
import { closeMultiple, shrinkMultiple } from '../bets/multiples/evolve-multiples.ts';
import { NONE } from '../bets/multiples/open-multiples.ts';
import type { NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import type { CashOutEvents } from './cash-out-commands.ts';
import { cashOutKey } from './cash-outs.ts';

export type CashOutEvent = NewEvent<keyof CashOutEvents>;

export function isCashOutEvent(e: NewEvent): e is CashOutEvent {
  return e.type === 'BetCashedOut' || e.type === 'CashOutRequested' || e.type === 'CashOutRejected';
}

/** Door into evolve(). */
export function evolveCashOut(ledger: LedgerState, e: CashOutEvent): void {
  const { betId } = e.data;
  if (e.type === 'CashOutRequested') {
    const suspensions = suspensionsNow(ledger, betId);
    const { amountMinor, offerId, releaseAt, stakeMinor } = e.data;
    ledger.cashOuts.wait({ betId, offerId, stakeMinor, amountMinor, suspensions });
    ledger.timers.set(cashOutKey(betId), releaseAt);
    return;
  }
  ledger.cashOuts.delete(betId);
  ledger.timers.delete(cashOutKey(betId));
  if (e.type === 'CashOutRejected') return;
  const { remainingMinor } = e.data;
  if (e.data.legs) {
    if (remainingMinor === 0) closeMultiple(ledger, betId);
    else shrinkMultiple(ledger, betId, remainingMinor);
  } else if (remainingMinor === 0) closeBet(ledger, betId);
  else shrinkBet(ledger, betId, remainingMinor);
}

/** Of the bet's market, each way of the market of its places as well, or of each leg's; 0 for one that is archived. */
export function suspensionsNow(ledger: LedgerState, betId: string): number | readonly number[] {
  const held = heldBet(ledger, betId);
  if (held) {
    const market = marketAt(ledger, held.market);
    return held.eachWay ? [market.suspensions, placeMarketOf(ledger, market)?.suspensions ?? 0] : market.suspensions;
  }
  const { multiples } = ledger;
  const bet = multiples.find(betId);
  assert(bet >= 0, () => `${betId} is not open`);
  const markets = multiples.legsOf(bet).map((leg) => multiples.legs.market[leg] as number);
  return markets.map((market) => (market === NONE ? 0 : marketAt(ledger, market).suspensions));
}
