// Races from the opening of the market to the last cent: dead heats, non-runners and Rule 4 by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadState, dumpState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../../evolve.ts';
import { answerOf, ANA, BEA, idOf, refusalOf, type World } from '../../kernel/world-for-tests.ts';
import { initialShard, marketOf } from '../../kernel/state.ts';
import {
  finish,
  finishRace,
  raceMarket,
  PLACE,
  RACE,
  RACE_PRICES,
  raceBet,
  raceResult,
  RUNNERS,
  worldWithRace,
} from './race-for-tests.ts';

function returned(world: World, name: string): number | undefined {
  for (const event of world.events) {
    if (event.type !== 'BetsSettled' && event.type !== 'BetsVoided') continue;
    const found = event.data.bets.find(([betId]) => betId === idOf('bet', name));
    if (found) return found[2];
  }
  return undefined;
}

function at(world: World, marketId: string, prices: Readonly<Record<string, number>>): void {
  world.price(marketId, { ...RACE_PRICES, ...prices });
}

test('a dead heat pays its share of the stake at full odds', () => {
  const world = worldWithRace(stateHash);
  // DraftKings' own examples: 50.00 at 2.5, two share the win: 25.00 x 2.5 = 62.50.
  at(world, RACE, { asti: 2_500, bay: 3_000 });
  raceBet(world, 'win', { stakeMinor: 5_000 });
  raceBet(world, 'other', { selectionId: 'bay', stakeMinor: 5_000 });
  raceBet(world, 'third', { selectionId: 'colt', stakeMinor: 5_000 });
  finishRace(world, finish(['asti', 'bay'], 'colt', 'dun'));
  assert.deepEqual([returned(world, 'win'), returned(world, 'other'), returned(world, 'third')], [6_250, 7_500, 0]);
});

test('a dead heat for places shares only the places that are left', () => {
  const world = worldWithRace(stateHash);
  at(world, PLACE, Object.fromEntries(RUNNERS.map((name) => [name, 3_000])));
  for (const name of RUNNERS) raceBet(world, name, { marketId: PLACE, selectionId: name, stakeMinor: 5_000 });
  // Six share three places: 50.00 x 3/6 x 3.0 = 75.00 (DraftKings).
  finishRace(world, finish(['asti', 'bay', 'colt', 'dun', 'ebony', 'fawn'], 'grey', 'roan'));
  assert.deepEqual(
    RUNNERS.map((name) => returned(world, name)),
    [7_500, 7_500, 7_500, 7_500, 7_500, 7_500, 0, 0],
  );
  // The last place alone: second and third are clear, three share the third place: 50.00 x 1/3 x 3.0 = 50.00.
  const last = worldWithRace(stateHash);
  at(last, PLACE, Object.fromEntries(RUNNERS.map((name) => [name, 3_000])));
  for (const name of RUNNERS) raceBet(last, name, { marketId: PLACE, selectionId: name, stakeMinor: 5_000 });
  finishRace(last, finish('asti', 'bay', ['colt', 'dun', 'ebony'], 'fawn', 'grey', 'roan'));
  assert.deepEqual(
    RUNNERS.map((name) => returned(last, name)),
    [15_000, 15_000, 5_000, 5_000, 5_000, 0, 0, 0],
  );
});

test('a market stays undecided until its places are told', () => {
  const world = worldWithRace(stateHash);
  world.done({ type: 'RecordResult', result: raceResult(finish('asti')) }, 'feed');
  assert.equal(marketOf(world.ledger, RACE)?.status, 'closed'); // the place part of each-way bets is not known
  assert.equal(marketOf(world.ledger, PLACE)?.status, 'closed');
  // Two finished, the rest fell: all of the field is told of, so the third place is nobody's.
  const fell = RUNNERS.slice(2).map((participantId) => ({ participantId, place: 0, tied: 0 }));
  world.done({ type: 'RecordResult', result: raceResult([...finish('asti', 'bay'), ...fell], { version: 2 }) }, 'feed');
  assert.deepEqual(
    [RACE, PLACE].map((id) => marketOf(world.ledger, id)?.status),
    ['settled', 'settled'],
  );
  assert.deepEqual(marketOf(world.ledger, PLACE)?.outcomes?.colt, [0, 1, 0, 1]);
});

test('a withdrawal voids bets on the runner and takes its share of winnings struck before, not after', () => {
  const world = worldWithRace(stateHash);
  raceBet(world, 'before', { stakeMinor: 1_000 }); // asti at 2.5
  raceBet(world, 'gone', { selectionId: 'bay', stakeMinor: 700 });
  const withdrawn = world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: 'bay', priceMilli: 3_000, at: world.now });
  assert.deepEqual(
    withdrawn.map(({ type }) => type),
    ['RunnerWithdrawn', 'MarketSuspended'],
  );
  assert.equal(refusalOf(raceBet(world, 'x')).code, 'market_suspended');
  assert.equal(refusalOf(raceBet(world, 'y', { selectionId: 'bay' })).code, 'selection_withdrawn');
  world.goTo(world.now); // the void is a timer
  assert.equal(returned(world, 'gone'), 700);
  world.done({ type: 'ReopenMarket', target: RACE, reason: 're-formed' });
  at(world, RACE, { asti: 2_000 });
  // In the very same millisecond as the withdrawal, and after it.
  raceBet(world, 'after', { stakeMinor: 1_000 });
  assert.equal(refusalOf(raceBet(world, 'z', { selectionId: 'bay' })).code, 'selection_withdrawn');
  finishRace(world, finish('asti', 'colt', 'dun'));
  // 2/1 withdrawn: 30p in the pound. 10.00 + 15.00 x 0.7 = 20.50; after: 10.00 x 2.0.
  assert.deepEqual([returned(world, 'before'), returned(world, 'after')], [2_050, 2_000]);
});

test('several withdrawals add up, are capped at 90p, and 5p alone is waived', () => {
  const returns = (...prices: number[]): number | undefined => {
    const world = worldWithRace(stateHash);
    raceBet(world, 'bet', { stakeMinor: 1_000 }); // 15.00 to win at 2.5
    for (const [i, priceMilli] of prices.entries())
      world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: RUNNERS[i + 4] as string, priceMilli, at: world.now });
    finishRace(world, finish('asti', 'bay', 'colt'));
    return returned(world, 'bet');
  };
  assert.equal(returns(11_000), 2_500); // 10/1: 5p, waived
  assert.equal(returns(11_000, 12_000), 2_350); // 10p: 10.00 + 15.00 x 0.9
  assert.equal(returns(9_000, 4_000, 3_000), 1_525); // 10 + 25 + 30 = 65p: 10.00 + 15.00 x 0.35 = 15.25
  assert.equal(returns(1_800, 2_000), 1_150); // 55 + 45 = 100p, capped: 10.00 + 15.00 x 0.1
});

test('a dead heat and Rule 4 together: the shared stake wins at the reduced price, rounded once', () => {
  const world = worldWithRace(stateHash);
  raceBet(world, 'bet', { stakeMinor: 333 });
  world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: 'roan', deductionPpm: 150_000, at: world.now });
  finishRace(world, finish(['asti', 'bay', 'colt'], 'dun'));
  // 3.33 / 3 = 1.11; 1.11 x (1 + 1.5 x 0.85) = 2.52525
  assert.equal(returned(world, 'bet'), 252);
});

test("a runner that only the result tells to be withdrawn is void too, by the result's time and share", () => {
  const world = worldWithRace(stateHash);
  raceBet(world, 'before', { stakeMinor: 1_000 });
  raceBet(world, 'on it', { selectionId: 'roan', stakeMinor: 400 });
  world.goTo(world.now + 1_000);
  at(world, RACE, { asti: 2_500 });
  const withdrawnAt = world.now;
  raceBet(world, 'at that moment', { stakeMinor: 1_000 });
  finishRace(world, finish('asti', 'bay', 'colt'), {
    withdrawn: [{ participantId: 'roan', at: withdrawnAt, deductionPpm: 200_000 }],
  });
  assert.deepEqual(
    ['before', 'on it', 'at that moment'].map((name) => returned(world, name)),
    [2_200, 400, 2_500],
  );
});

test('a half-processed withdrawal settles nothing wrongly', () => {
  const world = worldWithRace(stateHash);
  world.done({ type: 'SetLimits', limits: { openBetsMax: 10_000 } });
  for (let i = 0; i < 375; i++) raceBet(world, `gone ${i}`, { selectionId: 'bay', stakeMinor: 10 });
  raceBet(world, 'stays', { stakeMinor: 1_000 });
  world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: 'bay', deductionPpm: 100_000, at: world.now });
  world.fire();
  assert.equal(marketOf(world.ledger, RACE)?.bets, 126);
  const half = loadState(dumpState(world.state)); // a snapshot in the middle goes on where it stood
  assert.equal(stateHash(half), stateHash(world.state));
  finishRace(world, finish('bay', 'asti', 'colt')); // a result that names it all the same
  for (let i = 0; i < 375; i++) assert.equal(returned(world, `gone ${i}`), 10);
  assert.equal(returned(world, 'stays'), 0);
  assert.deepEqual([world.held(), world.ledger.worstLossMinor, world.ledger.bets.size], [0, 0, 0]);
});

test('WithdrawRunner is refused where it makes no sense', () => {
  const world = worldWithRace(stateHash);
  const ask = (change: object): string | undefined => {
    const sound = { type: 'WithdrawRunner', marketId: RACE, selectionId: 'bay', priceMilli: 3_000, at: world.now } as const;
    const refusal = refusalOf(world.ask({ ...sound, ...change }));
    return `${refusal.code} ${refusal.path}`;
  };
  assert.equal(ask({ marketId: `${RACE}x` }), 'not_found /marketId');
  assert.equal(ask({ marketId: 'fb:E0:20240817:alpha:beta/1x2', selectionId: 'home' }), 'malformed /marketId');
  assert.equal(ask({ selectionId: 'nobody' }), 'not_found /selectionId');
  assert.equal(ask({ priceMilli: undefined }), 'malformed /priceMilli');
  assert.equal(ask({ deductionPpm: 1 }), 'malformed /priceMilli');
  assert.equal(ask({ priceMilli: undefined, deductionPpm: 900_001 }), 'malformed /deductionPpm');
  assert.equal(ask({ at: -1 }), 'malformed /at');
  world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: 'bay', priceMilli: 3_000, at: world.now });
  assert.equal(ask({}), 'already_resolved /selectionId');
});

test('openMarket() states selections only for types that have none, and says what is wrong', () => {
  const world = worldWithRace(stateHash);
  const ask = (change: object): string => {
    const refusal = refusalOf(world.ask(raceMarket({ marketId: 'hr:ascot:20240817:1535/win', ...change })));
    return `${refusal.code} ${refusal.path}`;
  };
  assert.equal(ask({ selections: ['one'] }), 'malformed /selections');
  assert.equal(ask({ selections: ['one', 'one'] }), 'malformed /selections/1');
  assert.equal(ask({ selections: ['one', '2'] }), 'malformed /selections/1');
  assert.equal(ask({ selections: Array.from({ length: 201 }, (_, i) => `r${i}`) }), 'too_large /selections');
  assert.equal(ask({ places: 2 }), 'malformed /places');
  assert.equal(ask({ eachWay: { divisor: 0, places: 3 } }), 'malformed /eachWay/divisor');
  assert.equal(ask({ eachWay: { divisor: 4, places: 9 } }), 'malformed /eachWay/places');
  assert.equal(ask({ deductions: {} }), 'malformed /deductions/capPpm');
  assert.equal(ask({ marketId: PLACE.replace('1500', '1535'), places: undefined, eachWay: undefined }), 'malformed /places');
  assert.equal(ask({ marketId: PLACE.replace('1500', '1535'), places: 3 }), 'malformed /eachWay');
  assert.equal(ask({ marketId: 'fb:E0:20240817:alpha:beta/cs' }), 'malformed /selections/0');
  assert.equal(ask({ marketId: 'fb:E0:20240817:alpha:beta/dnb', selections: ['home', 'away'] }), 'malformed /selections');
});

test('a correct score market pays the score, and the other one when nobody named it', () => {
  const settle = (home: number, away: number): readonly (number | undefined)[] => {
    const world = worldWithRace(stateHash);
    const marketId = 'fb:E0:20240817:alpha:beta/cs';
    world.done({ type: 'OpenMarket', marketId, startAt: world.now + 1_000, selections: ['0-0', '1-0', '2-1', 'other'] });
    world.price(marketId, { '0-0': 8_000, '1-0': 7_000, '2-1': 9_000, other: 3_000 });
    for (const selectionId of ['1-0', '2-1', 'other']) raceBet(world, selectionId, { marketId, selectionId, stakeMinor: 100 });
    const scores = [{ period: 'ft', stat: 'goals', home, away }];
    world.done({ type: 'RecordResult', result: raceResult([], { eventId: 'fb:E0:20240817:alpha:beta', scores }) }, 'feed');
    world.goTo(world.now);
    return ['1-0', '2-1', 'other'].map((name) => returned(world, name));
  };
  assert.deepEqual(settle(2, 1), [0, 900, 0]);
  assert.deepEqual(settle(1, 0), [700, 0, 0]);
  assert.deepEqual(settle(0, 0), [0, 0, 0]);
  assert.deepEqual(settle(4, 4), [0, 0, 300]);
});

test('the journal of a race rebuilds the same state, and its snapshot is read back', () => {
  const world = worldWithRace(stateHash);
  raceBet(world, 'a', { stakeMinor: 100 });
  raceBet(world, 'b', { selectionId: 'bay', eachWay: true, stakeMinor: 100 });
  raceBet(world, 'c', { selectionId: 'colt', eachWay: true, holder: BEA, stakeMinor: 100 });
  world.done({ type: 'WithdrawRunner', marketId: RACE, selectionId: 'bay', priceMilli: 3_000, at: world.now });
  const rebuilt = initialShard();
  for (const event of world.events) evolve(rebuilt, event);
  assert.equal(stateHash(rebuilt), stateHash(world.state));
  assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  world.goTo(world.now);
  assert.equal(answerOf(world.ask({ type: 'VoidBet', betId: idOf('bet', 'c'), reason: 'x' })), 'BetVoided');
  finishRace(world, finish('asti', 'colt', 'dun'));
  assert.deepEqual([world.held(ANA), world.held(BEA), world.available(BEA)], [0, 0, 1_000_000]);
});
