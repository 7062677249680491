// No bot may use a fact before it was told: whatever happens after a moment, decisions up to it stay the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical } from '../base/canonical.ts';
import { sha256Hex } from '../base/hash.ts';
import { type Decision, decisionOf, snapshotHash, snapshotOf } from './decision.ts';
import { type DnaStrategy, makeDnaStrategy } from './dna-strategy.ts';
import { madeUpSeason, quoteFact } from './facts-for-tests.ts';
import type { Bet, MarketFact } from './input.ts';
import { MarketMemory } from './market-memory.ts';
import { population } from './random-dna.ts';

interface Seat {
  readonly bot: DnaStrategy;
  availableMinor: number;
  equityMinor: number;
  readonly open: { readonly bet: Bet; readonly betId: string }[];
}

/** Plays facts to fifty bots: everything of a moment is told first, then every new B365 price is put before every bot. */
function play(facts: readonly MarketFact[]): (Decision & { snapshot?: string })[] {
  const memory = new MarketMemory();
  const seats: Seat[] = population(7, 50).map((dna) => {
    const bot = makeDnaStrategy(dna, { memory, execBook: 'B365' });
    return { bot, availableMinor: 1_000_000, equityMinor: 1_000_000, open: [] };
  });
  const log: (Decision & { snapshot?: string })[] = [];
  for (let i = 0; i < facts.length;) {
    const now = (facts[i] as MarketFact).observedAt;
    const fresh = [];
    for (; facts[i]?.observedAt === now; i++) {
      const fact = facts[i] as MarketFact;
      const price = memory.tell(fact);
      if (price?.book === 'B365') fresh.push(price);
      if (fact.kind === 'result') for (const seat of seats) settle(seat, fact, now);
    }
    for (const price of fresh) {
      for (const seat of seats) {
        const { availableMinor, bot, equityMinor } = seat;
        const answer = bot.evaluate(price, { now, availableMinor, equityMinor });
        const decision = decisionOf(bot, price, answer, now);
        log.push(answer.kind === 'bet' ? { ...decision, snapshot: snapshotHash(snapshotOf(bot, price, now)) } : decision);
        if (answer.kind === 'pass') continue;
        const betId = `bet_${log.length}`;
        bot.onSent(answer, betId, now);
        bot.onAnswer(betId, true);
        seat.availableMinor -= answer.stakeMinor;
        seat.open.push({ bet: answer, betId });
      }
    }
  }
  return log;
}

/** Not the real rules: whoever backed a first selection wins when the home side scored more. */
function settle(seat: Seat, fact: Extract<MarketFact, { kind: 'result' }>, now: number): void {
  const score = fact.result.scores[0];
  const homeWon = (score?.home ?? 0) > (score?.away ?? 0);
  for (const { bet, betId } of seat.open.filter(({ bet }) => bet.marketId.startsWith(`${fact.result.eventId}/`))) {
    seat.open.splice(
      seat.open.findIndex((open) => open.betId === betId),
      1,
    );
    const won = homeWon === (bet.selectionId === 'home' || bet.selectionId === 'over');
    const returnMinor = won ? Math.floor((bet.stakeMinor * bet.minOddsMilli) / 1000) : 0;
    seat.availableMinor += returnMinor;
    seat.equityMinor += returnMinor - bet.stakeMinor;
    const { availableMinor, equityMinor } = seat;
    assert.ok(seat.bot.onSettled({ betId, returnMinor, at: now }, { now, availableMinor, equityMinor }));
  }
}

/** Every later price and result becomes another one. */
function corrupt(fact: MarketFact): MarketFact {
  if (fact.kind === 'quote') {
    const prices = fact.quote.prices.map((price, i) => ({ ...price, oddsMilli: 1_100 + ((price.oddsMilli * (i + 3)) % 6_000) }));
    return { ...fact, quote: { ...fact.quote, prices } };
  }
  if (fact.kind !== 'result') return fact;
  const scores = fact.result.scores.map((score) => ({ ...score, home: score.away + 3, away: score.home }));
  return { ...fact, result: { ...fact.result, scores } };
}

const FACTS = madeUpSeason(42);
const MOMENTS = [...new Set(FACTS.map((fact) => fact.observedAt))];
const LOG = play(FACTS);

test('the season is worth the name: bets of most kinds of bots and many kinds of passes', () => {
  const bettors = new Set(LOG.filter((d) => d.outcome === 'bet').map((d) => d.botId));
  const codes = new Set(LOG.map((d) => d.outcome));
  assert.ok(bettors.size >= 30, `${bettors.size} bots bet`);
  for (const code of [
    'edge_too_small',
    'odds_out_of_range',
    'no_path',
    'already_bet',
    'no_goal_average',
    'condition_not_met',
    'market_unwanted',
  ]) {
    assert.ok(codes.has(code as Decision['outcome']), code);
  }
});

test('played twice, the same facts give the same log', () => {
  assert.equal(sha256Hex(canonical(play(FACTS))), sha256Hex(canonical(LOG)));
});

test('corrupting every fact after a moment changes no decision up to it, and many after it', () => {
  for (const share of [0.1, 0.35, 0.5, 0.8]) {
    const moment = MOMENTS[Math.floor(MOMENTS.length * share)] as number;
    const other = play(FACTS.map((fact) => (fact.observedAt > moment ? corrupt(fact) : fact)));
    const upTo = (log: readonly Decision[]) => log.filter((d) => d.at <= moment);
    const after = (log: readonly Decision[]) => canonical(log.filter((d) => d.at > moment));
    assert.ok(upTo(LOG).length > 0);
    assert.deepEqual(upTo(other), upTo(LOG));
    assert.notEqual(after(other), after(LOG));
  }
});

test('corrupting the facts of a moment itself is seen, so the test above can fail', () => {
  const quotes = FACTS.filter((fact) => fact.kind === 'quote');
  const moment = quotes[Math.floor(quotes.length / 2)]?.observedAt as number;
  const other = play(FACTS.map((fact) => (fact.observedAt >= moment ? corrupt(fact) : fact)));
  const at = (log: readonly Decision[]) => log.filter((d) => d.at <= moment);
  assert.notDeepEqual(at(other), at(LOG));
});

test('facts told before their time change nothing', () => {
  const memory = new MarketMemory();
  const now = 1_000;
  memory.tell(quoteFact({ at: now, odds: [2000, 3000, 4000] }));
  const before = memory.priceOf('B365', 'fb:E0:20240816:alpha:beta/1x2')?.oddsMilli.slice();
  for (const fact of madeUpSeason(1)) memory.tell(fact, now);
  memory.tell(quoteFact({ at: now + 1, odds: [1500, 3000, 4000] }), now);
  assert.deepEqual(memory.priceOf('B365', 'fb:E0:20240816:alpha:beta/1x2')?.oddsMilli, before);
  assert.equal(memory.now, now);
  assert.equal([...memory.pricesOf('Avg')].length, 0);
});
