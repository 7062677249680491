// Rows are written by SQL, as the projector leaves them; two tenants share every table.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Pool } from 'pg';
import { type IdPrefix, makeId } from '#core/base/ids.ts';
import type { PageAsk, Viewer } from '#ports/read-models.ts';
import { MIGRATIONS_DIR } from '../database.ts';
import { type TestDatabase, withTestDatabase } from '../embedded/test-database.ts';
import { migrateUp } from '../schema/migrate.ts';
import { PostgresReadModels } from './read-models-public.ts';
import { PostgresReviewQueue } from './read-models-review.ts';
import { readAs } from './reader.ts';

let database: TestDatabase;
let pool: Pool;
let reads: PostgresReadModels;

let made = 1_750_000_000_000;
const newId = (prefix: IdPrefix): string => makeId(prefix, made++, randomBytes(10));
const [tenA, tenB] = [newId('ten'), newId('ten')];
const [ana, bob, cid] = [newId('usr'), newId('usr'), newId('usr')]; // ana and bob of tenant A, cid of tenant B
const [botA, botB] = [newId('bot'), newId('bot')];
const anaSees: Viewer = { tenantId: tenA, ownerId: ana, wholeTenant: false };
const bobSees: Viewer = { tenantId: tenA, ownerId: bob, wholeTenant: false };
const operatorASees: Viewer = { tenantId: tenA, ownerId: bob, wholeTenant: true };
const cidSees: Viewer = { tenantId: tenB, ownerId: cid, wholeTenant: true };
const EVENT = 'fb:E0:20240816:man-united:fulham';
const MARKET = `${EVENT}/1x2`;
const first = (limit = 50): PageAsk => ({ limit, after: null });
const betIds: Record<string, string[]> = {};

before(async () => {
  database = await withTestDatabase();
  pool = new Pool({ connectionString: database.url, max: 3 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  reads = new PostgresReadModels(pool, { shard: 0, ledgerId: 'main' });
  for (const [tenant, owners] of [
    [tenA, [ana, bob]],
    [tenB, [cid]],
  ] as const) {
    await pool.query('INSERT INTO tenants (tenant_id, name) VALUES ($1, $2)', [tenant, tenant]);
    for (const owner of owners)
      await pool.query(`INSERT INTO principals (owner_id, tenant_id, role) VALUES ($1, $2, 'player')`, [owner, tenant]);
  }
  await pool.query(
    `INSERT INTO projection_positions (projection, shard, block_no, seq) VALUES ('main', 0, 9, 90), ('other', 0, 8, 80), ('main', 5, 1, 1)`,
  );
  for (const [bot, owner, tenant] of [
    [botA, ana, tenA],
    [botB, cid, tenB],
  ] as const) {
    const dna = {
      schema: 1,
      id: bot,
      genes: { betting: { type: 'draw_hunter' }, math: { type: 'flat' } },
      metadata: { generation: 2 },
    };
    await pool.query('INSERT INTO bots (bot_id, owner_id, tenant_id, dna, dna_hash) VALUES ($1, $2, $3, $4, $5)', [
      bot,
      owner,
      tenant,
      dna,
      'h',
    ]);
    await pool.query(
      `INSERT INTO decisions (run_shard, snapshot_id, bot_id, tenant_id, dna_hash, at, market_id, code, need, have, quote_seq) VALUES
       (0, 1, $1, $2, 'h', 1, $3, 'edge_too_small', 30000, 26000, 7), (0, 2, $1, $2, 'h', 2, $3, 'bet', NULL, NULL, 8),
       (1000, 3, $1, $2, 'h', 3, $3, 'bet', NULL, NULL, 9)`,
      [bot, tenant, MARKET],
    );
  }
  await pool.query(
    `INSERT INTO market_snapshots (run_shard, snapshot_id, at, market_id, snapshot) VALUES (0, 2, 2, $1, '{"seen":4}')`,
    [MARKET],
  );
  await addWallet(ana, ana, tenA, 1_000);
  await addWallet(bob, bob, tenA, 2_000);
  await addWallet(cid, cid, tenB, 3_000);
  await addWallet(botA, ana, tenA, 900);
  await addWallet(botB, cid, tenB, 1_100);
  // Stake 100 each; three settled bets of bot A return 250, 0 and 0, one is open: mean return (1.5 - 1 - 1) / 3.
  for (const back of [250, 0, 0, null]) await addBet(botA, tenA, back);
  for (const back of [150, 150]) await addBet(botB, tenB, back);
  for (const holder of [ana, bob]) await addBet(holder, tenA, null);
  await addBet(cid, tenB, null);
});

after(async () => {
  await pool.end();
  await database.close();
});

async function addWallet(holder: string, owner: string, tenant: string, available: number): Promise<void> {
  await pool.query(
    `INSERT INTO holders (shard, ledger_id, holder_id, owner_id, tenant_id, currency, seq)
     VALUES (0, 'main', $1, $2, $3, 'PLAY', 5), (1000, 'main', $1, $2, $3, 'PLAY', 5)`,
    [holder, owner, tenant],
  );
  for (let n = 0; n < 3; n++) {
    await pool.query(
      `INSERT INTO ledger_entries (shard, seq, n, ledger_id, at, holder_id, from_path, to_path, currency, amount_minor, event_type,
         available_minor, held_minor, debt_minor)
       VALUES (0, (SELECT coalesce(max(seq), 0) + 1 FROM ledger_entries), $2, 'main', 5, $1, 'issuance', $3, 'PLAY', 10, 'FundsIssued', $4, 100, 0)`,
      [holder, n, `player:${holder}:available`, available - 20 + 10 * n],
    );
  }
}

async function addBet(holder: string, tenant: string, back: number | null): Promise<void> {
  const betId = newId('bet');
  (betIds[holder] ??= []).push(betId);
  await pool.query(
    `INSERT INTO bets (bet_id, shard, ledger_id, seq, holder_id, tenant_id, market_id, selection_id, odds_milli, stake_minor, currency, quote_seq,
       quote_source, quote_age_ms, placed_at, status, return_minor, settled_at, settled_seq)
     VALUES ($1, 0, 'main', 6, $2, $3, $4, 'draw', 2500, 100, 'PLAY', 7, 'sim', 12, 1000, $5, $6, $7, $7)`,
    [betId, holder, tenant, MARKET, back === null ? 'accepted' : 'settled', back, back === null ? null : 8],
  );
}

describe('the wall between tenants', () => {
  const OWNED = ['holders', 'wallets', 'bets', 'ledger_entries', 'bots', 'decisions', 'principals', 'audit_log'];
  for (const table of OWNED) {
    test(`${table}: a query without tenant returns nothing, one that forgets its filter only its own`, async () => {
      const everything = await pool.query(`SELECT count(*)::int AS n FROM ${table}`);
      if (table !== 'audit_log') assert.ok(everything.rows[0].n > 0, 'there is something to hide');
      const none = await readAs(pool, null, (reading) => reading.rows(`SELECT * FROM ${table}`, []));
      assert.equal(none.length, 0);
      if (table === 'ledger_entries' || table === 'audit_log') return;
      const own = await readAs(pool, tenB, (reading) =>
        reading.rows<{ tenant_id: string }>(`SELECT tenant_id FROM ${table}`, []),
      );
      assert.ok(own.length > 0);
      assert.deepEqual([...new Set(own.map((row) => row.tenant_id))], [tenB]);
    });
  }

  test('ledger_entries: a forgotten filter gives the tenant’s own holders only', async () => {
    const rows = await readAs(pool, tenB, (reading) =>
      reading.rows<{ holder_id: string }>('SELECT holder_id FROM ledger_entries', []),
    );
    assert.deepEqual([...new Set(rows.map((row) => row.holder_id))].sort(), [botB, cid].sort());
  });

  test('the reader can neither write nor see hashes of secrets nor go back to the owner’s role unnoticed', async () => {
    const attempt = (sql: string) => readAs(pool, tenA, (reading) => reading.rows(sql, []));
    await assert.rejects(attempt('SELECT secret_sha256 FROM api_keys'), /permission denied/);
    await assert.rejects(attempt(`UPDATE holders SET status = 'rich'`), /permission denied|read-only/);
    await assert.rejects(attempt('SELECT * FROM review_queue'), /permission denied/);
    await assert.rejects(attempt('SELECT * FROM blocks'), /permission denied/);
    const { rows } = await pool.query('SELECT current_user = session_user AS own, current_setting($1, true) AS tenant', [
      'app.tenant',
    ]);
    assert.deepEqual(
      [rows[0].own, rows[0].tenant ?? ''],
      [true, ''],
      'a pooled connection comes back clean, also after an error',
    );
  });

  test('tenant A cannot read tenant B’s bet, wallet, entries, bots or decisions', async () => {
    const [bet = ''] = betIds[cid] ?? [];
    assert.ok((await reads.bet(cidSees, bet)).bet);
    for (const viewer of [anaSees, operatorASees]) {
      assert.equal((await reads.bet(viewer, bet)).bet, null);
      assert.deepEqual((await reads.wallets(viewer, cid, first())).items, []);
      assert.deepEqual((await reads.entries(viewer, cid, first())).items, []);
      assert.deepEqual((await reads.bets(viewer, { holder: cid }, first())).items, []);
      assert.equal(await reads.decisions(viewer, { botId: botB }, first()), null);
      assert.equal(await reads.ownerOf(viewer, cid), null);
      assert.equal(await reads.ownerOf(viewer, botB), null);
    }
  });

  test('within a tenant a person sees its own and its bots’, an operator everything', async () => {
    const holders = async (viewer: Viewer) =>
      [...new Set((await reads.bets(viewer, {}, first())).items.map((bet) => bet.holder))].sort();
    assert.deepEqual(await holders(anaSees), [ana, botA].sort());
    assert.deepEqual(await holders(bobSees), [bob]);
    assert.deepEqual(await holders(operatorASees), [ana, bob, botA].sort());
    assert.equal((await reads.bet(bobSees, betIds[ana]?.[0] ?? '')).bet, null);
    assert.deepEqual((await reads.entries(bobSees, ana, first())).items, []);
    assert.equal(await reads.decisions(bobSees, { botId: botA }, first()), null);
    assert.deepEqual((await reads.bots(bobSees, first())).items, []);
    assert.equal(await reads.ownerOf(operatorASees, botA), ana);
  });
});

describe('pages', () => {
  test('bets come newest first, each once, whatever the page size', async () => {
    const seen: string[] = [];
    let page: PageAsk = first(2);
    for (let turns = 0; turns < 10; turns++) {
      const answer = await reads.bets(operatorASees, {}, page);
      seen.push(...answer.items.map((bet) => bet.betId));
      assert.equal(answer.seq, 80, 'the slowest projection of this shard');
      if (!answer.after) break;
      page = { limit: 2, after: answer.after };
    }
    const all = [...(betIds[botA] ?? []), ...(betIds[ana] ?? []), ...(betIds[bob] ?? [])].sort().reverse();
    assert.deepEqual(seen, all);
  });

  test('entries, wallets, decisions and markets page by their own keys', async () => {
    const entries = await reads.entries(anaSees, ana, first(2));
    assert.equal(entries.items.length, 2);
    const rest = await reads.entries(anaSees, ana, { limit: 2, after: entries.after });
    assert.deepEqual([rest.items.length, rest.after], [1, null]);
    assert.ok((entries.items[1]?.seq ?? 0) > (rest.items[0]?.seq ?? 0));
    const wallets = await reads.wallets(operatorASees, undefined, first(2));
    const more = await reads.wallets(operatorASees, undefined, { limit: 2, after: wallets.after });
    assert.deepEqual([...wallets.items, ...more.items].map((wallet) => wallet.availableMinor).sort(), [1_000, 2_000, 900].sort());
    const decisions = await reads.decisions(anaSees, { botId: botA }, first(1));
    assert.deepEqual([decisions?.items[0]?.code, decisions?.items[0]?.at], ['bet', 2]); // the run on shard 1000 has its own
    assert.deepEqual(decisions?.items[0]?.snapshot, { seen: 4 });
    const older = await reads.decisions(anaSees, { botId: botA }, { limit: 1, after: decisions?.after ?? null });
    assert.deepEqual([older?.items[0]?.code, older?.items[0]?.need, older?.after], ['edge_too_small', 30_000, null]);
    const passes = await reads.decisions(anaSees, { botId: botA, code: 'edge_too_small' }, first());
    assert.equal(passes?.items.length, 1);
  });

  test('filters are exact', async () => {
    assert.equal((await reads.bets(operatorASees, { status: 'settled' }, first())).items.length, 3);
    assert.equal((await reads.bets(operatorASees, { holder: botA, status: 'accepted' }, first())).items.length, 1);
    assert.equal((await reads.bets(operatorASees, { marketId: `${EVENT}/btts` }, first())).items.length, 0);
  });
});

describe('what everybody may see', () => {
  test('the leaderboard ranks bots of all tenants with the interval of their yield', async () => {
    const { items } = await reads.leaderboard(first());
    assert.deepEqual(
      items.map(({ botId, profitMinor }) => [botId, profitMinor]),
      [
        [botB, 100], // 2 x (150 - 100)
        [botA, -50], // 250 - 300
      ],
    );
    const [winner, loser] = items;
    assert.deepEqual([loser?.bets, loser?.openBets, loser?.settledBets, loser?.turnoverMinor], [4, 1, 3, 300]);
    assert.deepEqual([loser?.betting, loser?.math, loser?.generation, loser?.balanceMinor], ['draw_hunter', 'flat', 2, 1_000]);
    // Returns 1.5, -1, -1: mean -1/6, sample deviation sqrt(((5/3)^2 + 2 (5/6)^2) / 2) = 1.443376, half width 1.959964 * 1.443376 / sqrt(3) = 1.633303.
    assert.equal(loser?.flatYieldPpm, -166_667);
    assert.deepEqual(loser?.flatYieldCi95Ppm, [-1_799_970, 1_466_637]);
    assert.deepEqual([winner?.flatYieldPpm, winner?.flatYieldCi95Ppm], [500_000, [500_000, 500_000]]);
    assert.deepEqual(
      Object.keys(winner ?? {}).filter((key) => /owner|tenant/i.test(key)),
      [],
    );
    const second = await reads.leaderboard({ limit: 1, after: (await reads.leaderboard(first(1))).after });
    assert.deepEqual([second.items[0]?.rank, second.after], [2, null]);
  });

  test('fixtures by start, markets and prices with their last confirmation', async () => {
    for (const [at, event] of [
      [3_000, 'fb:E0:c'],
      [1_000, 'fb:E0:a'],
      [1_000, 'fb:E0:b'],
    ] as const) {
      await pool.query(
        `INSERT INTO fixtures (event_id, sport, competition, home, away, start_at) VALUES ($1, 'football', 'E0', 'H', 'A', $2)`,
        [event, at],
      );
    }
    const page = await reads.fixtures({ sport: 'football' }, first(2));
    assert.deepEqual(
      page.items.map((fixture) => fixture.eventId),
      ['fb:E0:a', 'fb:E0:b'],
    );
    const rest = await reads.fixtures({ sport: 'football' }, { limit: 2, after: page.after });
    assert.deepEqual([rest.items.map((fixture) => fixture.eventId), rest.after], [['fb:E0:c'], null]);
    assert.equal((await reads.fixtures({ startFrom: 2_000 }, first())).items.length, 1);
    assert.equal((await reads.fixture('fb:E0:a'))?.startAt, 1_000);
    await pool.query(
      `INSERT INTO markets (shard, ledger_id, market_id, event_id, start_at, status) VALUES (0, 'main', $1, $2, 1000, 'open')`,
      [MARKET, EVENT],
    );
    assert.deepEqual((await reads.markets(EVENT, first())).items[0]?.status, 'open');
    const quote = { marketId: MARKET, quoteSeq: 7, confirmedAt: 10 };
    await pool.query(
      `INSERT INTO odds_current (feed, feed_status, market_id, event_id, quote_seq, source, source_epoch, source_version, observed_at, confirmed_at, quote) VALUES ('f', 'open', $1, $2, 7, 's', 1, 7, 10, 25, $3)`,
      [MARKET, EVENT, quote],
    );
    assert.equal((await reads.odds(EVENT))[0]?.quote.confirmedAt, 25);
    assert.equal(await reads.projectedSeq(), 80);
  });
});

describe('the review queue', () => {
  test('an item is resolved once, with its alias and a line in the audit log', async () => {
    const queue = new PostgresReviewQueue(pool);
    await pool.query(
      `INSERT INTO review_queue (source, kind, foreign_id, payload) VALUES ('sup', 'team', 'x1', '{"name":"Man Utd"}'), ('sup', 'team', 'x2', '{}')`,
    );
    const { items } = await queue.list(false, first());
    assert.equal(items.length, 2);
    const id = items[0]?.id ?? 0;
    const by = { ownerId: bob, tenantId: tenA };
    const answers = await Promise.all([1, 2].map(() => queue.resolve(id, { alias: 'man-united', swapped: false }, by)));
    assert.deepEqual(answers.sort(), ['already_resolved', 'resolved']);
    assert.equal(await queue.resolve(9_999, 'ignored', by), 'not_found');
    const alias = await pool.query(`SELECT our_id, created_by FROM aliases WHERE source = 'sup' AND foreign_id = 'x1'`);
    assert.deepEqual(alias.rows, [{ our_id: 'man-united', created_by: bob }]);
    assert.equal((await queue.list(false, first())).items.length, 1);
    assert.equal((await queue.list(true, first())).items[0]?.resolution, 'alias:man-united');
    const log = await pool.query(`SELECT actor_id, target FROM audit_log WHERE action = 'review.resolved'`);
    assert.deepEqual(log.rows, [{ actor_id: bob, target: String(id) }]);
  });
});
