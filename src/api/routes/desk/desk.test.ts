import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDeskBook } from '#adapters/memory/memory-desk-book.ts';
import { BEA, idOf, WINNER, worldWithMarket } from '#core/kernel/world-for-tests.ts';
import { DeskOffice } from '#engine/desk/desk-office.ts';
import { depsForTests, type TestApi, questionsTo } from '../../deps-for-tests.ts';
import { PLAYER } from '../../rows-for-tests.ts';
import { buildServer } from '../../server.ts';

const CLOCK = { now: () => Date.UTC(2026, 0, 1), schedule: () => () => undefined };
const STARTS = '2026-02-01T15:00:00.000Z';
const EVENT = 'q:weather:20260201:rain:-';
const MARKET = `${EVENT}/yesno`;
const QUESTION = {
  sport: 'q',
  competition: 'weather',
  home: 'rain',
  startAt: STARTS,
  title: 'Will it rain?',
  market: 'yesno',
  oddsMilli: { yes: 1_900, no: 1_900 },
};

function given(): TestApi & { readonly book: MemoryDeskBook } {
  const book = new MemoryDeskBook();
  const desk = new DeskOffice({ book, odds: { loadEvents: () => Promise.resolve([]) }, clock: CLOCK });
  return Object.assign(depsForTests({ desk, clock: CLOCK }), { book });
}

async function call(
  deps: TestApi,
  line: string,
  asked: { readonly key?: string; readonly body?: object; readonly accept?: string } = {},
) {
  const [method = '', url = ''] = line.split(' ');
  const app = await buildServer(deps);
  const answer = await app.inject({
    method: method as 'GET',
    url,
    headers: { authorization: `Bearer ${asked.key ?? 'operator'}`, ...(asked.accept ? { accept: asked.accept } : {}) },
    ...(asked.body ? { payload: asked.body } : {}),
  });
  await app.close();
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: answer.body,
    json: () => answer.json() as Record<string, unknown>,
  };
}
const name = (id: string): string => encodeURIComponent(id);

test('a question is made, shown, priced anew, withdrawn and closed by hand', async () => {
  const deps = given();
  const made = await call(deps, 'POST /v1/desk/fixtures', { body: { items: [QUESTION] } });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.json(), { eventIds: [EVENT], marketIds: [MARKET], change: 2 });
  const priced = await call(deps, `PUT /v1/desk/markets/${name(MARKET)}/prices`, {
    body: { probabilities: { yes: 0.8, no: 0.2 }, margin: { method: 'multiplicative', ppm: 50_000 } },
  });
  assert.deepEqual(priced.json()['prices'], [
    { selectionId: 'yes', oddsMilli: 1_190 },
    { selectionId: 'no', oddsMilli: 4_761 },
  ]);
  const withdrawn = await call(deps, `DELETE /v1/desk/markets/${name(MARKET)}/prices?selectionId=yes`);
  assert.deepEqual(withdrawn.json()['prices'], [{ selectionId: 'no', oddsMilli: 4_761 }]);
  assert.equal((await call(deps, `POST /v1/desk/fixtures/${name(EVENT)}/close`)).status, 204);
  const shown = (await call(deps, `GET /v1/desk/fixtures/${name(EVENT)}`)).json();
  assert.deepEqual(
    [shown['title'], shown['startAt'], shown['closed'], (shown['markets'] as unknown[]).length],
    ['Will it rain?', STARTS, true, 1],
  );
  const listed = (await call(deps, 'GET /v1/desk/fixtures')).json();
  assert.equal((listed['items'] as unknown[]).length, 1);
  assert.deepEqual(
    (await deps.book.changesAfter(0, 99)).map((change) => change.by),
    Array(5).fill((await deps.book.changesAfter(0, 1))[0]?.by),
  );
});

test('a race is made with its places and each-way terms, shown, and closed with the order in which it ended', async () => {
  const deps = given();
  const race = { sport: 'hr', competition: 'ascot', home: '1500', startAt: STARTS };
  const win = { ...race, market: 'win', oddsMilli: { asti: 2_500, bay: 3_000, colt: 6_500 }, eachWay: { divisor: 4, places: 2 } };
  const place = { ...race, market: 'place', oddsMilli: { asti: 1_400, bay: 1_500, colt: 2_400 }, places: 2 };
  const made = await call(deps, 'POST /v1/desk/fixtures', { body: { items: [win, place] } });
  const eventId = 'hr:ascot:20260201:1500:-';
  assert.deepEqual(made.json(), { eventIds: [eventId], marketIds: [`${eventId}/win`, `${eventId}/place`], change: 3 });
  const shown = (await call(deps, `GET /v1/desk/fixtures/${name(eventId)}`)).json();
  const selections = ['asti', 'bay', 'colt'];
  assert.deepEqual(
    (shown['markets'] as { stated: object }[]).map(({ stated }) => stated),
    [
      { eachWay: { divisor: 4, places: 2 }, places: 1, selections },
      { places: 2, selections },
    ],
  );
  const close = (body: object) => call(deps, `POST /v1/desk/fixtures/${name(eventId)}/close`, { body });
  const wrong = await close({ places: [['asti'], ['grey']] });
  assert.deepEqual([wrong.status, wrong.json()['path']], [404, '/places/1']);
  assert.equal((await close({ places: [[]] })).status, 400);
  assert.equal((await close({ places: [['bay'], ['asti']], unplaced: ['colt'] })).status, 204);
  const [result] = (await deps.book.changesAfter(3, 9)).flatMap((change) => (change.kind === 'result' ? [change.result] : []));
  assert.deepEqual(result?.places, [
    { participantId: 'bay', place: 1, tied: 1 },
    { participantId: 'asti', place: 2, tied: 1 },
    { participantId: 'colt', place: 0, tied: 0 },
  ]);
});

test('what cannot be made is told with its place, and nothing of the request is', async () => {
  const deps = given();
  const answer = await call(deps, 'POST /v1/desk/fixtures', {
    body: { items: [QUESTION, { ...QUESTION, home: 'snow', oddsMilli: { yes: 1_900, maybe: 2_000 } }] },
  });
  assert.deepEqual([answer.status, answer.json()['path']], [404, '/items/1/prices/maybe']);
  const trial = await call(deps, 'POST /v1/desk/fixtures', { body: { items: [QUESTION], dryRun: true } });
  assert.deepEqual([trial.status, trial.json()['change']], [200, null]);
  for (const [line, body, status] of [
    ['POST /v1/desk/fixtures', { items: [] }, 400],
    ['POST /v1/desk/fixtures', { items: [{ ...QUESTION, prices: 1 }] }, 400],
    [`PUT /v1/desk/markets/${name(MARKET)}/prices`, { oddsMilli: { yes: 1_900 } }, 404],
    [`DELETE /v1/desk/markets/${name(MARKET)}/prices`, undefined, 404],
    [`POST /v1/desk/fixtures/${name(EVENT)}/close`, undefined, 404],
    [`GET /v1/desk/fixtures/${name(EVENT)}`, undefined, 404],
  ] as const) {
    assert.equal((await call(deps, line, body ? { body } : {})).status, status, `${line} ${JSON.stringify(body)}`);
  }
  assert.deepEqual(await deps.book.changesAfter(0, 9), []);
  for (const key of ['player', 'reader', 'pretender'])
    assert.equal((await call(deps, 'POST /v1/desk/fixtures', { key, body: { items: [QUESTION] } })).status, 403, key);
});

test('limits, factors and suspensions become commands of the control lane', async () => {
  const deps = given();
  const sport = { limits: { lossMaxMinor: 5, stakeMaxMinor: null }, target: 'fb:E0', type: 'SetMarketLimits' };
  for (const [line, body, cmd] of [
    ['PUT /v1/desk/limits/fb:E0', sport.limits, sport],
    [
      `PUT /v1/desk/bettors/${PLAYER.ownerId}/factor`,
      { factorPpm: 0 },
      { type: 'SetBettorFactor', ownerId: PLAYER.ownerId, factorPpm: 0 },
    ],
    ['POST /v1/operator/markets/fb/suspend', { reason: 'storm' }, { type: 'SuspendMarket', target: 'fb', reason: 'storm' }],
    ['POST /v1/operator/markets/*/reopen', { reason: 'over' }, { type: 'ReopenMarket', target: '*', reason: 'over' }],
  ] as const) {
    const answer = await call(deps, line, { body });
    assert.equal(answer.status, 200, answer.text);
    const sent = deps.submitted.at(-1);
    assert.deepEqual([sent?.cmd, sent?.lane, sent?.actor.via], [cmd, 'control', 'operator'], line);
  }
  for (const [line, body] of [
    ['PUT /v1/desk/limits/fb', { lossMax: 5 }],
    ['PUT /v1/desk/limits/fb', { lossMaxMinor: -1 }],
    ['PUT /v1/desk/bettors/usr_x/factor', { factorPpm: 1 }],
    [`PUT /v1/desk/bettors/${PLAYER.ownerId}/factor`, { factorPpm: 10_000_001 }],
  ] as const) {
    assert.equal((await call(deps, line, { body })).status, 400, line);
  }
  assert.equal(deps.submitted.length, 4);
});

test('bets that wait for a person are listed, and decided by him', async () => {
  const world = worldWithMarket();
  world.done({ type: 'SetLimits', limits: { reviewAboveMinor: 100, reviewMs: 5_000 } });
  for (const [n, name_] of ['a', 'b'].entries()) {
    world.now += n;
    world.bet(name_, { stakeMinor: 300 });
  }
  const deps = depsForTests({ questions: questionsTo(() => ({ status: 'writing', state: world.state, place: { seq: 9 } })) });
  const first = (await call(deps, 'GET /v1/desk/bets?limit=1')).json();
  const second = (await call(deps, `GET /v1/desk/bets?limit=1&cursor=${String(first['nextCursor'])}`)).json();
  const betId = (first['items'] as { betId: string }[])[0]?.betId ?? '';
  assert.deepEqual(
    [betId, (second['items'] as { betId: string }[])[0]?.betId, second['nextCursor']],
    [idOf('bet', 'a'), idOf('bet', 'b'), null],
  );
  const done = await call(deps, `POST /v1/desk/bets/${betId}/decision`, { body: { decision: 'reject', reason: 'too-much' } });
  assert.equal(done.status, 200, done.text);
  assert.deepEqual(deps.submitted.at(-1)?.cmd, { type: 'ReviewBet', betId, decision: 'reject', reason: 'too-much' });
  assert.equal((await call(deps, `POST /v1/desk/bets/${betId}/decision`, { body: { decision: 'perhaps' } })).status, 400);
  assert.equal(
    (await call(deps, `POST /v1/desk/bets/${betId}/decision`, { key: 'player', body: { decision: 'accept' } })).status,
    403,
  );
});

test('the liability board pages through the ledger as it stands, also as CSV', async () => {
  const world = worldWithMarket();
  const total = `${WINNER.slice(0, -4)}/ou@2.5`;
  world.done({ type: 'OpenMarket', marketId: total, startAt: world.now + 1 });
  world.price(total, { over: 2_000, under: 2_000 });
  world.bet('a', { stakeMinor: 300 });
  world.bet('b', { stakeMinor: 100, marketId: total, selectionId: 'over', holder: BEA });
  world.done({ type: 'SetMarketLimits', target: 'fb', limits: { lossMaxMinor: 1_000 } });
  const deps = depsForTests({ questions: questionsTo(() => ({ status: 'writing', state: world.state, place: { seq: 9 } })) });
  const first = (await call(deps, 'GET /v1/desk/liability?limit=1')).json();
  assert.deepEqual(first['items'], [
    { target: WINNER, bets: 1, stakesMinor: 300, payoutMinor: 600, worstLossMinor: 300, limitMinor: 1_000, fullPpm: 300_000 },
  ]);
  const second = (await call(deps, `GET /v1/desk/liability?limit=1&cursor=${String(first['nextCursor'])}`)).json();
  assert.deepEqual([(second['items'] as { target: string }[])[0]?.target, second['nextCursor']], [total, null]);
  const csv = await call(deps, 'GET /v1/desk/liability?level=sport', { accept: 'text/csv' });
  assert.equal(
    csv.text,
    'target,bets,stakesMinor,payoutMinor,worstLossMinor,limitMinor,fullPpm\r\nfb,2,400,800,400,10000000000,0\r\n',
  );
  const one = (await call(deps, `GET /v1/desk/liability/${name(WINNER)}`)).json();
  assert.deepEqual((one['selections'] as object[])[0], {
    selectionId: 'home',
    bets: 1,
    stakesMinor: 300,
    payoutMinor: 600,
    resultMinor: -300,
  });
  assert.deepEqual((await call(deps, 'GET /v1/desk/limits')).json()['items'], [
    { target: 'fb', limits: { lossMaxMinor: 1_000 } },
  ]);
  assert.equal((await call(deps, 'GET /v1/desk/liability', { key: 'reader' })).status, 403);
  assert.equal((await call(depsForTests(), 'GET /v1/desk/liability')).status, 503);
});
