// What a ledger's desk has set: limits by target, factors of people, scopes that are suspended. Empty in most ledgers: a bet then asks one
// flag and nothing else. What limits mean for each market is worked out when they change, not when a bet comes.
import type { Market } from '../bets/market.ts';
import { DayStakes, type DayStakesDump } from './day-stakes.ts';
import { MARKET_LIMIT_NAMES, type MarketLimitChange, type MarketLimits, PPM } from './desk-commands.ts';
import { covers, targetsOver } from './target.ts';

/** Stakes of people on one market: ownerId -> minor units. */
type OwnerStakes = Map<string, number>;

export interface DeskDump {
  readonly days?: DayStakesDump;
  readonly factors: readonly (readonly [string, number])[];
  readonly heldBy: readonly (readonly [number, string])[];
  readonly limits: readonly (readonly [string, MarketLimits])[];
  readonly scopes: readonly string[];
  readonly stakes: readonly (readonly [number, readonly (readonly [string, number])[]])[];
}

export class Desk {
  /** By target, as they were set. */
  readonly limits = new Map<string, MarketLimits>();
  /** By market row: all that was set over it, the narrowest word standing. */
  readonly #ofMarket = new Map<number, MarketLimits>();
  /** ownerId -> ppm of a market's largest bet. */
  readonly factors = new Map<string, number>();
  readonly scopes = new Set<string>();
  /** By market row: the scope that suspended it. */
  readonly heldBy = new Map<number, string>();
  /** By market row, only where one person's stakes are limited. */
  readonly #stakes = new Map<number, OwnerStakes>();
  readonly days = new DayStakes();
  /** True when a bet has something to ask here. */
  hasRules = false;
  /** True when a bet has something to tell here. */
  counts = false;

  of(market: number): MarketLimits | undefined {
    return this.#ofMarket.get(market);
  }

  factorOf(ownerId: string): number {
    return this.factors.get(ownerId) ?? PPM;
  }

  stakesOf(market: number, ownerId: string): number {
    return this.#stakes.get(market)?.get(ownerId) ?? 0;
  }

  /** The widest suspended scope over a fixture, or null. */
  scopeOver(eventId: string): string | null {
    if (this.scopes.size === 0) return null;
    for (const target of targetsOver({ eventId, marketId: eventId })) if (this.scopes.has(target)) return target;
    return null;
  }

  setLimits(target: string, change: MarketLimitChange): void {
    const limits: Record<string, number> = { ...this.limits.get(target) };
    for (const name of MARKET_LIMIT_NAMES) {
      const value = change[name];
      if (value === null) delete limits[name];
      else if (value !== undefined) limits[name] = value;
    }
    if (Object.keys(limits).length === 0) this.limits.delete(target);
    else this.limits.set(target, limits);
  }

  /** Works out what holds for a market; `openStakes` tells what its bets stake by person, asked where that is limited for the first time. */
  apply(market: Market, openStakes: () => Iterable<readonly [ownerId: string, stakeMinor: number]>): void {
    const { row } = market;
    const limits: Record<string, number> = {};
    for (const target of targetsOver(market)) Object.assign(limits, this.limits.get(target));
    if (Object.keys(limits).length === 0) this.#ofMarket.delete(row);
    else this.#ofMarket.set(row, limits);
    if (limits.ownerStakeMaxMinor === undefined) this.#stakes.delete(row);
    else if (!this.#stakes.has(row)) {
      const stakes: OwnerStakes = new Map();
      this.#stakes.set(row, stakes);
      for (const [ownerId, stakeMinor] of openStakes()) add(stakes, ownerId, stakeMinor);
    }
    this.#look();
  }

  setFactor(ownerId: string, factorPpm: number): void {
    if (factorPpm === PPM) this.factors.delete(ownerId);
    else this.factors.set(ownerId, factorPpm);
    this.#look();
  }

  /** What a person stakes in a day is counted from now on, or no longer. */
  countDays(on: boolean, at: number): void {
    this.days.turn(on, at);
    this.#look();
  }

  /** A bet of this stake is open on a market (sign 1), or no longer (-1). */
  count(market: number, ownerId: string, stakeMinor: number): void {
    const stakes = this.#stakes.get(market);
    if (stakes) add(stakes, ownerId, stakeMinor);
  }

  hold(market: number, scope: string): void {
    this.heldBy.set(market, scope);
  }

  /** The market takes bets again, or will never again. */
  release(market: number): void {
    this.heldBy.delete(market);
  }

  /** Reopens a scope: markets that another one covers stay with that. */
  reopen(scope: string, eventIdOf: (market: number) => string): void {
    this.scopes.delete(scope);
    for (const [market, holder] of this.heldBy) {
      const other = holder === scope ? this.scopeOver(eventIdOf(market)) : null;
      if (other !== null) this.heldBy.set(market, other);
    }
  }

  forget(market: Market): void {
    this.heldBy.delete(market.row);
    this.#ofMarket.delete(market.row);
    this.#stakes.delete(market.row);
    // What was set for this market alone ends with it.
    this.limits.delete(market.marketId);
    this.#look();
  }

  /** The markets that a suspended scope holds and nothing else would. */
  *heldOnlyBy(scope: string, eventIdOf: (market: number) => string): Iterable<number> {
    for (const [market, holder] of this.heldBy) {
      if (holder !== scope) continue;
      const eventId = eventIdOf(market);
      if (![...this.scopes].some((other) => other !== scope && covers(other, eventId))) yield market;
    }
  }

  /** Null while nothing was set: the snapshot is then what it was before there was a desk. */
  dump(): DeskDump | null {
    const { factors, heldBy, limits, scopes } = this;
    const days = this.days.dump();
    const isEmpty = limits.size + factors.size + scopes.size + heldBy.size === 0 && days === null;
    if (isEmpty) return null;
    return {
      ...(days ? { days } : {}),
      factors: [...factors],
      heldBy: [...heldBy],
      limits: [...limits],
      scopes: [...scopes],
      stakes: [...this.#stakes].map(([row, stakes]) => [row, [...stakes]]),
    };
  }

  load(dump: DeskDump, markets: readonly (Market | null)[]): void {
    for (const [ownerId, factor] of dump.factors) this.factors.set(ownerId, factor);
    for (const [row, scope] of dump.heldBy) this.heldBy.set(row, scope);
    for (const [target, limits] of dump.limits) this.limits.set(target, limits);
    for (const scope of dump.scopes) this.scopes.add(scope);
    for (const [row, stakes] of dump.stakes) this.#stakes.set(row, new Map(stakes));
    if (this.limits.size > 0) for (const market of markets) if (market) this.apply(market, () => []);
    this.days.load(dump.days);
    this.#look();
  }

  #look(): void {
    this.counts = this.#stakes.size > 0 || this.days.counts;
    this.hasRules = this.counts || this.#ofMarket.size > 0 || this.factors.size > 0;
  }
}

function add(stakes: OwnerStakes, ownerId: string, stakeMinor: number): void {
  const sum = (stakes.get(ownerId) ?? 0) + stakeMinor;
  if (sum === 0) stakes.delete(ownerId);
  else stakes.set(ownerId, sum);
}
