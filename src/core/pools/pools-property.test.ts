// Whatever is entered, left, picked, told, corrected and voided: no cent is lost, a pool is declared once for each version, its escrow is empty
// when it closes, points are what a plain count over all picks gives, and a snapshot at any moment is the same pool.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../evolve.ts';
import { initialShard } from '../kernel/state.ts';
import { FIXTURE, goals, KICK_OFF, resultOf, WINNER, type World } from '../kernel/world-for-tests.ts';
import { pointsOf } from './arithmetic/points.ts';
import {
  askToEnter,
  balance,
  bolaoRules,
  CY,
  DI,
  marketRules,
  NEXT_FIXTURE,
  open,
  openRace,
  PEOPLE,
  poolOf,
  worldWithPools,
} from './pools-for-tests.ts';
import type { PoolRules } from './state/pool-rules.ts';

const SELECTIONS = ['home', 'draw', 'away'];
const person = fc.constantFrom(...PEOPLE);
const score = fc.tuple(fc.nat(3), fc.nat(3));
const fixture = fc.constantFrom(FIXTURE, NEXT_FIXTURE);

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('enter' as const),
      who: person,
      n: fc.nat(40),
      picks: fc.array(score, { maxLength: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), n: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pick' as const), n: fc.nat(20), eventId: fixture, score }) },
);
const told = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('told' as const),
      eventId: fixture,
      score,
      status: fc.constantFrom('finished' as const, 'live' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('told' as const),
      eventId: fixture,
      score,
      status: fc.constant('abandoned' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('spend' as const), who: person }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('void' as const) }) },
);

const money = {
  takeoutPpm: fc.constantFrom(0, 70_000, 150_000),
  creatorFeePpm: fc.constantFrom(0, 33_333),
  breakage: fc.record({ stepMinor: fc.constantFrom(1, 10), to: fc.constantFrom('house' as const, 'pool' as const) }),
  oddCents: fc.constantFrom('earliest-entry' as const, 'rounding' as const),
  minEntries: fc.constantFrom(0, 3),
};
const bolao: fc.Arbitrary<PoolRules> = fc
  .record({
    ...money,
    unitMinor: fc.constantFrom(100, 333, 1_000),
    noWinner: fc.constantFrom('refund' as const, 'carry' as const, 'nearest' as const),
    voidFixture: fc.constantFrom('drop-pick' as const, 'refund-all' as const),
    prize: fc.constantFrom<PoolRules['prize']>(
      { kind: 'winner' },
      { kind: 'proportional', minPoints: 5 },
      { kind: 'places', sharesPpm: [500_000, 300_000, 200_000] },
    ),
  })
  .map((change) => bolaoRules(change));
const tote: fc.Arbitrary<PoolRules> = fc
  .record({
    ...money,
    unitMinor: fc.constantFrom(10, 37, 100),
    noWinner: fc.constantFrom('refund' as const, 'carry' as const),
    minDividendMinor: fc.constantFrom(0, 39, 90),
    minusPool: fc.constantFrom('house-pays' as const, 'pay-what-is-there' as const),
  })
  .map((change) => marketRules(change));

function moneyIsThere(world: World, poolId: string): void {
  for (const sum of world.ledger.accounts.sums().values()) assert.equal(sum, 0n);
  const pool = world.ledger.pools.find(poolId);
  if (!pool) return;
  const escrow = balance(world, pool.escrow);
  let [units, live, paidMinor] = [0, 0, 0];
  for (let row = 0; row < pool.entries.rows; row++) {
    units += pool.entries.units(row);
    if (pool.entries.units(row) > 0) live++;
    paidMinor += pool.entries.paidMinor(row);
  }
  assert.deepEqual([pool.liveUnits, pool.liveEntries], [units, live]);
  if (pool.status === 'open' || pool.status === 'locked') assert.equal(escrow, units * pool.rules.unitMinor + pool.carryInMinor);
  const d = pool.declared;
  if (pool.status !== 'closed' || !d) return;
  assert.equal(escrow, 0);
  const fees = d.takeoutMinor + d.creatorFeeMinor + d.breakageMinor + d.carriedMinor + d.roundingMinor;
  assert.equal(paidMinor + fees, units * pool.rules.unitMinor + pool.carryInMinor + d.topUpMinor);
  assert.equal(d.grossMinor, units * pool.rules.unitMinor);
}

/** Points of each row by a plain count. */
function pointsAreRight(world: World, poolId: string): void {
  const pool = world.ledger.pools.find(poolId);
  if (!pool || pool.market || pool.status !== 'closed') return;
  for (let row = 0; row < pool.entries.rows; row++) {
    let points = 0;
    for (const [i, { seen }] of pool.fixtures.entries()) {
      const pick = pool.entries.units(row) > 0 ? pool.entries.pick(row, i) : null;
      const last = seen?.scores[0];
      const final = seen?.status === 'live' || wasCut(seen?.status, last?.home ?? 0) ? undefined : last;
      if (pick && final && pool.rules.scoring) points += pointsOf(pick, final, pool.rules.scoring, 1);
    }
    if (pool.declared?.outcome !== 'refund') assert.equal(pool.entries.points(row), points);
  }
}

/** Of abandoned matches some were given up after 90 minutes: their score counts. */
function wasCut(status: string | undefined, home: number): boolean {
  return status === 'abandoned' && home % 2 === 1;
}

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
type Told = typeof told extends fc.Arbitrary<infer T> ? T : never;

function play(world: World, poolId: string, one: Step | Told): void {
  const pool = world.ledger.pools.find(poolId);
  if (!pool) return;
  const isTote = pool.market !== null;
  if (one.do === 'enter') {
    const picks = one.picks.map(([home, away], i) => [i === 0 ? FIXTURE : NEXT_FIXTURE, home, away] as const);
    const wish = isTote ? { selectionId: SELECTIONS[one.n % 3] as string, units: 1 + one.n } : { picks };
    askToEnter(world, poolId, one.who, wish);
  } else if (one.do === 'leave' || one.do === 'pick') {
    if (pool.entries.rows === 0) return;
    const row = one.n % pool.entries.rows;
    const entryId = pool.entries.idOf(row);
    const ownerId = world.ledger.holders[pool.entries.holder(row)]?.ownerId ?? '';
    if (one.do === 'leave') world.ask({ type: 'LeavePool', poolId, entryId }, 'api', { ownerId });
    else world.ask({ type: 'SetPicks', poolId, entryId, picks: [[one.eventId, ...one.score]] }, 'api', { ownerId });
  } else if (one.do === 'told') {
    const version = world.asked.length;
    const { eventId, status } = one;
    const completedPeriods = wasCut(status, one.score[0]) ? ['h1'] : ['h1', 'h2', 'ft'];
    const result = resultOf({ completedPeriods, eventId, status, version, scores: [goals(...one.score)] });
    world.ask({ type: 'RecordResult', result }, 'feed');
  } else if (one.do === 'spend') {
    const amountMinor = world.available(one.who);
    if (amountMinor > 0) world.ask({ type: 'ReclaimFunds', holder: one.who, amountMinor });
  } else world.ask({ type: 'VoidPool', poolId, reason: 'operator' });
}

test('no cent is lost, whatever happens to a pool, and its history folds to the same state', () => {
  let closed = 0;
  let corrected = 0;
  fc.assert(
    fc.property(
      fc.oneof(bolao, tote),
      fc.array(step, { minLength: 3, maxLength: 25 }),
      fc.array(told, { minLength: 3, maxLength: 12 }),
      (rules, before, after) => {
        const world = worldWithPools();
        world.done({ type: 'SetResultRule', agree: 1, sources: [] });
        const subject =
          rules.kind === 'bolao'
            ? { fixtures: [{ eventId: FIXTURE }, { eventId: NEXT_FIXTURE }] }
            : { market: { marketId: WINNER } };
        const poolId = open(world, { rules, ...subject });
        world.afterEvent = () => {
          for (const sum of world.ledger.accounts.sums().values()) assert.equal(sum, 0n);
        };
        for (const one of before) {
          play(world, poolId, one);
          moneyIsThere(world, poolId);
        }
        world.goTo(KICK_OFF);
        for (const one of after) {
          play(world, poolId, one);
          assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
          world.goTo(world.now);
          moneyIsThere(world, poolId);
          pointsAreRight(world, poolId);
        }
        if (world.ledger.pools.find(poolId)?.status === 'closed') closed++;
        corrected += world.events.filter(({ type }) => type === 'PoolReversed').length;
        const declared = world.events
          .filter(({ type }) => type === 'PoolDeclared')
          .map((e) => e.type === 'PoolDeclared' && e.data.version);
        assert.deepEqual(
          declared,
          declared.map((_, i) => i + 1),
        );
        const folded = initialShard();
        for (const event of world.events) evolve(folded, event);
        assert.equal(stateHash(folded), stateHash(world.state));
      },
    ),
    { numRuns: 150 },
  );
  assert.ok(closed > 30 && corrected > 10, `${closed} closed, ${corrected} corrected: too few to say anything`);
});

test('paid in chunks is paid as in one go: each unit of a selection alike, odd cents to the earliest', () => {
  const world = worldWithPools();
  const poolId = openRace(world, ['a', 'b'], { unitMinor: 1 });
  for (let i = 0; i < 1_300; i++) askToEnter(world, poolId, i % 2 ? CY : DI, { selectionId: 'a', units: 1 + (i % 3) });
  askToEnter(world, poolId, CY, { selectionId: 'b', units: 700 });
  world.goTo(KICK_OFF);
  world.done({ type: 'ResolvePool', poolId, places: [['a']] });
  world.goTo(world.now);
  // 433 threes of 6 units and one unit more: 2,599 on a, and 700 on b: 3,299 / 2,599 = 1, 700 cents left.
  const { entries } = poolOf(world, poolId);
  let odd = 700;
  for (let row = 0; row < 1_300; row++) {
    const units = entries.units(row);
    const more = Math.min(odd, units);
    odd -= more;
    assert.equal(entries.paidMinor(row), units + more);
  }
  assert.deepEqual([odd, entries.paidMinor(1_300)], [0, 0]);
});
