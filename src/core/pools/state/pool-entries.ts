// The entries of one pool in typed columns: some 40 bytes each and two a pick. Rows are in the order of entering and never used again, so the
// earliest entry has the lowest row; one that left keeps its row with no units.
import { IdTable } from '../../base/id-table.ts';
import type { Goals } from '../arithmetic/points.ts';

export interface PoolEntry {
  readonly entryId: string;
  readonly holder: number;
  readonly units: number;
  /** Of a parimutuel pool; 0 of a bolão. */
  readonly selection: number;
}

/** Goals that can be picked for one team. */
export const PICK_GOALS_MAX = 99;
const NO_PICK = 255;
const FIRST_ROWS = 64;

export type EntrySections = readonly [Uint32Array, Int32Array, Int32Array, Int32Array, Int32Array, Float64Array, Uint8Array];

export class PoolEntries {
  readonly #fixtures: number;
  #ids = new IdTable('ent', FIRST_ROWS);
  #holder = new Int32Array(FIRST_ROWS);
  #units = new Int32Array(FIRST_ROWS);
  #selection = new Int32Array(FIRST_ROWS);
  #points = new Int32Array(FIRST_ROWS);
  #paidMinor = new Float64Array(FIRST_ROWS);
  #picks: Uint8Array;

  /** `fixtures` to pick; 0 of a parimutuel pool. */
  constructor(fixtures: number) {
    this.#fixtures = fixtures;
    this.#picks = new Uint8Array(FIRST_ROWS * fixtures * 2).fill(NO_PICK);
  }

  /** Rows ever used, those that left among them. */
  get rows(): number {
    return this.#ids.rows;
  }

  find(entryId: string): number {
    return this.#ids.find(entryId);
  }

  add(entry: PoolEntry): number {
    const row = this.#ids.add(entry.entryId);
    if (row >= this.#holder.length) this.#grow();
    this.#holder[row] = entry.holder;
    this.#units[row] = entry.units;
    this.#selection[row] = entry.selection;
    return row;
  }

  leave(row: number): void {
    this.#units[row] = 0;
  }

  idOf(row: number): string {
    return this.#ids.idOf(row);
  }

  holder(row: number): number {
    return this.#holder[row] as number;
  }

  /** 0 of an entry that left. */
  units(row: number): number {
    return this.#units[row] as number;
  }

  selection(row: number): number {
    return this.#selection[row] as number;
  }

  points(row: number): number {
    return this.#points[row] as number;
  }

  addPoints(row: number, by: number): void {
    this.#points[row] = (this.#points[row] as number) + by;
  }

  paidMinor(row: number): number {
    return this.#paidMinor[row] as number;
  }

  addPaid(row: number, byMinor: number): void {
    this.#paidMinor[row] = (this.#paidMinor[row] as number) + byMinor;
  }

  pick(row: number, fixture: number): Goals | null {
    const at = (row * this.#fixtures + fixture) * 2;
    const home = this.#picks[at] as number;
    return home === NO_PICK ? null : { home, away: this.#picks[at + 1] as number };
  }

  setPick(row: number, fixture: number, { away, home }: Goals): void {
    const at = (row * this.#fixtures + fixture) * 2;
    this.#picks[at] = home;
    this.#picks[at + 1] = away;
  }

  dump(): EntrySections {
    const { rows } = this;
    return [
      this.#ids.dump().ids,
      this.#holder.slice(0, rows),
      this.#units.slice(0, rows),
      this.#selection.slice(0, rows),
      this.#points.slice(0, rows),
      this.#paidMinor.slice(0, rows),
      this.#picks.slice(0, rows * this.#fixtures * 2),
    ];
  }

  static load(fixtures: number, [ids, holder, units, selection, points, paidMinor, picks]: EntrySections): PoolEntries {
    const entries = new PoolEntries(fixtures);
    entries.#ids = IdTable.load('ent', { ids, free: [] });
    while (entries.#holder.length < entries.rows) entries.#grow();
    entries.#holder.set(holder);
    entries.#units.set(units);
    entries.#selection.set(selection);
    entries.#points.set(points);
    entries.#paidMinor.set(paidMinor);
    entries.#picks.set(picks);
    return entries;
  }

  #grow(): void {
    const rows = this.#holder.length * 2;
    this.#holder = longer(this.#holder, new Int32Array(rows));
    this.#units = longer(this.#units, new Int32Array(rows));
    this.#selection = longer(this.#selection, new Int32Array(rows));
    this.#points = longer(this.#points, new Int32Array(rows));
    this.#paidMinor = longer(this.#paidMinor, new Float64Array(rows));
    this.#picks = longer(this.#picks, new Uint8Array(rows * this.#fixtures * 2).fill(NO_PICK));
  }
}

function longer<T extends Int32Array | Float64Array | Uint8Array>(old: T, grown: T): T {
  grown.set(old);
  return grown;
}
