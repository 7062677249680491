// Legs in a race against returns worked by hand: dead heats, non-runners and Rule 4 within bets of several legs, and corrections of them and of
// each-way bets. Asti is 2.5, colt 4.0, home of the match 2.0; the stake of a line is 10.00 unless a row says otherwise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { answerOf, goals, KICK_OFF, resultOf, WINNER, type World } from '../../kernel/world-for-tests.ts';
import { finish, finishRace, PLACE, RACE, raceBet, RACE_PRICES, worldWithRace } from '../runners/race-for-tests.ts';
import { placeMultiple, returnsOf } from './multiples-for-tests.ts';
import type { System } from './systems.ts';

const OTHER = 'fb:E0:20240818:gamma:delta/1x2';
/** Ana has 10,000.00. */
const START = 1_000_000;

function given(): World {
  const world = worldWithRace(stateHash);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  world.done({ type: 'OpenMarket', marketId: OTHER, startAt: KICK_OFF });
  world.quote(OTHER);
  return world;
}

interface Wish {
  readonly leg?: { readonly marketId: string; readonly selectionId: string };
  readonly stake?: number;
  readonly system?: System;
}

/** The leg in the race and home of the match; a system of three has home of the other match as well. */
function place(
  world: World,
  { leg = { marketId: RACE, selectionId: 'asti' }, stake = 1_000, system = 'double' }: Wish = {},
): void {
  const home = { selectionId: 'home' };
  const legs = [leg, { marketId: WINNER, ...home }, ...(system === 'double' ? [] : [{ marketId: OTHER, ...home }])];
  assert.equal(answerOf(placeMultiple(world, 'x', { system, stakePerLineMinor: stake, legs })), 'MultiplePlaced');
}

function withdraw(world: World, selectionId: string, how: { priceMilli: number } | { deductionPpm: number }): void {
  world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId, at: world.now, ...how });
  world.goTo(world.now);
}

/** Home wins the match, away the other. */
function finishMatches(world: World): void {
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  const eventId = OTHER.slice(0, OTHER.indexOf('/'));
  world.done({ type: 'RecordResult', result: resultOf({ eventId, scores: [goals(0, 1)] }) }, 'feed');
  world.goTo(world.now);
}

const rows: readonly [name: string, returned: number, act: (world: World) => void][] = [
  // 10.00 x 2.5 x 2.0
  ['the race is won', 5_000, (w) => (place(w), finishRace(w, finish('asti', 'bay', 'colt')))],
  // bay at 3.0 costs 30p: 10.00 x (1 + 1.5 x 0.7) x 2.0
  ['Rule 4', 4_100, (w) => (place(w), withdraw(w, 'bay', { priceMilli: 3_000 }), finishRace(w, finish('asti', 'colt', 'dun')))],
  // 30p and, at 9.0, 10p: 10.00 x (1 + 1.5 x 0.6) x 2.0
  [
    'two withdrawals add up',
    3_800,
    (w) => {
      place(w);
      withdraw(w, 'bay', { priceMilli: 3_000 });
      withdraw(w, 'ebony', { priceMilli: 9_000 });
      finishRace(w, finish('asti', 'colt', 'dun'));
    },
  ],
  // Struck at the re-formed price of 2.0: no deduction. 10.00 x 2.0 x 2.0
  [
    'after the withdrawal',
    4_000,
    (w) => {
      withdraw(w, 'bay', { priceMilli: 3_000 });
      w.done({ type: 'ReopenMarket', target: RACE, reason: 're-formed' });
      w.price(RACE, { ...RACE_PRICES, asti: 2_000 });
      place(w);
      finishRace(w, finish('asti', 'colt', 'dun'));
    },
  ],
  // The leg counts 1, and nothing is kept back of a stake: 10.00 x 1 x 2.0
  [
    'its own runner is withdrawn, and another',
    2_000,
    (w) => {
      place(w);
      withdraw(w, 'asti', { priceMilli: 2_500 });
      withdraw(w, 'bay', { priceMilli: 3_000 });
      finishRace(w, finish('colt', 'dun', 'ebony'));
    },
  ],
  // 10.00 x 2.5 / 2 x 2.0
  ['a dead heat of two', 2_500, (w) => (place(w), finishRace(w, finish(['asti', 'bay'], 'colt')))],
  // 3.33 x (1 + 1.5 x 0.85) / 3 x 2.0 = 5.0505
  [
    'a dead heat of three under Rule 4, rounded once',
    505,
    (w) => {
      place(w, { stake: 333 });
      withdraw(w, 'roan', { deductionPpm: 150_000 });
      finishRace(w, finish(['asti', 'bay', 'colt'], 'dun'));
    },
  ],
  // Two for the last of three places: 10.00 x 4.0 / 2 x 2.0
  [
    'a dead heat for the last place',
    4_000,
    (w) => {
      place(w, { leg: { marketId: PLACE, selectionId: 'colt' } });
      finishRace(w, finish('asti', 'bay', ['colt', 'dun']));
    },
  ],
  // Factors 1.25, 2 and 0: singles 1.25 + 2, one double 2.5, seven lines of 1.00: 5.75
  [
    'a patent with a dead heat',
    575,
    (w) => (place(w, { system: 'patent', stake: 100 }), finishRace(w, finish(['asti', 'bay'], 'colt'))),
  ],
  // Factors 2.05, 2 and 0: 2.05 + 2 + 4.1 = 8.15 of 1.00
  [
    'a patent under Rule 4',
    815,
    (w) => {
      place(w, { system: 'patent', stake: 100 });
      withdraw(w, 'bay', { priceMilli: 3_000 });
      finishRace(w, finish('asti', 'colt', 'dun'));
    },
  ],
];

for (const [name, returned, act] of rows) {
  test(`a bet of several legs with one in a race: ${name}`, () => {
    const world = given();
    act(world);
    finishMatches(world);
    assert.deepEqual(returnsOf(world, 'x'), [returned]);
    assert.deepEqual([world.held(), world.ledger.worstLossMinor], [0, 0]);
    for (const sum of world.ledger.accounts.sums().values()) assert.equal(sum, 0n);
  });
}

test('a corrected race pays its legs anew: a dead heat, a win, a defeat, and a dead heat again', () => {
  const world = given();
  place(world);
  finishMatches(world);
  const stands = [
    [finish(['asti', 'bay'], 'colt'), 2_500],
    [finish('asti', 'bay', 'colt'), 5_000],
    [finish('bay', 'asti', 'colt'), 0],
    [finish(['asti', 'bay', 'colt']), 1_666], // 10.00 x 2.5 / 3 x 2.0 = 16.666...
  ] as const;
  for (const [i, [places, returned]] of stands.entries()) {
    finishRace(world, places, { version: i + 1 });
    assert.deepEqual([world.available(), world.held()], [START - 1_000 + returned, 0], `version ${i + 1}`);
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  }
});

test('a corrected race pays each-way bets anew, both parts', () => {
  const world = given();
  // 5.00 on the win at 4.0 and 5.00 on a place at 1 + 3 / 4 = 1.75.
  raceBet(world, 'both', { selectionId: 'colt', eachWay: true, stakeMinor: 500 });
  const stands = [
    [finish('asti', 'colt', 'bay'), 875], // 5.00 x 1.75
    [finish('colt', 'asti', 'bay'), 2_875], // 5.00 x 4.0 beside it
    [finish('asti', 'bay', 'dun', 'colt'), 0],
    [finish('asti', 'bay', ['colt', 'dun']), 437], // 5.00 x 1.75 / 2 = 4.375
    [finish(['colt', 'asti'], 'bay'), 1_875], // 5.00 x 4.0 / 2 + 5.00 x 1.75: both of the two are placed
  ] as const;
  for (const [i, [places, returned]] of stands.entries()) {
    finishRace(world, places, { version: i + 1 });
    assert.deepEqual([world.available(), world.held()], [START - 1_000 + returned, 0], `version ${i + 1}`);
    assert.equal(world.ledger.worstLossMinor, 0);
    for (const sum of world.ledger.accounts.sums().values()) assert.equal(sum, 0n);
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  }
});

test('a correction keeps what Rule 4 takes of an each-way bet', () => {
  const world = given();
  raceBet(world, 'both', { selectionId: 'colt', eachWay: true, stakeMinor: 500 });
  withdraw(world, 'bay', { priceMilli: 3_000 }); // 30p
  finishRace(world, finish('asti', 'colt', 'dun'));
  assert.equal(world.available(), START - 1_000 + 762); // 5.00 x (1 + 0.75 x 0.7) = 7.625
  finishRace(world, finish('colt', 'asti', 'dun'), { version: 2 });
  assert.equal(world.available(), START - 1_000 + 2_312); // and 5.00 x (1 + 3 x 0.7) = 15.50: 23.125
});
