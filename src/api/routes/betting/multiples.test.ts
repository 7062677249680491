// Bets of several legs over HTTP: what is sent to the writer, what is refused before it and where, and what a preview says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { refuse } from '#core/base/refusal.ts';
import type { NumberedQuote, Quote } from '#core/catalog/quote.ts';
import type { Api } from '../../deps.ts';
import { depsForTests, type TestApi } from '../../deps-for-tests.ts';
import { EVENT, MARKET, newId, PLAYER } from '../../rows-for-tests.ts';
import { OddsHub } from '../../socket/odds-hub.ts';
import { betWire } from '../../wire.ts';
import { buildServer } from '../../server.ts';

const OTHER = 'fb:E0:20240817:gamma:delta/ou@2.5';
const priced: NumberedQuote[] = [];
let deps: TestApi;
let app: Api;
before(async () => {
  const load = (eventId: string): Promise<NumberedQuote[]> =>
    Promise.resolve(priced.filter(({ quote }) => quote.marketId.startsWith(`${eventId}/`)));
  deps = depsForTests({ odds: new OddsHub({ load, stored: load }) });
  app = await buildServer(deps);
  await app.ready();
});
after(() => app.close());

const legs = [
  { marketId: MARKET, selectionId: 'home', minOddsMilli: 1_900, quoteSeq: 7 },
  { marketId: OTHER, selectionId: 'over', minOddsMilli: 1_500, quoteSeq: 3 },
];
const wish = { system: 'double', legs, stakePerLineMinor: 500 };

function post(url: string, payload: unknown, headers: Record<string, string> = {}) {
  const all = { 'content-type': 'application/json', 'idempotency-key': newId('cmd'), authorization: 'Bearer player', ...headers };
  return app.inject({ method: 'POST', url, headers: all, payload: JSON.stringify(payload) });
}

test('POST /v1/bets takes several legs in the same place as one, named by the key', async () => {
  deps.submitted.length = 0;
  const commandId = newId('cmd');
  const answer = await post('/v1/bets', wish, { 'idempotency-key': commandId });
  const betId = commandId.replace('cmd_', 'bet_');
  assert.equal(answer.statusCode, 201, answer.body);
  assert.deepEqual(answer.json(), { commandId, shard: 0, seq: 42, betId, holder: PLAYER.ownerId });
  assert.deepEqual(deps.submitted[0]?.cmd, {
    ...wish,
    type: 'PlaceMultiple',
    betId,
    holder: PLAYER.ownerId,
    oddsPolicy: 'better',
  });
});

test('a single says its policy only where it is not the usual one', async () => {
  deps.submitted.length = 0;
  const single = { legs: [{ marketId: MARKET, selectionId: 'home' }], stakeMinor: 5, minOddsMilli: 1_900, quoteSeq: 7 };
  for (const more of [{}, { system: 'single', oddsPolicy: 'better' }, { oddsPolicy: 'exact' }]) {
    assert.equal((await post('/v1/bets', { ...single, ...more })).statusCode, 201);
  }
  const said = deps.submitted.map(({ cmd }) => [cmd.type, 'oddsPolicy' in cmd ? cmd.oddsPolicy : null, 'system' in cmd]);
  assert.deepEqual(said, [
    ['PlaceBet', null, false],
    ['PlaceBet', null, false],
    ['PlaceBet', 'exact', false],
  ]);
});

test('what cannot be a bet is refused at its place, and nothing is submitted', async () => {
  deps.submitted.length = 0;
  const [first, second] = legs;
  for (const [body, path] of [
    [{ ...wish, system: 'goliath' }, '/system'],
    [{ ...wish, legs: [first] }, '/legs'],
    [{ ...wish, legs: [first, { ...second, selectionId: 'home' }] }, '/legs/1/selectionId'],
    [{ ...wish, legs: [first, { ...second, marketId: 'nowhere' }] }, '/legs/1/marketId'],
    [{ ...wish, legs: [first, { ...second, minOddsMilli: 1_000 }] }, '/legs/1/minOddsMilli'],
    [{ ...wish, legs: [first, { marketId: OTHER, selectionId: 'over' }] }, '/legs/1/minOddsMilli'],
    [{ ...wish, legs: [first, { ...second, price: 2 }] }, '/legs/1/price'],
    [{ ...wish, stakePerLineMinor: 0 }, '/stakePerLineMinor'],
    [{ ...wish, stakeMinor: 500 }, '/stakeMinor'],
    [{ ...wish, oddsPolicy: 'worse' }, '/oddsPolicy'],
    [{ ...wish, betId: newId('bet') }, '/betId'],
  ] as const) {
    const answer = await post('/v1/bets', body);
    assert.deepEqual([answer.statusCode, answer.json().code, answer.json().path], [400, 'malformed', path], answer.body);
  }
  assert.equal(deps.submitted.length, 0);
  deps.result = refuse('legs_related', { path: '/legs/1/marketId' });
  const answer = await post('/v1/bets', wish);
  deps.result = 'done';
  assert.deepEqual([answer.statusCode, answer.json().code, answer.json().path], [422, 'legs_related', '/legs/1/marketId']);
});

test('POST /v1/bets/preview counts lines, stake and the most that comes back', async () => {
  const quote: Quote = {
    marketId: MARKET,
    quoteSeq: 9,
    status: 'open',
    inPlay: true,
    betDelayMs: 5_000,
    prices: [{ selectionId: 'home', oddsMilli: 2_000 }],
    source: 'sim',
    sourceEpoch: 1,
    sourceVersion: 1,
    observedAt: 0,
    confirmedAt: 0,
  };
  priced.push({ n: 1, quote });
  const alone = (await post('/v1/bets/preview', wish)).json();
  assert.deepEqual([alone.lines, alone.stakeMinor, alone.maxReturnMinor], [1, 500, null]);
  assert.deepEqual(alone.legs[1], {
    marketId: OTHER,
    selectionId: 'over',
    status: 'none',
    oddsMilli: null,
    quoteSeq: null,
    inPlay: false,
    betDelayMs: 0,
  });
  priced.push({ n: 2, quote: { ...quote, marketId: OTHER, prices: [{ selectionId: 'over', oddsMilli: 1_500 }] } });
  const both = (await post('/v1/bets/preview', wish)).json();
  assert.equal(both.maxReturnMinor, 1_500); // 500 * 2 * 1.5
  assert.equal(both.legs[0].betDelayMs, 5_000);
  const single = { legs: [{ marketId: MARKET, selectionId: 'home' }], stakeMinor: 333, minOddsMilli: 1_900, quoteSeq: 7 };
  const one = (await post('/v1/bets/preview', single)).json();
  assert.deepEqual([one.system, one.lines, one.stakeMinor, one.maxReturnMinor], ['single', 1, 333, 666]);
  const related = await post('/v1/bets/preview', { ...wish, legs: [legs[0], { ...legs[1], marketId: `${EVENT}/ou@2.5` }] });
  assert.deepEqual([related.statusCode, related.json().code, related.json().path], [422, 'legs_related', '/legs/1/marketId']);
  assert.equal((await app.inject({ method: 'POST', url: '/v1/bets/preview', payload: wish })).statusCode, 401);
});

test('an operator says whether a market takes legs, nobody else', async () => {
  deps.submitted.length = 0;
  const url = `/v1/operator/markets/${encodeURIComponent(MARKET)}/combinable`;
  assert.equal((await post(url, { combinable: false })).statusCode, 403);
  assert.equal((await post(url, { combinable: false }, { authorization: 'Bearer operator' })).statusCode, 200);
  assert.deepEqual(deps.submitted[0]?.cmd, { type: 'SetCombinable', marketId: MARKET, combinable: false });
});

test('betWire() names what each leg came to', () => {
  const leg = {
    marketId: MARKET,
    selectionId: 'home',
    lead: -2,
    oddsMilli: 2_000,
    quoteSeq: 7,
    quoteSource: 'sim',
    quoteAgeMs: 5,
  };
  const named = (outcome: readonly number[] | null) => {
    const row = {
      betId: 'b',
      holder: 'h',
      system: 'double',
      lines: 1,
      legs: [{ ...leg, outcome }],
      stakeMinor: 1,
      currency: 'PLAY',
      cashedStakeMinor: 0,
      cashedMinor: 0,
    };
    return betWire({ ...row, placedAt: 0, status: 'settled', returnMinor: 0, settledAt: 0, reason: null, seq: 1, eachWay: null })
      .legs[0];
  };
  const words = [
    [1, 1, 0, 1],
    [0, 1, 0, 1],
    [0, 1, 1, 1],
    [1, 2, 1, 2],
    [0, 1, 1, 2],
    [1, 3, 0, 1],
  ].map((o) => named(o)?.outcome?.result);
  assert.deepEqual(words, ['won', 'lost', 'void', 'half-won', 'half-lost', 'part']);
  assert.deepEqual(named(null), {
    marketId: MARKET,
    selectionId: 'home',
    lead: -2,
    oddsMilli: 2_000,
    quote: { seq: 7, source: 'sim', ageMs: 5 },
    outcome: null,
  });
});
