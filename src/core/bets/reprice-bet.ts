// A bet that goes on waiting is asked about at a lower price, which its bettor takes: from then on it can win no more than that.
import { type LedgerState, marketAt } from '../kernel/state.ts';
import { addEachWayExposure, addExposure } from './exposure.ts';
import { heldBet } from './held-bet.ts';

export function repriceBet(ledger: LedgerState, betId: string, oddsMilli: number): void {
  const bet = heldBet(ledger, betId);
  if (!bet || bet.oddsMilli === oddsMilli) return;
  const market = marketAt(ledger, bet.market);
  const expose = bet.eachWay ? addEachWayExposure : addExposure;
  expose(ledger, market, bet, -1);
  bet.bets.reprice(bet.row, oddsMilli);
  expose(ledger, market, bet.bets.get(bet.row), 1);
}
