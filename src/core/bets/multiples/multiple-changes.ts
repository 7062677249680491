// What other outcomes of a market would change for bets of several legs, without changing anything: for previews, and for how much money a
// correction moves.
import type { LedgerState } from '../../kernel/state.ts';
import type { Outcomes } from '../../settlement/corrections/corrections.ts';
import type { Market } from '../market.ts';
import { returnIfDecided } from './decide-legs.ts';
import { stakeOf } from './multiple-exposure.ts';
import { NONE, PENDING, SETTLED } from './open-multiples.ts';
import { isDeadWithout } from './reopen-legs.ts';

export interface MultipleChange {
  /** The holder's row. */
  readonly row: number;
  readonly stakeMinor: number;
  /** What it returned so far, and what it returns afterwards; null while it is open. Minor units. */
  readonly before: number | null;
  readonly after: number | null;
}

/** Bets that these outcomes settle, settle otherwise or open again; with outcomes null the market is left undecided. */
export function* multipleChanges(ledger: LedgerState, market: Market, outcomes: Outcomes | null): Iterable<MultipleChange> {
  const { multiples } = ledger;
  const list = multiples.ofMarket(market.row);
  if (!list) return;
  const declared: Market = { ...market, outcomes: outcomes as Market['outcomes'] };
  for (const head of [list.open, list.decided]) {
    for (let leg = head; leg !== NONE; leg = multiples.legs.next[leg] as number) {
      const bet = multiples.legs.bet[leg] as number;
      const status = multiples.bets.status[bet];
      if (status === PENDING) continue;
      const before = status === SETTLED ? (multiples.bets.returnedMinor[bet] as number) : null;
      const after = returnAfter(ledger, declared, { bet, leg, isOpen: head === list.open });
      if (before === after) continue;
      yield { row: multiples.bets.holder[bet] as number, stakeMinor: stakeOf(multiples, bet), before, after };
    }
  }
}

function returnAfter(ledger: LedgerState, market: Market, of: { bet: number; leg: number; isOpen: boolean }): number | null {
  const { multiples } = ledger;
  const { bet, isOpen, leg } = of;
  // A leg that is decided counts no more among the undecided ones: these outcomes decide it again.
  const undecided = (multiples.bets.undecided[bet] as number) + (isOpen ? 0 : 1);
  if (market.outcomes !== null) return returnIfDecided(ledger, market, { bet, leg, undecided });
  return isDeadWithout(ledger, bet, leg) ? 0 : null;
}
