// Cash-out over HTTP: what is offered, that nothing of an offer can be changed, and what reaches the writer. 10.00 at 3.0, now 2.0, margin 5 %: 14.25.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { refuse } from '#core/base/refusal.ts';
import { placeMultiple, winnerOf, finish, worldOfMultiples } from '#core/bets/multiples/multiples-for-tests.ts';
import { parseMarketId } from '#core/catalog/market.ts';
import { PLACE, RACE, raceBet, worldWithRace } from '#core/bets/runners/race-for-tests.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { FIXTURE, idOf, WINNER, type World, worldWithMarket } from '#core/kernel/world-for-tests.ts';
import { DEFAULT_LIMITS } from '#core/risk/limits.ts';
import type { BetLegRow, BetRow } from '#ports/read-models.ts';
import type { Api } from '../../deps.ts';
import { depsForTests, questionsTo, type TestApi } from '../../deps-for-tests.ts';
import { BET, FLAGGED, newId, PLAYER } from '../../rows-for-tests.ts';
import { buildServer } from '../../server.ts';
import { QUESTION_CHARS_MAX } from '../../questions/questions.ts';
import { askedOf } from './cash-out.ts';
import type { CashOutOffer } from './cash-out-contract.ts';

/** What the writer has, and what the read models tell of the bet. */
let world: World;
let bet: BetRow;
let now: number;
let deps: TestApi;
let app: Api;
before(async () => {
  const plain = depsForTests();
  const readModels = {
    ...plain.readModels,
    bet: (_: unknown, betId: string) => Promise.resolve({ bet: betId === bet.betId ? bet : null, seq: 100 }),
    odds: (eventId: string) =>
      Promise.resolve(
        [...world.quotes.values()]
          .filter(({ marketId }) => parseMarketId(marketId)?.eventId === eventId)
          .flatMap((quote, n) => [
            { n, quote: { ...quote, source: 'another', prices: [] } },
            { n, quote },
          ]),
      ),
  };
  const questions = questionsTo(() => ({ status: 'writing', state: world.state, place: { seq: 100 } }));
  const options = { version: '9.9.9', executableBook: 'test' };
  const clock = { now: () => now, schedule: () => () => undefined };
  deps = depsForTests({ readModels, options, questions, clock });
  app = await buildServer(deps);
  await app.ready();
});
after(() => app.close());
beforeEach(() => {
  given();
  deps.result = 'done';
  deps.submitted.length = 0;
});

/** The player has 100.00 in this world. */
function known(of: World): World {
  const { ownerId, tenantId } = PLAYER;
  of.done({ type: 'IssueFunds', holder: ownerId, ownerId, tenantId, amountMinor: 10_000 });
  return of;
}

/** An open single of 10.00 at 3.0 on home, which costs 2.0 now. */
function given(marketId = WINNER, atStart: Partial<Quote> = {}): void {
  world = known(worldWithMarket());
  if (marketId !== WINNER) world.done({ type: 'OpenMarket', marketId, startAt: world.now + 1 });
  world.price(marketId, { home: 3_000, away: 2_000 }, atStart);
  world.bet('x', { holder: PLAYER.ownerId, marketId });
  const lead = atStart.score ? atStart.score.home - atStart.score.away : null;
  show([{ marketId, selectionId: 'home', lead, oddsMilli: 3_000 }]);
  priced(2_000, {}, marketId);
}

/** The read models know of the bet. */
function show(legs: readonly Pick<BetLegRow, 'marketId' | 'selectionId' | 'lead' | 'oddsMilli'>[], change: object = {}): void {
  const seen = { quoteSeq: 1, quoteSource: 'test', quoteAgeMs: 0, outcome: null };
  const open = { status: 'accepted', returnMinor: null, settledAt: null };
  bet = { ...BET, betId: idOf('bet', 'x'), legs: legs.map((leg) => ({ ...seen, ...leg })), ...open, ...change };
  now = world.now;
}

function priced(home: number, change: Partial<Quote> = {}, marketId = WINNER): void {
  world.price(marketId, { home, away: 2_000 }, { quoteSeq: 7, ...change });
}

const headers = { authorization: 'Bearer player', 'content-type': 'application/json' };

function get(query = '', betId = bet.betId) {
  return app.inject({ method: 'GET', url: `/v1/bets/${betId}/cash-out-offer${query}`, headers });
}

function ask(body?: object) {
  const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
  const { 'content-type': _, ...bare } = headers;
  return app.inject({ method: 'POST', url: `/v1/bets/${bet.betId}/cash-out-offer`, headers: body ? headers : bare, ...payload });
}

async function offered(query = ''): Promise<CashOutOffer> {
  const answer = await get(query);
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}

function take(offer: object, more: Record<string, string> = {}, betId = bet.betId) {
  const all = { ...headers, 'idempotency-key': newId('cmd'), ...more };
  return app.inject({ method: 'POST', url: `/v1/bets/${betId}/cash-out`, headers: all, payload: JSON.stringify(offer) });
}

describe('/v1/bets/{id}/cash-out-offer', () => {
  test('offers what all of the bet is worth, at the executable price, for ten seconds', async () => {
    const { offerId, signature, ...rest } = await offered();
    assert.match(offerId, /^offer_/);
    assert.equal(signature.length, 43);
    assert.deepEqual(rest, {
      ledgerId: 'main',
      betId: bet.betId,
      holder: PLAYER.ownerId,
      ofMinor: 1_000,
      stakeMinor: 1_000,
      amountMinor: 1_425,
      currency: 'PLAY',
      quoteSeq: 7,
      delayMs: 0,
      expiresAt: new Date(now + DEFAULT_LIMITS.cashOutOfferMs).toISOString(),
      keyId: 'k1',
    });
  });

  test('offers a part by stake or by millionths, and what is left after an earlier part', async () => {
    assert.equal((await offered('?portionPpm=400000')).amountMinor, 570); // 400 x 1.5 x 0.95
    assert.equal((await offered('?stakeMinor=400')).amountMinor, 570);
    assert.deepEqual((await ask({ stakeMinor: 400 })).json().stakeMinor, 400);
    assert.deepEqual((await ask()).json().stakeMinor, 1_000);
    const { holder } = bet;
    const taken = { ofMinor: 1_000, stakeMinor: 400, amountMinor: 570, quoteSeq: 7, expiresAt: now };
    const who = { ownerId: holder, tenantId: PLAYER.tenantId };
    world.done({ type: 'CashOutBet', betId: bet.betId, holder, offerId: newId('offer'), ...taken }, 'api', who);
    bet = { ...bet, cashedStakeMinor: 400, cashedMinor: 570 };
    const rest = await offered('?portionPpm=500000');
    assert.deepEqual([rest.ofMinor, rest.stakeMinor, rest.amountMinor], [600, 300, 427]); // 300 x 1.5 x 0.95 = 427.5
    const wire = (await app.inject({ method: 'GET', url: `/v1/bets/${bet.betId}`, headers })).json();
    assert.deepEqual(wire.cashedOut, {
      stake: { amountMinor: 400, currency: 'PLAY' },
      amount: { amountMinor: 570, currency: 'PLAY' },
    });
  });

  test('offers nothing for what is not open, not priced or not there', async () => {
    const rows: [string, number, () => void, string?][] = [
      ['already_resolved', 409, () => (bet = { ...bet, status: 'settled' })],
      ['already_resolved', 409, () => (bet = { ...bet, status: 'pending' })],
      // Settled, and the read models do not know it yet.
      ['already_resolved', 409, () => void world.done({ type: 'VoidBet', betId: bet.betId, reason: 'x' })],
      ['market_suspended', 422, () => priced(2_000, { status: 'suspended' })],
      ['market_suspended', 422, () => void world.done({ type: 'SuspendMarket', target: WINNER, reason: 'x' })],
      ['market_closed', 422, () => priced(2_000, { status: 'closed' })],
      ['gate_halted', 422, () => void world.done({ type: 'Halt', scope: 'bets', reason: 'x' })],
      ['price_stale', 422, () => (now += 120_001)],
      ['price_stale', 422, () => priced(2_000, { source: 'another' })],
      ['selection_withdrawn', 422, () => void world.price(WINNER, { away: 2_000 })],
      ['step_invalid', 422, () => undefined, '?stakeMinor=1001'],
      ['malformed', 400, () => undefined, '?stakeMinor=1&portionPpm=1'],
      ['malformed', 400, () => undefined, '?portionPpm=0'],
      ['condition_not_met', 422, () => priced(9_000), '?stakeMinor=1'],
    ];
    for (const [code, status, change, query] of rows) {
      given();
      change();
      const answer = await get(query);
      assert.deepEqual([answer.json().code, answer.statusCode], [code, status]);
    }
    assert.equal((await get('', newId('bet'))).statusCode, 404);
  });

  test('offers a handicap in play only at the lead at which it was struck', async () => {
    const line = `${FIXTURE}/ah@-0.5`;
    const at = (home: number, away: number): Partial<Quote> => ({ inPlay: true, score: { home, away } });
    given(line, at(1, 0));
    for (const [score, expected] of [
      [at(1, 0), 1_425],
      [at(2, 1), 1_425],
      [at(1, 1), 'condition_not_met'],
      [at(2, 0), 'condition_not_met'],
    ] as const) {
      priced(2_000, score, line);
      const answer = (await get()).json();
      assert.equal(answer.amountMinor ?? answer.code, expected);
    }
    // Struck before the match, the whole score counts: at another than a level one its price is of another bet.
    given(line);
    priced(2_000, at(0, 0), line);
    assert.equal((await offered()).amountMinor, 1_425);
    priced(2_000, at(0, 1), line);
    assert.equal((await get()).json().code, 'condition_not_met');
  });

  test('offers each way at the prices of the win and of the place, and not without the second', async () => {
    world = known(worldWithRace());
    raceBet(world, 'x', { eachWay: true, selectionId: 'ebony', holder: PLAYER.ownerId });
    const leg = { marketId: RACE, selectionId: 'ebony', lead: null, oddsMilli: 9_000 };
    show([leg], { stakeMinor: 2_000, eachWay: { divisor: 4, places: 3 } });
    world.price(RACE, { ebony: 6_000 });
    world.price(PLACE, { ebony: 2_000 });
    // 10.00 x 9/6 + 10.00 x 3/2 = 30.00; less 5 %
    const whole = await offered();
    assert.deepEqual([whole.ofMinor, whole.stakeMinor, whole.amountMinor], [2_000, 2_000, 2_850]);
    const uneven = (await get('?stakeMinor=1001')).json();
    assert.deepEqual([uneven.code, uneven.need], ['step_invalid', 1_002]);
    world.quotes.delete(PLACE);
    const without = (await get()).json();
    assert.deepEqual([without.code, without.path], ['price_stale', '/eachWay']);
  });
});

/** A trixie of 4 lines of 2.50, each leg at 3.0; home costs 2.0 now. */
function trixie(change: (of: World) => void = () => undefined): void {
  world = known(worldOfMultiples());
  const three = [0, 1, 2];
  for (const i of three) world.price(winnerOf(i), { home: 3_000, away: 2_000 });
  const legs = three.map((i) => [i, 'home'] as const);
  placeMultiple(world, 'x', { system: 'trixie', stakePerLineMinor: 250, legs, holder: PLAYER.ownerId });
  for (const i of three) world.price(winnerOf(i), { home: 2_000, away: 2_000 }, { quoteSeq: 7 });
  change(world);
  const row = { selectionId: 'home', lead: null, oddsMilli: 3_000 };
  show(
    three.map((i) => ({ ...row, marketId: winnerOf(i) })),
    { system: 'trixie', lines: 4 },
  );
}

describe('/v1/bets/{id}/cash-out-offer for several legs', () => {
  test('sums over the lines: a leg that is won, a void one and an open one at 3.0, now 2.0', async () => {
    trixie((of) => {
      finish(of, 0, [1, 0]);
      finish(of, 1, [0, 0], 'cancelled');
    });
    // 3 x 1 + 3 x 1.5 + 1 x 1.5 + 3 x 1 x 1.5 = 13.5; 250 x 13.5 x 0.95 = 3,206.25
    const whole = await offered();
    assert.deepEqual([whole.ofMinor, whole.stakeMinor, whole.amountMinor, whole.quoteSeq], [1_000, 1_000, 3_206, 7]);
    // 100 of each line: 1,282.5
    assert.deepEqual((await offered('?stakeMinor=400')).amountMinor, 1_282);
    // 40.1 % of each line's 250 are 100.25
    assert.deepEqual((await offered('?portionPpm=401000')).stakeMinor, 400);
    assert.deepEqual((await offered('?portionPpm=1')).stakeMinor, 4);
    const uneven = (await get('?stakeMinor=401')).json();
    assert.deepEqual([uneven.code, uneven.need, uneven.have], ['step_invalid', 400, 401]);
  });

  test('says the longest delay of the open legs, and is taken up as it is', async () => {
    trixie((of) => {
      finish(of, 0, [1, 0]);
      of.price(winnerOf(1), { home: 2_000 }, { inPlay: true, betDelayMs: 3_000 });
      of.price(winnerOf(2), { home: 2_000 }, { inPlay: true, betDelayMs: 5_000 });
    });
    // 3 x 1.5 + 3 x 1.5 + 1.5 x 1.5 + 3 x 1.5 x 1.5 = 18; 250 x 18 x 0.95
    const offer = await offered();
    assert.deepEqual([offer.amountMinor, offer.delayMs], [4_275, 5_000]);
    assert.equal((await take({ ...offer, amountMinor: 4_276 })).json().code, 'forbidden');
    const answer = await take(offer);
    assert.deepEqual([answer.statusCode, answer.json().status], [201, 'pending']);
    assert.equal(deps.submitted.length, 1);
  });

  test('offers nothing once no line is left', async () => {
    trixie((of) => {
      finish(of, 0, [0, 1]);
      finish(of, 1, [0, 1]);
    });
    assert.equal((await get()).json().code, 'already_resolved');
  });
});

describe('POST /v1/bets/{id}/cash-out', () => {
  test('brings an offer to the writer as it was given', async () => {
    const offer = await offered('?stakeMinor=400');
    const answer = await take(offer);
    assert.equal(answer.statusCode, 201, answer.body);
    const { commandId: _, ...receipt } = answer.json();
    assert.deepEqual(receipt, { shard: 0, seq: 42, betId: bet.betId, offerId: offer.offerId, status: 'cashed_out' });
    const [{ actor, cmd } = assert.fail('nothing was submitted')] = deps.submitted;
    assert.deepEqual(actor, { ownerId: PLAYER.ownerId, tenantId: PLAYER.tenantId, via: 'api' });
    assert.deepEqual(cmd, {
      type: 'CashOutBet',
      betId: bet.betId,
      holder: PLAYER.ownerId,
      offerId: offer.offerId,
      ofMinor: 1_000,
      stakeMinor: 400,
      amountMinor: 570,
      quoteSeq: 7,
      expiresAt: now + DEFAULT_LIMITS.cashOutOfferMs,
    });
  });

  test('says that an in-play cash-out waits', async () => {
    priced(2_000, { inPlay: true, betDelayMs: 5_000 });
    const offer = await offered();
    assert.equal(offer.delayMs, 5_000);
    assert.equal((await take(offer)).json().status, 'pending');
  });

  test('takes no offer of which anything was changed', async () => {
    const offer = await offered();
    const changes: Partial<Record<keyof CashOutOffer, unknown>> = {
      offerId: newId('offer'),
      ledgerId: 'arena',
      betId: newId('bet'),
      holder: newId('usr'),
      ofMinor: 1_001,
      stakeMinor: 999,
      amountMinor: 1_426,
      currency: 'BRL',
      quoteSeq: 8,
      delayMs: 1,
      expiresAt: new Date(now + 60_000).toISOString(),
      keyId: 'k2',
      signature: `${offer.signature.slice(0, -2)}AA`,
    };
    assert.deepEqual(Object.keys(changes).sort(), Object.keys(offer).sort());
    for (const [name, value] of Object.entries(changes)) {
      const answer = await take({ ...offer, [name]: value });
      const expected = name === 'betId' || name === 'ledgerId' ? [400, `/${name}`] : [403, '/signature'];
      assert.deepEqual([answer.statusCode, answer.json().path], expected, name);
    }
    assert.equal((await take(offer, {}, newId('bet'))).statusCode, 400);
    assert.equal((await take({ ...offer, betId: newId('bet') }, {}, bet.betId)).statusCode, 400);
    assert.equal((await take(offer, { 'idempotency-key': '' })).statusCode, 400);
    assert.equal((await take({ ...offer, extra: 1 })).statusCode, 400);
    assert.equal((await take(offer, { authorization: 'Bearer reader' })).statusCode, 403);
    assert.deepEqual(deps.submitted, []);
  });

  test('answers with the reason of the ledger', async () => {
    for (const [code, status] of [
      ['offer_expired', 410],
      ['odds_changed', 422],
      ['version_conflict', 409],
      ['not_found', 404],
    ] as const) {
      deps.result = refuse(code);
      const answer = await take(await offered());
      assert.deepEqual([answer.statusCode, answer.json().code], [status, code]);
    }
  });
});

test('operators switch confirmation and list flagged answers; players do neither', async () => {
  const as = (who: string) => ({ ...headers, authorization: `Bearer ${who}` });
  const body = { scope: 'source', target: 'sim', confirmation: 'supplier' };
  const url = '/v1/operator/confirmation';
  const set = (who: string) => app.inject({ method: 'POST', url, headers: as(who), payload: JSON.stringify(body) });
  assert.equal((await set('operator')).statusCode, 200);
  assert.deepEqual(deps.submitted[0]?.cmd, { type: 'SetConfirmation', ...body });
  assert.equal((await set('player')).statusCode, 403);
  const listed = await app.inject({ method: 'GET', url: '/v1/review/answers', headers: as('operator') });
  assert.equal(listed.json().items[0].betId, FLAGGED.betId);
  assert.equal(listed.json().items[0].ended, 'timed_out');
  assert.equal((await app.inject({ method: 'GET', url: '/v1/review/answers', headers: as('player') })).statusCode, 403);
});

test('an accumulator over twenty outrights of two hundred runners is a question that the writer takes', () => {
  const runners = Array.from({ length: 200 }, (_, n) => `runner-${n}`);
  const quotes = Array.from({ length: 20 }, (_, n): Quote => ({
    marketId: `golf:open:202707${n + 10}:0800:-/outright`,
    quoteSeq: n,
    status: 'open',
    inPlay: false,
    betDelayMs: 0,
    prices: runners.map((selectionId, i) => ({ selectionId, oddsMilli: 2_000 + i, maxStakeMinor: 10_000 })),
    source: 'house',
    sourceEpoch: 1,
    sourceVersion: 1,
    observedAt: 1,
    confirmedAt: 1,
    stated: { selections: runners },
  }));
  assert.ok(JSON.stringify(quotes).length > QUESTION_CHARS_MAX, 'whole, they are more than it takes');
  const asked = quotes.map((quote) => askedOf(quote, new Set(['runner-7', 'runner-150'])));
  assert.ok(JSON.stringify(asked).length < QUESTION_CHARS_MAX / 10);
  assert.deepEqual(asked[3]?.prices, [
    { selectionId: 'runner-7', oddsMilli: 2_007 },
    { selectionId: 'runner-150', oddsMilli: 2_150 },
  ]);
  assert.deepEqual([asked[3]?.marketId, asked[3]?.quoteSeq], [quotes[3]?.marketId, 3]);
});
