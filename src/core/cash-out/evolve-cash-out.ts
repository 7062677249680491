// Folds cash-outs into state: what waits, and bets that became smaller or ended.
import { assert } from '../base/assert.ts';
import { closeBet, shrinkBet } from '../bets/evolve-bets.ts';
import type { NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import { cashOutKey } from './cash-outs.ts';

/** Door into evolve(). */
export function evolveCashOut(ledger: LedgerState, e: NewEvent<'CashOutRequested' | 'BetCashedOut' | 'CashOutRejected'>): void {
  const { betId } = e.data;
  if (e.type === 'CashOutRequested') {
    const row = ledger.bets.find(betId);
    assert(row >= 0, () => `${betId} is not open`);
    const { suspensions } = marketAt(ledger, ledger.bets.get(row).market);
    const { amountMinor, offerId, releaseAt, stakeMinor } = e.data;
    ledger.cashOuts.wait({ betId, offerId, stakeMinor, amountMinor, suspensions });
    ledger.timers.set(cashOutKey(betId), releaseAt);
    return;
  }
  ledger.cashOuts.delete(betId);
  ledger.timers.delete(cashOutKey(betId));
  if (e.type === 'CashOutRejected') return;
  if (e.data.remainingMinor === 0) closeBet(ledger, betId);
  else shrinkBet(ledger, betId, e.data.remainingMinor);
}
