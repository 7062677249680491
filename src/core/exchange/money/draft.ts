// A decision of the exchange in the making: net bets as they would be after each event, and the postings that follow. State is only read.
// Escrow holds what matched bets can lose, `held` what unmatched orders could lose beyond it; both move as the netted exposure moves.
import type { NewEvent } from '../../kernel/event.ts';
import type { LedgerState } from '../../kernel/state.ts';
import { type Posting, posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { type ExchangeMarket, fieldOf, without } from '../exchange.ts';
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
  /** Who may win as far as he is concerned. */
  field: Field;
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

  constructor(ledger: LedgerState, x: ExchangeMarket, marketId: string) {
    this.#ledger = ledger;
    this.#x = x;
    this.#escrow = escrowOf(marketId);
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

  /** A runner is out for a holder from here on. */
  leave(holder: number, selection: number): void {
    this.#of(holder).field = without(this.#x.netBets, selection);
  }

  /** A holder's numbers to work on: of something that is neither a match nor an order. */
  numbersOf(holder: number): Numbers {
    return this.#of(holder).numbers;
  }

  /** What a holder must put up beyond what was posted so far, minor units. */
  needMinor(holder: number): number {
    const { field, numbers, posted } = this.#of(holder);
    return exposureOf(numbers, field).totalMinor - posted.totalMinor;
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
      const now = exposureOf(touched.numbers, touched.field);
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
      const field = fieldOf(this.#x, holder);
      const posted = exposureOf(numbers, field);
      touched = { place: this.#touched.size, holder, numbers, posted, field };
      this.#touched.set(holder, touched);
    }
    this.#recent.add(touched);
    return touched;
  }
}
