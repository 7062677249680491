import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { finalScore, planMatch } from '#core/simulation/match-plan.ts';
import type { Cursor, FeedItem } from '#ports/feed.ts';
import { FAST, realClock, until } from '../../../../test/odds/pipeline-harness.ts';
import { FOREIGN_PREFIX } from './decode-frame.ts';
import { SupplierFeed } from './supplier-feed.ts';
import { startSupplier, type Supplier } from './supplier-server.ts';
import type { ServerFrame } from './wire.ts';

const feedOf = (url: string, silenceMs = 1_000): SupplierFeed =>
  new SupplierFeed({ url: () => url, source: 'simex', clock: realClock, silenceMs, backOffMs: { first: 10, max: 50 } });

/** Reads in the background until stopped. */
function reading(feed: SupplierFeed, from: Cursor | null): { items: FeedItem[]; stop(): Promise<void> } {
  const stop = new AbortController();
  const items: FeedItem[] = [];
  const done = (async () => {
    for await (const batch of feed.read(from, stop.signal)) items.push(...batch);
  })();
  return {
    items,
    stop() {
      stop.abort();
      return done;
    },
  };
}

async function withSupplier(work: (supplier: Supplier) => Promise<void>): Promise<void> {
  const supplier = await startSupplier({ port: 0, seed: 9, pace: FAST, heartbeatMs: 50, keptMax: 100, clock: realClock });
  try {
    await work(supplier);
  } finally {
    await supplier.close();
  }
}

/** A supplier of which a test says every frame. */
async function withFake(
  hear: (socket: WebSocket, text: string, n: number) => void,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  let n = 0;
  server.on('connection', (socket) => socket.on('message', (data) => hear(socket, String(data), n++)));
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  try {
    await work(`ws://127.0.0.1:${port}`);
  } finally {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }
}

const market = { f: '1', bk: 'simA', m: 'FTR', v: 1, st: 'O', live: 0, bd: 0, at: 5, rn: [['1', 2.5]] } as const;
const frame = (parts: Partial<ServerFrame> & { t: 'img' | 'upd'; sq: number }): string =>
  JSON.stringify({ ep: 1, ts: Date.now(), scope: '*', ev: [], mk: [], rs: [], ...parts });
const kinds = (items: readonly FeedItem[]): string => items.map((item) => item.kind).join(' ');

describe('SupplierFeed', () => {
  it('begins with a whole image and goes on with changes and heartbeats', () =>
    withSupplier(async ({ url }) => {
      const { items, stop } = reading(feedOf(url), null);
      await until(
        () => items.some((item) => item.kind === 'alive') && items.some((item) => item.kind === 'quote' && !item.whole),
        'news',
      );
      await stop();
      const first = items[0];
      assert.ok(first?.kind === 'fixture' && first.fixture.eventId.startsWith(FOREIGN_PREFIX));
      const firstChange = items.findIndex((item) => item.kind === 'quote' && !item.whole);
      assert.ok(items.slice(0, firstChange).some((item) => item.kind === 'quote' && item.whole));
      for (const item of items) {
        if (item.kind !== 'quote') continue;
        assert.ok(item.quote.confirmedAt <= item.receivedAt && item.quote.observedAt <= item.receivedAt);
        assert.ok(item.quote.prices.every(({ oddsMilli }) => Number.isInteger(oddsMilli)));
      }
    }));

  it('resumes behind its cursor: two readings together are one that was never broken', () =>
    withSupplier(async ({ url }) => {
      const whole = reading(feedOf(url), null);
      const first = reading(feedOf(url), null);
      await until(() => first.items.filter((item) => item.kind === 'quote' && !item.whole).length > 200, 'changes');
      await first.stop();
      const cursor = first.items.at(-1)?.cursor ?? assert.fail();
      await sleep(300);
      const second = reading(feedOf(url), cursor);
      await until(() => second.items.length > 300, 'more');
      await second.stop();
      const reached = second.items.at(-1)?.cursor.seq ?? assert.fail();
      await until(() => (whole.items.at(-1)?.cursor.seq ?? 0) >= reached, 'the first reading to come as far');
      await whole.stop();
      assert.ok(!kinds(second.items).includes('gap'));
      const said = (items: readonly FeedItem[]): string[] =>
        items.flatMap((item) =>
          item.kind === 'quote' && !item.whole
            ? [`${item.cursor.seq} ${item.quote.source} ${item.quote.marketId} ${item.quote.sourceVersion}`]
            : [],
        );
      const joined = [...said(first.items), ...said(second.items)];
      const all = said(whole.items);
      const start = all.indexOf(joined[0] ?? '');
      assert.ok(start >= 0);
      assert.deepEqual(all.slice(start, start + joined.length), joined);
    }));

  for (const [what, spoil] of Object.entries({
    'another epoch': (cursor: Cursor): Cursor => ({ ...cursor, epoch: cursor.epoch - 5_000 }),
    'a place the supplier no longer keeps': (cursor: Cursor): Cursor => ({ ...cursor, seq: -1 }),
    'a place in the future': (cursor: Cursor): Cursor => ({ ...cursor, seq: cursor.seq + 1_000 }),
  })) {
    it(`says that it has a gap, and then everything, when it comes from ${what}`, () =>
      withSupplier(async ({ epoch, url }) => {
        const { items, stop } = reading(feedOf(url), spoil({ epoch, seq: 0 }));
        await until(() => items.length > 50, 'an image');
        await stop();
        assert.equal(items[0]?.kind, 'gap');
        assert.ok(items.slice(1, 50).every((item) => item.kind !== 'quote' || item.whole));
      }));
  }

  it('gives one fixture whole on demand, with its result when it is over', () =>
    withSupplier(async ({ url, world }) => {
      const index = Math.floor((Date.now() - world.epochAt) / FAST.kickOffEveryMs) - 10;
      const items = await feedOf(url).snapshot(`${FOREIGN_PREFIX}${index}`);
      const result = items.find((item) => item.kind === 'result');
      assert.ok(result?.kind === 'result');
      const { away, home } = result.result.scores.find(({ period }) => period === 'ft') ?? assert.fail();
      assert.deepEqual({ home, away }, finalScore(planMatch(world, index)).full);
      assert.ok(items.some((item) => item.kind === 'quote' && item.quote.status === 'closed' && item.whole));
      assert.deepEqual(await feedOf(url).snapshot(`${FOREIGN_PREFIX}999999999999`), []);
      assert.deepEqual(await feedOf(url).snapshot('nonsense'), []);
    }));

  it('takes nothing of a frame in which anything is malformed, and asks for an image instead', () => {
    const spoiled: unknown[] = [
      { ...market, rn: [['1', 1]] }, // odds of 1.0 pay nothing
      { ...market, rn: [['9', 2]] },
      { ...market, m: 'QQQ' },
      { ...market, ln: 0.3 },
      { ...market, f: '../x' },
      { ...market, v: 1.5 },
      { ...market, st: 'Q' },
      null,
    ];
    const asked: string[] = [];
    return withFake(
      (socket, text, n) => {
        asked.push((JSON.parse(text) as { op: string }).op);
        socket.send(frame({ t: 'img', sq: n, mk: [market] }));
        if (n < spoiled.length) socket.send(frame({ t: 'upd', sq: n + 1, mk: [{ ...market, v: 2 }, spoiled[n] as never] }));
        else socket.send(frame({ t: 'upd', sq: n + 1, mk: [{ ...market, v: 3 }] }));
      },
      async (url) => {
        const { items, stop } = reading(feedOf(url), null);
        await until(() => items.some((item) => item.kind === 'quote' && item.quote.sourceVersion === 3), 'the good frame');
        await stop();
        assert.equal(items.filter((item) => item.kind === 'gap').length, spoiled.length);
        assert.ok(!items.some((item) => item.kind === 'quote' && item.quote.sourceVersion === 2), 'half a frame was taken');
        assert.deepEqual(asked, ['sub', ...spoiled.map(() => 'image')]);
      },
    );
  });

  it('survives what is no frame at all', () =>
    withFake(
      (socket, _text, n) => {
        for (const text of n === 0 ? ['', 'null', '[1]', '{"t":"upd"}', '{"t":"zzz","ep":1,"sq":1,"ts":1}'] : [])
          socket.send(text);
        socket.send(frame({ t: 'img', sq: 1, mk: [market] }));
      },
      async (url) => {
        const { items, stop } = reading(feedOf(url), null);
        await until(() => kinds(items).includes('quote'), 'the image');
        await stop();
      },
    ));

  it('leaves a silent supplier and comes back by itself', () => {
    let connections = 0;
    return withFake(
      (socket) => {
        if (++connections >= 3) socket.send(frame({ t: 'img', sq: 1, mk: [market] }));
      },
      async (url) => {
        const { items, stop } = reading(feedOf(url, 80), null);
        await until(() => items.length > 0, 'the third connection');
        await stop();
        assert.ok(connections >= 3);
      },
    );
  });

  it('ends at once when it is stopped, connected or not', async () => {
    const { stop } = reading(feedOf('ws://127.0.0.1:1'), null);
    await sleep(30);
    const started = Date.now();
    await stop();
    assert.ok(Date.now() - started < 5_000);
  });

  it('rejects a snapshot when there is no supplier', async () => {
    await assert.rejects(feedOf('ws://127.0.0.1:1').snapshot('*'));
  });
});

describe('startSupplier()', () => {
  it('rejects when its port is taken', () =>
    withSupplier(async ({ url }) => {
      const port = Number(new URL(url).port);
      await assert.rejects(startSupplier({ port, seed: 1, clock: realClock }), /EADDRINUSE/);
    }));
});
