// Corrections against hand-worked tables: what was paid comes back, what was spent is owed, and later money repays it first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../../evolve.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { initialShard, marketOf, type ShardState } from '../../kernel/state.ts';
import { ANA, answerOf, BEA, BOT, idOf, refusalOf, WINNER, type World } from '../../kernel/world-for-tests.ts';
import {
  balancesOf,
  debtOf,
  grant,
  previewOf,
  record,
  scoreFor,
  settleBy,
  spend,
  wonBy,
  worldWithRule,
  worthOf,
} from './corrections-for-tests.ts';
import { CHUNK_BETS } from '../../bets/chunk.ts';

const eventsOf = <T extends NewEvent['type']>(world: World, type: T): Extract<NewEvent, { type: T }>[] =>
  world.events.filter((e): e is Extract<NewEvent, { type: T }> => e.type === type);

/** Folds all events of a world again from nothing. */
function folded(world: World): ShardState {
  const state = initialShard();
  for (const event of world.events) evolve(state, event);
  return state;
}

test('a correction takes winnings back, what was spent becomes debt, and a grant repays it first', () => {
  const world = worldWithRule(stateHash);
  // Ana has 100.00: 95.00 are put away, and 5.00 are on home at 2.0.
  world.bet('a', { stakeMinor: 500 });
  spend(world, 9_500);
  record(world);
  world.goTo(world.now);
  assert.deepEqual([world.available(), world.house()], [1_000, -500]); // 5.00 x 2.0
  spend(world, 700);
  assert.equal(
    answerOf(record(world, { version: 2, scores: scoreFor('away') })),
    'ResultReported MarketResulted CorrectionStarted',
  );
  assert.equal(marketOf(world.ledger, WINNER)?.status, 'reversing');
  // 10.00 are to come back, 3.00 are there: 7.00 are owed. The stake is held again.
  assert.equal(answerOf(world.fire()), 'DebtRecorded SettlementReversed SettlementStarted');
  assert.deepEqual([world.available(), world.held(), debtOf(world), world.house()], [0, 500, -700, 0]);
  assert.equal(answerOf(world.fire()), 'BetsSettled SettlementFinished');
  assert.deepEqual([world.available(), world.held(), debtOf(world), world.house()], [0, 0, -700, 500]);
  grant(world, 400); // 7.00 - 4.00
  assert.deepEqual([world.available(), debtOf(world)], [0, -300]);
  grant(world, 1_000); // 3.00 of 10.00
  assert.deepEqual([world.available(), debtOf(world), world.ledger.corrections.debtors.size], [700, 0, 0]);
  assert.deepEqual(world.events.at(-1)?.postings, [
    { amountMinor: 300, currency: 'PLAY', from: `player:${ANA}:available`, to: `player:${ANA}:debt` },
  ]);
  assert.equal(stateHash(folded(world)), stateHash(world.state));
});

test('every posting of a reversal is the mirror of the one that paid, in the opposite order', () => {
  const world = worldWithRule();
  world.bet('won', { stakeMinor: 500 });
  world.bet('lost', { holder: BEA, selectionId: 'away', stakeMinor: 200 });
  record(world);
  world.goTo(world.now);
  record(world, { version: 2, status: 'cancelled', scores: [], completedPeriods: [] });
  world.goTo(world.now);
  const currency = 'PLAY';
  assert.deepEqual(eventsOf(world, 'BetsSettled')[0]?.postings, [
    { amountMinor: 200, currency, from: `player:${BEA}:held`, to: 'house:main' },
    { amountMinor: 500, currency, from: `player:${ANA}:held`, to: `player:${ANA}:available` },
    { amountMinor: 500, currency, from: 'house:main', to: `player:${ANA}:available` },
  ]);
  assert.deepEqual(eventsOf(world, 'SettlementReversed')[0]?.postings, [
    { amountMinor: 500, currency, from: `player:${ANA}:available`, to: `player:${ANA}:held` },
    { amountMinor: 500, currency, from: `player:${ANA}:available`, to: 'house:main' },
    { amountMinor: 200, currency, from: 'house:main', to: `player:${BEA}:held` },
  ]);
  assert.deepEqual([world.available(), world.available(BEA), world.house()], [10_000, 10_000, 0]); // void: all stakes back
});

test('who owes can neither bet nor send money on, and money that is released repays the debt', () => {
  const world = worldWithRule();
  world.done({ type: 'OpenMarket', marketId: WINNER.replace('alpha', 'gamma'), startAt: world.now + 1 });
  const other = WINNER.replace('alpha', 'gamma');
  world.quote(other);
  world.bet('a', { stakeMinor: 500 });
  world.bet('open', { marketId: other, stakeMinor: 300 });
  record(world);
  world.goTo(world.now);
  spend(world, world.available());
  record(world, { version: 2, scores: scoreFor('away') });
  world.goTo(world.now);
  assert.equal(debtOf(world), -1_000);
  assert.equal(answerOf(world.bet('more', { marketId: other, stakeMinor: 1 })), 'insufficient_funds');
  const send = { type: 'SendTransfer', holder: ANA, toLedger: 'other', toHolder: ANA, amountMinor: 1, currency: 'PLAY' } as const;
  assert.equal(answerOf(world.ask(send, 'api')), 'insufficient_funds');
  assert.equal(answerOf(world.ask({ type: 'ReclaimFunds', holder: ANA, amountMinor: 1 })), 'insufficient_funds');
  world.done({ type: 'VoidBet', betId: idOf('bet', 'open'), reason: 'operator' });
  assert.deepEqual([world.available(), world.held(), debtOf(world)], [0, 0, -700]);
});

for (const bets of [CHUNK_BETS, CHUNK_BETS + 1]) {
  test(`a correction of ${bets} bets takes them back in chunks of a thousand and pays each once again`, () => {
    const world = worldWithRule();
    world.done({ type: 'SetLimits', limits: { openBetsMax: 10_000 } });
    for (let n = 0; n < bets; n++) world.bet(`${n}`, { stakeMinor: 1 + (n % 3), selectionId: n % 2 ? 'away' : 'home' });
    record(world);
    world.goTo(world.now);
    const paid = balancesOf(world);
    record(world, { version: 2, scores: scoreFor('away') });
    world.goTo(world.now);
    const sizes = eventsOf(world, 'SettlementReversed').map((e) => e.data.bets.length);
    assert.deepEqual(sizes, bets > CHUNK_BETS ? [CHUNK_BETS, 1] : [CHUNK_BETS]);
    assert.equal(new Set(eventsOf(world, 'SettlementReversed').flatMap((e) => e.data.bets.map(([id]) => id))).size, bets);
    assert.notEqual(balancesOf(world), paid);
    record(world, { version: 3 });
    world.goTo(world.now);
    assert.equal(balancesOf(world), paid);
    assert.equal(marketOf(world.ledger, WINNER)?.settledBets, bets);
  });
}

test('a correction that comes while bets are still being paid, or taken back, replaces what was to come', () => {
  const world = worldWithRule(null);
  world.done({ type: 'SetLimits', limits: { openBetsMax: 10_000 } });
  for (let n = 0; n < 625; n++) world.bet(`${n}`, { stakeMinor: 2, selectionId: n % 5 ? 'home' : 'away' });
  record(world);
  world.fire(); // 250 of 625 are paid
  assert.equal(
    answerOf(record(world, { version: 2, scores: scoreFor('draw') })),
    'ResultReported MarketResulted CorrectionStarted',
  );
  record(world, { version: 3, scores: scoreFor('away') });
  world.goTo(world.now);
  // 125 bets of 2 on away at 4.0 return 8; 500 of 2 on home are lost: 10,000 - 1,250 + 1,000.
  assert.deepEqual([world.available(), world.held(), world.house(), world.ledger.bets.size], [9_750, 0, 250, 0]);
  assert.equal(eventsOf(world, 'SettlementReversed').flatMap((e) => e.data.bets).length, 250);
});

test('a snapshot in the midst of a reversal goes on to the same state', () => {
  const world = worldWithRule();
  world.done({ type: 'SetLimits', limits: { openBetsMax: 10_000 } });
  for (let n = 0; n < 375; n++) world.bet(`${n}`, { stakeMinor: 2 });
  record(world);
  world.goTo(world.now);
  record(world, { version: 2, scores: scoreFor('away') });
  world.fire();
  const at = world.events.length;
  const loaded = loadState(dumpState(world.state));
  assert.equal(stateHash(loaded), stateHash(world.state));
  assert.equal(loaded.ledgers.get('main')?.corrections.market(0).paid.count, 125);
  world.goTo(world.now);
  for (const event of world.events.slice(at)) evolve(loaded, event);
  assert.equal(stateHash(loaded), stateHash(world.state));
  assert.equal(stateHash(folded(world)), stateHash(world.state));
});

test('a settlement taken back and left open is decided by a person or a newer result', () => {
  const world = worldWithRule(stateHash);
  world.bet('a', { stakeMinor: 500 });
  record(world);
  world.goTo(world.now);
  assert.equal(answerOf(settleBy(world, null)), 'CorrectionStarted');
  assert.equal(answerOf(world.fire()), 'SettlementReversed MarketClosed');
  const market = marketOf(world.ledger, WINNER);
  assert.deepEqual([market?.status, market?.outcomes, world.held(), world.house()], ['closed', null, 500, 0]);
  assert.equal(answerOf(settleBy(world, null)), 'already_resolved');
  assert.equal(answerOf(settleBy(world, wonBy('draw'))), 'SettlementOrdered SettlementStarted');
  world.goTo(world.now);
  assert.deepEqual([world.held(), world.house()], [0, 500]);
});

test('after its correction window a market is not there any more', () => {
  const world = worldWithRule(stateHash);
  world.bet('a');
  record(world);
  world.goTo(world.now + 172_800_000);
  assert.equal(answerOf(settleBy(world, wonBy('draw'))), 'not_found');
  assert.deepEqual([world.ledger.corrections.markets.size, world.ledger.corrections.reports.size], [0, 0]);
});

test('what was paid before there was a rule cannot be corrected', () => {
  const world = worldWithRule();
  const early = worldWithRule();
  early.ledger.corrections.rule = null;
  early.bet('a');
  record(early);
  early.goTo(early.now);
  early.done({ type: 'SetResultRule', agree: 1, sources: ['x'] });
  assert.equal(refusalOf(settleBy(early, wonBy('draw'))).code, 'correction_closed');
  assert.equal(answerOf(world.ask({ type: 'SetResultRule', agree: 1, sources: [] })), 'already_resolved');
});

type ValueOf<A> = A extends fc.Arbitrary<infer T> ? T : never;
const HOLDERS = [ANA, BEA, BOT] as const;
const winner = fc.constantFrom('home' as const, 'draw' as const, 'away' as const);
const deed = fc.oneof(
  fc.record({ kind: fc.constant('spend' as const), holder: fc.nat(1), share: fc.nat(100) }),
  fc.record({ kind: fc.constant('grant' as const), holder: fc.nat(1), amount: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({ kind: fc.constant('correct' as const), winner }),
  fc.record({ kind: fc.constant('fire' as const) }),
);
const bets = fc.array(fc.record({ holder: fc.nat(2), selectionId: winner, stakeMinor: fc.integer({ min: 1, max: 900 }) }), {
  minLength: 1,
  maxLength: 12,
});

test('settle, correct any number of times, settle back: everybody has what he would have had, whatever was spent in between', () => {
  fc.assert(
    fc.property(bets, winner, fc.array(deed, { maxLength: 14 }), (placed, first, deeds) => {
      const [world, plain] = [worldWithRule(), worldWithRule()];
      for (const w of [world, plain]) {
        for (const [n, b] of placed.entries()) w.bet(`${n}`, { ...b, holder: HOLDERS[b.holder] as string });
        record(w, { scores: scoreFor(first) });
        w.goTo(w.now);
      }
      let version = 1;
      world.afterEvent = () => checkMoney(world);
      for (const step of deeds) act(step);
      record(world, { version: ++version, scores: scoreFor(first) });
      world.goTo(world.now);
      for (const id of HOLDERS) assert.equal(worthOf(world, id), worthOf(plain, id), id);
      assert.equal(world.house(), plain.house());
      assert.equal(stateHash(folded(world)), stateHash(world.state));

      /** What is spent or granted is done in both worlds; corrections only in one. */
      function act(step: ValueOf<typeof deed>): void {
        if (step.kind === 'correct') return void record(world, { version: ++version, scores: scoreFor(step.winner) });
        if (step.kind === 'fire') return void (world.ledger.timers.first()?.dueAt === world.now && world.fire());
        const holder = HOLDERS[step.holder] as string;
        if (step.kind === 'grant') for (const w of [world, plain]) grant(w, step.amount, holder);
        else {
          const most = Math.min(world.available(holder), plain.available(holder));
          const amount = Math.floor((most * step.share) / 100);
          if (amount > 0) for (const w of [world, plain]) spend(w, amount, holder);
        }
      }
    }),
    { numRuns: 150 },
  );
});

/** Money is conserved, nobody has less than nothing, and who owes has nothing available once a decision is over. */
function checkMoney(world: World): void {
  assert.deepEqual([...world.ledger.accounts.sums().values()], [0n]);
  for (const id of HOLDERS) {
    assert.ok(world.available(id) >= 0 && world.held(id) >= 0 && debtOf(world, id) <= 0);
    assert.equal(world.ledger.corrections.debtors.has(id), debtOf(world, id) < 0 || isRecording(world, id));
  }
}

function isRecording(world: World, id: string): boolean {
  const last = world.events.at(-1);
  return last?.type === 'DebtRecorded' && last.data.debts.some(([holder]) => holder === id);
}

test('the preview is what the commit then does, to the last minor unit', () => {
  fc.assert(
    fc.property(bets, winner, winner, fc.tuple(fc.nat(100), fc.nat(100)), (placed, first, then, spent) => {
      const world = worldWithRule();
      for (const [n, b] of placed.entries()) world.bet(`${n}`, { ...b, holder: HOLDERS[b.holder] as string });
      const seen = previewOf(world, wonBy(first));
      const before = new Map(HOLDERS.map((id) => [id, worthOf(world, id)]));
      record(world, { scores: scoreFor(first) });
      world.goTo(world.now);
      compare(world, seen, before);
      for (const [i, id] of [ANA, BEA].entries()) {
        const amount = Math.floor((world.available(id) * (spent[i] as number)) / 100);
        if (amount > 0) spend(world, amount, id);
      }
      const again = previewOf(world, wonBy(then));
      const paid = new Map(HOLDERS.map((id) => [id, worthOf(world, id)]));
      record(world, { version: 2, scores: scoreFor(then) });
      world.goTo(world.now);
      compare(world, again, paid);
    }),
    { numRuns: 150 },
  );
});

function compare(world: World, seen: ReturnType<typeof previewOf>, before: ReadonlyMap<string, number>): void {
  assert.equal(world.house(), seen.houseAfterMinor);
  assert.equal(marketOf(world.ledger, WINNER)?.returnedMinor, seen.returnedAfterMinor);
  assert.equal(marketOf(world.ledger, WINNER)?.settledBets, seen.bets);
  const changes = new Map([...seen.winners, ...seen.losers].map((c) => [c.holder, c.changeMinor]));
  for (const id of HOLDERS) {
    assert.equal(worthOf(world, id) - (before.get(id) ?? 0), changes.get(id) ?? 0, id);
    assert.equal(0 - debtOf(world, id), seen.debts.find((d) => d.holder === id)?.debtMinor ?? 0, id);
  }
}
