// An odds processor is killed again and again around its commit, and its place in the log is set back each time. At the end every change of a
// price is stored once, in order, and told; nothing went back and no place is ahead of its effect.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { MIGRATIONS_DIR } from '#adapters/postgres/database.ts';
import { type TestDatabase, withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { migrateUp } from '#adapters/postgres/schema/migrate.ts';
import { makeRng, randomInt, type Rng } from '#core/base/rng.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { type RawFact, rawMessage, type UpdateBody } from '#engine/odds/messages.ts';
import type { Message } from '#ports/bus.ts';
import type { FixtureCard } from '#ports/feed.ts';
import { logFile, placeFile, readLines, toldFile } from './log-bus.ts';
import type { OddsOrders } from './odds-process.ts';

const SCRIPT = fileURLToPath(new URL('./odds-process.ts', import.meta.url));
const KILLS_A_POINT = 4;
const POINTS = ['before-odds-commit', 'after-odds-commit', 'mid-odds-commit', 'after-result'];
/** Messages by which the place in the log is set back after each kill, at most. */
const BACK_MAX = 60;
const EVENTS = ['a', 'b', 'c', 'd', 'e'].map((home) => `fb:S1:20990101T000000:${home}:x`);
/** Prices of each fixture; all but the first end, one after another. */
const LAST_VERSION = [40, 12, 20, 28, 36];
const MOVED_AT = 5;
const START = Date.now() + 3_600_000;

let database: TestDatabase;
let pool: pg.Pool;
let dir: string;

before(async () => {
  database = await withTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  dir = await mkdtemp(join(tmpdir(), 'palpite-odds-crash-'));
});
after(async () => {
  await pool.end();
  await database.close();
  await rm(dir, { recursive: true, force: true });
});

/** Each version of a market has a price of its own, so that which one is shown says which one was taken. */
const oddsOf = (version: number): number => 2_000 + version;

function quoteOf(eventId: string, version: number): Quote {
  const at = START - 3_000_000 + version;
  return {
    marketId: `${eventId}/1x2`,
    quoteSeq: 0,
    status: 'open',
    inPlay: false,
    betDelayMs: 0,
    prices: [{ selectionId: 'home', oddsMilli: oddsOf(version) }],
    source: 'simA',
    sourceEpoch: 1,
    sourceVersion: version,
    observedAt: at,
    confirmedAt: at,
  };
}

function cardOf(eventId: string, startAt: number): FixtureCard {
  return { eventId, sport: 'fb', competition: 'S1', home: 'h', away: 'x', startAt };
}

/** The second is one of before, and late. */
function resultsOf(eventId: string): RawFact[] {
  const scores = [{ period: 'ft', stat: 'goals', home: 1, away: 0 }];
  const common = { eventId, source: 'f', observedAt: START, completedPeriods: ['ft'], scores };
  return [
    { kind: 'result', result: { ...common, version: 2, status: 'finished' } },
    { kind: 'result', result: { ...common, version: 1, status: 'abandoned' } },
  ];
}

/** What a feed says of all events, interleaved, and after it copies of what was said, late and out of order. */
function writeLog(rng: Rng): Message[] {
  const said: Message[] = [];
  const say = (eventId: string, facts: RawFact[]): void => {
    const n = said.length + 1;
    said.push(rawMessage({ feed: 'f', run: 1, n, eventId, facts, cursor: { epoch: 1, seq: n }, receivedAt: n }));
  };
  for (const eventId of EVENTS) say(eventId, [{ kind: 'fixture', fixture: cardOf(eventId, START) }]);
  for (let version = 1; version <= Math.max(...LAST_VERSION); version++) {
    for (const [i, eventId] of EVENTS.entries()) {
      const last = LAST_VERSION[i] as number;
      if (version > last) continue;
      const quote: RawFact = { kind: 'quote', quote: quoteOf(eventId, version), whole: true };
      const moved: RawFact = { kind: 'fixture', fixture: cardOf(eventId, START + 60_000) };
      say(eventId, version === MOVED_AT ? [quote, moved] : [quote]);
      if (version === last && i > 0) for (const result of resultsOf(eventId)) say(eventId, [result]);
    }
  }
  const log: Message[] = [];
  for (const [i, message] of said.entries()) {
    log.push(message);
    while (rng() < 0.4) log.push(said[randomInt(rng, 0, i)] as Message);
  }
  return log;
}

/** True when it was killed; false when it came to the end of the log. */
async function live(orders: OddsOrders): Promise<boolean> {
  const { NODE_TEST_CONTEXT: _, ...own } = process.env;
  const env = { ...own, CRASH_ORDERS: JSON.stringify(orders) };
  const child = spawn(process.execPath, [...process.execArgv, SCRIPT], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('exit', (...end) => resolve(end)),
  );
  if (signal === 'SIGKILL') return true;
  assert.equal(code, 0, 'the processor failed by itself');
  return false;
}

test(
  'an odds processor that is killed around its commit stores and tells every change once and in order',
  { timeout: 180_000 },
  async (t) => {
    const rng = makeRng(Number(process.env['CRASH_SEED'] ?? 11), 'odds crash');
    const log = writeLog(rng);
    await writeFile(logFile(dir), log.map((message) => JSON.stringify(message)).join('\n'));
    let kills = 0;
    for (let turn = 0; turn < KILLS_A_POINT * POINTS.length; turn++) {
      const point = POINTS[turn % POINTS.length] as string;
      if (!(await live({ url: database.url, dir, point, pass: point === 'after-result' ? 1 : randomInt(rng, 1, 4) }))) break;
      kills++;
      const place = Number(await readFile(placeFile(dir), 'utf8').catch(() => '0'));
      await writeFile(placeFile(dir), String(Math.max(0, place - randomInt(rng, 0, BACK_MAX))));
    }
    assert.ok(kills >= POINTS.length * 2, `only ${kills} kills`);
    assert.equal(await live({ url: database.url, dir, point: '', pass: 0 }), false);
    t.diagnostic(`${log.length} messages, ${kills} kills`);

    const { rows: history } = await pool.query<{ market_id: string; quote_seq: string; quote: Quote }>(
      'SELECT market_id, quote_seq, quote FROM odds_history ORDER BY market_id, quote_seq',
    );
    const { rows: current } = await pool.query<{ market_id: string; quote: Quote; n: string }>('SELECT * FROM odds_current');
    const told = readLines<Message>(toldFile(dir));
    const quotes = told
      .filter(({ type }) => type === 'quotes')
      .flatMap(({ body }) => (JSON.parse(body) as Extract<UpdateBody, { kind: 'quotes' }>).quotes);
    for (const [i, eventId] of EVENTS.entries()) {
      const marketId = `${eventId}/1x2`;
      const closed = i > 0;
      const changes = history.filter(({ market_id }) => market_id === marketId);
      const last = LAST_VERSION[i] as number;
      const odds = Array.from({ length: last }, (_, v) => oddsOf(v + 1));
      assert.deepEqual(
        changes.map(({ quote, quote_seq }) => [Number(quote_seq), quote.status, quote.prices[0]?.oddsMilli]),
        [...odds.map((price, v) => [v + 1, 'open', price]), ...(closed ? [[last + 1, 'closed', odds.at(-1)]] : [])],
      );
      const row = current.find(({ market_id }) => market_id === marketId);
      assert.deepEqual([row?.quote, Number(row?.n)], [changes.at(-1)?.quote, changes.length]);
      // Told at least once, never anything that is not stored under its number, and the last of all to the end.
      const said = quotes.filter((quote) => quote.marketId === marketId);
      assert.ok(
        said.some(({ quoteSeq }) => quoteSeq === changes.length),
        `${marketId} was not told to the end`,
      );
      for (const { confirmedAt: _, ...quote } of said) {
        const { confirmedAt: __, ...stored } =
          changes[quote.quoteSeq - 1]?.quote ?? assert.fail(`${quote.quoteSeq} is not stored`);
        assert.deepEqual(quote, stored);
      }
    }
    const { rows: fixtures } = await pool.query('SELECT event_id, start_at::float8, status FROM fixtures ORDER BY event_id');
    assert.deepEqual(
      fixtures.map((row) => [row.event_id, row.start_at, row.status]),
      EVENTS.map((eventId, i) => [eventId, START + 60_000, i > 0 ? 'finished' : 'scheduled']),
    );
    const results = told.filter(({ topic }) => topic === 'results').map(({ key }) => key);
    assert.deepEqual([...new Set(results)].sort(), EVENTS.slice(1));
  },
);
