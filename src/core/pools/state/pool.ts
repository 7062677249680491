// Pools as state: those that are open, being paid, or within their correction window, and money carried from those that are gone.
import { assert } from '../../base/assert.ts';
import type { PeriodScore, Placing, ResultStatus, Withdrawn } from '../../catalog/result.ts';
import type { EventData } from '../../kernel/event.ts';
import type { Goals } from '../arithmetic/points.ts';
import { type EntrySections, PoolEntries } from './pool-entries.ts';
import type { PoolFixtureOpened, PoolMarketOpened } from '../pool-events.ts';
import { firstLockAt, type PoolRules } from './pool-rules.ts';

/** Pools that one ledger, and one owner, may have at the same time. */
export const POOLS_MAX = 10_000;
export const POOLS_PER_OWNER_MAX = 50;
/** Pools that are gone and whose carried money nobody took on, of one ledger and of one creator, when another is opened that may carry. */
export const CARRIES_MAX = 10_000;
export const CARRIES_PER_HOLDER_MAX = 50;
export const POOL_FIXTURES_MAX = 128;
export const POOL_RUNNERS_MAX = 40;
export const POOL_INVITATIONS_MAX = 200;
export const INVITATION_USES_MAX = 10_000;
/** Entries that one owner may make and leave again, beyond those he may have. */
export const POOL_LEAVES_PER_OWNER_MAX = 20;

export interface SeenResult {
  /** Of a fixture that was abandoned. */
  readonly completedPeriods?: readonly string[];
  /** Of a race. */
  readonly places?: readonly Placing[];
  readonly withdrawn?: readonly Withdrawn[];
  readonly status: ResultStatus;
  readonly scores: readonly PeriodScore[];
  readonly source: string;
  readonly version: number;
}

export interface PoolFixture extends PoolFixtureOpened {
  /** The last that is known of it. */
  seen: SeenResult | null;
  /** The score that points count with, of all entries before `cursor`: those from there on have points for `scored`. */
  target: Goals | null;
  scored: Goals | null;
  cursor: number;
}

export interface Invitation {
  readonly usesMax: number;
  readonly until: number;
  uses: number;
  revoked: boolean;
}

export type PoolStatus = 'open' | 'locked' | 'paying' | 'closed' | 'reversing';
export type Declared = EventData['PoolDeclared'];

export interface PoolFacts {
  readonly poolId: string;
  readonly holder: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly bots: boolean;
  readonly rules: PoolRules;
  readonly market: PoolMarketOpened | null;
  readonly fixtures: PoolFixture[];
  readonly carryInMinor: number;
  status: PoolStatus;
  /** Runners that were taken out, by number. */
  readonly scratched: number[];
  /** Who finished where, said by hand. */
  places: readonly (readonly string[])[] | null;
  version: number;
  declared: Declared | null;
  /** Odd cents that are not paid yet, by place in `declared`. */
  oddLeft: number[];
  /** First row that is not paid. */
  cursor: number;
  paidMinor: number;
  paidEntries: number;
  /** First closed, ms: from then on the correction window runs. */
  closedAt: number;
  /** What it was declared by has changed since. */
  stale: boolean;
  /** Declared again after the window: the house pays what is more. */
  difference: boolean;
}

interface Membership {
  units: number;
  made: number;
}

export interface Pool extends PoolFacts {
  readonly lockAt: number;
  readonly escrow: string;
  entries: PoolEntries;
  readonly invitations: Map<string, Invitation>;
  /** What follows from the entries, kept so that nothing counts them one by one. */
  readonly owners: Map<string, Membership>;
  readonly unitsOn: Float64Array;
  readonly standing: Map<number, number>;
  liveEntries: number;
  liveUnits: number;
}

export interface Carry {
  readonly poolId: string;
  readonly holder: string;
  /** Canonical text of the rules: only a pool with the same may take it. */
  readonly rules: string;
}

export interface PoolsDump {
  readonly pools: readonly { facts: PoolFacts; invitations: (readonly [string, Invitation])[] }[];
  readonly carries: readonly Carry[];
}

export class Pools {
  readonly #pools = new Map<string, Pool>();
  /** eventId -> pools that wait for its result. */
  readonly #followers = new Map<string, Pool[]>();
  readonly #openOf = new Map<string, number>();
  readonly carries = new Map<string, Carry>();

  get size(): number {
    return this.#pools.size;
  }

  find(poolId: string): Pool | undefined {
    return this.#pools.get(poolId);
  }

  of(poolId: string): Pool {
    const pool = this.#pools.get(poolId);
    assert(pool, () => `${poolId} is unknown`);
    return pool;
  }

  all(): IterableIterator<Pool> {
    return this.#pools.values();
  }

  countOf(ownerId: string): number {
    return this.#openOf.get(ownerId) ?? 0;
  }

  followersOf(eventId: string): readonly Pool[] {
    return this.#followers.get(eventId) ?? [];
  }

  add(pool: Pool): void {
    this.#pools.set(pool.poolId, pool);
    this.#openOf.set(pool.ownerId, this.countOf(pool.ownerId) + 1);
    for (const { eventId } of pool.fixtures) this.#followers.set(eventId, [...this.followersOf(eventId), pool]);
  }

  remove(pool: Pool): void {
    this.#pools.delete(pool.poolId);
    const left = this.countOf(pool.ownerId) - 1;
    if (left > 0) this.#openOf.set(pool.ownerId, left);
    else this.#openOf.delete(pool.ownerId);
    for (const { eventId } of pool.fixtures) {
      const others = this.followersOf(eventId).filter((other) => other !== pool);
      if (others.length > 0) this.#followers.set(eventId, others);
      else this.#followers.delete(eventId);
    }
  }

  /** Null while there never was a pool: the snapshot is then what it was before there were any. */
  dump(): PoolsDump | null {
    if (this.#pools.size === 0 && this.carries.size === 0) return null;
    const pools = [...this.#pools.values()].map((pool) => ({ facts: factsOf(pool), invitations: [...pool.invitations] }));
    return { pools, carries: [...this.carries.values()] };
  }

  /** Fills an empty set; entries come one by one, as sections of the snapshot. */
  load(dump: PoolsDump, ownerOf: (holder: number) => string, sectionsOf: (pool: number) => EntrySections): void {
    for (const [i, { facts, invitations }] of dump.pools.entries()) {
      const pool = makePool(facts);
      for (const [hash, invitation] of invitations) pool.invitations.set(hash, invitation);
      pool.entries = PoolEntries.load(picksOf(pool), sectionsOf(i));
      recount(pool, ownerOf);
      this.add(pool);
    }
    for (const carry of dump.carries) this.carries.set(carry.poolId, carry);
  }
}

export function makePool(facts: PoolFacts): Pool {
  const firstStart = facts.fixtures.reduce((first, { startAt }) => Math.min(first, startAt), Number.MAX_SAFE_INTEGER);
  return {
    ...facts,
    lockAt: firstLockAt(facts.rules, firstStart),
    escrow: `pool:${facts.poolId}:escrow`,
    entries: new PoolEntries(picksOf(facts)),
    invitations: new Map(),
    owners: new Map(),
    unitsOn: new Float64Array(facts.market ? selectionCount(facts.market) : 0),
    standing: new Map(),
    liveEntries: 0,
    liveUnits: 0,
  };
}

/** Counts an entry in or out of everything that follows from the entries. */
export function countEntry(pool: Pool, row: number, owner: { readonly ownerId: string; readonly units: number }): void {
  const { ownerId, units } = owner;
  const membership = pool.owners.get(ownerId) ?? { units: 0, made: 0 };
  membership.units += units;
  if (units > 0) membership.made++;
  pool.owners.set(ownerId, membership);
  pool.liveEntries += Math.sign(units);
  pool.liveUnits += units;
  const selection = pool.entries.selection(row);
  if (pool.market) pool.unitsOn[selection] = (pool.unitsOn[selection] as number) + units;
  else countPoints(pool.standing, pool.entries.points(row), Math.sign(units));
}

export function countPoints(standing: Map<number, number>, points: number, by: number): void {
  const entries = (standing.get(points) ?? 0) + by;
  if (entries === 0) standing.delete(points);
  else standing.set(points, entries);
}

export function carryOf(poolId: string): string {
  return `pool:${poolId}:carry`;
}

/** Selections of an exacta are pairs of runners, first * runners + second. */
export function selectionCount({ bet, runners }: PoolMarketOpened): number {
  return bet === 'exacta' ? runners.length ** 2 : runners.length;
}

/** Number of a selection, or -1. Of an exacta it is written `first>second`. */
export function selectionOf({ bet, runners }: PoolMarketOpened, selectionId: unknown): number {
  if (typeof selectionId !== 'string') return -1;
  if (bet !== 'exacta') return runners.indexOf(selectionId);
  const [first, second, more] = selectionId.split('>').map((runner) => runners.indexOf(runner));
  if (first === undefined || second === undefined || more !== undefined) return -1;
  return first < 0 || second < 0 || first === second ? -1 : first * runners.length + second;
}

export function selectionName({ bet, runners }: PoolMarketOpened, selection: number): string {
  if (bet !== 'exacta') return runners[selection] as string;
  return `${runners[Math.floor(selection / runners.length)]}>${runners[selection % runners.length]}`;
}

function picksOf({ fixtures, market }: Pick<PoolFacts, 'fixtures' | 'market'>): number {
  return market ? 0 : fixtures.length;
}

/** An entry that left still counts as made. */
function recount(pool: Pool, ownerOf: (holder: number) => string): void {
  for (let row = 0; row < pool.entries.rows; row++) {
    const ownerId = ownerOf(pool.entries.holder(row));
    const units = pool.entries.units(row);
    if (units > 0) countEntry(pool, row, { ownerId, units });
    else {
      const membership = pool.owners.get(ownerId) ?? { units: 0, made: 0 };
      membership.made++;
      pool.owners.set(ownerId, membership);
    }
  }
}

function factsOf(pool: Pool): PoolFacts {
  const { lockAt: _l, escrow: _e, entries: _n, invitations: _i, owners: _o, unitsOn: _u, standing: _s, ...rest } = pool;
  const { liveEntries: _le, liveUnits: _lu, ...facts } = rest;
  return facts;
}
