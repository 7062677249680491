// Any order of bets by hand and by bots, orders, cancels, results, voids and days gone by: the counters are what wallets and bets say they are,
// nobody passes a limit, and no order of wishes loosens one before its wait is over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeEvent, encodeEvent } from '#engine/journal/event-codec.ts';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { evolve } from '../evolve.ts';
import { cancel, order, replace, worldWithExchange } from '../exchange/exchange-for-tests.ts';
import { multipleCommand } from '../bets/multiples/multiples-for-tests.ts';
import { RACE, RACE_PRICES, raceMarket } from '../bets/runners/race-for-tests.ts';
import type { Command } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { initialShard } from '../kernel/state.ts';
import {
  ANA,
  BEA,
  BOT,
  FIXTURE,
  goals,
  idOf,
  KICK_OFF,
  resultOf,
  TENANT,
  WINNER,
  type World,
} from '../kernel/world-for-tests.ts';
import { type Period, PERIODS } from './calendar.ts';

const DAY = 86_400_000;
const WALLETS = [ANA, BOT];
const LIMITS = { stake: 2_500, loss: 1_200 } as const;
const SIDE_MARKET = `${FIXTURE}/btts`;
const OTHER_MARKET = 'fb:E0:20240901:gamma:delta/1x2';

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('bet' as const),
      bot: fc.boolean(),
      side: fc.nat(2),
      stake: fc.integer({ min: 1, max: 900 }),
      delayed: fc.boolean(),
      kind: fc.constantFrom('single', 'single', 'double', 'each-way'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      who: fc.nat(2),
      lay: fc.boolean(),
      tick: fc.nat(3),
      size: fc.integer({ min: 100, max: 900 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('undo' as const), n: fc.nat(30), replace: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('void' as const), n: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const), race: fc.boolean(), side: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 7_000_000, 40_000_000, DAY, 6 * DAY) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('suspend' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('result' as const), home: fc.nat(1) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function begin(): World {
  const world = worldWithExchange({ stakeMinMinor: 1, stakeStepMinor: 1 });
  world.done({ type: 'OpenMarket', marketId: SIDE_MARKET, startAt: KICK_OFF + 60 * DAY });
  world.done({ type: 'OpenMarket', marketId: OTHER_MARKET, startAt: KICK_OFF + 60 * DAY });
  world.done(raceMarket({ startAt: KICK_OFF + 60 * DAY }));
  for (const [kind, value] of Object.entries(LIMITS) as ['stake' | 'loss', number][])
    world.done({ type: 'SetPlayLimit', ownerId: ANA, kind, period: 'day', value }, 'api');
  return world;
}

function run(world: World, steps: readonly Step[], after: () => void): void {
  let n = 0;
  for (const s of steps) {
    n++;
    if (s.do === 'bet') {
      const delay = s.delayed ? { inPlay: true, betDelayMs: 5_000 } : { inPlay: false, betDelayMs: 0 };
      world.price(SIDE_MARKET, { yes: 2_000, no: 1_900 }, delay);
      world.quote(OTHER_MARKET, delay);
      world.price(RACE, RACE_PRICES, delay);
      world.ask(betOf(world, n, s), s.bot ? 'bot' : 'api');
    } else if (s.do === 'order') {
      const wish = { side: s.lay ? 'lay' : 'back', priceMilli: 1_800 + s.tick * 100, sizeMinor: s.size } as const;
      const holder = [ANA, BOT, BEA][s.who] as string;
      world.ask({ ...orderOf(n, holder), ...wish }, 'api', { ownerId: holder === BEA ? BEA : ANA });
    } else if (s.do === 'undo') {
      if (s.replace) replace(world, [`${s.n}`, `r${n}`], ANA, 2_000);
      else cancel(world, `${s.n}`, ANA);
    } else if (s.do === 'void') world.ask({ type: 'VoidBet', betId: idOf('bet', `${s.n}`), reason: 'operator' });
    else if (s.do === 'sweep') {
      const [marketId, selectionId] = s.race ? [RACE, 'asti'] : [SIDE_MARKET, s.side === 0 ? 'yes' : 'no'];
      world.ask({ type: 'VoidBets', marketId, selectionId, reason: 'price' });
      world.goTo(world.now);
    } else if (s.do === 'wait') world.goTo(world.now + s.ms);
    else if (s.do === 'suspend') {
      world.ask({ type: 'SuspendMarket', target: SIDE_MARKET, reason: 'x' });
      world.ask({ type: 'ReopenMarket', target: SIDE_MARKET, reason: 'x' });
    } else {
      world.ask({ type: 'RecordResult', result: resultOf({ version: n, scores: [goals(s.home, 0)] }) }, 'feed');
      world.goTo(world.now);
    }
    after();
  }
}

function betOf(world: World, n: number, { bot, kind, side, stake }: Step & { do: 'bet' }): Command {
  const holder = bot ? BOT : ANA;
  const selectionId = side === 0 ? 'yes' : 'no';
  if (kind === 'single') return world.betCommand(`${n}`, { holder, marketId: SIDE_MARKET, selectionId, stakeMinor: stake });
  if (kind === 'each-way')
    return world.betCommand(`${n}`, { holder, marketId: RACE, selectionId: 'asti', stakeMinor: stake, eachWay: true });
  const legs = [
    { marketId: SIDE_MARKET, selectionId, quoteSeq: world.quotes.get(SIDE_MARKET)?.quoteSeq ?? 0 },
    { marketId: OTHER_MARKET, selectionId: 'home', quoteSeq: world.quotes.get(OTHER_MARKET)?.quoteSeq ?? 0 },
  ];
  return multipleCommand(`${n}`, { holder, system: 'double', stakePerLineMinor: stake, legs });
}

function orderOf(n: number, holder: string) {
  const rest = { selectionId: 'home', kind: 'limit', persistence: 'lapse', timeInForce: 'rest' } as const;
  return { type: 'PlaceOrder', orderId: idOf('ord', `${n}`), holder, marketId: WINNER, ...rest } as const;
}

/** The same sums, made from balances before and after each event and from what the events call a stake. */
class Oracle {
  readonly #world: World;
  readonly #placed = new Map<string, { stake: number; at: number }>();
  /** What happened to bets of hers: a check that met none of a kind says nothing of it. */
  readonly kinds = new Set<string>();
  readonly sums = new Map<Period, { start: number; stake: number; loss: number }>();
  #wealth: number;
  #available: number;
  #replaced = 0;

  constructor(world: World) {
    this.#world = world;
    this.#wealth = this.#sum('available') + this.#sum('debt');
    this.#available = this.#sum('available');
  }

  after(e: NewEvent): void {
    const wealth = this.#sum('available') + this.#sum('debt');
    const available = this.#sum('available');
    const lost = this.#wealth - wealth;
    const paidOut = this.#available - available;
    this.#wealth = wealth;
    this.#available = available;
    let staked = 0;
    if (
      (e.type === 'BetPlaced' || e.type === 'EachWayPlaced' || e.type === 'MultiplePlaced') &&
      WALLETS.includes(e.data.holder)
    ) {
      // An each-way bet is two, a double has one line.
      if (e.type === 'BetPlaced') staked = e.data.stakeMinor;
      else staked = e.type === 'EachWayPlaced' ? 2 * e.data.stakeMinor : e.data.stakePerLineMinor;
      this.#placed.set(e.data.betId, { stake: staked, at: e.at });
      this.kinds.add(e.type);
    }
    if (e.type === 'OrdersReduced' && e.data.reason === 'replaced') this.#replaced -= paidOut;
    if (e.type === 'OrderPlaced' && WALLETS.includes(e.data.holder)) {
      staked = paidOut === 0 ? 0 : Math.max(0, paidOut - this.#replaced);
      this.#replaced = 0;
    }
    for (const period of PERIODS) {
      const sum = this.#roll(period, e.at);
      sum.loss += lost;
      sum.stake += staked;
      for (const betId of undone(e)) {
        const back = this.#placed.get(betId);
        if (back && back.at >= sum.start) sum.stake -= back.stake;
        if (back) this.kinds.add(e.type);
      }
    }
  }

  #roll(period: Period, at: number): { start: number; stake: number; loss: number } {
    const date = new Date(at);
    const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
    const starts = {
      day,
      week: day - ((date.getUTCDay() + 6) % 7) * DAY,
      month: Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1),
    };
    const known = this.sums.get(period);
    if (known?.start === starts[period]) return known;
    const fresh = { start: starts[period], stake: 0, loss: 0 };
    this.sums.set(period, fresh);
    return fresh;
  }

  #sum(account: string): number {
    const { accounts, currency } = this.#world.ledger;
    return WALLETS.reduce((sum, wallet) => sum + accounts.balance(`player:${wallet}:${account}`, currency), 0);
  }
}

/** Bets that never were, by what happened to them. */
function undone(e: NewEvent): string[] {
  if (e.type === 'BetsVoided') return e.data.bets.map(([betId]) => betId);
  const single = e.type === 'BetRejected' || e.type === 'BetVoided';
  return single || e.type === 'MultipleRejected' || e.type === 'MultipleVoided' ? [e.data.betId] : [];
}

test('counters equal what balances and bets say, no order of commands passes a limit, and replay and snapshots agree', () => {
  let refused = 0;
  const kinds = new Set<string>();
  const property = fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (steps) => {
    const world = begin();
    const oracle = new Oracle(world);
    world.afterEvent = (e) => {
      oracle.after(e);
      const counters = world.ledger.play.find(ANA)?.counters;
      for (const [period, { loss, stake }] of oracle.sums) {
        assert.equal(counters?.used(period, 'loss', e.at), loss, `loss of the ${period} after ${e.type}`);
        assert.equal(counters?.used(period, 'stake', e.at), stake, `stake of the ${period} after ${e.type}`);
      }
      assert.equal(counters?.replacedMinor === 0 || e.type === 'OrdersReduced', true);
    };
    // Between the events of one command more may be out: an order that meets one's own is placed before that one is taken back.
    run(world, steps, () => {
      assert.ok((oracle.sums.get('day')?.loss ?? 0) <= LIMITS.loss);
      assert.ok((oracle.sums.get('day')?.stake ?? 0) <= LIMITS.stake);
    });
    refused += world.asked.filter(
      ({ decision }) => 'code' in decision && ['loss_limit', 'limit_user'].includes(decision.code),
    ).length;
    for (const kind of oracle.kinds) kinds.add(kind);
    const replayed = initialShard();
    for (const e of world.events) evolve(replayed, decodeEvent(encodeEvent(e)));
    assert.equal(stateHash(replayed), stateHash(world.state));
    assert.equal(stateHash(loadState(dumpState(world.state))), stateHash(world.state));
  });
  const ends = ['BetRejected', 'BetVoided', 'BetsVoided', 'MultipleRejected', 'MultipleVoided'];
  const wanted = [...ends, 'BetPlaced', 'EachWayPlaced', 'MultiplePlaced'].sort();
  fc.assert(property, { numRuns: 150 });
  // About five of the histories hold the rarest: one search in hundreds meets none of it, and is made again.
  for (let again = 0; again < 6 && !wanted.every((kind) => kinds.has(kind)); again++) fc.assert(property, { numRuns: 150 });
  assert.deepEqual([...kinds].sort(), wanted);
  assert.ok(refused > 100, `only ${refused} refusals: the limits were hardly met`);
});

const wish = fc.oneof(
  fc.record({ value: fc.option(fc.integer({ min: 0, max: 6 })), wait: fc.constantFrom(0, 1, DAY / 2, DAY - 1, DAY) }),
  fc.record({ keep: fc.constant(true), wait: fc.constantFrom(0, 1, DAY / 2) }),
);

test('a limit becomes looser only by a wish that stood for the whole wait, whatever else is wished', () => {
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 40 }), (wishes) => {
      const world = begin();
      const name = { ownerId: ANA, kind: 'deposit', period: 'day' } as const;
      const asked: { at: number; value: number | null | 'keep' }[] = [];
      const looser = (a: number | null, b: number | null): boolean => a !== null && (b === null || b > a);
      let now: number | null = null;
      world.afterEvent = (e) => {
        if (e.type !== 'PlayLimitSet' || e.data.kind !== 'deposit') return;
        if (looser(now, e.data.value) && world.ledger.play.find(ANA)) {
          const standing = asked.filter(({ at }) => at <= e.at).at(-1);
          assert.ok(standing, 'loosened without a wish');
          assert.deepEqual([standing.value, e.at - standing.at >= DAY], [e.data.value, true]);
        }
        now = e.data.value;
      };
      for (const w of wishes) {
        world.goTo(world.now + w.wait);
        const cmd =
          'keep' in w
            ? ({ type: 'KeepPlayLimit', ...name } as const)
            : ({ type: 'SetPlayLimit', ...name, value: w.value } as const);
        const decision = world.decide(cmd, 'api');
        if (!('code' in decision)) asked.push({ at: world.now, value: 'keep' in w ? 'keep' : w.value });
        world.ask(cmd, 'api');
      }
    }),
    { numRuns: 500 },
  );
});

test('a grant to somebody else is not counted for the person', () => {
  const world = begin();
  world.done({ type: 'IssueFunds', holder: BEA, ownerId: BEA, tenantId: TENANT, amountMinor: 5 });
  order(world, 'x', BEA, { sizeMinor: 500 });
  assert.deepEqual(
    PERIODS.map((period) => world.ledger.play.find(ANA)?.counters.used(period, 'stake', world.now)),
    [0, 0, 0],
  );
});
