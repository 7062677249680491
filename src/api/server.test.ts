import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { REASONS, refuse } from '#core/base/refusal.ts';
import { encodeEnvelope } from '#engine/envelope.ts';
import { silentMetrics } from '#ports/metrics.ts';
import type { Api } from './deps.ts';
import { depsForTests, type TestApi } from './deps-for-tests.ts';
import { BET, EVENT, FIXTURE, MARKET, newId, OPERATOR, PLAYER } from './rows-for-tests.ts';
import { buildServer } from './server.ts';

let deps: TestApi;
let app: Api;

before(async () => {
  deps = depsForTests();
  app = await buildServer(deps);
  await app.ready();
});
after(() => app.close());

const key = (name: string) => ({ authorization: `Bearer ${name}` });
const good = () => ({ legs: [{ marketId: MARKET, selectionId: 'home' }], stakeMinor: 1_000, minOddsMilli: 1_900, quoteSeq: 7 });
const market = encodeURIComponent(MARKET);

function placeBet(body: unknown, headers: Record<string, string> = {}) {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const all = { 'content-type': 'application/json', 'idempotency-key': newId('cmd'), ...key('player'), ...headers };
  return app.inject({ method: 'POST', url: '/v1/bets', headers: all, payload });
}

describe('POST /v1/bets', () => {
  test('submits the bet as the key’s owner and answers with the journal place', async () => {
    deps.submitted.length = 0;
    const commandId = newId('cmd');
    const answer = await placeBet(good(), { 'idempotency-key': commandId });
    assert.equal(answer.statusCode, 201, answer.body);
    const betId = commandId.replace('cmd_', 'bet_');
    assert.deepEqual(answer.json(), { commandId, shard: 0, seq: 42, betId, holder: PLAYER.ownerId });
    assert.equal(answer.headers['read-token'], '0:42');
    assert.equal(answer.headers.location, `/v1/bets/${betId}`);
    const actor = { ownerId: PLAYER.ownerId, tenantId: PLAYER.tenantId, via: 'api' } as const;
    const cmd = { type: 'PlaceBet', betId, holder: PLAYER.ownerId, ...good() } as const;
    const expected = encodeEnvelope({ commandId, ledgerId: 'main', actor, lane: 'people', cmd });
    assert.deepEqual(deps.submitted, [JSON.parse(expected)]);
  });

  test('takes the name of the bet that follows from the key, and says which it is when asked for another', async () => {
    deps.submitted.length = 0;
    const headers = { 'idempotency-key': 'cmd_01JXT21Q00SGZMD8PJMBFE0DMR' };
    const named = await placeBet({ ...good(), betId: 'bet_01JXT21Q00SGZMD8PJMBFE0DMR' }, headers);
    assert.deepEqual([named.statusCode, named.json().betId], [201, 'bet_01JXT21Q00SGZMD8PJMBFE0DMR'], named.body);
    const other = await placeBet({ ...good(), betId: 'bet_01JXT21Q00AXMPBF4KVJJV1TGR' }, headers);
    assert.deepEqual([other.statusCode, other.json().code, other.json().path], [400, 'malformed', '/betId']);
    assert.match(other.body, /must be bet_01JXT21Q00SGZMD8PJMBFE0DMR, after the Idempotency-Key, or be left out/);
    assert.equal(deps.submitted.length, 1);
  });

  test('sends the same envelope again when the same request comes again', async () => {
    deps.submitted.length = 0;
    const headers = { 'idempotency-key': newId('cmd') };
    await placeBet(good(), headers);
    await placeBet(good(), headers);
    assert.equal(deps.submitted.length, 2);
    assert.deepEqual(deps.submitted[0], deps.submitted[1]);
  });

  test('gives a refusal of the writer its code, status and figures', async () => {
    deps.result = refuse('insufficient_funds', { need: 1_000, have: 12 });
    const answer = await placeBet(good());
    deps.result = 'done';
    assert.equal(answer.statusCode, 422);
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
    assert.equal(answer.headers['read-token'], '0:42');
    const { code, have, need, next, status } = answer.json();
    assert.deepEqual(
      { code, have, need, next, status },
      { code: 'insufficient_funds', have: 12, need: 1_000, next: 'fix', status: 422 },
    );
  });

  test('says outcome_unknown, not failed, when the writer does not answer', async () => {
    const counted: unknown[] = [];
    const silent = await buildServer(
      depsForTests({
        commands: { submit: () => new Promise(() => undefined) },
        metrics: { ...silentMetrics, count: (...parts) => counted.push(parts) },
        options: { version: '1', answerWaitMs: 20 },
      }),
    );
    const headers = { ...key('player'), 'idempotency-key': newId('cmd') };
    const answer = await silent.inject({ method: 'POST', url: '/v1/bets', headers, payload: good() });
    await silent.close();
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.json().code, 'outcome_unknown');
    assert.equal(answer.headers['retry-after'], '1');
    assert.deepEqual(counted[0], ['palpite_bets_total', 1, { via: 'api', outcome: 'outcome_unknown' }]);
  });
});

describe('bad input is a problem with a code, and nothing is submitted', () => {
  const bad: [what: string, body: unknown, headers: Record<string, string>, code: keyof typeof REASONS, path: string][] = [
    ['malformed JSON', '{"legs":', {}, 'malformed', ''],
    ['an empty body', '', {}, 'malformed', ''],
    ['a body that is no object', '[]', {}, 'malformed', ''],
    ['a prototype in the body', '{"__proto__":{"stakeMinor":5}}', {}, 'malformed', ''],
    ['another media type', good(), { 'content-type': 'text/plain' }, 'malformed', ''],
    ['odds of 1', { ...good(), minOddsMilli: 1_000 }, {}, 'malformed', '/minOddsMilli'],
    ['odds below 1', { ...good(), minOddsMilli: 0 }, {}, 'malformed', '/minOddsMilli'],
    ['fractional odds', { ...good(), minOddsMilli: 1_950.5 }, {}, 'malformed', '/minOddsMilli'],
    ['a negative stake', { ...good(), stakeMinor: -5 }, {}, 'malformed', '/stakeMinor'],
    ['no stake', { ...good(), stakeMinor: 0 }, {}, 'malformed', '/stakeMinor'],
    ['a fractional stake', { ...good(), stakeMinor: 10.5 }, {}, 'malformed', '/stakeMinor'],
    ['a stake as text', { ...good(), stakeMinor: '1000' }, {}, 'malformed', '/stakeMinor'],
    ['a stake beyond exact integers', { ...good(), stakeMinor: 2 ** 60 }, {}, 'malformed', '/stakeMinor'],
    ['no legs', { ...good(), legs: [] }, {}, 'malformed', '/legs'],
    [
      'a market that cannot be',
      { ...good(), legs: [{ marketId: 'fb:x/nope', selectionId: 'home' }] },
      {},
      'malformed',
      '/legs/0/marketId',
    ],
    [
      'a selection of another market',
      { ...good(), legs: [{ marketId: MARKET, selectionId: 'over' }] },
      {},
      'malformed',
      '/legs/0/selectionId',
    ],
    ['an unknown member', { ...good(), ownerId: OPERATOR.ownerId }, {}, 'malformed', '/ownerId'],
    ['an unknown member of a leg', { ...good(), legs: [{ ...good().legs[0], odds: 9 }] }, {}, 'malformed', '/legs/0/odds'],
    ['a bet id that is not the key’s', { ...good(), betId: newId('bet') }, {}, 'malformed', '/betId'],
    ['a bet id of another kind', { ...good(), betId: newId('bot') }, {}, 'malformed', '/betId'],
    ['no Idempotency-Key', good(), { 'idempotency-key': '' }, 'malformed', '/headers/idempotency-key'],
    ['a key that is no cmd_ id', good(), { 'idempotency-key': 'abc' }, 'malformed', '/headers/idempotency-key'],
    ['a body over 64 KB', { ...good(), pad: 'x'.repeat(70_000) }, {}, 'too_large', ''],
    ['a wrong key', good(), key('stranger'), 'unauthorized', ''],
    ['another scheme', good(), { authorization: 'Basic cGxheWVyOnBsYXllcg==' }, 'unauthorized', ''],
    ['two keys', good(), { 'x-api-key': 'player' }, 'malformed', '/headers/x-api-key'],
    ['a key without the scope', good(), key('reader'), 'forbidden', ''],
  ];
  for (const [what, body, headers, code, path] of bad) {
    test(what, async () => {
      deps.submitted.length = 0;
      const answer = await placeBet(body, headers);
      const problem = answer.json();
      assert.equal(problem.code, code, answer.body);
      assert.equal(answer.statusCode, REASONS[code][0]);
      assert.equal(problem.status, REASONS[code][0]);
      assert.equal(problem.path ?? '', path, answer.body);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      assert.doesNotMatch(answer.body, /node_modules|\.ts:|at [A-Z]/);
      assert.deepEqual(deps.submitted, []);
    });
  }

  test('a missing Idempotency-Key says how to make one', async () => {
    const headers = { ...key('player'), 'content-type': 'application/json' };
    const answer = await app.inject({ method: 'POST', url: '/v1/bets', headers, payload: good() });
    assert.equal(answer.statusCode, 400);
    assert.match(answer.json().detail, /cmd_ id/);
    assert.equal(answer.json().path, '/headers/idempotency-key');
  });

  test('a missing key asks for one', async () => {
    const answer = await app.inject({ method: 'GET', url: '/v1/wallet' });
    assert.equal(answer.statusCode, 401);
    assert.match(String(answer.headers['www-authenticate']), /^Bearer/);
  });

  test('an error inside is a bare 500', async () => {
    const readModels = { ...deps.readModels, bets: () => Promise.reject(new Error('password=hunter2 at db.internal')) };
    const failing = await buildServer(depsForTests({ readModels }));
    const answer = await failing.inject({ url: '/v1/bets', headers: key('player') });
    await failing.close();
    assert.equal(answer.statusCode, 500);
    assert.equal(answer.json().code, 'internal');
    assert.doesNotMatch(answer.body, /hunter2|db\.internal/);
  });
});

describe('operators only', () => {
  const calls: [method: 'GET' | 'POST', url: string, payload?: object][] = [
    ['POST', '/v1/risk/bets/halt'],
    ['POST', '/v1/risk/bets/resume', { reason: 'checked' }],
    ['POST', '/v1/operator/grants', { holder: PLAYER.ownerId, amountMinor: 5 }],
    ['POST', `/v1/operator/markets/${market}/suspend`],
    ['POST', `/v1/operator/markets/${market}/reopen`],
    ['GET', '/v1/review'],
    ['POST', '/v1/review/1/resolve', { resolution: 'ignore' }],
  ];
  const call = ([method, url, payload]: (typeof calls)[number], name: string) =>
    app.inject({ method, url, headers: { ...key(name), 'idempotency-key': newId('cmd') }, ...(payload ? { payload } : {}) });
  for (const each of calls) {
    test(`${each[0]} ${each[1]} is refused to a player, also one whose key claims the scope`, async () => {
      deps.submitted.length = 0;
      for (const name of ['player', 'pretender']) assert.equal((await call(each, name)).statusCode, 403);
      assert.deepEqual(deps.submitted, []);
      const answer = await call(each, 'operator');
      assert.ok(answer.statusCode < 300, answer.body);
    });
  }

  test('a halt is one press: no body, no key, control lane', async () => {
    deps.submitted.length = 0;
    const answer = await app.inject({ method: 'POST', url: '/v1/risk/bots/halt', headers: key('operator') });
    assert.equal(answer.statusCode, 200, answer.body);
    const { cmd, lane } = deps.submitted[0] ?? {};
    assert.deepEqual([cmd, lane], [{ type: 'Halt', scope: 'bots', reason: 'operator' }, 'control']);
  });

  test('free text never reaches the journal as a reason', async () => {
    deps.submitted.length = 0;
    const payload = { reason: 'Ask Maria +55 11 9999' };
    const answer = await app.inject({ method: 'POST', url: '/v1/risk/bets/resume', headers: key('operator'), payload });
    assert.equal(answer.statusCode, 400);
    assert.deepEqual(deps.submitted, []);
  });

  test('a grant needs a holder of the operator’s tenant', async () => {
    const headers = { ...key('operator'), 'idempotency-key': newId('cmd') };
    const payload = { holder: newId('usr'), amountMinor: 5 };
    const answer = await app.inject({ method: 'POST', url: '/v1/operator/grants', headers, payload });
    assert.equal(answer.statusCode, 404);
  });

  test('a market id with slashes and signs reaches its route', async () => {
    deps.submitted.length = 0;
    const id = `${EVENT}/ah@-0.75`;
    const url = `/v1/operator/markets/${encodeURIComponent(id)}/suspend`;
    assert.equal((await app.inject({ method: 'POST', url, headers: key('operator') })).statusCode, 200);
    assert.deepEqual(deps.submitted[0]?.cmd, { type: 'SuspendMarket', target: id, reason: 'operator' });
  });
});

describe('reading', () => {
  test('public data needs no key; times are RFC 3339', async () => {
    const { items, nextCursor } = (await app.inject('/v1/events')).json();
    assert.equal(items[0].startAt, '2025-06-15T15:06:40.000Z'); // 1,750,000,000 s
    const second = await app.inject(`/v1/events?cursor=${nextCursor}`);
    assert.equal(second.json().nextCursor, null);
    for (const url of [
      `/v1/events/${EVENT}`,
      `/v1/events/${EVENT}/markets`,
      `/v1/events/${EVENT}/odds`,
      '/v1/arena/leaderboard',
    ]) {
      assert.equal((await app.inject(url)).statusCode, 200, url);
    }
  });

  test('a fixture that is not there is 404 on all its routes', async () => {
    for (const rest of ['', '/markets', '/odds'])
      assert.equal((await app.inject(`/v1/events/fb:E0:nope${rest}`)).statusCode, 404, rest);
    assert.equal((await app.inject('/v1/events/not an id')).statusCode, 404);
  });

  test('money carries its currency', async () => {
    const answer = await app.inject({ url: `/v1/bets/${BET.betId}`, headers: key('player') });
    assert.deepEqual(answer.json().return, { amountMinor: 1_950, currency: 'PLAY' });
    assert.equal(answer.headers['read-token'], '0:100');
    assert.equal(answer.headers['cache-control'], 'no-store');
  });

  for (const query of [
    'limit=0',
    'limit=201',
    'limit=1.5',
    'cursor=abc',
    'cursor=WyJ4Il0',
    'surprise=1',
    'startFrom=yesterday',
    'limit=1&limit=2',
  ]) {
    test(`?${query} is refused`, async () => {
      const answer = await app.inject(`/v1/events?${query}`);
      assert.equal(answer.statusCode, 400, answer.body);
      assert.match(answer.json().path, /^\/query\/(limit|cursor|surprise|startFrom)/);
    });
  }

  test('Accept: text/csv gives the rows as CSV, safe for a spreadsheet', async () => {
    const answer = await app.inject({ url: '/v1/events?limit=1', headers: { accept: 'text/csv' } });
    assert.match(String(answer.headers['content-type']), /^text\/csv/);
    const [head, row] = answer.body.split('\r\n');
    assert.equal(head, 'eventId,sport,competition,home,away,startAt,status,result');
    assert.equal(row, `${EVENT},football,E0,Man United,"'=Fulham, ""the"" Cottagers",2025-06-15T15:06:40.000Z,scheduled,`);
    assert.match(String(answer.headers.link), /^<\/v1\/events\?limit=1&cursor=[\w-]+>; rel="next"$/);
    const bets = await app.inject({ url: '/v1/bets', headers: { ...key('player'), accept: 'text/csv' } });
    assert.match(bets.body, /^betId,holder,legs,stake\.amountMinor,stake\.currency,return\.amountMinor,return\.currency,status/);
    assert.equal(FIXTURE.away.startsWith('='), true);
  });

  test('Min-Seq waits until the read models are there', async () => {
    // They are there when they are asked for the second time: how long that takes on a loaded machine does not matter.
    let asked = 0;
    Object.defineProperty(deps, 'projected', { configurable: true, get: () => (++asked > 1 ? 150 : 100) });
    const answer = await app.inject({ url: '/v1/bets', headers: { ...key('player'), 'min-seq': '0:150' } });
    Object.defineProperty(deps, 'projected', { value: 150, writable: true });
    assert.equal(answer.statusCode, 200);
    assert.ok(asked > 1);
    assert.equal(answer.headers['read-token'], '0:150');
  });

  test('Min-Seq beyond the read models is busy after 100 ms', async () => {
    const took: number[] = [];
    for (let i = 0; i < 5; i++) {
      const started = performance.now();
      const answer = await app.inject({ url: '/v1/wallet', headers: { ...key('player'), 'min-seq': '0:999999' } });
      took.push(performance.now() - started);
      assert.equal(answer.statusCode, 503);
      assert.equal(answer.json().code, 'busy');
    }
    // The shortest of five: a loaded machine may hold each of them up.
    assert.ok(Math.min(...took) >= 95 && Math.min(...took) < 500, `${took.join()} ms`);
  });

  test('Min-Seq of nonsense or of another shard is refused', async () => {
    for (const [value, status] of [
      ['x', 400],
      ['0', 400],
      ['5:1', 404],
    ] as const) {
      assert.equal(
        (await app.inject({ url: '/v1/bets', headers: { ...key('player'), 'min-seq': value } })).statusCode,
        status,
        value,
      );
    }
  });
});

describe('limits, headers, health', () => {
  test('a principal that asks too often waits, also from another address; another principal does not', async () => {
    const limited = await buildServer(depsForTests({ options: { version: '1', ratePerMinute: 3 } }));
    const ask = (name: string, remoteAddress: string) => limited.inject({ url: '/v1/bets', headers: key(name), remoteAddress });
    for (let i = 0; i < 3; i++) assert.equal((await ask('player', `10.0.0.${i}`)).statusCode, 200);
    const fourth = await ask('player', '10.0.0.9');
    assert.equal(fourth.statusCode, 429);
    assert.equal(fourth.json().code, 'rate_limited');
    assert.ok(Number(fourth.headers['retry-after']) >= 1);
    assert.equal((await ask('operator', '10.0.0.9')).statusCode, 200);
    await limited.close();
  });

  test('an address that guesses keys has to wait before its next guess is looked at', async () => {
    let looked = 0;
    const identity = { authenticate: () => Promise.resolve((looked++, null)) };
    const guarded = await buildServer(depsForTests({ identity, options: { version: '1', badKeysPerMinute: 3 } }));
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await guarded.inject({ url: '/v1/bets', headers: key(`guess${i}`) })).statusCode);
    await guarded.close();
    assert.deepEqual(statuses, [401, 401, 401, 429, 429]);
    assert.equal(looked, 3);
  });

  test('every answer names its request and forbids framing and sniffing', async () => {
    const answer = await app.inject({ url: '/v1/nowhere', headers: { 'x-correlation-id': 'abc-1' } });
    assert.equal(answer.statusCode, 404);
    assert.equal(answer.json().code, 'not_found');
    assert.equal(answer.headers['x-correlation-id'], 'abc-1');
    assert.equal(answer.json().instance, `urn:palpite:request:${String(answer.headers['x-request-id'])}`);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/);
    const hostile = await app.inject({ url: '/healthz', headers: { 'x-correlation-id': 'a\tb<script>' } });
    assert.equal(hostile.headers['x-correlation-id'], hostile.headers['x-request-id']);
  });

  test('/healthz touches nothing; /readyz names what is missing, and is 503 while draining', async () => {
    const never = { name: 'database', check: () => new Promise<never>(() => undefined) };
    const broken = { name: 'writer', check: () => Promise.reject(new Error('host db.internal is gone')) };
    const sick = depsForTests({ readiness: [never, broken] });
    const server = await buildServer(sick);
    assert.deepEqual((await server.inject('/healthz')).json(), { status: 'alive' });
    const answer = await server.inject('/readyz');
    assert.equal(answer.statusCode, 503);
    assert.deepEqual(answer.json().checks, [
      { name: 'database', ok: false, detail: 'no answer within 1000 ms' },
      { name: 'writer', ok: false, detail: 'failed' },
    ]);
    await server.close();
    assert.equal((await app.inject('/readyz')).statusCode, 200);
    deps.isDraining = true;
    const draining = await app.inject('/readyz');
    deps.isDraining = false;
    assert.equal(draining.statusCode, 503);
    assert.equal(draining.json().draining, true);
  });

  test('/metrics is for this machine and for operators', async () => {
    assert.equal((await app.inject('/metrics')).statusCode, 200);
    assert.equal((await app.inject({ url: '/metrics', remoteAddress: '10.1.1.1' })).statusCode, 403);
    assert.equal((await app.inject({ url: '/metrics', headers: { 'x-forwarded-for': '10.1.1.1' } })).statusCode, 403);
    assert.equal((await app.inject({ url: '/metrics', remoteAddress: '10.1.1.1', headers: key('player') })).statusCode, 403);
    assert.equal((await app.inject({ url: '/metrics', remoteAddress: '10.1.1.1', headers: key('operator') })).statusCode, 200);
  });

  test('the page comes from this host alone', async () => {
    const page = await app.inject('/');
    assert.equal(page.statusCode, 200);
    assert.match(String(page.headers['content-security-policy']), /script-src 'self'; style-src 'self'/);
    const files = [...page.body.matchAll(/(?:src|href)="(\/page\/[^"]+|\/favicon[^"]*)"/g)].map((match) => String(match[1]));
    assert.ok(files.length >= 3, 'the page names its files');
    for (const file of [...files, '/page/words.js', '/page/odds.js']) {
      const answer = await app.inject(file);
      assert.equal(answer.statusCode, 200, file);
      assert.doesNotMatch(answer.body, /https?:\/\/(?!www\.w3\.org\/2000\/svg)/, `${file} names another host`);
      const again = await app.inject({ url: file, headers: { 'if-none-match': String(answer.headers.etag) } });
      assert.equal(again.statusCode, 304);
    }
    assert.doesNotMatch(page.body, /<script(?![^>]*src=)|\sstyle=|\son[a-z]+=/, 'inline code would need a weaker policy');
  });
});
