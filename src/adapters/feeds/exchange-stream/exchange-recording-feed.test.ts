import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FeedItem } from '#ports/feed.ts';
import { ExchangeRecordingFeed } from './exchange-recording-feed.ts';

const definition = {
  status: 'OPEN',
  bettingType: 'ODDS',
  marketType: 'OVER_UNDER_25',
  eventTypeId: '1',
  eventId: '5',
  marketTime: '2026-05-09T19:00:00.000Z',
  runners: [
    { id: 47_972, status: 'ACTIVE', sortPriority: 1 },
    { id: 47_973, status: 'ACTIVE', sortPriority: 2 },
  ],
};
const line = (pt: number, mc: object[], more: object = {}): string => JSON.stringify({ op: 'mcm', clk: 'A', pt, mc, ...more });
const LINES = [
  line(100, [{ id: '1.1', marketDefinition: definition }]),
  line(200, [{ id: '1.1', rc: [{ id: 47_973, atb: [[1.9, 5]] }] }]),
  line(300, [], { ct: 'HEARTBEAT' }),
  line(400, [{ id: '1.1', marketDefinition: { ...definition, status: 'SUSPENDED', inPlay: true, betDelay: 5 } }]),
];

function feedOf(t: TestContext, lines: readonly string[]): { read(): Promise<FeedItem[]>; path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'recording-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'x');
  writeFileSync(path, lines.join('\n'));
  const clock = { now: () => 9, schedule: () => () => {} };
  const feed = new ExchangeRecordingFeed({ path, source: 'rec', clock });
  const read = async (): Promise<FeedItem[]> => {
    const items: FeedItem[] = [];
    for await (const batch of feed.read(null, new AbortController().signal)) items.push(...batch);
    return items;
  };
  return { read, path };
}

test('a recording is told message by message, each at its own time', async (t) => {
  const items = await feedOf(t, LINES).read();
  assert.deepEqual(
    items.map(({ cursor, kind, observedAt }) => [kind, observedAt, cursor.seq]),
    [
      ['fixture', 100, 1],
      ['quote', 100, 1],
      ['quote', 200, 2],
      ['alive', 300, 2],
      ['quote', 400, 3],
    ],
  );
  const [, , priced, , last] = items;
  assert.ok(priced?.kind === 'quote' && last?.kind === 'quote');
  assert.equal(priced.quote.marketId, 'exchange:5/ou@2.5');
  assert.deepEqual(priced.quote.prices, [{ selectionId: 'over', oddsMilli: 1_900, maxStakeMinor: 500 }]);
  assert.deepEqual([last.quote.status, last.quote.inPlay, last.quote.betDelayMs], ['suspended', true, 5_000]);
});

test('a line that cannot be read or followed is refused by file and line', async (t) => {
  const broken = feedOf(t, [...LINES, '{"op":"mcm","pt":5,"mc":[{"id":"1.1","rc":[{}]}]}']);
  await assert.rejects(broken.read(), { message: `${broken.path}:5: the line 1.1 has a runner without an id` });
  const unknown = feedOf(t, [...LINES, line(500, [{ id: '1.9', tv: 1 }])]);
  await assert.rejects(unknown.read(), { message: `${unknown.path}:5: changes of 1.9, of which there was no image` });
});
