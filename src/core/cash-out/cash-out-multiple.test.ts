// Cash-out of bets of several legs against amounts worked by hand and against lines that are listed one by one. Ana has 10,000; home is 2.0 in each
// match until its price moves; the margin is 5 %.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import {
  checkExposure,
  checkHeld,
  finish,
  FIXTURES,
  handicapOf,
  placeMultiple,
  returnsOf,
  winnerOf,
  worldOfMultiples,
} from '../bets/multiples/multiples-for-tests.ts';
import { linesOf, smallestLine, type System } from '../bets/multiples/systems.ts';
import type { Quote } from '../catalog/quote.ts';
import { evolve } from '../evolve.ts';
import type { Decision } from '../kernel/event.ts';
import { HOUSE, initialShard } from '../kernel/state.ts';
import { ANA, answerOf, BEA, goals, idOf, refusalOf, resultOf, type World } from '../kernel/world-for-tests.ts';
import { multipleValueMinor, nearestPart } from './cash-out-value.ts';
import type { CashOutBet } from './cash-out-commands.ts';

const FAR = Number.MAX_SAFE_INTEGER;
const OPEN = null;
type Ratio = readonly [num: number, den: number];

function moved(world: World, fixture: number, homeMilli: number, change: Partial<Quote> = {}): void {
  world.price(winnerOf(fixture), { home: homeMilli, draw: 3_400, away: 4_000 }, change);
}

/** Home in the first matches, so much a line. */
function given(system: System, legs: number, stakePerLineMinor: number): World {
  const world = worldOfMultiples(stateHash);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  const homes = FIXTURES.slice(0, legs).map((_, i) => [i, 'home'] as const);
  assert.equal(answerOf(placeMultiple(world, 'x', { system, stakePerLineMinor, legs: homes })), 'MultiplePlaced');
  return world;
}

function take(world: World, change: Partial<CashOutBet> = {}, who: object = {}): Decision {
  const ofMinor = world.held();
  const amounts = { ofMinor, stakeMinor: ofMinor, amountMinor: 1 };
  const offer = { offerId: idOf('offer', 'o'), quoteSeq: 1, expiresAt: FAR };
  return world.ask({ type: 'CashOutBet', betId: idOf('bet', 'x'), holder: ANA, ...amounts, ...offer, ...change }, 'api', who);
}

/** [available, held, house, bets] */
function books(world: World): number[] {
  return [world.available(), world.held(), world.house(), world.ledger.multiples.size];
}

/** floor(stake x sum over all lines of the products of their legs x 95 %), the lines one by one. */
function byLines(system: System, stakePerLine: number, ratios: readonly Ratio[], keptPercent = 95): number {
  const whole = ratios.reduce((all, [, den]) => all * BigInt(den), 1n);
  let sum = 0n;
  for (let chosen = 0; chosen < 2 ** ratios.length; chosen++) {
    const legs = ratios.filter((_, i) => (chosen >> i) % 2 === 1);
    if (legs.length < smallestLine(system, ratios.length)) continue;
    sum += legs.reduce((value, [num, den]) => (value * BigInt(num)) / BigInt(den), whole);
  }
  return Number((BigInt(stakePerLine) * sum * BigInt(keptPercent)) / (whole * 100n));
}

test('multipleValueMinor() adds up all lines, open legs at struck / current odds, and rounds once', () => {
  const rows: [what: string, system: System, stakePerLine: number, legs: Ratio[], value: number][] = [
    // 100 x 2 x 2.0 / 1.5 x 0.95 = 253.33...
    [
      'double: one won at 2.0, one open, 2.0 now 1.5',
      'double',
      100,
      [
        [2, 1],
        [2_000, 1_500],
      ],
      253,
    ],
    // 2 x 4/3 + 2 x 2/3 + 4/3 x 2/3 + 2 x 4/3 x 2/3 = 24/9 + 12/9 + 8/9 + 16/9 = 60/9; x 100 x 0.95 = 633.33...
    [
      'trixie: one won, 2.0 now 1.5, 2.0 now 3.0',
      'trixie',
      100,
      [
        [2, 1],
        [2_000, 1_500],
        [2_000, 3_000],
      ],
      633,
    ],
    // 1 x 2/2.5 x 2/1.6 = 1; x 100 x 0.95
    [
      'treble: one void, 2.0 now 2.5, 2.0 now 1.6',
      'treble',
      100,
      [
        [1, 1],
        [2_000, 2_500],
        [2_000, 1_600],
      ],
      95,
    ],
    // 0 + 1/2 + 1 + 0 + 0 + 1/2 + 0 = 2; x 100 x 0.95
    [
      'patent: one lost, 2.0 now 4.0, one unmoved',
      'patent',
      100,
      [
        [0, 1],
        [2_000, 4_000],
        [2_000, 2_000],
      ],
      190,
    ],
    // 1/2 x 2/1.6 = 0.625; x 100 x 0.95 = 59.375
    [
      'double: a handicap half lost, 2.0 now 1.6',
      'double',
      100,
      [
        [1, 2],
        [2_000, 1_600],
      ],
      59,
    ],
    [
      'accumulator: one lost',
      'accumulator',
      100,
      [
        [0, 1],
        [2_000, 1_500],
        [2_000, 1_001],
      ],
      0,
    ],
    // 4/3 x 4/3 x 7 x 0.95 = 11.82...: rounded before the margin it were 12 x 0.95 = 11.4
    [
      'double of 7, both 2.0 now 1.5',
      'double',
      7,
      [
        [2_000, 1_500],
        [2_000, 1_500],
      ],
      11,
    ],
  ];
  for (const [what, system, stakePerLineMinor, legs, value] of rows) {
    const factors = legs.map(([num, den]) => ({ num: BigInt(num), den: BigInt(den) }));
    assert.equal(multipleValueMinor({ system, stakePerLineMinor, factors }, 50_000), value, what);
    assert.equal(byLines(system, stakePerLineMinor, legs), value, what);
    assert.equal(multipleValueMinor({ system, stakePerLineMinor, factors }, 1_000_000), 0, what);
  }
  const unmoved = [2_000, 3_400, 4_000].map((odds) => ({ num: BigInt(odds), den: BigInt(odds) }));
  assert.equal(multipleValueMinor({ system: 'patent', stakePerLineMinor: 10, factors: unmoved }, 0), 70); // all that was staked
});

test('nearestPart() is a whole stake of every line, one at least', () => {
  const rows: [lines: number, wanted: number, nearest: number][] = [
    [4, 1, 4],
    [4, 5, 4],
    [4, 6, 8],
    [4, 399, 400],
    [1, 7, 7],
    [57, 10, 57],
  ];
  for (const [lines, wanted, nearest] of rows) assert.equal(nearestPart(lines, wanted), nearest);
});

test('a double of which one leg is won is cashed out with a gain, paid by the house, and is gone', () => {
  const world = given('double', 2, 1_000);
  finish(world, 0, [1, 0]);
  moved(world, 1, 1_500);
  // 1,000 x 2 x 2.0 / 1.5 x 0.95 = 2,533.33...
  const { code, have, need } = refusalOf(take(world, { amountMinor: 2_534 }));
  assert.deepEqual([code, need, have], ['odds_changed', 2_534, 2_533]);
  assert.equal(answerOf(take(world, { amountMinor: 2_533 })), 'BetCashedOut');
  assert.deepEqual(world.events.at(-1)?.data, {
    amountMinor: 2_533,
    betId: idOf('bet', 'x'),
    holder: ANA,
    legs: [[1, 1_500, 2]],
    offerId: idOf('offer', 'o'),
    remainingMinor: 0,
    stakeMinor: 1_000,
  });
  assert.deepEqual(books(world), [11_533, 0, -1_533, 0]);
  assert.deepEqual(
    [world.ledger.worstLossMinor, world.ledger.markets.map((market) => market?.worstLossMinor ?? 0)],
    [0, world.ledger.markets.map(() => 0)],
  );
  // What was cashed out stands: the other leg changes nothing, nor does a correction of the first.
  finish(world, 1, [1, 0]);
  const corrected = resultOf({ eventId: FIXTURES[0] as string, version: 2, scores: [goals(0, 1)] });
  world.done({ type: 'RecordResult', result: corrected }, 'feed');
  world.goTo(world.now);
  assert.deepEqual(books(world), [11_533, 0, -1_533, 0]);
  assert.equal(answerOf(take(world, { ofMinor: 1_000, stakeMinor: 1_000 })), 'already_resolved');
});

test('a part of a trixie takes the same of every line, and the rest settles as a smaller trixie', () => {
  const world = given('trixie', 3, 100);
  finish(world, 0, [1, 0]);
  moved(world, 1, 1_500);
  moved(world, 2, 3_000);
  // 40 of each of 4 lines: 40 x 60/9 x 0.95 = 253.33...
  const part = { stakeMinor: 160, amountMinor: 253 };
  assert.equal(answerOf(take(world, { ...part, amountMinor: 254 })), 'odds_changed');
  assert.equal(answerOf(take(world, part)), 'BetCashedOut');
  assert.deepEqual(books(world), [9_600 + 253, 240, -93, 1]);
  checkExposure(world.ledger);
  assert.equal(answerOf(take(world, { ...part, ofMinor: 400 })), 'version_conflict');
  finish(world, 1, [1, 0]);
  finish(world, 2, [1, 0]);
  // 60 x (3 x 2.0 x 2.0 + 2.0 x 2.0 x 2.0) = 60 x 20
  assert.deepEqual(returnsOf(world, 'x'), [1_200]);
  assert.deepEqual(books(world).slice(0, 2), [11_053, 0]);
  // Corrected to a defeat of the third: 60 x 2.0 x 2.0.
  world.done(
    { type: 'RecordResult', result: resultOf({ eventId: FIXTURES[2] as string, version: 2, scores: [goals(0, 1)] }) },
    'feed',
  );
  world.goTo(world.now);
  assert.deepEqual(books(world).slice(0, 2), [9_853 + 240, 0]);
});

test('a void leg counts once, a half lost handicap by half', () => {
  const voided = given('treble', 3, 100);
  finish(voided, 0, [0, 0], 'cancelled');
  moved(voided, 1, 2_500);
  moved(voided, 2, 1_600);
  assert.equal(refusalOf(take(voided, { amountMinor: 96 })).have, 95); // 100 x 1 x 2/2.5 x 2/1.6 x 0.95
  const handicap = worldOfMultiples(stateHash);
  const half = { marketId: handicapOf(0), selectionId: 'home' };
  placeMultiple(handicap, 'x', { system: 'double', stakePerLineMinor: 100, legs: [half, [1, 'home']] });
  finish(handicap, 0, [1, 1]);
  moved(handicap, 1, 1_600);
  assert.equal(refusalOf(take(handicap, { amountMinor: 60 })).have, 59); // 100 x 1/2 x 2/1.6 x 0.95 = 59.375
  assert.equal(answerOf(take(handicap, { amountMinor: 59 })), 'BetCashedOut');
  assert.deepEqual(books(handicap), [9_959, 0, 41, 0]);
});

test('cash-outs of several legs are refused where a leg cannot be judged, and change nothing', () => {
  const target = winnerOf(1);
  const rows: [code: string, path: string, act: (world: World) => Decision][] = [
    ['market_suspended', '/legs/1', (w) => (w.done({ type: 'SuspendMarket', target, reason: 'goal' }), take(w))],
    ['market_closed', '/legs/1', (w) => (w.done({ type: 'CloseMarket', target, reason: 'x' }), take(w))],
    ['market_suspended', '/legs/2', (w) => (moved(w, 2, 2_000, { status: 'suspended' }), take(w))],
    ['selection_withdrawn', '/legs/2/selectionId', (w) => (w.price(winnerOf(2), { away: 2_000 }), take(w))],
    ['price_stale', '/legs/0/marketId', (w) => (w.quotes.delete(winnerOf(0)), take(w))],
    ['gate_halted', '/halt/bets', (w) => (w.done({ type: 'Halt', scope: 'bets', reason: 'x' }), take(w))],
    ['step_invalid', '/stakeMinor', (w) => take(w, { stakeMinor: 201 })],
    ['step_invalid', '/stakeMinor', (w) => take(w, { stakeMinor: 401 })],
    ['version_conflict', '/ofMinor', (w) => take(w, { ofMinor: 500 })],
    ['offer_expired', '/expiresAt', (w) => take(w, { expiresAt: w.now - 1 })],
    ['not_found', '/betId', (w) => take(w, { holder: BEA }, { ownerId: BEA })],
    ['already_resolved', '/betId', (w) => take(w, { betId: idOf('bet', 'nobody') })],
  ];
  for (const [code, path, act] of rows) {
    const world = given('trixie', 3, 100);
    const refused = refusalOf(act(world));
    assert.deepEqual([refused.code, refused.path], [code, path], code);
    assert.deepEqual(books(world), [9_600, 400, 0, 1], code);
  }
  const near = refusalOf(take(given('trixie', 3, 100), { stakeMinor: 201 }));
  assert.deepEqual([near.need, near.have], [200, 201]);
});

test('a lost bet is over, and a pending one not yet open', () => {
  const lost = given('double', 2, 1_000);
  finish(lost, 0, [0, 1]);
  assert.equal(answerOf(take(lost, { ofMinor: 1_000, stakeMinor: 1_000 })), 'already_resolved');
  const pending = worldOfMultiples(stateHash);
  moved(pending, 0, 2_000, { inPlay: true, betDelayMs: 5_000 });
  placeMultiple(pending, 'x', { legs: [{ marketId: winnerOf(0), quoteSeq: 2 }, [1, 'home']] });
  assert.equal(answerOf(take(pending)), 'condition_not_met');
});

test('in play it waits for the longest delay of its open legs and is judged again at its end', () => {
  const rows: [ends: string, meanwhile: (world: World) => void][] = [
    ['BetCashedOut', () => undefined],
    ['BetCashedOut', (w) => moved(w, 1, 1_400, { inPlay: true })],
    ['odds_changed', (w) => moved(w, 1, 1_600, { inPlay: true })],
    ['market_closed', (w) => w.done({ type: 'CloseMarket', target: winnerOf(1), reason: 'x' })],
    [
      'market_suspended',
      (w) => {
        w.done({ type: 'SuspendMarket', target: winnerOf(2), reason: 'goal' });
        w.done({ type: 'ReopenMarket', target: winnerOf(2), reason: 'goal' });
      },
    ],
    // Won meanwhile it is worth more: 1,000 x 2 x 2 x 2/2 x 0.95.
    ['BetCashedOut', (w) => finish(w, 1, [1, 0])],
  ];
  for (const [ends, meanwhile] of rows) {
    const world = given('treble', 3, 1_000);
    finish(world, 0, [1, 0]);
    moved(world, 1, 1_500, { inPlay: true, betDelayMs: 2_000 });
    moved(world, 2, 2_000, { inPlay: true, betDelayMs: 5_000 });
    const asked = take(world, { amountMinor: 2_533 }); // 1,000 x 2 x 2/1.5 x 1 x 0.95
    assert.equal(answerOf(asked), 'CashOutRequested');
    assert.deepEqual(books(world), [9_000, 1_000, 0, 1]);
    assert.equal(answerOf(take(world, { offerId: idOf('offer', 'p') })), 'version_conflict'); // one at a time
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
    meanwhile(world);
    world.goTo(world.now + 4_999);
    assert.deepEqual(books(world), [9_000, 1_000, 0, 1]);
    world.goTo(world.now + 1);
    const end = world.events.at(-1);
    assert.equal(end?.type === 'CashOutRejected' ? end.data.reason : end?.type, ends);
    assert.deepEqual(books(world), ends === 'BetCashedOut' ? [11_533, 0, -1_533, 0] : [9_000, 1_000, 0, 1]);
    assert.equal(world.ledger.cashOuts.size, 0);
  }
});

test('a bet that is lost or voided while its cash-out waits is not cashed out', () => {
  const rows: [available: number, (world: World) => void][] = [
    [9_000, (w) => finish(w, 0, [0, 1])],
    [10_000, (w) => w.done({ type: 'VoidBet', betId: idOf('bet', 'x'), reason: 'error' })],
  ];
  for (const [available, meanwhile] of rows) {
    const world = given('double', 2, 1_000);
    moved(world, 1, 1_500, { inPlay: true, betDelayMs: 5_000 });
    assert.equal(answerOf(take(world, { amountMinor: 1_000 })), 'CashOutRequested');
    meanwhile(world);
    assert.equal(world.ledger.cashOuts.size, 0);
    world.goTo(world.now + 5_000);
    assert.deepEqual([world.available(), world.held()], [available, 0]);
  }
});

const SYSTEM_OF = { double: 2, trixie: 3, patent: 3, yankee: 4, lucky15: 4 } as const;

test('whatever is cashed out of whatever system, in whatever parts, money and exposure are kept and the rest settles as if placed so', () => {
  const step = fc.oneof(
    fc.record({ fixture: fc.nat(3), score: fc.constantFrom([1, 0] as const, [0, 1] as const) }),
    fc.record({ fixture: fc.nat(3), homeMilli: fc.integer({ min: 1_001, max: 9_000 }) }),
    fc.record({ part: fc.integer({ min: 1, max: 300 }), askPercent: fc.integer({ min: 1, max: 130 }) }),
  );
  let cashed = 0;
  const systems = fc.constantFrom(...(Object.keys(SYSTEM_OF) as (keyof typeof SYSTEM_OF)[]));
  const property = fc.property(systems, fc.array(step, { maxLength: 14 }), (system, steps) => {
    const world = worldOfMultiples();
    const legs = SYSTEM_OF[system];
    const homes = FIXTURES.slice(0, legs).map((_, i) => [i, 'home'] as const);
    placeMultiple(world, 'x', { system, stakePerLineMinor: 300, legs: homes });
    const lines = linesOf(system, legs);
    const current = homes.map(() => 2_000);
    const came: (0 | 1 | typeof OPEN)[] = homes.map(() => OPEN);
    let perLine = 300;
    let available = 10_000 - 300 * lines;
    const isOver = (): boolean => came.filter((one) => one !== 0).length < smallestLine(system, legs) || !came.includes(OPEN);
    for (const one of steps) {
      if (perLine === 0 || isOver()) break;
      if ('part' in one) {
        const part = Math.min(one.part, perLine);
        const ratios = came.map((won, i): Ratio => (won === OPEN ? [2_000, current[i] as number] : [2 * won, 1]));
        const worth = byLines(system, part, ratios);
        const amountMinor = Math.max(1, Math.floor((worth * one.askPercent) / 100));
        const roomBefore = world.ledger.accounts.balance(HOUSE, 'PLAY') - world.ledger.worstLossMinor;
        const answer = answerOf(take(world, { stakeMinor: part * lines, amountMinor }));
        assert.equal(answer, amountMinor <= worth ? 'BetCashedOut' : 'odds_changed');
        if (answer === 'BetCashedOut') {
          cashed++;
          perLine -= part;
          available += amountMinor;
        }
        // What lets it ask about no exposure: the house never comes nearer to its capital.
        assert.ok(world.ledger.accounts.balance(HOUSE, 'PLAY') - world.ledger.worstLossMinor >= roomBefore);
      } else if (one.fixture < legs && came[one.fixture] === OPEN) {
        if ('score' in one) {
          came[one.fixture] = one.score[0];
          finish(world, one.fixture, one.score);
        } else {
          current[one.fixture] = one.homeMilli;
          moved(world, one.fixture, one.homeMilli);
        }
      }
      if (isOver()) break;
      assert.deepEqual([world.available(), world.held()], [available, perLine * lines]);
      checkExposure(world.ledger);
      checkHeld(world.ledger);
    }
    for (const [i, won] of came.entries()) if (won === OPEN) finish(world, i, [1, 0]);
    const returned = byLines(
      system,
      perLine,
      came.map((won): Ratio => [2 * (won ?? 1), 1]),
      100,
    );
    assert.deepEqual([world.available(), world.held()], [available + returned, 0]);
    assert.equal(world.ledger.accounts.sums().get('PLAY'), 0n);
    checkExposure(world.ledger);
    const replayed = initialShard();
    for (const event of world.events) evolve(replayed, event);
    assert.equal(stateHash(replayed), stateHash(world.state));
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  });
  fc.assert(property, { numRuns: 150 });
  assert.ok(cashed > 50, `only ${cashed} cash-outs were made`);
});
