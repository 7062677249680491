// Open single bets in columns: about 90 bytes each, nothing for the garbage collector to walk, and a snapshot is a memory copy.
// Bets of one market form a doubly linked list through the columns, so that settling walks only its own.
import { assert } from '../base/assert.ts';
import { IdTable } from '../base/id-table.ts';
import type { IdWords } from '../base/ids.ts';
import { ODDS_POLICIES, type OddsPolicy } from './odds-policy.ts';

export interface OpenBet {
  readonly betId: string;
  readonly holder: number;
  readonly market: number;
  readonly selection: number;
  readonly oddsMilli: number;
  readonly minOddsMilli: number;
  readonly stakeMinor: number;
  readonly placedAt: number;
  /** The market's suspension count at placement: a pending bet is void when it has moved. */
  readonly suspensions: number;
  readonly pending: boolean;
  /** Of a pending bet to be added: what price it takes at release; get() does not tell it. */
  readonly oddsPolicy?: OddsPolicy | undefined;
}

export type BetRow = Omit<OpenBet, 'betId'>;

/** Bytes of one row over all columns and the id table. */
export const OPEN_BET_BYTES = 32 + 4 * 7 + 8 * 2 + 2;
const NONE = -1;

interface Columns {
  holder: Int32Array;
  market: Int32Array;
  oddsMilli: Int32Array;
  minOddsMilli: Int32Array;
  suspensions: Int32Array;
  next: Int32Array;
  previous: Int32Array;
  stakeMinor: Float64Array;
  placedAt: Float64Array;
  selection: Uint8Array;
  /** 0 when accepted; else one more than the place of its policy in ODDS_POLICIES. */
  pending: Uint8Array;
}
export const OPEN_BET_COLUMNS = [
  'holder',
  'market',
  'oddsMilli',
  'minOddsMilli',
  'suspensions',
  'next',
  'previous',
  'stakeMinor',
  'placedAt',
  'selection',
  'pending',
] as const satisfies (keyof Columns)[];

export interface OpenBetsDump {
  ids: Uint32Array;
  free: number[];
  heads: number[];
  columns: Columns;
}

export class OpenBets {
  #ids = new IdTable('bet');
  #columns = makeColumns(1024);
  #heads: number[] = []; // per market row: first bet or -1

  get size(): number {
    return this.#ids.size;
  }

  /** Rows ever used at a time: open and freed. */
  get rows(): number {
    return this.#ids.rows;
  }

  find(betId: string): number {
    return this.#ids.find(betId);
  }

  add(bet: OpenBet): number {
    return this.#put(this.#ids.add(bet.betId), bet);
  }

  /** add() with an id that was read before. */
  addWords(id: IdWords, bet: BetRow): number {
    return this.#put(this.#ids.addWords(id), bet);
  }

  #put(row: number, bet: BetRow): number {
    if (row >= this.#columns.holder.length) this.#columns = growColumns(this.#columns);
    const c = this.#columns;
    c.holder[row] = bet.holder;
    c.market[row] = bet.market;
    c.oddsMilli[row] = bet.oddsMilli;
    c.minOddsMilli[row] = bet.minOddsMilli;
    c.suspensions[row] = bet.suspensions;
    c.stakeMinor[row] = bet.stakeMinor;
    c.placedAt[row] = bet.placedAt;
    c.selection[row] = bet.selection;
    c.pending[row] = bet.pending ? 1 + ODDS_POLICIES.indexOf(bet.oddsPolicy ?? 'better') : 0;
    this.#link(row, bet.market);
    return row;
  }

  remove(row: number): void {
    const c = this.#columns;
    const next = c.next[row] as number;
    const previous = c.previous[row] as number;
    if (previous === NONE) this.#heads[c.market[row] as number] = next;
    else c.next[previous] = next;
    if (next !== NONE) c.previous[next] = previous;
    this.#ids.remove(row);
    // Freed rows are zeroed: equal histories must give equal bytes, whatever stood here before.
    for (const name of OPEN_BET_COLUMNS) c[name][row] = 0;
  }

  accept(row: number, oddsMilli: number): void {
    this.#columns.pending[row] = 0;
    this.#columns.oddsMilli[row] = oddsMilli;
  }

  reprice(row: number, oddsMilli: number): void {
    this.#columns.oddsMilli[row] = oddsMilli;
  }

  shrink(row: number, stakeMinor: number): void {
    this.#columns.stakeMinor[row] = stakeMinor;
  }

  get(row: number): OpenBet {
    const c = this.#columns;
    return {
      betId: this.#ids.idOf(row),
      holder: c.holder[row] as number,
      market: c.market[row] as number,
      selection: c.selection[row] as number,
      oddsMilli: c.oddsMilli[row] as number,
      minOddsMilli: c.minOddsMilli[row] as number,
      stakeMinor: c.stakeMinor[row] as number,
      placedAt: c.placedAt[row] as number,
      suspensions: c.suspensions[row] as number,
      pending: c.pending[row] !== 0,
    };
  }

  /** What price a pending bet takes at release. */
  oddsPolicyOf(row: number): OddsPolicy {
    return ODDS_POLICIES[(this.#columns.pending[row] as number) - 1] ?? 'better';
  }

  /** First bet of a market, or -1. The newest comes first. */
  first(market: number): number {
    return this.#heads[market] ?? NONE;
  }

  next(row: number): number {
    return this.#columns.next[row] as number;
  }

  dump(): OpenBetsDump {
    const { ids, free } = this.#ids.dump();
    const rows = this.#ids.rows;
    const columns = {} as Record<string, unknown>;
    for (const name of OPEN_BET_COLUMNS) columns[name] = this.#columns[name].slice(0, rows);
    return { ids, free, heads: [...this.#heads], columns: columns as unknown as Columns };
  }

  static load(dump: OpenBetsDump): OpenBets {
    const bets = new OpenBets();
    bets.#ids = IdTable.load('bet', { ids: dump.ids, free: dump.free });
    bets.#heads = [...dump.heads];
    let capacity = 1024;
    while (capacity < bets.#ids.rows) capacity *= 2;
    bets.#columns = makeColumns(capacity);
    for (const name of OPEN_BET_COLUMNS) bets.#columns[name].set(dump.columns[name]);
    return bets;
  }

  #link(row: number, market: number): void {
    assert(market >= 0, 'a bet needs a market');
    while (this.#heads.length <= market) this.#heads.push(NONE);
    const head = this.#heads[market] as number;
    this.#columns.next[row] = head;
    this.#columns.previous[row] = NONE;
    if (head !== NONE) this.#columns.previous[head] = row;
    this.#heads[market] = row;
  }
}

function makeColumns(rows: number): Columns {
  return {
    holder: new Int32Array(rows),
    market: new Int32Array(rows),
    oddsMilli: new Int32Array(rows),
    minOddsMilli: new Int32Array(rows),
    suspensions: new Int32Array(rows),
    next: new Int32Array(rows),
    previous: new Int32Array(rows),
    stakeMinor: new Float64Array(rows),
    placedAt: new Float64Array(rows),
    selection: new Uint8Array(rows),
    pending: new Uint8Array(rows),
  };
}

function growColumns(old: Columns): Columns {
  const grown = makeColumns(old.holder.length * 2);
  for (const name of OPEN_BET_COLUMNS) grown[name].set(old[name]);
  return grown;
}
