// Rows altered by SQL, as an intruder with the database's password would: each is found and its place named.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { MIGRATIONS_DIR } from '#adapters/postgres/database.ts';
import { type TestDatabase, withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { migrateUp } from '#adapters/postgres/schema/migrate.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { playMatch } from '../../../test/engine/played.ts';
import { Scene, SHARD } from '../../../test/engine/scene.ts';
import { type ChainReport, verifyChain } from './journal-verify.ts';

let database: TestDatabase;
let pool: pg.Pool;
let client: pg.Client;
let journal: PostgresJournal;
let last: { blockNo: number; seq: number };

before(async () => {
  database = await withTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  journal = new PostgresJournal(client, pool);
  const scene = await Scene.open({ store: journal });
  await playMatch(scene);
  await scene.writer.stop();
  last = (await journal.head(SHARD)) as typeof last;
  await pool.query(
    'CREATE TABLE saved_blocks AS SELECT * FROM blocks; CREATE TABLE saved_chains AS SELECT * FROM chains; CREATE TABLE saved_keys AS SELECT * FROM late_keys',
  );
});
after(async () => {
  await client.end();
  await pool.end();
  await database.close();
});

/** Verifies the chain with `sql` done to it, and puts everything back. */
async function tampered(sql: string): Promise<ChainReport> {
  const { rowCount } = await pool.query(sql);
  assert.ok(rowCount, 'the tampering changed nothing');
  try {
    return await verifyChain(journal, SHARD);
  } finally {
    await pool.query(
      'DELETE FROM chains; INSERT INTO chains SELECT * FROM saved_chains; INSERT INTO blocks SELECT * FROM saved_blocks; INSERT INTO late_keys SELECT * FROM saved_keys',
    );
  }
}

/** The place that a report names, and what it says. */
const place = ({ fault, ok }: ChainReport): string => (ok ? 'holds' : `${fault?.shard}/${fault?.blockNo} ${fault?.what}`);
const block = (no: number): string => `shard = ${SHARD} AND block_no = ${no}`;

describe('verifyChain() on PostgreSQL', () => {
  it('holds untouched, every decision decided again', async () => {
    const report = await verifyChain(journal, SHARD, { decideAgain: true });
    assert.equal(place(report), 'holds');
    assert.deepEqual([report.blocks, report.events], [last.blockNo, last.seq]);
    assert.ok(report.decided >= report.blocks);
  });

  const cases: [string, string, () => string][] = [
    [
      'one bit of a body',
      `${SHARD}/5 body does not match its hash`,
      () => `UPDATE blocks SET body = set_byte(body, 40, get_byte(body, 40) # 1) WHERE ${block(5)}`,
    ],
    [
      'a byte more',
      `${SHARD}/5 body does not match its hash`,
      () => `UPDATE blocks SET body = body || '\\x00' WHERE ${block(5)}`,
    ],
    [
      'a stored hash',
      `${SHARD}/6 body does not match its hash`,
      () => `UPDATE blocks SET hash = reverse(hash) WHERE ${block(6)}`,
    ],
    [
      'a previous hash',
      `${SHARD}/6 body does not match its hash`,
      () => `UPDATE blocks SET prev_hash = reverse(prev_hash) WHERE ${block(6)}`,
    ],
    ['a block taken out of the middle', `${SHARD}/5 expected block 4`, () => `DELETE FROM blocks WHERE ${block(4)}`],
    ['the first block gone', `${SHARD}/2 expected block 1`, () => `DELETE FROM blocks WHERE ${block(1)}`],
    ["two blocks in each other's place", `${SHARD}/3 expected first seq`, () => swap(3, 4)],
    ["two bodies in each other's place", `${SHARD}/7 body does not match its hash`, () => swapBodies(7, 9)],
    [
      'a seq that leaves a gap',
      `${SHARD}/5 expected first seq`,
      () => `UPDATE blocks SET first_seq = first_seq + 1 WHERE ${block(5)}`,
    ],
    ['a wrong count', `${SHARD}/5 holds 1 events, not 2`, () => `UPDATE blocks SET last_seq = last_seq + 1 WHERE ${block(5)}`],
    ['the tail cut off', `${SHARD}/LAST-1 the head row says block LAST`, () => `DELETE FROM blocks WHERE ${block(last.blockNo)}`],
    ['all blocks gone', `${SHARD}/0 the head row says block LAST`, () => `DELETE FROM blocks WHERE shard = ${SHARD}`],
    [
      "the head row's hash",
      `${SHARD}/LAST the head row says`,
      () => `UPDATE chains SET head_hash = reverse(head_hash) WHERE shard = ${SHARD}`,
    ],
    [
      "the head row's seq",
      `${SHARD}/LAST the head row says`,
      () => `UPDATE chains SET head_seq = head_seq - 1 WHERE shard = ${SHARD}`,
    ],
    [
      'the head row set back',
      `${SHARD}/LAST the head row says block 3`,
      () => `UPDATE chains SET head_block = 3 WHERE shard = ${SHARD}`,
    ],
    [
      'a time of recording',
      `${SHARD}/5 is recorded at`,
      () => `UPDATE blocks SET recorded_at = recorded_at - 1 WHERE ${block(5)}`,
    ],
    [
      'a key range that hides a key',
      `${SHARD}/5 its key range hides`,
      () => `UPDATE blocks SET keys_from = keys_to + 1 WHERE ${block(5)}`,
    ],
    ['a key taken off the list', `${SHARD}/14 its key range hides`, () => `DELETE FROM late_keys WHERE ${block(14)}`],
    ['an epoch', `${SHARD}/6 is of epoch 1, after epoch 9`, () => `UPDATE blocks SET epoch = 9 WHERE ${block(5)}`],
  ];
  for (const [what, expected, sql] of cases) {
    it(`names the place of ${what}`, async () => {
      const named = expected
        .replace('LAST-1', String(last.blockNo - 1))
        .replace('LAST', String(last.blockNo))
        .replace('LAST', String(last.blockNo));
      const report = await tampered(sql());
      assert.ok(place(report).startsWith(named), `${place(report)}\nexpected ${named}`);
      assert.equal(place(await verifyChain(journal, SHARD)), 'holds', 'the test did not put it back');
    });
  }

  it('cannot see a tail that was cut off together with the head row: that is what the signed heads are for', async () => {
    const cut = last.blockNo - 1;
    const head = `UPDATE chains SET head_block = b.block_no, head_seq = b.last_seq, head_hash = b.hash FROM blocks b WHERE chains.shard = ${SHARD} AND b.shard = ${SHARD} AND b.block_no = ${cut}`;
    const report = await tampered(`WITH head AS (${head} RETURNING 1) DELETE FROM blocks WHERE ${block(last.blockNo)}`);
    assert.deepEqual([report.ok, report.blocks], [true, cut]);
  });
});

function swap(a: number, b: number): string {
  const columns = ['epoch', 'first_seq', 'last_seq', 'prev_hash', 'hash', 'recorded_at', 'keys_from', 'keys_to', 'body'];
  return `UPDATE blocks SET ${columns.map((name) => `${name} = o.${name}`).join(', ')} FROM blocks o
    WHERE blocks.shard = ${SHARD} AND o.shard = ${SHARD} AND blocks.block_no IN (${a}, ${b}) AND o.block_no = ${a + b} - blocks.block_no`;
}

function swapBodies(a: number, b: number): string {
  return `UPDATE blocks SET body = (SELECT o.body FROM blocks o WHERE o.shard = ${SHARD} AND o.block_no = ${a + b} - blocks.block_no)
    WHERE shard = ${SHARD} AND block_no IN (${a}, ${b})`;
}
