// A world with pools for given / when / then tests: four funded people, a fixture and a later one, and short ways to open and enter.
import { assert } from '../base/assert.ts';
import { type Decision, isRefusal } from '../kernel/event.ts';
import type { ShardState } from '../kernel/state.ts';
import { ANA, BEA, idOf, KICK_OFF, LEDGER, TENANT, type World, worldWithMarket } from '../kernel/world-for-tests.ts';
import type { Pool } from './state/pool.ts';
import type { EnterPool, OpenPool } from './pool-commands.ts';
import type { PoolRules } from './state/pool-rules.ts';

export const CY = idOf('usr', 'cy');
export const DI = idOf('usr', 'di');
export const PEOPLE = [ANA, BEA, CY, DI] as const;
export const NEXT_FIXTURE = 'fb:E0:20240818:gamma:delta';
export const NEXT_KICK_OFF = KICK_OFF + 86_400_000;

/** Ana and Bea with 100.00, Cy and Di with 1,000.00. */
export function worldWithPools(fingerprint: ((state: ShardState) => string) | null = null): World {
  const world = worldWithMarket(fingerprint);
  for (const usr of [CY, DI])
    world.done({ type: 'IssueFunds', holder: usr, ownerId: usr, tenantId: TENANT, amountMinor: 100_000 });
  world.done({ type: 'OpenMarket', marketId: `${NEXT_FIXTURE}/1x2`, startAt: NEXT_KICK_OFF });
  return world;
}

/** Stakes of 10.00, no fees, winner takes all; exact 10, difference 7, result 5, one team 2. */
export function bolaoRules(change: Partial<PoolRules> = {}): PoolRules {
  return {
    ...marketRules({
      kind: 'bolao',
      unitMinor: 1_000,
      maxUnitsPerOwner: 20,
      lock: { before: 'first-start', marginMs: 60_000 },
      scoring: { exact: 10, difference: 7, result: 5, oneTeamGoals: 2 },
      voidFixture: 'drop-pick',
    }),
    ...change,
  };
}

/** Units of 1.00, no fees, no breakage; who loses a cent of a division is the earliest entry’s gain. */
export function marketRules(change: Partial<PoolRules> = {}): PoolRules {
  return {
    v: 1,
    kind: 'parimutuel',
    currency: 'PLAY',
    unitMinor: 100,
    maxUnitsPerOwner: 10_000,
    minEntries: 0,
    visibility: 'public',
    lock: { before: 'first-start', marginMs: 0 },
    leaveUntil: 'lock',
    takeoutPpm: 0,
    creatorFeePpm: 0,
    breakage: { stepMinor: 1, to: 'house' },
    minDividendMinor: 0,
    minusPool: 'pay-what-is-there',
    noWinner: 'refund',
    voidFixture: 'refund-all',
    deadHeat: 'split-net',
    prize: { kind: 'winner' },
    ties: 'split-joined-shares',
    oddCents: 'earliest-entry',
    correctionWindowMs: 600_000,
    afterWindow: 'stands',
    ...change,
  };
}

/** Opens a pool as an operator, for Ana; returns its id. */
export function open(world: World, wish: Partial<OpenPool> & Pick<OpenPool, 'rules'>): string {
  const [opened] = world.done({ type: 'OpenPool', holder: ANA, ...wish });
  assert(opened?.type === 'PoolOpened', 'no pool was opened');
  return opened.data.poolId;
}

/** A race at the fixture’s kick-off. */
export function openRace(
  world: World,
  runners: readonly string[],
  change: Partial<PoolRules> = {},
  wish: { readonly bet?: 'win' | 'place' | 'exacta'; readonly places?: number; readonly startAt?: number } = {},
): string {
  const market = { bet: 'win' as const, eventId: 'race:1', runners, startAt: KICK_OFF, ...wish };
  return open(world, { rules: marketRules(change), market });
}

export function askToEnter(world: World, poolId: string, holder: string, wish: Partial<EnterPool> = {}): Decision {
  const ownerId = world.ledger.holders.find(({ id }) => id === holder)?.ownerId ?? holder;
  return world.ask({ type: 'EnterPool', poolId, holder, units: 1, ...wish }, 'api', { ownerId });
}

/** Enters, and returns the entry. */
export function enter(world: World, poolId: string, holder: string, wish: Partial<EnterPool> = {}): string {
  const decision = askToEnter(world, poolId, holder, wish);
  assert(!isRefusal(decision), () => `refused: ${JSON.stringify(decision)}`);
  const [entered] = decision;
  assert(entered?.type === 'PoolEntered', 'nobody entered');
  return entered.data.entryId;
}

export function poolOf(world: World, poolId: string): Pool {
  return world.ledger.pools.of(poolId);
}

export function balance(world: World, path: string): number {
  return world.state.ledgers.get(LEDGER)?.accounts.balance(path, 'PLAY') ?? 0;
}

/** What each entry was paid, by entry. */
export function paidIn(world: World, poolId: string): Map<string, number> {
  const paid = new Map<string, number>();
  for (const e of world.events) {
    if (e.type !== 'PoolPaid' || e.data.poolId !== poolId) continue;
    for (const [entryId, , amountMinor] of e.data.entries) paid.set(entryId, (paid.get(entryId) ?? 0) + amountMinor);
  }
  return paid;
}
