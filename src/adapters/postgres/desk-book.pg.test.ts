// The newest offers of some events, read from SQL as they were appended.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pool } from 'pg';
import type { DeskFact } from '#ports/desk-book.ts';
import { MIGRATIONS_DIR } from './database.ts';
import { PostgresDeskBook } from './desk-book.ts';
import { withTestDatabase } from './embedded/test-database.ts';
import { migrateUp } from './schema/migrate.ts';

test('PostgresDeskBook gives the newest offer of each market of the events asked for, and nothing else', async (t) => {
  const database = await withTestDatabase();
  const pool = new Pool({ connectionString: database.url, max: 2 });
  t.after(async () => {
    await pool.end();
    await database.close();
  });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  const book = new PostgresDeskBook(pool);
  const offer = (eventId: string, market: string, oddsMilli: number): DeskFact => ({
    kind: 'offer',
    offer: {
      eventId,
      marketId: `${eventId}/${market}`,
      prices: [{ selectionId: 'yes', oddsMilli }],
      margin: null,
      inPlay: false,
      betDelayMs: 0,
      validUntil: null,
    },
  });
  const card = { eventId: 'a', sport: 'q', competition: 'w', home: 'h', away: '-', startAt: 5, title: '' };
  const fixture = { kind: 'fixture', fixture: card } as unknown as DeskFact;
  await book.append([fixture, offer('a', 'x', 1_500), offer('a', 'y', 1_600), offer('b', 'x', 1_700)], { at: 1, by: 'house' });
  await book.append([offer('a', 'x', 1_800), offer('c', 'x', 1_900)], { at: 2, by: 'house:vip' });
  const found = await book.offers(['a', 'b', 'none']);
  assert.deepEqual(
    found.map((change) => [change.kind === 'offer' && change.offer.marketId, change.by, change.no]),
    [
      ['a/x', 'house:vip', 5],
      ['a/y', 'house', 3],
      ['b/x', 'house', 4],
    ],
  );
  assert.deepEqual(await book.offers([]), []);
});
