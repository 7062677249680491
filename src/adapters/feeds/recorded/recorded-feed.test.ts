import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { VirtualClock } from '#adapters/memory/virtual-clock.ts';
import type { Cursor, FeedItem } from '#ports/feed.ts';
import { RecordedFeed, type RecordedFeedOptions } from './recorded-feed.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
const HOUR = 3_600_000;
/** A whole season: the public sample, or a real file when its folder is named. */
const SEASON = process.env['FOOTBALL_FILE'] ?? join(import.meta.dirname, '..', '..', '..', '..', 'examples', 'season.csv');
const HEADER = 'Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A,B365CH,B365CD,B365CA';
/** Saturday 15:00 UK in winter: the opening price is of Friday 15:00 UTC, the closing one of 14:55, the result of 17:00. */
const ROWS = [
  'E0,18/01/2025,15:00,Arsenal,Fulham,2,1,H,1.5,4,7,1.44,4.2,7.5',
  'E0,18/01/2025,17:30,Leeds,Everton,,,,2,3.4,3.6,,,',
];
const OPENING = Date.parse('2025-01-17T15:00:00Z');
const KICK_OFF = Date.parse('2025-01-18T15:00:00Z');

let folder = '';
let file = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recorded-'));
  file = join(folder, 'E0_2425.csv');
  await writeFile(file, [HEADER, ...ROWS].join('\r\n'));
});
after(() => rm(folder, { recursive: true }));

type Quoted = Extract<FeedItem, { kind: 'quote' }>;

/** Plays the file until a moment of virtual time; gives all items, in order. */
async function play(
  options: Partial<RecordedFeedOptions>,
  until: number,
  from: { cursor: Cursor | null; at?: number } = { cursor: null },
) {
  const clock = new VirtualClock(from.at ?? START);
  const feed = await RecordedFeed.open({ paths: [file], source: 'recorded', clock, ...options });
  const stop = new AbortController();
  const items: FeedItem[] = [];
  const reading = (async () => {
    for await (const batch of feed.read(from.cursor, stop.signal)) items.push(...batch);
  })();
  // All that follows a moment is promises: it is done when the next turn of the loop begins.
  const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));
  for (await settle(); clock.nextAlarmAt() <= until; await settle()) clock.advance(clock.nextAlarmAt());
  stop.abort();
  await reading;
  return { feed, items };
}

const quotesOf = (items: readonly FeedItem[]): Quoted[] => items.filter((item): item is Quoted => item.kind === 'quote');
const said = ({ quote, receivedAt }: Quoted): string =>
  `${(receivedAt - START) / 1000} ${quote.marketId.split(':').at(3)} ${quote.status} ${quote.prices.map((p) => p.oddsMilli).join(' ')}`;

describe('RecordedFeed', () => {
  it('names a folder that is given for a file', async () => {
    await assert.rejects(RecordedFeed.open({ paths: [folder], source: 'recorded', clock: new VirtualClock(START) }), {
      name: 'RecordingError',
      message: `${folder} is a folder: name a file in it`,
    });
  });

  it('plays one to one: each price in its window of two minutes, none at the kick-off, the result after the match', async () => {
    const { items } = await play({}, START + 30 * HOUR);
    const day = (KICK_OFF - OPENING) / 1000; // a day after the opening
    assert.deepEqual(quotesOf(items).map(said), [
      '0 arsenal open 1500 4000 7000',
      '0 leeds open 2000 3400 3600',
      '120 arsenal suspended 1500 4000 7000',
      '120 leeds suspended 2000 3400 3600',
      `${day - 300} arsenal open 1440 4200 7500`,
      `${day - 180} arsenal suspended 1440 4200 7500`,
    ]);
    const result = items.find((item) => item.kind === 'result');
    assert.ok(result?.kind === 'result');
    assert.equal(result.receivedAt, START + day * 1000 + 2 * HOUR);
    const fixture = items.find((item) => item.kind === 'fixture');
    assert.ok(fixture?.kind === 'fixture');
    assert.equal(fixture.fixture.startAt, START + day * 1000);
  });

  it('plays faster on the same timetable, and ends a wide window at the kick-off', async () => {
    const { items } = await play({ speed: 60, windowMs: 48 * HOUR }, START + HOUR);
    const minutes = (KICK_OFF - OPENING) / 60 / 1000;
    assert.deepEqual(
      quotesOf(items).flatMap((item) => (item.quote.marketId.includes('arsenal') ? [said(item)] : [])),
      [
        '0 arsenal open 1500 4000 7000',
        `${minutes - 5} arsenal open 1440 4200 7500`,
        `${minutes} arsenal suspended 1440 4200 7500`,
      ],
    );
    const alive = items.filter((item) => item.kind === 'alive');
    assert.ok(alive.length > 700, 'said to hold every two seconds');
  });

  it('goes on after a restart on the same timetable; what passed meanwhile cannot be had', async () => {
    const whole = await play({}, START + 30 * HOUR);
    const first = await play({}, START + 60_000);
    const cursor = first.items.at(-1)?.cursor ?? assert.fail();
    const back = START + 24 * HOUR;
    const second = await play({}, START + 30 * HOUR, { cursor, at: back });
    assert.deepEqual(
      quotesOf(second.items).map(({ quote }) => quote.status),
      ['suspended', 'suspended', 'suspended', 'suspended'],
      'the closing price was to be had five minutes ago',
    );
    const versions = (items: readonly FeedItem[]): string[] =>
      quotesOf(items).map(({ quote }) => `${quote.sourceEpoch} ${quote.sourceVersion} ${quote.marketId}`);
    assert.deepEqual([...versions(first.items), ...versions(second.items)], versions(whole.items));
    assert.deepEqual(
      [...first.items, ...second.items].filter(({ kind }) => kind === 'result').map(({ observedAt }) => observedAt),
      whole.items.filter(({ kind }) => kind === 'result').map(({ observedAt }) => observedAt),
    );
  });

  it('begins anew, with fixtures of its own, when the cursor is of another recording or speed', async () => {
    const first = await play({}, START + 60_000);
    const cursor = first.items.at(-1)?.cursor ?? assert.fail();
    const second = await play({ speed: 2 }, START + 100_000, { cursor, at: START + 60_000 });
    assert.ok((second.items[0]?.cursor.epoch ?? 0) > cursor.epoch);
    assert.equal(quotesOf(second.items)[0]?.quote.status, 'open');
    assert.notEqual(quotesOf(second.items)[0]?.quote.marketId, quotesOf(first.items)[0]?.quote.marketId);
  });

  it('gives an image of a fixture as it holds now', async () => {
    const { feed, items } = await play({}, START + 60_000);
    const fixture = items.find((item) => item.kind === 'fixture');
    assert.ok(fixture?.kind === 'fixture');
    const image = await feed.snapshot(fixture.fixture.eventId);
    assert.deepEqual(image.map(({ kind }) => kind).sort(), ['fixture', 'quote']);
    assert.deepEqual(await feed.snapshot('fb:none'), []);
  });

  it('refuses a file that is no recording', async () => {
    const bad = join(folder, 'bad.csv');
    await writeFile(bad, 'a,b\r\n1,2\r\n');
    await assert.rejects(RecordedFeed.open({ paths: [bad], source: 'x', clock: new VirtualClock(0) }), /no known layout/);
    await assert.rejects(
      RecordedFeed.open({ paths: [join(folder, 'none.csv')], source: 'x', clock: new VirtualClock(0) }),
      /ENOENT/,
    );
  });

  it('plays a whole season without a price at or after a kick-off, and with every result', async () => {
    assert.ok(existsSync(SEASON), SEASON);
    const { items } = await play({ paths: [SEASON], speed: 10_000, windowMs: HOUR }, START + 3 * HOUR);
    const starts = new Map<string, number>();
    let open = 0;
    for (const item of items) {
      if (item.kind === 'fixture') starts.set(item.fixture.eventId, item.fixture.startAt);
      if (item.kind !== 'quote' || item.quote.status !== 'open') continue;
      open++;
      const eventId = item.quote.marketId.slice(0, item.quote.marketId.lastIndexOf('/'));
      assert.ok(item.receivedAt < (starts.get(eventId) ?? 0), item.quote.marketId);
    }
    assert.ok(open > 56);
    const results = new Set(items.flatMap((item) => (item.kind === 'result' ? [item.result.eventId] : [])));
    assert.equal(results.size, starts.size);
    // What is open at the end of everything: nothing.
    const last = new Map(quotesOf(items).map(({ quote }) => [`${quote.source} ${quote.marketId}`, quote.status]));
    assert.ok([...last.values()].every((status) => status === 'suspended'));
  });
});
