// Each-way bets by hand, and races against brute force over every order of finish.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../../evolve.ts';
import { initialShard, marketOf } from '../../kernel/state.ts';
import { ANA, answerOf, BEA, idOf, refusalOf, type World } from '../../kernel/world-for-tests.ts';
import { LOST, type Outcome, PUSH, WON } from '../../settlement/outcome.ts';
import { finish, finishRace, RACE, RACE_PRICES, raceBet, worldWithRace } from '../runners/race-for-tests.ts';
import type { OddsPolicy } from '../odds-policy.ts';
import { eachWayReturnMinor, placePayoutMinor } from './each-way.ts';

const HALF: Outcome = { won: [1, 2], back: [0, 1] };

test('eachWayReturnMinor() returns what the hand-worked table says', () => {
  type Row = [
    stake: number,
    odds: number,
    divisor: number,
    win: Outcome,
    placed: Outcome,
    ded: number,
    back: number,
    note: string,
  ];
  const rows: Row[] = [
    [1_000, 9_000, 4, WON, WON, 0, 12_000, '10 x 9 + 10 x (1 + 8/4) = 90 + 30'],
    [1_000, 9_000, 4, LOST, WON, 0, 3_000, 'placed only: place profit 20 less the stake of the win part'],
    [1_000, 9_000, 4, LOST, LOST, 0, 0, 'both stakes are lost'],
    [1_000, 9_000, 5, LOST, WON, 0, 2_600, '10 x (1 + 8/5)'],
    [1_000, 9_000, 4, HALF, WON, 0, 7_500, 'two share the win: 45 + 30'],
    [1_000, 9_000, 4, LOST, HALF, 0, 1_500, 'two share the last place: 5 x 3'],
    [1_000, 9_000, 4, WON, WON, 200_000, 10_000, '20p: 10 + 80 x 0.8 = 74, and 10 + 20 x 0.8 = 26'],
    [1_000, 9_000, 4, LOST, HALF, 200_000, 1_300, '20p and half of the last place: 5 x (1 + 2 x 0.8)'],
    [1_000, 9_000, 4, PUSH, PUSH, 900_000, 2_000, 'a non-runner gives both stakes back'],
    [3, 3_333, 4, WON, WON, 0, 14, '9.999 + 3 x 1.58325 = 14.74875; two roundings would give 13'],
    [1, 1_001, 20, LOST, WON, 0, 1, '1.00005 is kept as a fraction'],
  ];
  for (const [stakeMinor, oddsMilli, divisor, win, placed, deductionPpm, returned, note] of rows)
    assert.equal(eachWayReturnMinor({ stakeMinor, oddsMilli, divisor, win, placed, deductionPpm }), returned, note);
  assert.equal(placePayoutMinor(1_000, 9_000, 4), 3_000);
  assert.equal(placePayoutMinor(3, 3_333, 4), 5); // 4.74975, rounded up
});

function returned(world: World, name: string): number | undefined {
  for (const event of world.events) {
    if (event.type !== 'BetsSettled' && event.type !== 'BetsVoided') continue;
    const found = event.data.bets.find(([betId]) => betId === idOf('bet', name));
    if (found) return found[2];
  }
  return undefined;
}

test('an each-way bet holds two stakes and is paid win and place', () => {
  const world = worldWithRace(stateHash);
  assert.equal(answerOf(raceBet(world, 'first', { eachWay: true })), 'EachWayPlaced'); // asti at 2.5
  raceBet(world, 'third', { eachWay: true, selectionId: 'ebony' }); // 9.0
  raceBet(world, 'fourth', { eachWay: true, selectionId: 'fawn', holder: BEA });
  assert.deepEqual([world.held(ANA), world.held(BEA), world.available(BEA)], [4_000, 2_000, 998_000]);
  finishRace(world, finish('asti', 'bay', 'ebony', 'fawn'));
  // 10 x 2.5 + 10 x (1 + 1.5/4) = 25 + 13.75
  assert.deepEqual([returned(world, 'first'), returned(world, 'third'), returned(world, 'fourth')], [3_875, 3_000, 0]);
  assert.deepEqual([world.held(ANA), world.held(BEA), world.ledger.worstLossMinor], [0, 0, 0]);
});

test('each-way is refused where the market, the stake or the money does not allow it', () => {
  const world = worldWithRace(stateHash);
  const ask = (wish: object): string => {
    const { code, path } = refusalOf(raceBet(world, 'x', { eachWay: true, ...wish }));
    return `${code} ${path}`;
  };
  assert.equal(ask({ marketId: 'hr:ascot:20240817:1500/place' }), 'leg_not_combinable /eachWay');
  assert.equal(ask({ marketId: 'fb:E0:20240817:alpha:beta/1x2', selectionId: 'home' }), 'leg_not_combinable /eachWay');
  assert.equal(ask({ eachWay: 'yes' as unknown as true }), 'malformed /eachWay');
  assert.equal(ask({ stakeMinor: 500_001 }), 'insufficient_funds undefined'); // of 10,000.00 twice 5,000.01
  world.done({ type: 'SetLimits', limits: { stakeMaxMinor: 999 } });
  assert.equal(ask({ stakeMinor: 500 }), 'stake_above_max /stakeMinor');
  world.done({ type: 'SetLimits', limits: { payoutMaxMinor: 1_000 } });
  // 2.60 x 2.5 + 2.60 x 1.375 = 10.075
  assert.equal(ask({ stakeMinor: 260 }), 'limit_user /stakeMinor');
  assert.equal(answerOf(raceBet(world, 'y', { eachWay: true, stakeMinor: 258 })), 'EachWayPlaced');
});

test('an each-way bet is taken at the odds that its bettor takes: at placement, after the delay and in review', () => {
  // Asti stands at 2.5; what the bettor saw and takes; how the placement is answered.
  for (const [oddsPolicy, minOddsMilli, expected] of [
    ['better', 2_400, 'EachWayPlaced'],
    ['better', 2_600, 'odds_changed'],
    ['exact', 2_400, 'odds_changed'],
    ['exact', 2_500, 'EachWayPlaced'],
    ['any', 9_000, 'EachWayPlaced'],
  ] as const)
    assert.equal(answerOf(raceBet(worldWithRace(stateHash), 'x', { eachWay: true, oddsPolicy, minOddsMilli })), expected);
  // Placed at 2.5; the price when it is judged again; what 10.00 and 10.00 return when asti wins, or why there is no bet.
  const rows: [policy: OddsPolicy, nowMilli: number, expected: number | string][] = [
    ['better', 2_000, 'odds_changed'],
    ['better', 3_000, 3_875], // 10 x 2.5 + 10 x (1 + 1.5/4): what it can win was reserved for
    ['exact', 3_000, 'odds_changed'],
    ['exact', 2_500, 3_875],
    ['any', 2_000, 3_250], // 10 x 2 + 10 x (1 + 1/4)
    ['any', 3_000, 3_875],
  ];
  for (const [oddsPolicy, nowMilli, expected] of rows) {
    for (const how of ['delay', 'review'] as const) {
      const what = `${oddsPolicy}, now ${nowMilli}, ${how}`;
      const world = worldWithRace(stateHash);
      const terms = how === 'delay' ? { inPlay: true, betDelayMs: 5_000 } : {};
      if (how === 'review') world.done({ type: 'SetMarketLimits', target: RACE, limits: { reviewAboveMinor: 1_999 } });
      world.price(RACE, RACE_PRICES, terms);
      raceBet(world, 'x', { eachWay: true, stakeMinor: 1_000, minOddsMilli: 2_500, oddsPolicy });
      assert.equal(world.held(), 2_000, what);
      world.price(RACE, { ...RACE_PRICES, asti: nowMilli }, terms);
      const judged =
        how === 'review'
          ? answerOf(world.ask({ type: 'ReviewBet', betId: idOf('bet', 'x'), decision: 'accept', reason: 'operator' }))
          : judgedAfterDelay(world);
      assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
      if (typeof expected === 'string') {
        assert.equal(judged, expected, what);
        continue;
      }
      assert.equal(judged, 'BetAccepted', what);
      assert.equal(world.ledger.worstLossMinor, expected - 2_000, what);
      finishRace(world, finish('asti', 'bay', 'colt'));
      assert.equal(world.available(), 998_000 + expected, what);
      const rebuilt = initialShard();
      for (const event of world.events) evolve(rebuilt, event);
      assert.equal(stateHash(rebuilt), stateHash(world.state));
    }
  }
});

/** What the end of a delay said: the event, or the reason of a rejection. */
function judgedAfterDelay(world: World): string {
  world.goTo(world.now + 5_000);
  const last = world.events.at(-1);
  return last?.type === 'BetRejected' ? last.data.reason : (last?.type ?? 'nothing');
}

test('a delayed each-way bet is released, rejected and voided like any other', () => {
  const world = worldWithRace(stateHash);
  const delayed = (): void => void world.price(RACE, RACE_PRICES, { inPlay: true, betDelayMs: 5_000 });
  delayed();
  raceBet(world, 'stands', { eachWay: true });
  world.goTo(world.now + 5_000);
  assert.equal(world.events.at(-1)?.type, 'BetAccepted');
  delayed();
  raceBet(world, 'withdrawal meanwhile', { eachWay: true });
  world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: 'roan', deductionPpm: 0, at: world.now });
  world.goTo(world.now + 5_000);
  assert.equal(world.events.at(-1)?.type, 'BetRejected');
  assert.equal(world.held(), 2_000);
  world.done({ type: 'VoidBet', betId: idOf('bet', 'stands'), reason: 'x' });
  assert.deepEqual([world.held(), world.ledger.eachWay.size, world.ledger.worstLossMinor], [0, 0, 0]);
});

test('VoidBets gives back what was struck at a wrong price, between two moments or on one selection, and nothing else', () => {
  const world = worldWithRace(stateHash);
  raceBet(world, 'early', { selectionId: 'roan' });
  world.goTo(world.now + 1_000);
  const from = world.now;
  world.price(RACE, { ...RACE_PRICES, roan: 160_000 });
  raceBet(world, 'wrong', { selectionId: 'roan' });
  raceBet(world, 'wrong each way', { selectionId: 'roan', eachWay: true, holder: BEA });
  raceBet(world, 'sound', { selectionId: 'bay' });
  const started = {
    type: 'VoidBets',
    marketId: RACE,
    oddsMilliFrom: 100_000,
    placedFrom: from,
    reason: 'palpable_error',
  } as const;
  assert.equal(answerOf(world.ask(started)), 'VoidingStarted');
  const later = raceBet(world, 'later', { selectionId: 'roan' }); // the sweep began before it
  assert.equal(answerOf(later), 'BetPlaced');
  world.goTo(world.now);
  assert.deepEqual(
    ['early', 'wrong', 'wrong each way', 'sound', 'later'].map((name) => returned(world, name)),
    [undefined, 1_000, 2_000, undefined, undefined],
  );
  assert.equal(refusalOf(world.ask({ type: 'VoidBets', marketId: RACE, reason: 'x' })).path, '/placedFrom');
  assert.equal(refusalOf(world.ask({ ...started, selectionId: 'nobody' })).path, '/selectionId');
  assert.equal(refusalOf(world.ask({ ...started, placedUntil: -1 })).path, '/placedUntil');
});

test('VoidMarket gives every stake back', () => {
  const world = worldWithRace(stateHash);
  raceBet(world, 'a');
  raceBet(world, 'b', { selectionId: 'bay', eachWay: true, holder: BEA });
  world.done({ type: 'VoidMarket', marketId: RACE, reason: 'abandoned' });
  world.goTo(world.now);
  assert.deepEqual([returned(world, 'a'), returned(world, 'b')], [1_000, 2_000]);
  assert.deepEqual([world.held(ANA), world.held(BEA), world.house()], [0, 0, 0]);
  assert.equal(answerOf(world.ask({ type: 'VoidMarket', marketId: RACE, reason: 'x' })) === 'SettlementStarted', false);
});

const FIELD = ['asti', 'bay', 'colt', 'dun'] as const;
const PLACES = 2;
const DIVISOR = 5;

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('bet' as const),
      runner: fc.nat(FIELD.length - 1),
      stakeMinor: fc.integer({ min: 1, max: 2_000 }),
      oddsMilli: fc.integer({ min: 1_001, max: 12_000 }),
      eachWay: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('withdraw' as const),
      runner: fc.nat(FIELD.length - 1),
      deductionPpm: fc.integer({ min: 0, max: 900_000 }),
    }),
  },
);

interface Struck {
  readonly runner: number;
  readonly stakeMinor: number;
  readonly oddsMilli: number;
  readonly eachWay: boolean;
}

function* ordersOf(field: readonly number[]): Generator<readonly number[]> {
  if (field.length === 0) yield [];
  for (const first of field) for (const rest of ordersOf(field.filter((one) => one !== first))) yield [first, ...rest];
}

/** Largest loss over every order of finish, by adding up every bet in each of them. */
function worstByHand(bets: readonly Struck[], out: ReadonlySet<number>): number {
  const live = bets.filter(({ runner }) => !out.has(runner));
  const staked = live.reduce((sum, { eachWay, stakeMinor }) => sum + (eachWay ? 2 : 1) * stakeMinor, 0);
  let worst = 0;
  for (const order of ordersOf(FIELD.map((_, i) => i).filter((i) => !out.has(i)))) {
    let paid = 0;
    for (const { eachWay, oddsMilli, runner, stakeMinor } of live) {
      if (order[0] === runner) paid += Math.ceil((stakeMinor * oddsMilli) / 1000);
      if (eachWay && order.slice(0, PLACES).includes(runner))
        paid += Math.ceil((stakeMinor * (1000 * DIVISOR + oddsMilli - 1000)) / (1000 * DIVISOR));
    }
    worst = Math.max(worst, paid - staked);
  }
  return worst;
}

test('the running worst loss is that of brute force over all orders, bounds what is lost, and no cent is lost or made', () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 14 }),
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      fc.nat(23),
      (actions, ties, n) => {
        const world = worldWithRace(null, { selections: FIELD, eachWay: { divisor: DIVISOR, places: PLACES } });
        const bets: Struck[] = [];
        const out = new Set<number>();
        for (const [i, one] of actions.entries()) {
          const selectionId = FIELD[one.runner] as string;
          if (one.kind === 'withdraw') {
            if (out.size > 1 || out.has(one.runner)) continue;
            world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId, deductionPpm: one.deductionPpm, at: world.now });
            out.add(one.runner);
            assert.equal(marketOf(world.ledger, RACE)?.worstLossMinor, worstByHand(bets, out)); // before the stakes are back
            world.goTo(world.now);
            world.done({ type: 'ReopenMarket', target: RACE, reason: 'x' });
          } else {
            world.price(RACE, Object.fromEntries(FIELD.map((name) => [name, one.oddsMilli])));
            const { eachWay, stakeMinor } = one;
            const decision = raceBet(world, `${i}`, { selectionId, stakeMinor, ...(eachWay ? { eachWay } : {}) });
            assert.equal(
              answerOf(decision),
              out.has(one.runner) ? 'selection_withdrawn' : eachWay ? 'EachWayPlaced' : 'BetPlaced',
            );
            if (!out.has(one.runner)) bets.push(one);
          }
          assert.equal(marketOf(world.ledger, RACE)?.worstLossMinor, worstByHand(bets, out));
          assert.equal(world.ledger.worstLossMinor, worstByHand(bets, out));
        }
        const worst = worstByHand(bets, out);
        const orders = [...ordersOf(FIELD.map((_, i) => i).filter((i) => !out.has(i)))];
        const order = (orders[n % orders.length] as readonly number[]).map((i) => FIELD[i] as string);
        finishRace(world, finish(...tied(order, ties)));
        assert.ok(-world.house() <= worst, `${-world.house()} was lost of ${worst} at most`);
        assert.deepEqual(
          [world.held(), world.ledger.worstLossMinor, world.ledger.eachWay.size, world.ledger.bets.size],
          [0, 0, 0, 0],
        );
        for (const sum of world.ledger.accounts.sums().values()) assert.equal(sum, 0n);
        const rebuilt = initialShard();
        for (const event of world.events) evolve(rebuilt, event);
        assert.equal(stateHash(rebuilt), stateHash(world.state));
        assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
      },
    ),
    { numRuns: 150 },
  );
});

/** Neighbours share a place where `ties` says so. */
function tied(order: readonly string[], ties: readonly boolean[]): string[][] {
  const groups: string[][] = [];
  for (const [i, name] of order.entries()) {
    if (i > 0 && ties[i - 1]) groups.at(-1)?.push(name);
    else groups.push([name]);
  }
  return groups;
}
