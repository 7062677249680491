// Bets of several legs in columns: bets in one table, their legs in another. The legs of one market form two doubly linked lists, those to be
// decided and those that were, so that settling or correcting a market walks only its own. A settled bet stays until the last of its markets is
// archived: until then a correction may undo a leg and decide it again.
import { assert } from '../../base/assert.ts';
import { IdTable } from '../../base/id-table.ts';
import type { OutcomeNumbers } from '../../kernel/event.ts';
import { clearRow, type Columns, copyOf, type ColumnTypes, fill, grow, make } from './columns.ts';

export const NONE = -1;

/** Of a bet. A rejected or void one is gone. */
export const PENDING = 0;
export const ACCEPTED = 1;
export const SETTLED = 2;

const BET_COLUMNS = {
  holder: Int32Array,
  firstLeg: Int32Array,
  legs: Uint8Array,
  /** Legs not decided yet. */
  undecided: Uint8Array,
  /** Legs whose market is not archived. */
  remembered: Uint8Array,
  system: Uint8Array,
  oddsPolicy: Uint8Array,
  status: Uint8Array,
  stakePerLineMinor: Float64Array,
  placedAt: Float64Array,
  /** What the house can still lose on it: counted once in the house's worst case, and in each market of an undecided leg. */
  winningsMinor: Float64Array,
  returnedMinor: Float64Array,
} as const satisfies ColumnTypes;

const LEG_COLUMNS = {
  bet: Int32Array,
  number: Uint8Array,
  /** The bet's next leg. */
  nextLeg: Int32Array,
  /** Its row; NONE once it is archived. */
  market: Int32Array,
  selection: Int32Array,
  oddsMilli: Int32Array,
  minOddsMilli: Int32Array,
  /** The market's suspension count at placement. */
  suspensions: Int32Array,
  decided: Uint8Array,
  wonNum: Int32Array,
  wonDen: Int32Array,
  backNum: Int32Array,
  backDen: Int32Array,
  deductionPpm: Int32Array,
  /** In the market's list. */
  next: Int32Array,
  previous: Int32Array,
} as const satisfies ColumnTypes;

type BetColumns = Columns<typeof BET_COLUMNS>;
type LegColumns = Columns<typeof LEG_COLUMNS>;

export interface LegFacts {
  readonly market: number;
  readonly selection: number;
  readonly oddsMilli: number;
  readonly minOddsMilli: number;
  readonly suspensions: number;
}

export interface MultipleFacts {
  readonly betId: string;
  readonly holder: number;
  /** Places in SYSTEMS and ODDS_POLICIES. */
  readonly system: number;
  readonly oddsPolicy: number;
  readonly stakePerLineMinor: number;
  readonly placedAt: number;
  readonly pending: boolean;
  readonly legs: readonly LegFacts[];
}

/** What a market has to do with bets of several legs. */
export interface MarketLegs {
  /** First leg of each list, and how many there are. */
  open: number;
  decided: number;
  openLegs: number;
  decidedLegs: number;
  /** Per selection: what the house can lose on open bets if it wins. Part of the market's payouts. */
  readonly winningsMinor: number[];
  /** The market's worst case without them: house-wide each of them counts once, not once a market. */
  singlesWorstMinor: number;
}

export interface MultiplesDump {
  readonly head: {
    readonly markets: readonly (readonly [row: number, legs: MarketLegs])[];
    readonly notCombinable: readonly number[];
  };
  /** Ids, free bets, free legs, then the columns of both tables. */
  readonly sections: readonly (Uint8Array | Int32Array | Uint32Array | Float64Array)[];
}

export class OpenMultiples {
  #ids = new IdTable('bet', 64);
  bets: BetColumns = make(BET_COLUMNS, 64);
  legs: LegColumns = make(LEG_COLUMNS, 256);
  #legRows = 0;
  #freeLegs: number[] = [];
  readonly #markets = new Map<number, MarketLegs>();
  /** Rows of markets whose selections are no legs. */
  readonly notCombinable = new Set<number>();

  /** Open bets and settled ones that are still remembered. */
  get size(): number {
    return this.#ids.size;
  }

  find(betId: string): number {
    return this.#ids.find(betId);
  }

  idOf(row: number): string {
    return this.#ids.idOf(row);
  }

  ofMarket(market: number): MarketLegs | undefined {
    return this.#markets.size === 0 ? undefined : this.#markets.get(market);
  }

  /** ofMarket() of a market that gets its first leg. */
  openMarket(market: number, selections: number, singlesWorstMinor: number): MarketLegs {
    let legs = this.#markets.get(market);
    if (!legs) {
      const winningsMinor = Array.from({ length: selections }, () => 0);
      legs = { open: NONE, decided: NONE, openLegs: 0, decidedLegs: 0, winningsMinor, singlesWorstMinor };
      this.#markets.set(market, legs);
    }
    return legs;
  }

  /** Rows of a bet's legs, in their order. */
  legsOf(bet: number): number[] {
    const rows: number[] = [];
    for (let leg = this.bets.firstLeg[bet] as number; leg !== NONE; leg = this.legs.nextLeg[leg] as number) rows.push(leg);
    return rows;
  }

  /** The markets of its legs are open here already. */
  add(facts: MultipleFacts): number {
    const row = this.#ids.add(facts.betId);
    if (row >= this.bets.holder.length) this.bets = grow(BET_COLUMNS, this.bets);
    const b = this.bets;
    const count = facts.legs.length;
    b.holder[row] = facts.holder;
    b.legs[row] = b.undecided[row] = b.remembered[row] = count;
    b.system[row] = facts.system;
    b.oddsPolicy[row] = facts.oddsPolicy;
    b.status[row] = facts.pending ? PENDING : ACCEPTED;
    b.stakePerLineMinor[row] = facts.stakePerLineMinor;
    b.placedAt[row] = facts.placedAt;
    let next = NONE;
    for (let number = count - 1; number >= 0; number--)
      next = this.#addLeg(row, number, { facts: facts.legs[number] as LegFacts, next });
    b.firstLeg[row] = next;
    return row;
  }

  /** Takes a bet and its legs out of table and lists. */
  remove(row: number): void {
    for (const leg of this.legsOf(row)) {
      if (this.legs.market[leg] !== NONE) this.#unlink(leg);
      clearRow(LEG_COLUMNS, this.legs, leg);
      this.#freeLegs.push(leg);
    }
    clearRow(BET_COLUMNS, this.bets, row);
    this.#ids.remove(row);
  }

  outcomeOf(leg: number): OutcomeNumbers | null {
    const c = this.legs;
    if (c.decided[leg] === 0) return null;
    return [c.wonNum[leg] as number, c.wonDen[leg] as number, c.backNum[leg] as number, c.backDen[leg] as number];
  }

  decide(leg: number, [wonNum, wonDen, backNum, backDen]: OutcomeNumbers, deductionPpm: number): void {
    const c = this.legs;
    assert(c.decided[leg] === 0, 'a leg is decided once');
    this.#unlink(leg);
    c.decided[leg] = 1;
    c.wonNum[leg] = wonNum;
    c.wonDen[leg] = wonDen;
    c.backNum[leg] = backNum;
    c.backDen[leg] = backDen;
    c.deductionPpm[leg] = deductionPpm;
    this.#link(leg);
    this.#count('undecided', c.bet[leg] as number, -1);
  }

  reopen(leg: number): void {
    const c = this.legs;
    assert(c.decided[leg] === 1 && c.market[leg] !== NONE, 'only a leg that was decided can be reopened');
    this.#unlink(leg);
    c.decided[leg] = c.wonNum[leg] = c.wonDen[leg] = c.backNum[leg] = c.backDen[leg] = c.deductionPpm[leg] = 0;
    this.#link(leg);
    this.#count('undecided', c.bet[leg] as number, 1);
  }

  /** The leg's market is archived: only its outcome stays. A settled bet whose last leg this was goes. */
  forget(leg: number): void {
    assert(this.legs.decided[leg] === 1, 'an open leg needs its market');
    const bet = this.legs.bet[leg] as number;
    this.#unlink(leg);
    this.legs.market[leg] = NONE;
    this.#count('remembered', bet, -1);
    if (this.bets.remembered[bet] === 0 && this.bets.status[bet] === SETTLED) this.remove(bet);
  }

  dump(): MultiplesDump | null {
    if (this.#ids.rows === 0 && this.notCombinable.size === 0) return null;
    const { free, ids } = this.#ids.dump();
    const columns = [...copyOf(BET_COLUMNS, this.bets, this.#ids.rows), ...copyOf(LEG_COLUMNS, this.legs, this.#legRows)];
    return {
      head: { markets: [...this.#markets], notCombinable: [...this.notCombinable] },
      sections: [ids, Int32Array.from(free), Int32Array.from(this.#freeLegs), ...columns],
    };
  }

  /** Fills empty ones. */
  load(head: MultiplesDump['head'], parts: readonly ArrayBuffer[]): void {
    const [ids, free, freeLegs, ...columns] = parts as [ArrayBuffer, ArrayBuffer, ArrayBuffer, ...ArrayBuffer[]];
    this.#ids = IdTable.load('bet', { ids: new Uint32Array(ids), free: [...new Int32Array(free)] });
    this.#freeLegs = [...new Int32Array(freeLegs)];
    const betColumns = Object.keys(BET_COLUMNS).length;
    this.bets = fill(BET_COLUMNS, columns.slice(0, betColumns));
    this.legs = fill(LEG_COLUMNS, columns.slice(betColumns));
    this.#legRows = (columns[betColumns + 1] as ArrayBuffer).byteLength; // the column of leg numbers has a byte a row
    for (const [row, legs] of head.markets) this.#markets.set(row, { ...legs, winningsMinor: [...legs.winningsMinor] });
    for (const row of head.notCombinable) this.notCombinable.add(row);
  }

  #count(column: 'undecided' | 'remembered', bet: number, by: 1 | -1): void {
    const counts = this.bets[column];
    counts[bet] = (counts[bet] as number) + by;
  }

  #addLeg(bet: number, number: number, { facts, next }: { facts: LegFacts; next: number }): number {
    const row = this.#freeLegs.pop() ?? this.#legRows++;
    if (row >= this.legs.bet.length) this.legs = grow(LEG_COLUMNS, this.legs);
    const c = this.legs;
    c.bet[row] = bet;
    c.number[row] = number;
    c.nextLeg[row] = next;
    c.market[row] = facts.market;
    c.selection[row] = facts.selection;
    c.oddsMilli[row] = facts.oddsMilli;
    c.minOddsMilli[row] = facts.minOddsMilli;
    c.suspensions[row] = facts.suspensions;
    this.#link(row);
    return row;
  }

  #link(leg: number): void {
    const c = this.legs;
    const list = this.#listOf(leg);
    const head = c.decided[leg] === 1 ? list.decided : list.open;
    c.next[leg] = head;
    c.previous[leg] = NONE;
    if (head !== NONE) c.previous[head] = leg;
    this.#setHead(list, leg, { head: leg, by: 1 });
  }

  #unlink(leg: number): void {
    const c = this.legs;
    const next = c.next[leg] as number;
    const previous = c.previous[leg] as number;
    const list = this.#listOf(leg);
    if (next !== NONE) c.previous[next] = previous;
    if (previous !== NONE) c.next[previous] = next;
    const first = c.decided[leg] === 1 ? list.decided : list.open;
    this.#setHead(list, leg, { head: previous === NONE ? next : first, by: -1 });
  }

  #setHead(list: MarketLegs, leg: number, { by, head }: { head: number; by: 1 | -1 }): void {
    if (this.legs.decided[leg] === 1) {
      list.decided = head;
      list.decidedLegs += by;
    } else {
      list.open = head;
      list.openLegs += by;
    }
  }

  #listOf(leg: number): MarketLegs {
    const list = this.#markets.get(this.legs.market[leg] as number);
    assert(list, 'a leg needs a market');
    return list;
  }

  /** Nothing is left of a market. */
  closeMarket(market: number): void {
    const list = this.#markets.get(market);
    assert(!list || list.openLegs + list.decidedLegs === 0, 'a market has legs left');
    this.#markets.delete(market);
    this.notCombinable.delete(market);
  }
}
