// Pays the entries of a declared pool chunk by chunk, so that a pool of any size never stalls the writer. It closes when its escrow is empty.
import { assert } from '../base/assert.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { HOUSE, type LedgerState } from '../kernel/state.ts';
import { type Posting, posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import { type Cause, names } from './declare-pool.ts';
import { type Pool, selectionOf } from './state/pool.ts';

export const PAY_CHUNK_ENTRIES = 1_000;
/** Rows looked at for those: of a large pool few win. */
export const PAY_CHUNK_ROWS = 20_000;

export function payChunk(ledger: LedgerState, cause: Cause, pool: Pool): Decision {
  const { entries: all, poolId } = pool;
  const amounts = new Amounts(pool);
  const oddLeft = [...pool.oddLeft];
  const entries: [string, string, number][] = [];
  const postings: Posting[] = [];
  const end = Math.min(all.rows, pool.cursor + PAY_CHUNK_ROWS);
  const from = pool.difference ? HOUSE : pool.escrow;
  let paidMinor = 0;
  let row = pool.cursor;
  for (; row < end && entries.length < PAY_CHUNK_ENTRIES; row++) {
    const due = amounts.of(row, oddLeft).amountMinor;
    const amountMinor = pool.difference ? Math.max(0, due - all.paidMinor(row)) : due;
    if (amountMinor === 0) continue;
    const holder = ledger.holders[all.holder(row)] as Holder;
    entries.push([all.idOf(row), holder.id, amountMinor]);
    postings.push(posting(from, holder.available, amountMinor, ledger.currency));
    paidMinor += amountMinor;
  }
  const events: NewEvent[] = [];
  if (row > pool.cursor) events.push(event(cause, 'PoolPaid', { entries, next: row, poolId }, postings));
  if (row < all.rows) return events;
  const left = ledger.accounts.balance(pool.escrow, ledger.currency) - (pool.difference ? 0 : paidMinor);
  assert(left === 0, () => `${poolId}: ${left} is left in its escrow`);
  const total = { entries: pool.paidEntries + entries.length, paidMinor: pool.paidMinor + paidMinor };
  events.push(event(cause, 'PoolClosed', { ...total, poolId }));
  return events;
}

/** What each entry gets as the pool was declared. */
export class Amounts {
  readonly #pool: Pool;
  /** Selection or points -> place in the list of what is paid. */
  readonly #places = new Map<number, number>();
  /** Runners whose stakes go back. */
  readonly #out: readonly number[];

  constructor(pool: Pool) {
    this.#pool = pool;
    const { declared, market } = pool;
    assert(declared, () => `${pool.poolId} is not declared`);
    const withdrawn = (declared.withdrawn ?? []).map((name) => market?.runners.indexOf(name) ?? -1);
    this.#out = [...pool.scratched, ...withdrawn];
    for (const [place, [selections]] of declared.dividends.entries()) {
      for (const name of selections) if (market) this.#places.set(selectionOf(market, name), place);
    }
    for (const [place, [points]] of declared.prizes.entries()) this.#places.set(points, place);
  }

  /** The amount of a row, and how much of it are odd cents, which are taken off `oddLeft`: one for each unit, the earliest first. */
  of(row: number, oddLeft: number[]): { readonly amountMinor: number; readonly place: number; readonly oddMinor: number } {
    const { declared, entries, market, rules } = this.#pool;
    const units = entries.units(row);
    const none = { amountMinor: 0, place: -1, oddMinor: 0 };
    if (units === 0 || !declared) return none;
    const selection = entries.selection(row);
    if (this.isRefunded(row)) return { ...none, amountMinor: units * rules.unitMinor };
    const place = this.#places.get(market ? selection : entries.points(row));
    if (place === undefined) return none;
    const [, , each] = (market ? declared.dividends : declared.prizes)[place] as Declaration;
    const oddMinor = Math.min(units, oddLeft[place] as number);
    oddLeft[place] = (oddLeft[place] as number) - oddMinor;
    return { amountMinor: each * units + oddMinor, place, oddMinor };
  }

  /** True for an entry that gets its stake back. */
  isRefunded(row: number): boolean {
    const { declared, entries, market } = this.#pool;
    if (declared?.outcome === 'refund') return true;
    return market !== null && this.#out.length > 0 && names(market, entries.selection(row), this.#out);
  }
}

type Declaration = readonly [unknown, number, number, number];
