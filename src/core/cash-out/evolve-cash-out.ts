// Folds cash-outs into state: what waits, and bets that became smaller or ended.
import { assert } from '../base/assert.ts';
import { closeBet, shrinkBet } from '../bets/evolve-bets.ts';
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
