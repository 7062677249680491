// An exchange as the only supplier, from the outside: its TLS stream comes in, a person names the fixture, and bets are made at its prices.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeId } from '#core/base/ids.ts';
import { ExchangeServer } from '../exchange/exchange-server.ts';
import { makeBettors } from './bettors.ts';
import { Cluster, freePort } from './cluster.ts';

const HEARTBEAT_MS = 500;

test('prices of an exchange stream are bet at and go on after a lost connection', { timeout: 120_000 }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'palpite-exchange-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const server = new ExchangeServer();
  const port = await server.open();
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(dir, name), text);
    return join(dir, name);
  };
  const status = await freePort();
  const sessionFile = await file('session', 'first\n');
  const cluster = await Cluster.start({
    members: [[]],
    env: {
      BOTS: '0',
      STATUS_PORT: String(status),
      SUPPLIER_URL: `exchange://localhost:${port}`,
      EXCHANGE_APP_KEY: 'key',
      EXCHANGE_SESSION_FILE: sessionFile,
      EXCHANGE_SUBSCRIPTION: JSON.stringify({ marketFilter: { eventIds: ['77'] }, heartbeatMs: HEARTBEAT_MS }),
      NODE_EXTRA_CA_CERTS: await file('ca.pem', server.identity.cert),
    },
  });
  t.after(async () => {
    await cluster.remove(); // its connection with it
    await server.close();
  });
  const context = await cluster.context();
  t.after(() => context.close());
  const { owner } = await context.keys.createOperator();
  const scopes = ['read', 'bet', 'operate'] as const;
  const { apiKey: operator } = await context.keys.createKey({ ownerId: owner.ownerId, scopes: [...scopes], label: 'desk' });
  const [bettor] = await makeBettors(context, 1);
  assert.ok(bettor);

  const call = async (key: string, line: string, body?: object) => {
    const [method = '', path = ''] = line.split(' ');
    const headers = {
      authorization: `Bearer ${key}`,
      'idempotency-key': makeId('cmd', Date.now(), randomBytes(10)),
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
    const answer = await fetch(`${cluster.url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await answer.text();
    // oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, judged by what is compared
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, any> };
  };
  const until = async <T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T> => {
    for (const end = Date.now() + 15_000; ; await sleep(50)) {
      const found = await look();
      if (found) return found;
      assert.ok(Date.now() < end, `waited in vain for: ${what}\n${cluster.troubles()}`);
    }
  };

  const startAt = new Date(Math.ceil(Date.now() / 60_000 + 60) * 60_000);
  const definition = {
    status: 'OPEN',
    bettingType: 'ODDS',
    marketType: 'MATCH_ODDS',
    eventTypeId: '1',
    eventId: '77',
    marketTime: startAt.toISOString(),
    runners: [11, 22, 58_805].map((id, i) => ({ id, status: 'ACTIVE', sortPriority: i + 1 })),
  };
  const price = (id: number, odds: number): object => ({ id, batb: [[0, odds, 100]] });
  let clk = 0;
  const says = (more: object): object => ({ op: 'mcm', id: 2, clk: `c${++clk}`, pt: Date.now(), ...more });

  const visitor = await server.visitor();
  const { authentication, subscription } = await visitor.welcome();
  assert.deepEqual([authentication['appKey'], authentication['session']], ['key', 'first']);
  assert.deepEqual(subscription['marketFilter'], { eventIds: ['77'] });
  const mc = [{ id: '1.1', img: true, marketDefinition: definition, rc: [price(11, 2), price(22, 4), price(58_805, 3.5)] }];
  visitor.say(says({ ct: 'SUB_IMAGE', initialClk: 'i', heartbeatMs: HEARTBEAT_MS, mc }));
  let talking = visitor;
  const beating = setInterval(() => talking.say(says({ ct: 'HEARTBEAT' })), HEARTBEAT_MS);
  t.after(() => clearInterval(beating));

  const waiting = await until('the fixture in the review queue', async () => {
    const { body } = await call(operator, 'GET /v1/review');
    return (body['items'] as { id: number; kind: string; foreignId: string }[] | undefined)?.find(
      ({ kind }) => kind === 'fixture',
    );
  });
  assert.equal(waiting.foreignId, 'exchange:77');
  const eventId = `fb:E0:${startAt.toISOString().slice(0, 10).replaceAll('-', '')}:man-united:fulham`;
  const resolved = await call(operator, `POST /v1/review/${waiting.id}/resolve`, { resolution: 'alias', ourId: eventId });
  assert.equal(resolved.status, 204, JSON.stringify(resolved.body));

  const odds = async (): Promise<{ quoteSeq: number; marketId: string; status: string; home: number | undefined } | null> => {
    const { body } = await call(bettor.apiKey, `GET /v1/events/${eventId}/odds`);
    // The exchange's own price and the line that follows it: the same to whoever reads.
    const quote = body['items']?.at(-1);
    if (!quote) return null;
    assert.equal(quote.source, 'exchange');
    const home = quote.prices.find((one: { selectionId: string }) => one.selectionId === 'home')?.oddsMilli as number | undefined;
    return { quoteSeq: quote.quoteSeq, marketId: quote.marketId, status: quote.status, home };
  };
  const homeAt = (oddsMilli: number) =>
    until(`home at ${oddsMilli}`, async () => {
      const now = await odds();
      return now?.home === oddsMilli && now.status === 'open' && now;
    });
  const bet = async (oddsMilli: number) => {
    const { marketId, quoteSeq } = await homeAt(oddsMilli);
    return call(bettor.apiKey, 'POST /v1/bets', {
      legs: [{ marketId, selectionId: 'home' }],
      stakeMinor: 1_000,
      minOddsMilli: oddsMilli,
      quoteSeq,
    });
  };
  await homeAt(2_000);
  await until('the market', async () => {
    const { body } = await call(bettor.apiKey, `GET /v1/events/${eventId}/markets`);
    return body['items']?.[0]?.status === 'open';
  });
  const placed = await bet(2_000);
  assert.equal(placed.status, 201, JSON.stringify(placed.body));

  // The session is renewed, the connection is lost, and the stream goes on where it was.
  await file('session', 'second\n');
  visitor.socket.destroy();
  const again = await server.visitor();
  const second = await again.welcome();
  assert.equal(second.authentication['session'], 'second');
  assert.equal(second.subscription['initialClk'], 'i');
  assert.match(String(second.subscription['clk']), /^c\d+$/);
  again.say(says({ ct: 'RESUB_DELTA', initialClk: 'i', mc: [{ id: '1.1', con: true, rc: [price(11, 2.1)] }] }));
  talking = again;
  const later = await bet(2_100);
  assert.equal(later.status, 201, JSON.stringify(later.body));

  // Suspended there, suspended here.
  again.say(says({ mc: [{ id: '1.1', marketDefinition: { ...definition, status: 'SUSPENDED' } }] }));
  await until('the suspension', async () => (await odds())?.status === 'suspended');

  const metrics = await (await fetch(`http://127.0.0.1:${status}/metrics`)).text();
  assert.match(metrics, /palpite_feed_streams_total\{feed="exchange",outcome="image"\} 1/);
  assert.match(metrics, /palpite_feed_streams_total\{feed="exchange",outcome="broken"\} 1/);
  const age = Number(/palpite_feed_age_seconds\{feed="exchange"\} (\S+)/.exec(metrics)?.[1]);
  assert.ok(age >= 0 && age < 5, `its prices are ${age} s old`);
});
