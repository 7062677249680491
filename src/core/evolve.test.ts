// Random histories: whatever people, feeds and operators do, money is conserved at every event, nobody's wallet goes below zero, what is held is
// what is at stake, and no way a match can end costs the house more than it said. The events alone give the state back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encodeEvent } from '#engine/journal/event-codec.ts';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { payoutMinor } from './bets/payout.ts';
import { PUSH } from './settlement/outcome.ts';
import type { OpenBet } from './bets/open-bets.ts';
import type { Result, ResultStatus } from './catalog/result.ts';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';
import { HALT_SCOPES } from './kernel/command.ts';
import { isRefusal, type NewEvent } from './kernel/event.ts';
import { initialShard, type LedgerState, marketOf, type ShardState } from './kernel/state.ts';
import { settleLeg } from './settlement/settle-leg.ts';
import { ANA, BEA, BOT, goals, idOf, KICK_OFF, resultOf, TENANT, type World, worldWithMarket } from './kernel/world-for-tests.ts';

const FIXTURES = ['fb:E0:20240817:alpha:beta', 'fb:E0:20240817:gamma:delta'];
const KINDS = ['1x2', 'dc', 'dnb', 'btts', 'ou@2.25', 'ou@2.5', 'ah@-0.75', 'ah@0', '1x2.h1', 'ou.corners@9.5'];
const MARKETS = FIXTURES.flatMap((fixture) => KINDS.map((kind) => `${fixture}/${kind}`));
const HOLDERS = [ANA, BEA, BOT];
const STATUSES: readonly ResultStatus[] = ['finished', 'finished', 'finished', 'abandoned', 'postponed', 'cancelled', 'live'];

const score = fc.record({ home: fc.nat(4), away: fc.nat(4), homeH1: fc.nat(4), awayH1: fc.nat(4), corners: fc.boolean() });
const bet = fc.record({
  kind: fc.constant('bet' as const),
  holder: fc.constantFrom(...HOLDERS),
  market: fc.nat(MARKETS.length - 1),
  selection: fc.nat(2),
  stakeMinor: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4_000 })),
  oddsMilli: fc.oneof(fc.integer({ min: 1_001, max: 4_000 }), fc.integer({ min: 1_001, max: 60_000 })),
  delayMs: fc.constantFrom(0, 0, 1_000, 8_000),
});
const tick = fc.record({ kind: fc.constant('tick' as const), ms: fc.constantFrom(0, 500, 1_000, 8_000, 200_000_000) });
const result = fc.record({
  kind: fc.constant('result' as const),
  fixture: fc.nat(1),
  status: fc.constantFrom(...STATUSES),
  version: fc.nat(3),
  score,
});
const change = fc.record({
  kind: fc.constant('change' as const),
  type: fc.constantFrom('SuspendMarket', 'ReopenMarket', 'ReopenMarket', 'CloseMarket'),
  target: fc.constantFrom(...FIXTURES, ...MARKETS),
});
const control = fc.record({ kind: fc.constant('control' as const), type: fc.nat(7), n: fc.nat(3) });
const meddling = fc.record({ kind: fc.constant('meddle' as const), type: fc.nat(2), n: fc.nat(40) });

type ValueOf<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Step =
  | ValueOf<typeof bet>
  | ValueOf<typeof tick>
  | ValueOf<typeof result>
  | ValueOf<typeof change>
  | ValueOf<typeof control>
  | ValueOf<typeof meddling>;
const calm = [
  { weight: 24, arbitrary: bet },
  { weight: 4, arbitrary: tick },
  { weight: 1, arbitrary: result },
  { weight: 1, arbitrary: change },
  { weight: 1, arbitrary: control },
] as const;
const calmSteps = fc.array(fc.oneof(...calm) as fc.Arbitrary<Step>, { minLength: 30, maxLength: 80, size: 'max' });
const anySteps = fc.array(fc.oneof(...calm, { weight: 2, arbitrary: meddling }) as fc.Arbitrary<Step>, {
  minLength: 30,
  maxLength: 80,
  size: 'max',
});

const CAPITAL = 12_000;

function start(fingerprint: ((state: ShardState) => string) | null = null): World {
  const world = worldWithMarket(fingerprint);
  const limits = {
    marketLossMaxMinor: 4_000,
    eventLossMaxMinor: 9_000,
    houseCapitalMinor: CAPITAL,
    openBetsMax: 20,
    staleMsInPlay: 1_000_000_000,
  };
  world.done({ type: 'SetLimits', limits });
  for (const marketId of MARKETS) world.ask({ type: 'OpenMarket', marketId, startAt: KICK_OFF });
  return world;
}

function play(world: World, steps: readonly Step[]): void {
  steps.forEach((step, n) => playOne(world, step, n));
}

function playOne(world: World, step: Step, n: number): void {
  switch (step.kind) {
    case 'bet': {
      const marketId = MARKETS[step.market] as string;
      const selections = marketOf(world.ledger, marketId)?.selections ?? ['home'];
      const selectionId = selections[step.selection % selections.length] as string;
      world.price(
        marketId,
        { [selectionId]: step.oddsMilli },
        { inPlay: true, betDelayMs: step.delayMs, score: { home: 0, away: 0 } },
      );
      world.bet(`${n}`, { holder: step.holder, marketId, selectionId, stakeMinor: step.stakeMinor });
      return;
    }
    case 'tick':
      return world.goTo(world.now + step.ms);
    case 'result':
      world.ask({ type: 'RecordResult', result: toResult(step) }, 'feed');
      return;
    case 'change':
      world.ask({ type: step.type as 'SuspendMarket', target: step.target, reason: 'test' }, 'feed');
      return;
    case 'control':
      return void controlOne(world, step);
    case 'meddle':
      return void meddle(world, step);
  }
}

function controlOne(world: World, { n, type }: { n: number; type: number }): void {
  const scope = HALT_SCOPES[n % 3] as (typeof HALT_SCOPES)[number];
  if (type === 0) world.ask({ type: 'Halt', scope, reason: 'test' });
  else if (type <= 4) world.ask({ type: 'Resume', scope, reason: 'test' });
  else if (type === 5) world.ask({ type: 'SetExclusion', ownerId: BEA, until: n % 2 === 0 ? 0 : world.now + 5_000 });
  else world.ask({ type: type === 6 ? 'PauseBot' : 'ResumeBot', botId: BOT, reason: 'test' });
}

/** What moves money or limits besides betting. */
function meddle(world: World, { n, type }: { n: number; type: number }): void {
  const holder = HOLDERS[n % 2] as string;
  const open = openBetsOf(world.ledger);
  if (type === 0) world.ask({ type: 'VoidBet', betId: open[n % open.length]?.betId ?? idOf('bet', 'nobody'), reason: 'test' });
  else if (type === 1) world.ask({ type: 'IssueFunds', holder, ownerId: holder, tenantId: TENANT, amountMinor: 1_000 + n });
  else world.ask({ type: 'ReclaimFunds', holder, amountMinor: 500 + n });
}

function toResult({ fixture, score: s, status, version }: ValueOf<typeof result>): Result {
  const halves = [goals(s.home + s.homeH1, s.away + s.awayH1), goals(s.homeH1, s.awayH1, 'h1')];
  const corners = s.corners ? [{ period: 'ft', stat: 'corners', home: s.home * 2, away: s.away * 2 }] : [];
  const played =
    status === 'finished'
      ? { completedPeriods: ['h1', 'h2', 'ft'], scores: [...halves, ...corners] }
      : { completedPeriods: ['h1'], scores: halves.slice(1) };
  return resultOf({ eventId: FIXTURES[fixture] as string, status, version, ...played });
}

function openBetsOf(ledger: LedgerState): OpenBet[] {
  const found: OpenBet[] = [];
  ledger.markets.forEach((_, row) => {
    for (let at = ledger.bets.first(row); at >= 0; at = ledger.bets.next(at)) found.push(ledger.bets.get(at));
  });
  return found;
}

function checkMoney(ledger: LedgerState): void {
  for (const [currency, sum] of ledger.accounts.sums()) assert.equal(sum, 0n, currency);
  for (const { balanceMinor, path } of ledger.accounts.rows()) if (path.startsWith('player:')) assert.ok(balanceMinor >= 0, path);
  const open = openBetsOf(ledger);
  assert.equal(open.length, ledger.bets.size);
  ledger.holders.forEach((holder, row) => {
    const own = open.filter((one) => one.holder === row);
    assert.equal(
      ledger.accounts.balance(holder.held, ledger.currency),
      own.reduce((sum, one) => sum + one.stakeMinor, 0),
      holder.id,
    );
    assert.equal(holder.openBets, own.length);
  });
}

/** Every way a match can end that these markets tell apart: goals per half, corners, not played, or only half of it. */
const ENDS: readonly Partial<Result>[] = [
  { status: 'cancelled' },
  ...[0, 1, 2, 3].flatMap((home) =>
    [0, 1, 2, 3].flatMap((away) =>
      [
        [0, 0],
        [home, 0],
        [0, away],
        [home, away],
      ].map(([homeH1 = 0, awayH1 = 0]) => ({
        scores: [
          goals(home, away),
          goals(homeH1, awayH1, 'h1'),
          { period: 'ft', stat: 'corners', home: 3 * home, away: 3 * away },
        ],
      })),
    ),
  ),
  { status: 'abandoned', completedPeriods: ['h1'], scores: [goals(1, 0, 'h1')] },
];

/** What a bet costs the house when the match ends so. A pending one may stand or not, whichever costs more. */
function costOf(ledger: LedgerState, one: OpenBet, end: Result): number {
  const market = ledger.markets[one.market];
  assert.ok(market);
  const selection = market.selections[one.selection] as string;
  const numbers = market.outcomes?.[selection];
  if (market.outcomes && one.pending) return 0; // declared: it gets its stake back
  const outcome = numbers
    ? { won: [numbers[0], numbers[1]] as const, back: [numbers[2], numbers[3]] as const }
    : settleLeg(market.terms, selection, end);
  const cost = payoutMinor(one.stakeMinor, one.oddsMilli, outcome === 'undecided' ? PUSH : outcome) - one.stakeMinor;
  return one.pending ? Math.max(0, cost) : cost;
}

function sumInto(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/** Tries every end of every match against the stated worst losses. */
function checkExposure(ledger: LedgerState): void {
  const open = openBetsOf(ledger);
  const worst = new Map<string, number>();
  for (const change of ENDS) {
    const costs = new Map<string, number>();
    for (const one of open) {
      const market = ledger.markets[one.market];
      assert.ok(market);
      const cost = costOf(ledger, one, resultOf({ eventId: market.eventId, ...change }));
      sumInto(costs, market.marketId, cost);
      sumInto(costs, market.eventId, cost);
    }
    for (const [key, cost] of costs) worst.set(key, Math.max(worst.get(key) ?? 0, cost));
  }
  for (const market of ledger.markets) {
    if (!market) continue;
    assert.ok(
      (worst.get(market.marketId) ?? 0) <= market.worstLossMinor,
      `${market.marketId}: ${worst.get(market.marketId)} > ${market.worstLossMinor}`,
    );
    if (market.bets === 0)
      assert.deepEqual(
        [market.worstLossMinor, market.stakedMinor, ...market.payoutsMinor],
        [0, 0, ...market.payoutsMinor.map(() => 0)],
      );
  }
  let all = 0;
  for (const fixture of ledger.fixtures.values()) {
    assert.ok((worst.get(fixture.eventId) ?? 0) <= fixture.worstLossMinor, fixture.eventId);
    assert.equal(
      fixture.worstLossMinor,
      fixture.markets.reduce((sum, row) => sum + (ledger.markets[row]?.worstLossMinor ?? 0), 0),
    );
    all += fixture.worstLossMinor;
  }
  assert.equal(ledger.worstLossMinor, all);
}

test('money is conserved, wallets stay above zero and what is held is at stake, after every event of any history', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(anySteps, (steps) => {
      const world = start(stateHash);
      world.afterEvent = (event) => {
        sumInto(seen, event.type, 1);
        if (event.type === 'MarketResulted' || event.type === 'SettlementStarted') return;
        checkMoney(world.ledger);
      };
      play(world, steps);
      checkExposure(world.ledger);
    }),
    { numRuns: 150 },
  );
  // The histories are worth something only if they reach the events that move money.
  for (const type of ['BetPlaced', 'BetAccepted', 'BetRejected', 'BetVoided', 'BetsSettled', 'MarketArchived']) {
    assert.ok((seen.get(type) ?? 0) >= 20, `${type}: ${seen.get(type) ?? 0}`);
  }
});

test('no end of any match costs the house more than the stated worst losses, nor all together more than its capital', () => {
  let deepest = 0;
  fc.assert(
    fc.property(calmSteps, (steps) => {
      const world = start();
      world.afterEvent = (event) => {
        if (event.type !== 'BetPlaced' && event.type !== 'BetAccepted' && event.type !== 'BetRejected') return;
        const { ledger } = world;
        checkExposure(ledger);
        assert.ok(ledger.worstLossMinor - world.house() <= CAPITAL);
        for (const market of ledger.markets) assert.ok((market?.worstLossMinor ?? 0) <= 4_000);
        for (const fixture of ledger.fixtures.values()) assert.ok(fixture.worstLossMinor <= 9_000);
        deepest = Math.max(deepest, ledger.worstLossMinor);
      };
      play(world, steps);
    }),
    { numRuns: 40 },
  );
  assert.ok(deepest > 6_000, `the histories risked ${deepest} at most`);
});

test('the events alone give the state back, read from their journal lines; a snapshot in between changes nothing', () => {
  fc.assert(
    fc.property(anySteps, fc.double({ min: 0, max: 1, noNaN: true }), (steps, where) => {
      const world = start();
      play(world, steps);
      const events = world.events.map((event) => JSON.parse(encodeEvent(event)) as NewEvent);
      const whole = initialShard();
      for (const event of events) evolve(whole, event);
      assert.equal(stateHash(whole), stateHash(world.state));
      const cut = Math.floor(events.length * where);
      let state = initialShard();
      for (const event of events.slice(0, cut)) evolve(state, event);
      const dump = dumpState(state);
      state = loadState(dump);
      assert.deepEqual(dumpState(state), dump);
      for (const event of events.slice(cut)) evolve(state, event);
      assert.equal(stateHash(state), stateHash(world.state));
      assert.deepEqual(openBetsOf(state.ledgers.get('main') as LedgerState), openBetsOf(world.ledger));
    }),
    { numRuns: 100 },
  );
});

test('every decision can be decided again from the stored commands and contexts', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const world = start();
      play(world, steps);
      const state = initialShard();
      for (const { context, decision, envelope } of world.asked) {
        const again = decide(state, envelope, JSON.parse(JSON.stringify(context)) as typeof context);
        assert.deepEqual(again, decision);
        if (!isRefusal(again)) for (const event of again) evolve(state, event);
      }
      assert.equal(stateHash(state), stateHash(world.state));
    }),
    { numRuns: 60 },
  );
});

test('evolve() stops at events that cannot be: an unknown ledger, an overdrawn wallet, a bet that is not open', () => {
  const world = worldWithMarket();
  world.bet('x');
  const placed = world.events.at(-1) as NewEvent<'BetPlaced'>;
  assert.throws(() => evolve(initialShard(), placed), /unknown ledger/);
  assert.throws(() => evolve(world.state, placed), /already there/);
  const voided = { ...placed, type: 'BetVoided', data: { betId: idOf('bet', 'nobody'), holder: ANA, reason: 'x' } } as NewEvent;
  assert.throws(() => evolve(world.state, voided), /not open/);
  const overdrawn = {
    ...voided,
    postings: [{ amountMinor: 999_999, currency: 'PLAY', from: `player:${ANA}:available`, to: 'house:main' }],
  } as NewEvent;
  assert.throws(() => evolve(world.state, overdrawn), /overdrawn/);
});
