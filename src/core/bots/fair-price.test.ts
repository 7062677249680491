import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fairProbabilities } from '../signals/devig.ts';
import { DAY_MS, EVENT_ID, fixtureFact, HOUR_MS, quoteFact, type QuoteWords, resultFact } from './facts-for-tests.ts';
import { fairSource } from './fair-price.ts';
import { MarketMemory } from './market-memory.ts';

const near = (have: readonly number[] | null, want: readonly number[]) => {
  assert.ok(have);
  assert.equal(have.length, want.length);
  want.forEach((p, i) => assert.ok(Math.abs((have[i] as number) - p) < 1e-4, `${have.join(' ')} is not ${want.join(' ')}`));
};

/** A memory told these quotes at 0, and the executable price list of the market. */
function told(market: string, ...quotes: Omit<QuoteWords, 'at' | 'market'>[]) {
  const memory = new MarketMemory();
  for (const quote of quotes) memory.tell(quoteFact({ at: 0, market: `${EVENT_ID}/${market}`, ...quote }));
  const price = memory.tell(quoteFact({ at: 0, market: `${EVENT_ID}/${market}`, odds: [2000, 2000, 2000], book: 'exec' }));
  assert.ok(price);
  return { memory, price };
}

test('consensus and reference are the books the terms name, without their margin', () => {
  // 1/1.9 + 2/3.8 = 1.052632: probabilities in the ratio 2 : 1 : 1
  const { memory, price } = told('1x2', { book: 'Avg', odds: [1900, 3800, 3800] }, { book: 'PS', odds: [2850, 2850, 2850] });
  near(fairSource(memory, 'consensus', 'multiplicative').of(price, 0), [0.5, 0.25, 0.25]);
  near(fairSource(memory, 'reference', 'shin').of(price, 0), [1 / 3, 1 / 3, 1 / 3]);
});

test('the methods come from devig.ts, and an answer is worked out once per version for all bots', () => {
  const { memory, price } = told('1x2', { book: 'PS', odds: [1500, 4200, 7000] });
  for (const method of ['power', 'shin', 'multiplicative'] as const) {
    const source = fairSource(memory, 'reference', method);
    const fair = source.of(price, 0);
    near(fair, fairProbabilities([1500, 4200, 7000], method) as number[]);
    assert.equal(fairSource(memory, 'reference', method).of(price, 0), fair);
  }
  const before = fairSource(memory, 'reference', 'power').of(price, 0);
  memory.tell(quoteFact({ at: 1, book: 'PS', odds: [1600, 4200, 7000] }));
  const after = fairSource(memory, 'reference', 'power').of(price, 1);
  near(after, fairProbabilities([1600, 4200, 7000], 'power') as number[]);
  assert.notDeepEqual(before, after);
});

test('no fair price from a book that is silent, suspended, incomplete, in another phase, too old or misprinted', () => {
  const of = (quote: Omit<QuoteWords, 'at' | 'market'>, now = 0) => {
    const { memory, price } = told('1x2', quote);
    return fairSource(memory, 'reference', 'power').of(price, now);
  };
  const odds = [1900, 3800, 3800];
  assert.ok(of({ book: 'PS', odds }));
  assert.equal(of({ book: 'WH', odds }), null);
  assert.equal(of({ book: 'PS', odds, status: 'suspended' }), null);
  assert.equal(of({ book: 'PS', odds: [1900, 3800, 0] }), null);
  assert.equal(of({ book: 'PS', odds, inPlay: true }), null);
  assert.ok(of({ book: 'PS', odds }, HOUR_MS));
  assert.equal(of({ book: 'PS', odds }, HOUR_MS + 1), null);
  assert.equal(of({ book: 'PS', odds: [2500, 4500, 4500] }), null); // adds up to 0.844
});

test('another line of the same market is another market', () => {
  const memory = new MarketMemory();
  memory.tell(quoteFact({ at: 0, book: 'PS', market: `${EVENT_ID}/ah@-0.75`, odds: [1900, 1900] }));
  const price = memory.tell(quoteFact({ at: 0, book: 'exec', market: `${EVENT_ID}/ah@-1`, odds: [1900, 1900] }));
  assert.ok(price);
  assert.equal(fairSource(memory, 'reference', 'power').of(price, 0), null);
});

test('double chance and draw no bet are derived from 1x2 where the book does not quote them', () => {
  const { memory } = told('1x2', { book: 'PS', odds: [1900, 3800, 3800] });
  const source = fairSource(memory, 'reference', 'multiplicative');
  const dc = memory.tell(quoteFact({ at: 0, book: 'exec', market: `${EVENT_ID}/dc`, odds: [1300, 1300, 1900] }));
  const dnb = memory.tell(quoteFact({ at: 0, book: 'exec', market: `${EVENT_ID}/dnb`, odds: [1400, 2700] }));
  assert.ok(dc && dnb);
  near(source.of(dc, 0), [0.75, 0.75, 0.5]);
  near(source.of(dnb, 0), [2 / 3, 1 / 3]);
});

test('a quoted double chance adds up to two', () => {
  // 2/1.3 + 1/1.9 = 2.064777: 1.3 -> 2 * 0.769231 / 2.064777 = 0.745098, 1.9 -> 0.509804
  const { memory, price } = told('dc', { book: 'PS', odds: [1300, 1300, 1900] });
  near(fairSource(memory, 'reference', 'multiplicative').of(price, 0), [0.745098, 0.745098, 0.509804]);
});

test('without a consensus book the mean of at least three fresh books stands in', () => {
  const two = told('btts', { book: 'A', odds: [1800, 2000] });
  assert.equal(fairSource(two.memory, 'consensus', 'multiplicative').of(two.price, 0), null); // A and exec
  // with exec at 2.0 / 2.0: mean 1.9 / 2.0 -> yes = (1/1.9) / (1/1.9 + 1/2) = 0.512821
  const three = told('btts', { book: 'A', odds: [1800, 2000] }, { book: 'B', odds: [1900, 2000] });
  const source = fairSource(three.memory, 'consensus', 'multiplicative');
  near(source.of(three.price, 0), [0.512821, 0.487179]);
  assert.equal(source.of(three.price, HOUR_MS + 1), null); // all too old by then
  three.memory.tell(quoteFact({ at: 5, book: 'B', market: `${EVENT_ID}/btts`, odds: [2200, 2000] }));
  near(source.of(three.price, 5), [0.5, 0.5]); // mean 2.0 / 2.0
});

test('a live market with one book: that book de-vigged never shows an edge against itself', () => {
  const memory = new MarketMemory({ consensus: 'live', reference: 'live' });
  const price = memory.tell(quoteFact({ at: 0, book: 'live', odds: [1900, 3600, 4200] }));
  assert.ok(price);
  for (const method of ['multiplicative', 'power', 'shin'] as const) {
    const fair = fairSource(memory, 'consensus', method).of(price, 0);
    assert.ok(fair?.every((p, i) => p * (price.oddsMilli[i] as number) < 1000));
  }
});

test('goal averages give probabilities before the match and none in play, as soon as enough results are known', () => {
  const memory = new MarketMemory();
  const market = `${EVENT_ID}/ou@2.5`;
  // alpha at home 2-1 six times, beta away 1-1 six times: 2 and 1 scored, 1 and 1 conceded
  for (let i = 0; i < 6; i++) {
    const at = i * DAY_MS;
    memory.tell(fixtureFact(at, { eventId: `fb:h:${i}`, home: 'alpha', away: 'x' }));
    memory.tell(resultFact(at + 1, [2, 1], { eventId: `fb:h:${i}` }));
    memory.tell(fixtureFact(at, { eventId: `fb:a:${i}`, home: 'x', away: 'beta' }));
    if (i < 5) memory.tell(resultFact(at + 1, [1, 1], { eventId: `fb:a:${i}` }));
  }
  const at = 10 * DAY_MS;
  const source = fairSource(memory, 'goals', 'power');
  const price = memory.tell(quoteFact({ at, book: 'exec', market, odds: [1900, 1900] }));
  assert.ok(price);
  assert.equal(source.of(price, at), null); // no fixture yet
  memory.tell(fixtureFact(at));
  assert.equal(source.of(price, at), null); // five matches of beta
  memory.tell(resultFact(at, [1, 1], { eventId: 'fb:a:5' }));
  // expected goals (2 + 1) / 2 and (1 + 1) / 2: total 2.5, under = e^-2.5 (1 + 2.5 + 3.125) = 0.543813
  near(source.of(price, at), [0.456187, 0.543813]);
  const live = memory.tell(quoteFact({ at: at + 1, book: 'exec', market, odds: [1900, 1900], inPlay: true }));
  assert.ok(live);
  assert.equal(source.of(live, at + 1), null);
});
