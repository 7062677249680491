import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Quote } from '#core/catalog/quote.ts';
import { depsForTests, type TestApi } from '../deps-for-tests.ts';
import { EVENT, quoteOf } from '../rows-for-tests.ts';
import type { Api } from '../deps.ts';
import { buildServer } from '../server.ts';

const OTHER = 'fb:E0:20240816:other:match';
let deps: TestApi;
let app: Api;
let port = 0;

before(async () => {
  deps = depsForTests();
  app = await buildServer(deps);
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as AddressInfo).port;
});
after(() => app.close());

interface Heard {
  readonly event?: string;
  readonly id?: string;
  readonly data: { readonly n: number; readonly payload?: Quote; readonly type?: string };
}

/** One stream: its answer, and what came so far. */
class Listener {
  response: IncomingMessage | null = null;
  readonly heard: Heard[] = [];
  #text = '';

  async open(path: string, headers: Record<string, string> = {}): Promise<this> {
    const request = get({ host: '127.0.0.1', port, path, headers });
    request.on('error', () => undefined);
    this.response = await new Promise<IncomingMessage>((resolve) => request.once('response', resolve));
    this.response.setEncoding('utf8').on('data', (text: string) => this.#onText(text));
    return this;
  }

  async until(count: number): Promise<readonly Heard[]> {
    for (const deadline = Date.now() + 15_000; this.heard.length < count;) {
      assert.ok(Date.now() < deadline, `only ${JSON.stringify(this.heard)}`);
      await new Promise((done) => setTimeout(done, 5));
    }
    return this.heard;
  }

  close(): void {
    this.response?.destroy();
  }

  #onText(text: string): void {
    const blocks = (this.#text + text).split('\n\n');
    this.#text = blocks.pop() as string;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      if (fields['data'] !== undefined) this.heard.push({ ...fields, data: JSON.parse(fields['data']) } as Heard);
    }
  }
}

function publish(n: number): void {
  deps.odds.publish({ eventId: EVENT, after: n - 1, quotes: [{ n, quote: quoteOf({ quoteSeq: n }) }] });
}

test('an event stream gives the prices and each change, and goes on after Last-Event-ID', async () => {
  const path = `/v1/stream/odds?event=${EVENT}&event=${OTHER}`;
  const first = await new Listener().open(path);
  assert.equal(first.response?.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.ok(first.response?.headers['x-request-id']);
  await first.until(1);
  publish(8);
  const [all, change] = await first.until(2);
  assert.deepEqual([all?.id, all?.data.n, change?.id, change?.data.payload?.quoteSeq], ['7,0', 7, '8,0', 8]);

  const second = await new Listener().open(path, { 'last-event-id': '7,0' });
  const resumed = await second.until(3);
  assert.deepEqual(
    resumed.map(({ data, event, id }) => [event, id, data.payload?.quoteSeq]),
    [
      ['resumed', '7,0', undefined],
      [undefined, '8,0', 8],
      ['resumed', '8,0', undefined],
    ],
  );
  const third = await new Listener().open(path, { 'last-event-id': '99,nonsense' });
  assert.equal((await third.until(1))[0]?.id, '8,0');
  const ahead = await new Listener().open(path, { 'last-event-id': '99,0' });
  assert.equal((await ahead.until(1))[0]?.event, 'snapshot');
  for (const listener of [first, second, third, ahead]) listener.close();
  for (let i = 0; i < 100 && deps.odds.rooms > 0; i++) await new Promise((done) => setTimeout(done, 10));
  assert.equal(deps.odds.rooms, 0, 'a stream that ended watches nothing');
});

test('an event stream is refused to other pages, for unknown ids and for too many fixtures', async () => {
  const statusOf = async (path: string, headers: Record<string, string> = {}): Promise<number | undefined> => {
    const listener = await new Listener().open(path, headers);
    listener.close();
    return listener.response?.statusCode;
  };
  assert.equal(await statusOf(`/v1/stream/odds?event=${EVENT}`, { origin: 'https://evil.example' }), 403);
  assert.equal(await statusOf('/v1/stream/odds?event=nonsense'), 404);
  assert.equal(await statusOf('/v1/stream/odds'), 400);
  const many = Array.from({ length: 21 }, (_, i) => `event=fb:E0:match-${i}`).join('&');
  assert.equal(await statusOf(`/v1/stream/odds?${many}`), 400);
});

test('an event stream ends when the server stops', async () => {
  const own = depsForTests();
  const server = await buildServer(own);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const path = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/v1/stream/odds?event=${EVENT}`;
  const response = await fetch(path);
  const text = response.text();
  await new Promise((done) => setTimeout(done, 50));
  await server.close();
  assert.match(await text, /retry: 1000/);
});
