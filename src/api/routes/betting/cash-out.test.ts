// Cash-out over HTTP: what is offered, that nothing of an offer can be changed, and what reaches the writer. 10.00 at 3.0, now 2.0, margin 5 %: 14.25.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { refuse } from '#core/base/refusal.ts';
import { DEFAULT_LIMITS } from '#core/risk/limits.ts';
import type { BetLegRow, BetRow } from '#ports/read-models.ts';
import type { Api } from '../../deps.ts';
import { BET, depsForTests, FLAGGED, newId, PLAYER, quoteOf, type TestApi } from '../../deps-for-tests.ts';
import { buildServer } from '../../server.ts';
import type { CashOutOffer } from './cash-out-contract.ts';

let bet: BetRow;
let quote = quoteOf();
let now = quote.confirmedAt;
let deps: TestApi;
let app: Api;
before(async () => {
  const plain = depsForTests();
  const readModels = {
    ...plain.readModels,
    bet: (_: unknown, betId: string) => Promise.resolve({ bet: betId === bet.betId ? bet : null, seq: 100 }),
    odds: () =>
      Promise.resolve([
        { n: 1, quote: quoteOf({ source: 'another', quoteSeq: 99 }) },
        { n: 2, quote },
      ]),
  };
  const options = { version: '9.9.9', executableBook: 'sim' };
  deps = depsForTests({ readModels, options, clock: { now: () => now, schedule: () => () => undefined } });
  app = await buildServer(deps);
  await app.ready();
});
after(() => app.close());
beforeEach(() => {
  bet = openBet();
  quote = quoteOf({ prices: [{ selectionId: 'home', oddsMilli: 2_000 }] });
  now = quote.confirmedAt;
  deps.result = 'done';
  deps.submitted.length = 0;
});

/** An open single at 3.0. */
function openBet(): BetRow {
  const legs = BET.legs.map((leg) => ({ ...leg, oddsMilli: 3_000 }));
  return { ...BET, legs, status: 'accepted', returnMinor: null, settledAt: null };
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
      ['condition_not_met', 422, () => (bet = { ...bet, eachWay: { divisor: 5, places: 3 } })],
      // Two of three legs are lost: no line of two is left.
      ['condition_not_met', 422, () => (bet = trixie([[0, 1, 0, 1], [0, 1, 0, 1], null]))],
      ['market_suspended', 422, () => (quote = { ...quote, status: 'suspended' })],
      ['market_closed', 422, () => (quote = { ...quote, status: 'closed' })],
      ['price_stale', 422, () => (now += 120_001)],
      ['price_stale', 422, () => (quote = { ...quote, source: 'another' })],
      ['selection_withdrawn', 422, () => (quote = { ...quote, prices: [] })],
      ['step_invalid', 422, () => undefined, '?stakeMinor=1001'],
      ['malformed', 400, () => undefined, '?stakeMinor=1&portionPpm=1'],
      ['malformed', 400, () => undefined, '?portionPpm=0'],
      [
        'condition_not_met',
        422,
        () => (quote = { ...quote, prices: [{ selectionId: 'home', oddsMilli: 9_000 }] }),
        '?stakeMinor=1',
      ],
    ];
    for (const [code, status, change, query] of rows) {
      bet = openBet();
      quote = quoteOf({ prices: [{ selectionId: 'home', oddsMilli: 2_000 }] });
      now = quote.confirmedAt;
      change();
      const answer = await get(query);
      assert.deepEqual([answer.json().code, answer.statusCode], [code, status]);
    }
    assert.equal((await get('', newId('bet'))).statusCode, 404);
  });
});

/** Legs at 3.0, of which these came to something already; 4 lines of 2.50. */
function trixie(outcomes: readonly BetLegRow['outcome'][]): BetRow {
  const [leg] = openBet().legs as [BetLegRow];
  return { ...openBet(), system: 'trixie', lines: 4, legs: outcomes.map((outcome) => ({ ...leg, outcome })) };
}

describe('/v1/bets/{id}/cash-out-offer for several legs', () => {
  test('sums over the lines: a leg that is won, a void one and an open one at 3.0, now 2.0', async () => {
    bet = trixie([[1, 1, 0, 1], [0, 1, 1, 1], null]);
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
    bet = trixie([[1, 1, 0, 1], null, null]);
    quote = { ...quote, inPlay: true, betDelayMs: 5_000 };
    // 3 x 1.5 + 3 x 1.5 + 1.5 x 1.5 + 3 x 1.5 x 1.5 = 18; 250 x 18 x 0.95
    const offer = await offered();
    assert.deepEqual([offer.amountMinor, offer.delayMs], [4_275, 5_000]);
    assert.equal((await take({ ...offer, amountMinor: 4_276 })).json().code, 'forbidden');
    const answer = await take(offer);
    assert.deepEqual([answer.statusCode, answer.json().status], [201, 'pending']);
    assert.equal(deps.submitted.length, 1);
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
    quote = { ...quote, inPlay: true, betDelayMs: 5_000 };
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
