// Settlements and disputes over HTTP: who may, what is sent to the writer, and a preview that is what the writer's state says.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { refuse } from '#core/base/refusal.ts';
import { BEA, WINNER } from '#core/kernel/world-for-tests.ts';
import { spend, worldWithPaidBets } from '#core/settlement/corrections/corrections-for-tests.ts';
import type { Api } from '../../deps.ts';
import { depsForTests, type TestApi, questionsTo } from '../../deps-for-tests.ts';
import { BET, DOUBLE, DISPUTE, newId, OPERATOR, PLAYER, SETTLEMENT_FACT } from '../../rows-for-tests.ts';
import { buildServer } from '../../server.ts';

/** `printf 'o placar era 1 x 2' | sha256sum` */
const HASH_OF_TEXT = 'f0972694adc3d87e5ac3c7dbdf2648278847db7f72a327647d71d6f07485e6aa';
const world = worldWithPaidBets();
const away = { away: [1, 1, 0, 1], draw: [0, 1, 0, 1], home: [0, 1, 0, 1] };
let deps: TestApi;
let app: Api;
before(async () => {
  const writer = { status: 'writing', state: world.state, place: { seq: 9 } };
  deps = depsForTests({ questions: questionsTo(() => writer) });
  app = await buildServer(deps);
  await app.ready();
});
after(() => app.close());
beforeEach(() => {
  deps.submitted.length = 0;
  deps.result = 'done';
});

function ask(method: 'GET' | 'POST' | 'PUT', url: string, payload?: unknown, key = 'operator') {
  const headers = { 'idempotency-key': newId('cmd'), authorization: `Bearer ${key}` };
  if (payload === undefined) return app.inject({ method, url, headers });
  return app.inject({
    method,
    url,
    headers: { ...headers, 'content-type': 'application/json' },
    payload: JSON.stringify(payload),
  });
}

describe('POST /v1/operator/settlements/preview', () => {
  test('says what a correction would do, from the writer’s state, and sends nothing', async () => {
    spend(world, 9_900, BEA);
    const answer = await ask('POST', '/v1/operator/settlements/preview', { marketId: WINNER, outcomes: away });
    assert.equal(answer.statusCode, 200, answer.body);
    const body = answer.json();
    const of = (amountMinor: number) => ({ amountMinor, currency: 'PLAY' });
    // Ana's 5.00 on away at 4.0 return 20.00; Bea's 2.00 on home at 2.0 had returned 4.00, of which she has 3.00 left.
    assert.deepEqual([body.correction, body.bets, body.staked, body.needsApproval], [true, 2, of(700), false]);
    assert.deepEqual([body.returnedNow, body.returnedAfter, body.moved], [of(400), of(2_000), of(2_400)]);
    assert.deepEqual([body.houseNow, body.houseAfter, body.debtsInAll], [of(300), of(-1_300), of(100)]);
    assert.deepEqual(body.debts, [{ holder: BEA, debt: of(100) }]);
    assert.match(body.previewHash, /^[0-9a-f]{32}$/);
    assert.deepEqual([deps.submitted.length, answer.headers['read-token']], [0, '0:9']);
  });

  test('refuses unknown markets and outcomes that are none, and who is no operator', async () => {
    const path = '/v1/operator/settlements/preview';
    assert.equal((await ask('POST', path, { marketId: 'fb:x:y/1x2', outcomes: away })).statusCode, 404);
    const short = await ask('POST', path, { marketId: WINNER, outcomes: { home: [1, 1, 0, 1] } });
    assert.deepEqual([short.statusCode, short.json().code], [400, 'malformed']);
    for (const key of ['player', 'pretender', 'reader'])
      assert.equal((await ask('POST', path, { marketId: WINNER, outcomes: away }, key)).statusCode, 403);
  });
});

describe('settling by hand', () => {
  test('sends each command as the operator', async () => {
    const previewHash = 'f'.repeat(32);
    const proposalId = newId('prp');
    const sent: [string, 'POST' | 'PUT', unknown, object][] = [
      [
        '/v1/operator/settlements',
        'POST',
        { marketId: WINNER, outcomes: away, reason: 'x', previewHash },
        { type: 'SettleMarket', marketId: WINNER, outcomes: away, reason: 'x', previewHash },
      ],
      [
        '/v1/operator/settlements',
        'POST',
        { marketId: WINNER, outcomes: null, reason: 'x' },
        { type: 'SettleMarket', marketId: WINNER, outcomes: null, reason: 'x' },
      ],
      [
        '/v1/operator/settlements/rules/fb:E0',
        'PUT',
        { abandoned: 'periods', postponedMs: 43_200_000 },
        { type: 'SetSettlementRules', scope: 'fb:E0', rules: { abandoned: 'periods', postponedMs: 43_200_000 } },
      ],
      ['/v1/operator/settlements/rule', 'PUT', { agree: 1, sources: ['a'] }, { type: 'SetResultRule', agree: 1, sources: ['a'] }],
      ['/v1/operator/settlements/recall', 'POST', { marketId: WINNER }, { type: 'RecallMarket', marketId: WINNER }],
      [
        `/v1/operator/settlements/proposals/${proposalId}/approve`,
        'POST',
        { previewHash },
        { type: 'ApproveSettlement', proposalId, previewHash },
      ],
      [
        `/v1/operator/settlements/proposals/${proposalId}/reject`,
        'POST',
        { reason: 'no' },
        { type: 'RejectSettlement', proposalId, reason: 'no' },
      ],
    ];
    for (const [url, method, body, cmd] of sent) {
      const answer = await ask(method, url, body);
      assert.equal(answer.statusCode, 200, answer.body);
      const envelope = deps.submitted.at(-1);
      assert.deepEqual(envelope?.cmd, cmd);
      assert.deepEqual(envelope?.actor, { ownerId: OPERATOR.ownerId, tenantId: OPERATOR.tenantId, via: 'operator' });
      assert.equal((await ask(method, url, body, 'player')).statusCode, 403);
    }
    assert.equal(deps.submitted.length, sent.length);
  });

  test('gives the writer’s refusals their status', async () => {
    const body = { marketId: WINNER, outcomes: away, reason: 'x' };
    for (const [code, status] of [
      ['correction_closed', 409],
      ['second_person', 403],
      ['version_conflict', 409],
    ] as const) {
      deps.result = refuse(code);
      const answer = await ask('POST', '/v1/operator/settlements', body);
      assert.deepEqual([answer.statusCode, answer.json().code], [status, code]);
    }
  });

  test('shows how what is not played to its end is settled, and takes no other rule', async () => {
    world.ledger.rules.set('fb:E0', { abandoned: 'nothing' });
    const shown = await ask('GET', '/v1/operator/settlements/rules');
    assert.equal(shown.statusCode, 200, shown.body);
    assert.deepEqual(shown.json().items, [{ scope: 'fb:E0', rules: { abandoned: 'nothing' } }]);
    assert.deepEqual(shown.json().defaults.fb, { abandoned: 'decided', liveHandicap: 'since', postponedMs: 172_800_000 });
    assert.equal((await ask('GET', '/v1/operator/settlements/rules', undefined, 'player')).statusCode, 403);
    for (const [scope, body] of [
      ['fb', { abandoned: 'x' }],
      ['fb', { other: 'decided' }],
      ['fb', { postponedMs: -1 }],
      ['fb', { postponedMs: 30 * 86_400_000 + 1 }],
      ['fb:E0:20240817:a:b', { abandoned: 'decided' }],
    ] as const)
      assert.equal((await ask('PUT', `/v1/operator/settlements/rules/${scope}`, body)).statusCode, 400);
    assert.equal(deps.submitted.length, 0);
  });

  test('lists what was said and settled', async () => {
    const answer = await ask('GET', '/v1/operator/settlements?kind=ResultConflicted');
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.json().items[0].kind, SETTLEMENT_FACT.kind);
    assert.deepEqual((await ask('GET', '/v1/operator/settlements/proposals')).json(), { items: [] });
    assert.equal((await ask('GET', '/v1/operator/settlements', undefined, 'player')).statusCode, 403);
  });
});

describe('disputes', () => {
  const wish = { betId: BET.betId, reason: 'wrong_result', evidenceHash: 'a'.repeat(64) };

  test('a bettor opens one on an own bet, named after the key', async () => {
    const answer = await ask('POST', '/v1/disputes', wish, 'player');
    assert.equal(answer.statusCode, 201, answer.body);
    const { commandId, disputeId } = answer.json();
    assert.equal(disputeId, commandId.replace('cmd_', 'dsp_'));
    assert.equal(answer.headers.location, `/v1/disputes/${disputeId}`);
    assert.deepEqual(deps.submitted[0]?.cmd, { type: 'OpenDispute', marketId: BET.legs[0]?.marketId, ...wish });
    assert.deepEqual(deps.submitted[0]?.actor, { ownerId: PLAYER.ownerId, tenantId: PLAYER.tenantId, via: 'api' });
    assert.equal((await ask('POST', '/v1/disputes', { ...wish, betId: newId('bet') }, 'player')).statusCode, 404);
    assert.equal((await ask('POST', '/v1/disputes', { ...wish, text: 'I was robbed' }, 'player')).statusCode, 400);
    assert.equal((await ask('POST', '/v1/disputes', wish, 'reader')).statusCode, 403);
  });

  test('of a bet of several legs one is named', async () => {
    const double = { ...wish, betId: DOUBLE.betId };
    const unnamed = await ask('POST', '/v1/disputes', double, 'player');
    assert.deepEqual([unnamed.statusCode, unnamed.json().path], [400, '/marketId']);
    const unknown = await ask('POST', '/v1/disputes', { ...double, marketId: 'fb:E0:20260103:a:b/1x2' }, 'player');
    assert.deepEqual([unknown.statusCode, unknown.json().path], [404, '/marketId']);
    assert.equal(deps.submitted.length, 0);
    const marketId = DOUBLE.legs[1]?.marketId;
    assert.equal((await ask('POST', '/v1/disputes', { ...double, marketId }, 'player')).statusCode, 201);
    assert.deepEqual(deps.submitted[0]?.cmd, { type: 'OpenDispute', ...double, marketId });
  });

  test('keeps the evidence in words for the two sides, and drops it with a refusal', async () => {
    const text = 'o placar era 1 x 2';
    const headers = (key: string) => ({
      'idempotency-key': DISPUTE.disputeId.replace('dsp_', 'cmd_'),
      authorization: `Bearer ${key}`,
    });
    const { evidenceHash: _hash, ...said } = wish;
    const open = (payload: object) => app.inject({ method: 'POST', url: '/v1/disputes', headers: headers('player'), payload });
    const read = (key: string) =>
      app.inject({ method: 'GET', url: `/v1/disputes/${DISPUTE.disputeId}/evidence`, headers: headers(key) });
    deps.result = refuse('already_resolved');
    assert.equal((await open({ ...said, evidence: text })).statusCode, 409);
    assert.equal(await deps.evidence.read(PLAYER.tenantId, { disputeId: DISPUTE.disputeId, sha256: HASH_OF_TEXT }), null);
    // Sent twice at once: the second was accepted by the time the first is refused.
    const { submit } = deps.commands;
    deps.commands.submit = async (encoded) => {
      deps.commands.submit = submit;
      deps.result = 'done';
      assert.equal((await open({ ...said, evidence: text })).statusCode, 201);
      deps.result = refuse('already_resolved');
      return submit(encoded);
    };
    assert.equal((await open({ ...said, evidence: text })).statusCode, 409);
    const kept = { disputeId: DISPUTE.disputeId, sha256: HASH_OF_TEXT };
    assert.equal(await deps.evidence.read(PLAYER.tenantId, kept), text);
    deps.result = refuse('outcome_unknown');
    assert.equal((await open({ ...said, evidence: text })).statusCode, 503);
    deps.result = 'done';
    const opened = await open({ ...said, evidence: text });
    assert.equal(opened.statusCode, 201, opened.body);
    const sent = deps.submitted.at(-1)?.cmd as { evidenceHash: string };
    assert.equal(sent.evidenceHash, HASH_OF_TEXT);
    assert.equal(JSON.stringify(deps.submitted).includes(text), false, 'the journal never sees it');
    assert.equal(await deps.evidence.read(PLAYER.tenantId, { disputeId: DISPUTE.disputeId, sha256: HASH_OF_TEXT }), text);
    // The read model's dispute has another hash: nothing is kept under that one.
    assert.equal((await read('player')).statusCode, 404);
    await deps.evidence.keep(
      { disputeId: DISPUTE.disputeId, sha256: DISPUTE.evidenceHash },
      { tenantId: PLAYER.tenantId, at: 1, text },
    );
    for (const key of ['player', 'operator']) assert.equal((await read(key)).json().evidence, text, key);
    assert.equal((await app.inject({ method: 'GET', url: `/v1/disputes/${DISPUTE.disputeId}/evidence` })).statusCode, 401);
    for (const body of [
      said,
      { ...wish, evidence: text },
      { ...said, evidence: '' },
      { ...said, evidence: 'a\0' },
      { ...said, evidence: 'x'.repeat(8_001) },
    ])
      assert.equal((await open(body)).statusCode, 400);
  });

  test('shows them', async () => {
    assert.equal((await ask('GET', '/v1/disputes?state=open', undefined, 'player')).json().items[0].disputeId, DISPUTE.disputeId);
    assert.equal((await ask('GET', `/v1/disputes/${DISPUTE.disputeId}`, undefined, 'player')).json().state, 'open');
    assert.equal((await ask('GET', `/v1/disputes/${newId('dsp')}`, undefined, 'player')).statusCode, 404);
  });

  test('operators take them up and decide them', async () => {
    const path = `/v1/operator/disputes/${DISPUTE.disputeId}`;
    const { disputeId } = DISPUTE;
    assert.equal((await ask('POST', `${path}/review`)).statusCode, 200);
    assert.deepEqual(deps.submitted[0]?.cmd, { type: 'ReviewDispute', disputeId });
    const upheld = { decision: 'upheld', reason: 'late', goodwillMinor: 5 };
    assert.equal((await ask('POST', `${path}/decide`, upheld)).statusCode, 200);
    assert.deepEqual(deps.submitted[1]?.cmd, { type: 'DecideDispute', disputeId, ...upheld });
    assert.equal((await ask('POST', `${path}/decide`, upheld, 'player')).statusCode, 403);
    assert.equal((await ask('POST', `${path}/decide`, { ...upheld, goodwillMinor: -5 })).statusCode, 400);
  });
});

test('a bet shows what it had returned before it was corrected', async () => {
  const answer = await ask('GET', `/v1/bets/${BET.betId}`, undefined, 'player');
  assert.deepEqual(
    answer.json().corrections.map((c: { return: unknown }) => c.return),
    [{ amountMinor: 500, currency: 'PLAY' }],
  );
});
