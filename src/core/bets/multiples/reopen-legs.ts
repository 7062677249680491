// Undoes what a market's declaration did to bets of several legs, chunk by chunk, before the market is settled anew: its legs are open again, and
// what a bet returned because of them is taken back. A bet that is lost without them, too, stays as it is.
import type { Context, Envelope } from '../../kernel/command.ts';
import { event, type NewEvent } from '../../kernel/event.ts';
import type { LedgerState } from '../../kernel/state.ts';
import type { Posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { recordDebts } from '../../settlement/corrections/debts.ts';
import { takeBack } from '../../settlement/corrections/take-back.ts';
import { WON } from '../../settlement/outcome.ts';
import type { Market } from '../market.ts';
import { isDead } from './decide-legs.ts';
import { factorOf, stakeOf, systemOf } from './multiple-exposure.ts';
import { legFactor } from './multiple-payout.ts';
import { NONE, SETTLED } from './open-multiples.ts';
import { smallestLine } from './systems.ts';
import { CHUNK_BETS } from '../chunk.ts';

/** The next chunk; empty when no leg of the market is decided. */
export function reopenLegs(
  ledger: LedgerState,
  cause: { readonly envelope: Envelope; readonly context: Context },
  { marketId, row }: Market,
): NewEvent[] {
  const { multiples } = ledger;
  const legs: [string, number][] = [];
  const bets: [string, string, number][] = [];
  const postings: Posting[] = [];
  const taken = new Map<Holder, number>();
  let leg = multiples.ofMarket(row)?.decided ?? NONE;
  for (; leg !== NONE && legs.length < CHUNK_BETS; leg = multiples.legs.next[leg] as number) {
    const bet = multiples.legs.bet[leg] as number;
    legs.push([multiples.idOf(bet), multiples.legs.number[leg] as number]);
    if (multiples.bets.status[bet] !== SETTLED || isDeadWithout(ledger, bet, leg)) continue;
    const holder = ledger.holders[multiples.bets.holder[bet] as number] as Holder;
    const returnedMinor = multiples.bets.returnedMinor[bet] as number;
    bets.push([multiples.idOf(bet), holder.id, returnedMinor]);
    takeBack(ledger, holder, { bet: { returnedMinor, stakeMinor: stakeOf(multiples, bet) }, postings });
    if (returnedMinor > 0) taken.set(holder, (taken.get(holder) ?? 0) + returnedMinor);
  }
  if (legs.length === 0) return [];
  const reopened = event(cause, 'LegsReopened', { legs, marketId });
  if (bets.length === 0) return [reopened];
  const debts = recordDebts(ledger, cause, taken);
  return [...(debts ? [debts] : []), reopened, event(cause, 'MultiplesReopened', { bets, marketId }, postings)];
}

/** True for a bet that is lost whatever this leg comes to. */
export function isDeadWithout({ multiples }: LedgerState, bet: number, leg: number): boolean {
  const open = legFactor(multiples.legs.oddsMilli[leg] as number, WON);
  const factors = multiples.legsOf(bet).map((one) => (one === leg ? open : factorOf(multiples, one)));
  return isDead(factors, smallestLine(systemOf(multiples, bet), factors.length));
}
