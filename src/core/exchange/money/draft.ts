// A decision of the exchange in the making: net bets as they would be after each event, and the postings that follow. State is only read.
// Escrow holds what matched bets can lose, `held` what unmatched orders could lose beyond it; both move as the netted exposure moves.
import type { NewEvent } from '../../kernel/event.ts';
import type { LedgerState } from '../../kernel/state.ts';
import { type Posting, posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import type { ExchangeMarket } from '../exchange.ts';
import {
  addMatched,
  addUnmatched,
  type Exposure,
  exposureOf,
  type Field,
  type Fill,
  isWithinMax,
  type Numbers,
  type Unmatched,
} from './net-bets.ts';

interface Touched {
  /** Its turn among the postings. */
  readonly place: number;
  readonly holder: number;
  readonly numbers: Numbers;
  /** As the postings made so far leave it. */
  posted: Exposure;
}

export function escrowOf(marketId: string): string {
  return `market:${marketId}:escrow`;
}

export class Draft {
  readonly events: NewEvent[] = [];
  readonly #ledger: LedgerState;
  readonly #x: ExchangeMarket;
  readonly #escrow: string;
  readonly #touched = new Map<number, Touched>();
  /** What was asked for since the last postings: nobody else's exposure can have moved. */
  readonly #recent = new Set<Touched>();
  #field: Field;

  constructor(ledger: LedgerState, x: ExchangeMarket, marketId: string) {
    this.#ledger = ledger;
    this.#x = x;
    this.#escrow = escrowOf(marketId);
    this.#field = x.netBets;
  }

  match(holder: number, fill: Fill): void {
    addMatched(this.#of(holder).numbers, fill);
  }

  addUnmatched(holder: number, rest: Unmatched): void {
    addUnmatched(this.#of(holder).numbers, rest, 1);
  }

  removeUnmatched(holder: number, rest: Unmatched): void {
    addUnmatched(this.#of(holder).numbers, rest, -1);
  }

  /** A runner is out for everybody who is asked for from now on. */
  leave(selection: number): void {
    const { out, winners } = this.#x.netBets;
    this.#field = { winners, out: new Set([...(out ?? []), selection]) };
  }

  /** A holder's numbers to work on: of something that is neither a match nor an order. */
  numbersOf(holder: number): Numbers {
    return this.#of(holder).numbers;
  }

  /** What a holder must put up beyond what was posted so far, minor units. */
  needMinor(holder: number): number {
    const { numbers, posted } = this.#of(holder);
    return exposureOf(numbers, this.#field).totalMinor - posted.totalMinor;
  }

  isWithinMax(holder: number): boolean {
    return isWithinMax(this.#of(holder).numbers, this.#x.ladder);
  }

  /** The postings that bring escrow and holds from where they are to the drafted net bets. */
  post(): Posting[] {
    const postings: Posting[] = [];
    const recent = [...this.#recent].sort((a, b) => a.place - b.place);
    this.#recent.clear();
    for (const touched of recent) {
      const now = exposureOf(touched.numbers, this.#field);
      this.#move(this.#ledger.holders[touched.holder] as Holder, { from: touched.posted, to: now, postings });
      touched.posted = now;
    }
    return postings;
  }

  #move(holder: Holder, change: { from: Exposure; to: Exposure; postings: Posting[] }): void {
    const { from, postings, to } = change;
    const { currency } = this.#ledger;
    const escrow = to.matchedMinor - from.matchedMinor;
    const available = from.totalMinor - to.totalMinor;
    const held = -escrow - available;
    // Three accounts whose changes sum to zero: what each loses goes to the others in a fixed order.
    const accounts = [
      { path: this.#escrow, change: escrow },
      { path: holder.held, change: held },
      { path: holder.available, change: available },
    ];
    for (const giver of accounts) {
      for (const taker of accounts) {
        const amount = Math.min(-giver.change, taker.change);
        if (amount <= 0) continue;
        postings.push(posting(giver.path, taker.path, amount, currency));
        giver.change += amount;
        taker.change -= amount;
      }
    }
  }

  #of(holder: number): Touched {
    let touched = this.#touched.get(holder);
    if (!touched) {
      const numbers = this.#x.netBets.copyOf(holder);
      const posted = exposureOf(numbers, this.#x.netBets);
      touched = { place: this.#touched.size, holder, numbers, posted };
      this.#touched.set(holder, touched);
    }
    this.#recent.add(touched);
    return touched;
  }
}
