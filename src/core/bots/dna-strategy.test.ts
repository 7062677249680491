import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BookPrice } from './book-price.ts';
import type { BotState } from './bot-state.ts';
import { type DnaStrategy, isBet, makeDnaStrategy, type StrategyOptions } from './dna-strategy.ts';
import { DAY_MS, dnaWith, EVENT_ID, fixtureFact, HOUR_MS, quoteFact, type QuoteWords } from './facts-for-tests.ts';
import type { Bet } from './input.ts';
import { MarketMemory } from './market-memory.ts';

const FAVOURITE = { type: 'favourite', params: {} };
const FLAT_5 = { type: 'flat', params: { unit_percent: 0.05 } };

interface Wallet {
  availableMinor: number;
  equityMinor: number;
}

/** A bot with its memory and wallet, and short words for what happens to it. */
class Scene {
  readonly memory = new MarketMemory();
  readonly bot: DnaStrategy;
  wallet: Wallet = { availableMinor: 100_000, equityMinor: 100_000 };
  now = 20_000 * DAY_MS;
  #bets = 0;

  constructor(genes: { betting?: object; math?: object; risk?: object } = {}, options: Partial<StrategyOptions> = {}) {
    const {
      betting = FAVOURITE,
      math = FLAT_5,
      risk = { max_stake_percent: 0.25, stop_loss_daily: 0.5, max_open_bets: 10 },
    } = genes;
    this.bot = makeDnaStrategy(dnaWith(betting, math, risk), { memory: this.memory, execBook: 'B365', ...options });
  }

  tell(quote: Partial<QuoteWords> = {}): BookPrice {
    const price = this.memory.tell(quoteFact({ at: this.now, odds: [2000, 3500, 4000], ...quote }));
    assert.ok(price);
    return price;
  }

  ask(price: BookPrice) {
    return this.bot.evaluate(price, { now: this.now, ...this.wallet });
  }

  bet(market: string, oddsMilli = 2000): string {
    const answer = this.ask(this.tell({ market, odds: [oddsMilli, 3500, 4000] }));
    assert.ok(isBet(answer), JSON.stringify(answer));
    return this.#accepted(answer);
  }

  #accepted(bet: Bet): string {
    const betId = `bet_${++this.#bets}`;
    this.bot.onSent(bet, betId, this.now);
    this.bot.onAnswer(betId, true);
    this.wallet.availableMinor -= bet.stakeMinor;
    return betId;
  }

  /** The stake of an open bet comes back with this profit. */
  settle(betId: string, returnMinor: number): void {
    const stake = Object.values(this.bot.state.bets).find((mark) => mark.betId === betId)?.stakeMinor ?? 0;
    this.wallet.availableMinor += returnMinor;
    this.wallet.equityMinor += returnMinor - stake;
    assert.ok(this.bot.onSettled({ betId, returnMinor, at: this.now }, { now: this.now, ...this.wallet }));
  }

  code(price = this.tell({ market: market(99) })) {
    const answer = this.ask(price);
    return isBet(answer) ? 'bet' : answer.code;
  }
}
const market = (n: number) => `fb:E0:m:${n}/1x2`;

test('evaluate() gives a whole bet: the stake in minor units, the price it saw, the fair probability when there is one', () => {
  const scene = new Scene();
  const price = scene.tell();
  const bet = {
    kind: 'bet',
    marketId: `${EVENT_ID}/1x2`,
    selectionId: 'home',
    stakeMinor: 5_000,
    minOddsMilli: 2000,
    quoteSeq: price.quoteSeq,
  };
  assert.deepEqual(scene.ask(price), bet);
  scene.memory.tell(quoteFact({ at: scene.now, book: 'Avg', odds: [2000, 4000, 4000] }));
  assert.deepEqual(scene.ask(price), { ...bet, fairPpm: 500_000 });
});

test('evaluate() changes nothing: asked twice it answers the same and the state stays', () => {
  const scene = new Scene();
  const price = scene.tell();
  const before = structuredClone(scene.bot.state);
  assert.deepEqual(scene.ask(price), scene.ask(price));
  assert.deepEqual(scene.bot.state, before);
});

test('evaluate() passes on markets that are unwanted, not open, started or stale', () => {
  const scene = new Scene({ betting: { type: 'favourite', params: { markets: ['1x2'] } } });
  assert.equal(scene.code(scene.tell({ market: `${EVENT_ID}/btts`, odds: [1900, 1900] })), 'market_unwanted');
  assert.equal(scene.code(scene.tell({ market: `${EVENT_ID}/1x2.h1` })), 'market_unwanted'); // first half
  assert.equal(scene.code(scene.tell({ status: 'suspended' })), 'market_suspended');
  assert.equal(scene.code(scene.tell({ status: 'closed' })), 'market_closed');
  const price = scene.tell();
  scene.now += 120_000;
  assert.equal(scene.code(price), 'bet');
  scene.now += 1;
  assert.deepEqual(scene.ask(price), { kind: 'pass', code: 'price_stale', need: 120_000, have: 120_001 });
  const live = scene.tell({ inPlay: true });
  scene.now += 10_001;
  assert.deepEqual(scene.ask(live), { kind: 'pass', code: 'price_stale', need: 10_000, have: 10_001 });
  scene.memory.tell(fixtureFact(scene.now, { startAt: scene.now }));
  assert.equal(scene.code(scene.tell()), 'market_closed'); // a pre-match price ends with the kick-off
  assert.equal(scene.code(scene.tell({ inPlay: true })), 'bet');
});

test("over/under bots look at full-time goals 2.5 only, and a price of another book is the caller's bug", () => {
  const scene = new Scene({ betting: { type: 'over_25', params: {} } });
  assert.deepEqual(scene.bot.marketTypes, ['ou']);
  assert.equal(scene.code(scene.tell({ market: `${EVENT_ID}/ou@3.5`, odds: [1900, 1900] })), 'market_unwanted');
  assert.equal(scene.code(scene.tell({ market: `${EVENT_ID}/ou.corners@2.5`, odds: [1900, 1900] })), 'market_unwanted');
  assert.equal(scene.code(scene.tell({ market: `${EVENT_ID}/ou@2.5`, odds: [1900, 1900] })), 'bet');
  assert.throws(() => scene.ask(scene.tell({ book: 'PS' })), /own book/);
});

test('one bet per market: closed from sending until long after settlement, open again after a refusal', () => {
  const scene = new Scene();
  const price = scene.tell();
  const bet = scene.ask(price);
  assert.ok(isBet(bet));
  scene.bot.onSent(bet, 'bet_a', scene.now);
  assert.equal(scene.code(price), 'already_bet');
  scene.bot.onAnswer('bet_a', false);
  assert.equal(scene.bot.state.open, 0);
  assert.equal(scene.code(price), 'bet');
  const betId = scene.bet(`${EVENT_ID}/1x2`);
  scene.settle(betId, 0);
  assert.equal(scene.bot.state.open, 0);
  assert.equal(scene.code(scene.tell()), 'already_bet');
  scene.bot.onAnswer(betId, false); // too late to matter
  assert.equal(scene.bot.state.open, 0);
});

test('max_open_bets counts what is sent and what is open', () => {
  const scene = new Scene({ risk: { max_stake_percent: 0.25, stop_loss_daily: 0.5, max_open_bets: 2 } });
  const first = scene.bet(market(1));
  const price = scene.tell({ market: market(2) });
  const sent = scene.ask(price);
  assert.ok(isBet(sent));
  scene.bot.onSent(sent, 'bet_sent', scene.now);
  assert.deepEqual(scene.ask(scene.tell({ market: market(3) })), { kind: 'pass', code: 'max_open_bets', need: 2, have: 2 });
  scene.settle(first, 5_000);
  assert.equal(scene.code(), 'bet');
});

test('daily_loss stops the bot until the next UTC day, measured on the equity the day began with', () => {
  const scene = new Scene({ risk: { max_stake_percent: 0.25, stop_loss_daily: 0.1, max_open_bets: 10 } });
  const [a, b] = [scene.bet(market(1)), scene.bet(market(2))]; // 5,000 each
  scene.settle(a, 0);
  assert.equal(scene.code(), 'bet');
  scene.settle(b, 0);
  // lost 10,000 of the 100,000 of the morning
  assert.deepEqual(scene.ask(scene.tell({ market: market(3) })), {
    kind: 'pass',
    code: 'daily_loss',
    need: 10_000,
    have: 10_000,
  });
  scene.now += DAY_MS - 1;
  assert.equal(scene.code(), 'daily_loss');
  scene.now += 1;
  assert.equal(scene.code(), 'bet');
  // the next day begins with 90,000: one lost bet of 5,000 is 5.6 % of it
  scene.settle(scene.bet(market(4)), 0);
  assert.equal(scene.code(), 'bet');
});

test('a win earlier on the day makes room for losses', () => {
  const scene = new Scene({ risk: { max_stake_percent: 0.25, stop_loss_daily: 0.1, max_open_bets: 10 } });
  scene.settle(scene.bet(market(1)), 10_000); // +5,000
  scene.settle(scene.bet(market(2)), 0); // flat on the capital: 5,000 again
  scene.settle(scene.bet(market(3)), 0);
  assert.equal(scene.bot.state.dayProfitMinor, -5_000);
  assert.equal(scene.code(), 'bet');
});

test('bot_paused at the drawdown from the peak, until a person resumes it', () => {
  const scene = new Scene({ risk: { max_stake_percent: 0.25, stop_loss_daily: 0.5, max_open_bets: 10, drawdown_pause: 0.1 } });
  for (let i = 0; i < 4; i++) scene.settle(scene.bet(market(i)), 10_000); // peak 120,000
  for (let i = 4; i < 6; i++) scene.settle(scene.bet(market(i)), 0);
  assert.equal(scene.code(), 'bet'); // 110,000 of 120,000: 8.3 %
  scene.now += DAY_MS;
  scene.settle(scene.bet(market(6)), 0);
  // 105,000 of 120,000: 12.5 %
  assert.deepEqual(scene.ask(scene.tell()), { kind: 'pass', code: 'bot_paused', need: 100_000, have: 125_000 });
  scene.now += 40 * DAY_MS;
  assert.equal(scene.code(), 'bot_paused');
  scene.bot.onResumed();
  assert.equal(scene.code(), 'bet');
  scene.settle(scene.bet(market(7)), 0);
  assert.equal(scene.code(), 'bet'); // counted from the resume: 100,000 of 105,000
});

test('stakes are capped by the available balance and by the price, and too small a one is no bet', () => {
  const scene = new Scene({ risk: { max_stake_percent: 0.02, stop_loss_daily: 0.5, max_open_bets: 10 } }, { minStakeMinor: 100 });
  const stakeOf = (price: BookPrice) => {
    const answer = scene.ask(price);
    return isBet(answer) ? answer.stakeMinor : answer;
  };
  assert.equal(stakeOf(scene.tell()), 2_000); // 5 % of the capital wanted, 2 % of 100,000 allowed
  assert.equal(stakeOf(scene.tell({ maxStakeMinor: 150 })), 150);
  assert.deepEqual(stakeOf(scene.tell({ maxStakeMinor: 99 })), { kind: 'pass', code: 'stake_above_max', need: 99, have: 100 });
  scene.wallet.availableMinor = 4_999; // the rest is held by open bets
  assert.deepEqual(stakeOf(scene.tell()), { kind: 'pass', code: 'bankroll_too_small', need: 100, have: 99 });
  scene.wallet = { availableMinor: 0, equityMinor: 0 };
  assert.deepEqual(stakeOf(scene.tell()), { kind: 'pass', code: 'bankroll_too_small', need: 100, have: 0 });
});

test('Kelly without a fair probability passes with no_fair_price, with one it bets a quarter of its edge', () => {
  const scene = new Scene({ math: { type: 'kelly_criterion', params: { fraction: 0.25 } } });
  const price = scene.tell({ odds: [2200, 3300, 3600] });
  assert.equal(scene.code(price), 'no_fair_price');
  scene.memory.tell(quoteFact({ at: scene.now, book: 'Avg', odds: [2000, 4000, 4000] }));
  const bet = scene.ask(price);
  assert.ok(isBet(bet));
  assert.equal(bet.stakeMinor, 2_083); // see stake-plans.test.ts
});

test('the same picks whatever the staking plan: pick never sees money', () => {
  const maths = [FLAT_5, { type: 'martingale', params: {} }, { type: 'fibonacci', params: {} }];
  const picks = maths.map((math) => {
    const scene = new Scene({ math, betting: { type: 'odds_range', params: {} } });
    return [0, 1, 2, 3, 4].map((n) => {
      const answer = scene.ask(scene.tell({ market: market(n), odds: [1700 + 150 * n, 3500, 4000] }));
      if (!isBet(answer)) return answer.code;
      scene.settle(scene.bet(market(n), 1700 + 150 * n), n % 2 === 0 ? 0 : 9_000);
      return answer.selectionId;
    });
  });
  assert.deepEqual(picks[1], picks[0]);
  assert.deepEqual(picks[2], picks[0]);
  assert.deepEqual(picks[0], ['odds_out_of_range', 'home', 'home', 'home', 'home']);
});

test('martingale moves with settlements: doubled after a loss, unchanged by a void, one unit after a win', () => {
  const scene = new Scene({ math: { type: 'martingale', params: { unit_percent: 0.01 } } });
  const stakes: number[] = [];
  for (const outcome of ['lost', 'lost', 'void', 'won', 'lost'] as const) {
    const betId = scene.bet(market(stakes.length));
    const stake = Object.values(scene.bot.state.bets).at(-1)?.stakeMinor ?? 0;
    stakes.push(stake);
    scene.settle(betId, outcome === 'lost' ? 0 : outcome === 'void' ? stake : stake * 2);
  }
  assert.deepEqual(stakes, [1_000, 2_000, 4_000, 4_000, 1_000]);
});

test('a corrected settlement changes the profit, not the progression; an unknown bet is said to be unknown', () => {
  const scene = new Scene({ math: { type: 'martingale', params: { unit_percent: 0.01 } } });
  const betId = scene.bet(market(1));
  scene.settle(betId, 0);
  assert.deepEqual([scene.bot.state.step, scene.bot.state.profitMinor], [1, -1_000]);
  const view = { now: scene.now, availableMinor: 101_000, equityMinor: 101_000 };
  assert.ok(scene.bot.onSettled({ betId, returnMinor: 2_000, at: scene.now + 1 }, view));
  assert.deepEqual([scene.bot.state.step, scene.bot.state.profitMinor, scene.bot.state.open], [1, 1_000, 0]);
  assert.equal(scene.bot.onSettled({ betId: 'bet_x', returnMinor: 5, at: scene.now }, view), false);
});

test('settled bets are forgotten after two days, open ones never', () => {
  const scene = new Scene();
  const [a, b] = [scene.bet(market(1)), scene.bet(market(2))];
  scene.settle(a, 5_000);
  scene.now += 3 * DAY_MS;
  scene.settle(scene.bet(market(3)), 5_000);
  assert.deepEqual(Object.keys(scene.bot.state.bets).sort(), [market(2), market(3)]);
  scene.settle(b, 5_000);
  assert.equal(scene.bot.state.open, 0);
});

test('the state is plain data: put back from JSON, the bot goes on as if nothing had happened', () => {
  const genes = { math: { type: 'fibonacci', params: {} }, risk: { max_open_bets: 3 } };
  const scene = new Scene(genes);
  scene.settle(scene.bet(market(1)), 0);
  const open = scene.bet(market(2));
  const state = JSON.parse(JSON.stringify(scene.bot.state)) as BotState;
  assert.deepEqual(state, scene.bot.state);
  const again = new Scene(genes, { memory: scene.memory, state });
  again.wallet = { ...scene.wallet };
  for (const bot of [scene, again]) {
    bot.settle(open, 0);
    bot.now += HOUR_MS;
  }
  assert.deepEqual(again.bot.state, scene.bot.state);
  const price = scene.tell({ market: market(3) });
  assert.deepEqual(again.ask(price), scene.ask(price));
  assert.equal(again.code(scene.tell({ market: market(1) })), 'already_bet');
});
