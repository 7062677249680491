// The desk from the outside, in one process: a question made by hand is priced, bet at, suspended, reopened and settled by hand.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeId } from '#core/base/ids.ts';
import { sendCommand } from '#roles/operator-commands.ts';
import { makeBettors } from './bettors.ts';
import { Cluster } from './cluster.ts';

const STAKE_MINOR = 1_000;

test('a question of the desk: made, priced, bet at, suspended, reopened, reviewed, settled', { timeout: 120_000 }, async (t) => {
  const cluster = await Cluster.start({ members: [[]], env: { BOTS: '0' } });
  t.after(() => cluster.remove());
  const context = await cluster.context();
  t.after(() => context.close());
  const { owner } = await context.keys.createOperator();
  const { apiKey: operator } = await context.keys.createKey({
    ownerId: owner.ownerId,
    scopes: ['read', 'bet', 'operate'],
    label: 'desk',
  });
  const [bettor] = await makeBettors(context, 1);
  assert.ok(bettor);

  const call = async (key: string, line: string, body?: object) => {
    const [method = '', path = ''] = line.split(' ');
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': makeId('cmd', Date.now(), randomBytes(10)) };
    const init = body ? { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) } : { headers };
    const answer = await fetch(`${cluster.url}${path}`, { method, ...init });
    const text = await answer.text();
    // oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, judged by what is compared
    const read = (text === '' ? {} : JSON.parse(text)) as Record<string, any>;
    return {
      status: answer.status,
      body: read,
      betId: headers['idempotency-key'].replace('cmd_', 'bet_'),
    };
  };
  const until = async <T>(what: string, look: () => Promise<T | null>): Promise<T> => {
    for (const end = Date.now() + 20_000; ; await sleep(50)) {
      const found = await look();
      if (found !== null) return found;
      assert.ok(Date.now() < end, `waited in vain for: ${what}\n${cluster.troubles()}`);
    }
  };

  const startAt = new Date(Date.now() + 3_600_000).toISOString();
  const question = {
    sport: 'q',
    competition: 'weather',
    home: 'rain',
    startAt,
    title: 'Will it rain?',
    market: 'yesno',
    oddsMilli: { yes: 2_000, no: 1_800 },
  };
  const made = await call(operator, 'POST /v1/desk/fixtures', { items: [question] });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const eventId = made.body['eventIds'][0] as string;
  const marketId = made.body['marketIds'][0] as string;

  const priced = await until('the price and the market', async () => {
    const odds = await call(bettor.apiKey, `GET /v1/events/${eventId}/odds`);
    const markets = await call(bettor.apiKey, `GET /v1/events/${eventId}/markets`);
    const quote = odds.body['items']?.[0];
    return quote && markets.body['items']?.[0]?.status === 'open' ? (quote as { quoteSeq: number; source: string }) : null;
  });
  assert.equal((await call(bettor.apiKey, `GET /v1/events/${eventId}`)).body['home'], 'rain');
  const bet = (stakeMinor = STAKE_MINOR, minOddsMilli = 1_900) =>
    call(bettor.apiKey, 'POST /v1/bets', {
      legs: [{ marketId, selectionId: 'yes' }],
      stakeMinor,
      minOddsMilli,
      quoteSeq: priced.quoteSeq,
    });
  const placed = await bet();
  assert.equal(placed.status, 201, JSON.stringify(placed.body));

  assert.equal((await call(operator, 'POST /v1/operator/markets/q/suspend', { reason: 'storm' })).status, 200);
  assert.equal((await bet()).body['code'], 'market_suspended');
  assert.equal((await call(operator, 'POST /v1/operator/markets/q/reopen', { reason: 'over' })).status, 200);
  const limited = `/v1/desk/limits/${encodeURIComponent(marketId)}`;
  assert.equal((await call(operator, `PUT ${limited}`, { stakeMaxMinor: 5_000, reviewAboveMinor: 2_000 })).status, 200);
  assert.equal((await bet(5_001)).body['code'], 'limit_market');

  const waits = await bet(3_000);
  assert.equal(waits.status, 201, JSON.stringify(waits.body));
  const queue = await call(operator, 'GET /v1/desk/bets');
  assert.deepEqual(
    queue.body['items'].map((item: { betId: string }) => item.betId),
    [waits.betId],
  );
  assert.equal((await call(operator, `POST /v1/desk/bets/${waits.betId}/decision`, { decision: 'accept' })).status, 200);
  const board = await call(operator, 'GET /v1/desk/liability?level=sport');
  // 1,000 and 3,000 at 2.0: 8,000 to pay, 4,000 staked.
  const [row] = board.body['items'];
  assert.deepEqual([row.target, row.bets, row.stakesMinor, row.payoutMinor, row.worstLossMinor], ['q', 2, 4_000, 8_000, 4_000]);

  const before = await call(bettor.apiKey, 'GET /v1/wallet');
  assert.equal((await call(operator, `POST /v1/desk/fixtures/${eventId}/close`)).status, 204);
  // Asked for more than the price gives: as long as there is one, that is the answer.
  await until('the market being closed to bets', async () =>
    (await bet(STAKE_MINOR, 3_000)).body['code'] === 'odds_changed' ? null : true,
  );
  // Won and back of each selection: yes pays its odds, no nothing.
  const outcomes = { no: [0, 1, 0, 1], yes: [1, 1, 0, 1] } as const;
  const cmd = { type: 'SettleMarket', marketId, outcomes, reason: 'rain' } as const;
  const settled = await sendCommand(context, { cmd, lane: 'facts', ownerId: owner.ownerId, tenantId: owner.tenantId });
  assert.equal(settled.result, 'done', JSON.stringify(settled));
  const wallet = await until('the payout', async () => {
    const now = (await call(bettor.apiKey, 'GET /v1/wallet')).body;
    return now['held'].amountMinor === 0 ? now : null;
  });
  assert.equal(wallet['available'].amountMinor - before.body['available'].amountMinor, 8_000);
});
