// Data that the database keeps in no way: it is buried after the bus's attempts, and every other fixture goes on. Snapshots of unknown fixtures
// are asked for a few at a time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryAliases } from '#adapters/memory/memory-aliases.ts';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MemoryOddsStore } from '#adapters/memory/memory-odds-store.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { startIngest } from '#engine/odds/ingest.ts';
import { rawMessage } from '#engine/odds/messages.ts';
import { startOddsProcessor } from '#engine/odds/odds-processor.ts';
import type { DeadLetterBody } from '#ports/bus.ts';
import type { Feed, FeedItem } from '#ports/feed.ts';
import type { OddsEffect } from '#ports/odds-store.ts';
import { until } from './pipeline-harness.ts';

const clock = new SystemClock();
const BAD = 'fb:E0:20261201T150000:bad:team';
const GOOD = 'fb:E0:20261201T150000:good:team';

/** Says of one fixture what PostgreSQL says of NUL. */
class PickyStore extends MemoryOddsStore {
  refused = 0;
  override commit(effect: OddsEffect): Promise<void> {
    if (!effect.fixtures.some(({ eventId }) => eventId === BAD)) return super.commit(effect);
    this.refused++;
    return Promise.reject(Object.assign(new Error('invalid byte sequence for encoding "UTF8": 0x00'), { code: '22021' }));
  }
}

test('a fixture that cannot be stored becomes a dead letter, and the others are stored', { timeout: 60_000 }, async () => {
  const bus = new MemoryBus({ clock, retryMs: 1 });
  const store = new PickyStore();
  const dead: DeadLetterBody[] = [];
  await bus.subscribe('odds_raw_dlq', 'operator', async (letters) => {
    for (const letter of letters) dead.push(JSON.parse(letter.body) as DeadLetterBody);
  });
  const processor = await startOddsProcessor({ bus, store, clock });
  const startAt = Date.UTC(2026, 11, 1, 15);
  const message = (eventId: string, n: number) => {
    const [, , , home = '', away = ''] = eventId.split(':');
    const fixture = { eventId, sport: 'fb', competition: 'E0', home, away, startAt };
    return rawMessage(
      { feed: 'f', run: 1, n, eventId, receivedAt: clock.now(), cursor: null, facts: [{ kind: 'fixture', fixture }] },
      undefined,
    );
  };
  await bus.publish([message(BAD, 1), message(GOOD, 2)]);
  const nameOf = async (eventId: string) => (await store.loadEvents([eventId]))[0]?.card?.home;
  await until(async () => dead.length === 1 && (await nameOf(GOOD)) === 'good', 'a dead letter and a fixture', 50_000);
  assert.equal(await nameOf(BAD), undefined);
  assert.ok(store.refused > 1);
  assert.match(dead[0]?.reason ?? '', /invalid byte sequence/);
  await processor.stop();
  await bus.close();
});

test(
  'of a thousand unknown fixtures at once a few are asked for at a time, and all in the end',
  { timeout: 60_000 },
  async () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => `simex:${i + 1}`);
    const asked = new Set<string>();
    let [underWay, most] = [0, 0];
    const quoteOf = (eventId: string): FeedItem => ({
      kind: 'quote',
      source: 'simex',
      cursor: { epoch: 1, seq: 1 },
      observedAt: 1,
      receivedAt: 1,
      whole: true,
      quote: {
        marketId: `${eventId}/1x2`,
        quoteSeq: 0,
        status: 'open',
        inPlay: false,
        betDelayMs: 0,
        prices: [],
        source: 'simA',
        sourceEpoch: 1,
        sourceVersion: 1,
        observedAt: 1,
        confirmedAt: 1,
      },
    });
    const feed: Feed = {
      async *read(_from, stop) {
        yield ids.map(quoteOf);
        await new Promise((resolve) => stop.addEventListener('abort', resolve));
      },
      async snapshot(scope) {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setTimeout(resolve, 1));
        asked.add(scope);
        underWay--;
        return [];
      },
    };
    const bus = new MemoryBus({ clock });
    const ports = { aliases: new MemoryAliases(), store: new MemoryOddsStore(), bus, clock };
    const ingest = await startIngest({ feed, source: 'simex', idStamp: 'day', ...ports });
    await until(() => asked.size === ids.length, 'every fixture to be asked for');
    assert.ok(most > 1 && most <= 8, `${most} at once`);
    await ingest.stop();
    await bus.close();
  },
);
