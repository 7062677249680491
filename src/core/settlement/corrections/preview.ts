// What settling or correcting a market would do, without doing it: counted over the same bets with the same formula as the settlement itself.
// All amounts are of this one market, minor units. The hash names everything in it that only this market decides.
import { canonical } from '../../base/canonical.ts';
import { sha256Hex } from '../../base/hash.ts';
import { PARTS } from '../../bets/each-way/each-way.ts';
import { declaredOf } from '../../bets/live-handicap.ts';
import type { Market } from '../../bets/market.ts';
import { multipleChanges } from '../../bets/multiples/multiple-changes.ts';
import { runnerReturn } from '../../bets/runners/runner-return.ts';
import { netChanges } from '../../exchange/money/settle-exchange.ts';
import { payoutMinor } from '../../bets/payout.ts';
import type { OutcomeNumbers } from '../../kernel/event.ts';
import { availableMinor, type LedgerState } from '../../kernel/state.ts';
import type { Holder } from '../../ledger/holder.ts';
import { type Outcome, PUSH } from '../outcome.ts';
import type { Outcomes } from './corrections.ts';
import { debtMinor } from './debts.ts';

export interface Change {
  readonly holder: string;
  /** Of the holder's result on this market, minor units. */
  readonly changeMinor: number;
}

export interface Preview {
  readonly marketId: string;
  readonly previewHash: string;
  readonly correction: boolean;
  readonly bets: number;
  readonly stakedMinor: number;
  /** Paid for these bets so far, and when all is done. */
  readonly returnedNowMinor: number;
  readonly returnedAfterMinor: number;
  /** What the house keeps of the bets: stakes of paid bets less what they return. */
  readonly houseNowMinor: number;
  readonly houseAfterMinor: number;
  /** What changes hands: the differences of all paid bets, stake or return, whichever is more, of the others, of bets of several legs likewise, and what is won more on the exchange. */
  readonly movedMinor: number;
  /** Who would owe, and how much in all. */
  readonly debts: readonly { readonly holder: string; readonly debtMinor: number }[];
  readonly debtsMinor: number;
  readonly winners: readonly Change[];
  readonly losers: readonly Change[];
}

/** Names in each list of a preview. */
export const PREVIEW_NAMES_MAX = 10;

interface Totals {
  bets: number;
  stakedMinor: number;
  paidStakesMinor: number;
  returnedNowMinor: number;
  returnedAfterMinor: number;
  movedMinor: number;
  /** Per holder row: what reaches the wallet, and what the result changes by. */
  readonly credits: Map<number, number>;
  readonly changes: Map<number, number>;
}

export function preview(ledger: LedgerState, market: Market, outcomes: Outcomes | null): Preview {
  const totals = totalsOf(ledger, market, outcomes);
  const { bets, movedMinor, paidStakesMinor, returnedAfterMinor, returnedNowMinor, stakedMinor } = totals;
  const debts = debtsOf(ledger, totals.credits);
  const changes = [...totals.changes].map(([row, changeMinor]) => ({ holder: (ledger.holders[row] as Holder).id, changeMinor }));
  const house = {
    houseNowMinor: paidStakesMinor - returnedNowMinor,
    houseAfterMinor: outcomes ? stakedMinor - returnedAfterMinor : 0,
  };
  return {
    marketId: market.marketId,
    previewHash: hashOf(ledger, market, { ...totals, outcomes }),
    correction: isDeclared(market),
    bets,
    stakedMinor,
    returnedNowMinor,
    returnedAfterMinor,
    ...house,
    movedMinor,
    debts: debts.slice(0, PREVIEW_NAMES_MAX),
    debtsMinor: debts.reduce((sum, debt) => sum + debt.debtMinor, 0),
    winners: ranked(changes.filter((c) => c.changeMinor > 0)),
    losers: ranked(changes.filter((c) => c.changeMinor < 0)),
  };
}

export function isDeclared({ status }: Pick<Market, 'status'>): boolean {
  return status === 'settling' || status === 'settled' || status === 'reversing';
}

function totalsOf(ledger: LedgerState, market: Market, outcomes: Outcomes | null): Totals {
  const totals: Totals = {
    bets: 0,
    stakedMinor: 0,
    paidStakesMinor: 0,
    returnedNowMinor: 0,
    returnedAfterMinor: 0,
    movedMinor: 0,
    credits: new Map(),
    changes: new Map(),
  };
  const bySelection = market.payoutsMinor.map((_, i) => (outcomes ? outcomeOf(declaredOf(market, outcomes, i)) : null));
  const paid = ledger.corrections.markets.get(market.row)?.paid;
  for (let place = 0; place < (paid?.count ?? 0); place++) {
    if (!paid) break;
    const selection = paid.selectionAt(place);
    const stakeMinor = paid.stakeAt(place);
    const outcome = bySelection[selection] ?? (selection < 0 && outcomes ? PUSH : null);
    const after = !outcome
      ? 0
      : market.runners && outcomes
        ? runnerReturn(market, outcomes, paid.get(place, market.row))
        : payoutMinor(stakeMinor, paid.oddsAt(place), outcome);
    add(totals, paid.holderAt(place), { stakeMinor, before: paid.returnedAt(place), after, isPaid: true, isLeftOpen: !outcome });
  }
  for (let row = ledger.bets.first(market.row); row >= 0; row = ledger.bets.next(row)) {
    const bet = ledger.bets.get(row);
    const outcome = bet.pending && outcomes ? PUSH : (bySelection[bet.selection] ?? null);
    const after = !outcome
      ? 0
      : market.runners && outcomes
        ? runnerReturn(market, outcomes, bet)
        : payoutMinor(bet.stakeMinor, bet.oddsMilli, outcome);
    add(totals, bet.holder, { stakeMinor: bet.stakeMinor, before: 0, after, isPaid: false, isLeftOpen: !outcome });
  }
  for (let row = ledger.eachWay.first(market.row); row >= 0; row = ledger.eachWay.next(row)) {
    const part = ledger.eachWay.get(row);
    const bet = { ...part, stakeMinor: PARTS * part.stakeMinor, eachWay: true };
    const after = outcomes ? runnerReturn(market, outcomes, bet) : 0;
    add(totals, bet.holder, { stakeMinor: bet.stakeMinor, before: 0, after, isPaid: false, isLeftOpen: !outcomes });
  }
  for (const { afterMinor, beforeMinor, row } of netChanges(ledger, market, outcomes)) {
    const change = afterMinor - beforeMinor;
    totals.movedMinor += Math.max(0, change); // what one loses is what others win
    totals.credits.set(row, (totals.credits.get(row) ?? 0) + change);
    totals.changes.set(row, (totals.changes.get(row) ?? 0) + change);
  }
  for (const { after, before, row, stakeMinor } of multipleChanges(ledger, market, outcomes)) {
    const credit = (after ?? 0) - (before ?? 0);
    const result = (returned: number | null): number => (returned === null ? 0 : returned - stakeMinor);
    totals.movedMinor += before === null ? Math.max(stakeMinor, after ?? 0) : Math.abs(credit);
    totals.credits.set(row, (totals.credits.get(row) ?? 0) + credit);
    totals.changes.set(row, (totals.changes.get(row) ?? 0) + result(after) - result(before));
  }
  return totals;
}

interface Counted {
  readonly stakeMinor: number;
  readonly before: number;
  readonly after: number;
  readonly isPaid: boolean;
  /** The bet is open afterwards: neither won nor lost. */
  readonly isLeftOpen: boolean;
}

function add(totals: Totals, holder: number, bet: Counted): void {
  const { after, before, isLeftOpen, isPaid, stakeMinor } = bet;
  totals.bets++;
  totals.stakedMinor += stakeMinor;
  if (isPaid) totals.paidStakesMinor += stakeMinor;
  totals.returnedNowMinor += before;
  totals.returnedAfterMinor += after;
  totals.movedMinor += isPaid ? Math.abs(after - before) : isLeftOpen ? 0 : Math.max(stakeMinor, after);
  totals.credits.set(holder, (totals.credits.get(holder) ?? 0) + after - before);
  const resultBefore = isPaid ? before - stakeMinor : 0;
  const resultAfter = isLeftOpen ? 0 : after - stakeMinor;
  totals.changes.set(holder, (totals.changes.get(holder) ?? 0) + resultAfter - resultBefore);
}

/** Holders who would owe afterwards, largest debt first. Who owes has nothing available, so one sum says both. */
function debtsOf(ledger: LedgerState, credits: ReadonlyMap<number, number>): { holder: string; debtMinor: number }[] {
  const debts: { holder: string; debtMinor: number }[] = [];
  for (const [row, creditMinor] of credits) {
    const holder = ledger.holders[row] as Holder;
    const left = availableMinor(ledger, holder) - debtMinor(ledger, holder) + creditMinor;
    if (left < 0) debts.push({ holder: holder.id, debtMinor: -left });
  }
  return debts.sort((a, b) => b.debtMinor - a.debtMinor || (a.holder < b.holder ? -1 : 1));
}

function ranked(changes: Change[]): Change[] {
  const size = (c: Change): number => Math.abs(c.changeMinor);
  return changes.sort((a, b) => size(b) - size(a) || (a.holder < b.holder ? -1 : 1)).slice(0, PREVIEW_NAMES_MAX);
}

function hashOf(ledger: LedgerState, market: Market, of: Totals & { outcomes: Outcomes | null }): string {
  const { bets, movedMinor, outcomes, returnedAfterMinor, returnedNowMinor, stakedMinor } = of;
  const { marketId, status } = market;
  const text = canonical({
    bets,
    ledgerId: ledger.ledgerId,
    marketId,
    movedMinor,
    now: market.outcomes,
    outcomes,
    returnedAfterMinor,
    returnedNowMinor,
    stakedMinor,
    status,
  });
  return sha256Hex(text).slice(0, 32);
}

function outcomeOf([won, wonOf, back, backOf]: OutcomeNumbers): Outcome {
  return { won: [won, wonOf], back: [back, backOf] };
}
