// What each person staked since 0:00 UTC in whatever product, without what came back as if it had never been placed. What a settlement
// returns, a void market's too, stays counted. Counted only while the operator limits it. Bets say when they were placed; of orders and pool entries those of today are remembered by name while they can come back.

export interface DayStakesDump {
  readonly day: number;
  /** Only where there are any. */
  readonly items?: readonly string[];
  /** Only where counting did not begin with the ledger. */
  readonly since?: number;
  readonly staked: readonly (readonly [string, number])[];
}

const DAY_MS = 86_400_000;

export class DayStakes {
  /** False while nobody's day is limited: nothing is told or asked then. */
  counts = false;
  /** When counting began, ms: only what is placed later counts, and comes back. */
  #since = 0;
  #day = 0;
  /** ownerId -> minor units. */
  readonly #staked = new Map<string, number>();
  readonly #items = new Set<string>();

  of(ownerId: string, now: number): number {
    return dayOf(now) === this.#day ? (this.#staked.get(ownerId) ?? 0) : 0;
  }

  turn(on: boolean, at: number): void {
    if (on === this.counts) return;
    this.counts = on;
    this.#since = on ? at : 0;
    this.#day = 0;
    this.#staked.clear();
    this.#items.clear();
  }

  /** A stake was placed at this time, or one placed then was given back (below 0). */
  add(ownerId: string, stakeMinor: number, placedAt: number): void {
    if (!this.counts || placedAt <= this.#since) return;
    const day = dayOf(placedAt);
    if (day < this.#day) return;
    if (day > this.#day) {
      this.#staked.clear();
      this.#items.clear();
      this.#day = day;
    }
    const sum = (this.#staked.get(ownerId) ?? 0) + stakeMinor;
    if (sum === 0) this.#staked.delete(ownerId);
    else this.#staked.set(ownerId, sum);
  }

  /** An order or a pool entry was made. */
  addItem(itemId: string, { at, ownerId, stakeMinor }: { ownerId: string; stakeMinor: number; at: number }): void {
    if (!this.counts || at <= this.#since) return;
    this.add(ownerId, stakeMinor, at);
    this.#items.add(itemId);
  }

  /** True for an order or entry that was counted and can still come back. */
  has(itemId: string): boolean {
    return this.#items.has(itemId);
  }

  isOfToday(itemId: string, now: number): boolean {
    return dayOf(now) === this.#day && this.#items.has(itemId);
  }

  /** All or part of it came back. */
  giveBack(itemId: string, ownerId: string, stakeMinor: number): void {
    if (this.#items.has(itemId)) this.add(ownerId, -stakeMinor, this.#day * DAY_MS + DAY_MS - 1);
  }

  /** Nothing of it can come back any more. */
  forget(itemId: string): void {
    this.#items.delete(itemId);
  }

  dump(): DayStakesDump | null {
    if (!this.counts) return null;
    return {
      day: this.#day,
      ...(this.#items.size > 0 ? { items: [...this.#items] } : {}),
      ...(this.#since > 0 ? { since: this.#since } : {}),
      staked: [...this.#staked],
    };
  }

  /** Fills an empty one. */
  load(dump: DayStakesDump | undefined): void {
    if (!dump) return;
    this.counts = true;
    this.#day = dump.day;
    this.#since = dump.since ?? 0;
    for (const itemId of dump.items ?? []) this.#items.add(itemId);
    for (const [ownerId, staked] of dump.staked) this.#staked.set(ownerId, staked);
  }
}

function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}
