// Real recordings of an exchange stream, where they are at hand: both ways of reading agree on every line, the protocol's own samples are
// understood, and fill-or-kill, starting prices and withdrawals come out as worked by hand from what the recordings show at those moments.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HonestSimulator } from '#core/exchange-simulation/honest/honest-simulator.ts';
import type { HonestOrder, HonestRequest } from '#core/exchange-simulation/honest/honest-order.ts';
import { profitMinor, resultOf } from '#core/exchange-simulation/honest/profit.ts';
import type { LimitTerms, OnCloseTerms, ReferenceOrder, Side } from '#core/exchange-simulation/reference/reference-order.ts';
import { ReferenceSimulator } from '#core/exchange-simulation/reference/reference-simulator.ts';
import { MarketBook } from '#core/exchange-simulation/stream/market-book.ts';
import { MarketCache } from '#core/exchange-simulation/stream/market-cache.ts';
import { type ChangeMessage, readStreamMessage } from '#core/exchange-simulation/stream/wire.ts';
import { quotesOf } from '#adapters/feeds/exchange-stream/book-quotes.ts';
import { messagesOf, readLines } from '#adapters/feeds/exchange-stream/recording-lines.ts';
import { StreamSession } from '#adapters/feeds/exchange-stream/session.ts';
import { unpack } from '#adapters/feeds/exchange-stream/unpack.ts';
import { contentOf, imageOf } from './stream-messages.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'betfair');
const skip = existsSync(FOLDER) ? false : `no recordings in ${FOLDER}`;
const recordings = skip ? [] : readdirSync(FOLDER).filter((name) => /^\d\.\d+/.test(name));
const bytesOf = (name: string): Uint8Array => unpack(readFileSync(join(FOLDER, name)), name);
const sample = (name: string): string => readFileSync(join(FOLDER, `protocol_streaming_${name}.json`), 'utf8');

test('every recording reads the same in memory and in pieces, the fast way and the thorough one', { skip }, async () => {
  assert.ok(recordings.length > 5);
  let deltas = 0;
  for (const name of recordings) {
    const [fast, thorough] = [new Map<string, MarketBook>(), new Map<string, MarketBook>()];
    const bookIn = (books: Map<string, MarketBook>, id: string): MarketBook => {
      const book = books.get(id) ?? new MarketBook(id);
      books.set(id, book);
      return book;
    };
    const lines = readLines(join(FOLDER, name));
    for (const { message, number } of messagesOf(bytesOf(name))) {
      const line = (await lines.next()).value as { number: number; text: string };
      assert.equal(line.number, number);
      const read = readStreamMessage(line.text);
      assert.equal(read.op, 'mcm', `${name}:${number}`);
      if (read.op === 'mcm') for (const change of read.mc ?? []) bookIn(thorough, change.id).apply(change, read.pt as number);
      if (message.op === 'delta') {
        deltas++;
        message.apply(bookIn(fast, message.marketId));
      } else if (message.op === 'mcm')
        for (const change of message.mc ?? []) bookIn(fast, change.id).apply(change, message.pt as number);
    }
    assert.equal((await lines.next()).done, true);
    for (const [id, book] of thorough) {
      assert.deepEqual(contentOf(book), contentOf(bookIn(fast, id)), `${name} ${id}`);
      const image = new MarketBook(id);
      image.apply(imageOf(book), book.publishedAt);
      assert.deepEqual(contentOf(image), contentOf(book), `${name} ${id}`);
    }
  }
  assert.ok(deltas > 40_000, `${deltas} deltas`);
});

test('the samples of the protocol are understood', { skip }, () => {
  const kinds = [
    'connection',
    'status',
    '503',
    'mcm_HEARTBEAT',
    'mcm_SUB_IMAGE',
    'mcm_RESUB_DELTA',
    'mcm_UPDATE_md',
    'ocm_UPDATE',
  ].map((name) => readStreamMessage(sample(name)).op);
  assert.deepEqual(kinds, ['connection', 'status', 'mcm', 'mcm', 'mcm', 'mcm', 'mcm', 'other']);
  const cache = new MarketCache();
  for (const name of ['mcm_SUB_IMAGE', 'mcm_UPDATE_tv', 'mcm_update', 'mcm_HEARTBEAT', '503']) {
    const message = readStreamMessage(sample(name));
    assert.ok(message.op === 'mcm');
    assert.equal(cache.apply(message).kind, 'changed', name);
  }
  assert.deepEqual(cache.resume, { initialClk: 'ab34r43r', clk: 'APIDAO4EAK8D' });
  assert.equal(cache.late, true);
  const [book] = [...cache.markets];
  assert.deepEqual([book?.marketId, book?.totalMatchedMinor, book?.runners.length], ['1.126235656', 6_969, 7]);
  // 4.6 for 3.69 in the image, 4.7 for 4.33 in the update.
  assert.deepEqual(book?.runner(11_527_192, 0)?.toBack.prices, [4_700]);
  assert.deepEqual(book?.runner(11_527_192, 0)?.toBack.sizes, [433]);
});

test('a recorded image of 200 handicap markets gives a quote a line', { skip }, () => {
  const cache = new MarketCache();
  for (const { message } of messagesOf(bytesOf('1.242971311.bz2'))) {
    if (message.op !== 'mcm') break;
    cache.apply(message);
    break;
  }
  const books = [...cache.markets];
  assert.equal(books.length, 200);
  assert.deepEqual(cache.resume, { initialClk: 'H9XClbIEIJ+Rh60EIJeE4akE', clk: 'AAAAAAAA' });
  const quotes = quotesOf(books[0] as MarketBook, { source: 'x', epoch: 1, version: 1, confirmedAt: 0 });
  assert.equal(quotes.length, 33); // -4 to +4 by quarters
  assert.deepEqual([quotes[0]?.marketId, quotes[32]?.marketId], ['exchange:34258638/ah@-4', 'exchange:34258638/ah@4']);
});

test('a recorded stream that is cut and resumed holds the same 200 markets as one that never stopped', { skip }, () => {
  const messages = [...readMessages('1.242971311.bz2')];
  const whole = new MarketCache();
  for (const message of messages) assert.equal(whole.apply(message).kind, 'changed');
  for (const cut of [1, 700, messages.length - 1]) {
    const cache = new MarketCache();
    const subscription = { marketFilter: {} };
    const credentials = { appKey: 'k', session: 's' };
    const enter = (): { session: StreamSession; request: Record<string, unknown> } => {
      const session = new StreamSession({ cache, credentials, subscription });
      session.hear('{"op":"connection"}');
      const asked = session.hear('{"op":"status","id":1,"statusCode":"SUCCESS"}');
      session.hear('{"op":"status","id":2,"statusCode":"SUCCESS"}');
      return { session, request: asked.kind === 'send' ? (JSON.parse(asked.line) as Record<string, unknown>) : {} };
    };
    const first = enter();
    for (const message of messages.slice(0, cut))
      assert.equal(first.session.hear(JSON.stringify({ ...message, id: 2 })).kind, 'changed');
    const { request, session } = enter();
    assert.deepEqual([request['initialClk'], request['clk']], [messages[0]?.initialClk, messages[cut - 1]?.clk]);
    // What was missed comes as one delta.
    const missed = messages.slice(cut).flatMap(({ mc }) => mc ?? []);
    const last = messages.at(-1);
    const resumed = { op: 'mcm', id: 2, ct: 'RESUB_DELTA', initialClk: 'I2', clk: last?.clk, pt: last?.pt, mc: missed };
    assert.equal(session.hear(JSON.stringify(resumed)).kind, 'changed');
    const contents = (markets: Iterable<MarketBook>): object[] =>
      [...markets]
        .map((book) => ({ ...contentOf(book), publishedAt: 0 }))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    assert.deepEqual(contents(cache.markets), contents(whole.markets));
  }
});

function* readMessages(name: string): Generator<ChangeMessage> {
  for (const line of new TextDecoder().decode(bytesOf(name)).split('\n')) {
    const message = readStreamMessage(line);
    if (message.op === 'mcm') yield message;
  }
}

interface Act<O> {
  readonly at: number;
  readonly order: O;
}

/** Plays a recording; orders are wished right after the update that was published at their moment. */
function playHonest(
  name: string,
  acts: readonly Act<HonestRequest>[],
  look: Readonly<Record<number, (orders: HonestOrder[]) => void>> = {},
) {
  let book: MarketBook | null = null;
  let simulator: HonestSimulator | null = null;
  const orders: HonestOrder[] = [];
  for (const { message } of messagesOf(bytesOf(name))) {
    if (message.op !== 'mcm' && message.op !== 'delta') continue;
    const at = message.pt as number;
    book ??= new MarketBook(name.slice(0, 11));
    simulator ??= new HonestSimulator(book);
    simulator.arrive(at);
    if (message.op === 'delta') message.apply(book);
    else for (const change of message.mc ?? []) book.apply(change, at);
    simulator.updated();
    for (const { at: when, order } of acts) {
      if (when !== at) continue;
      const placed = simulator.place(order, at);
      assert.ok(typeof placed === 'object', String(placed));
      orders.push(placed);
    }
    look[at]?.(orders);
  }
  assert.equal(orders.length, acts.length);
  return { book: book as unknown as MarketBook, orders };
}

interface ReferenceWish {
  readonly selectionId: number;
  readonly side: Side;
  readonly terms: LimitTerms | OnCloseTerms;
}

function playReference(
  name: string,
  acts: readonly Act<ReferenceWish>[],
  look: Readonly<Record<number, (orders: ReferenceOrder[]) => void>> = {},
) {
  const book = new MarketBook(name.slice(0, 11));
  const simulator = new ReferenceSimulator();
  const orders: ReferenceOrder[] = [];
  for (const { message } of messagesOf(bytesOf(name))) {
    if (message.op !== 'mcm' && message.op !== 'delta') continue;
    const at = message.pt as number;
    simulator.arrive(book, at);
    if (message.op === 'delta') message.apply(book);
    else for (const change of message.mc ?? []) book.apply(change, at);
    simulator.updated(book);
    for (const { at: when, order } of acts) if (when === at) orders.push(simulator.place({ handicap: 0, ...order }, book));
    look[at]?.(orders);
  }
  assert.equal(orders.length, acts.length);
  return orders;
}

const [FAVOURITE, WINNER] = [39_008_736, 38_523_163];
const RACE = '1.206064380.bz2';
/** At this moment 2.46 x 201.67, 2.44 x 14.49, 2.42 x 37.32, 2.4 x 32.18 and 2.38 x 152.22 could be backed; the next update is 359 ms later. */
const BEFORE_OFF = 1_667_795_099_653;

test('fill or kill on a recorded book, by hand', { skip }, () => {
  const kill = (price: number, size: number, minFillSize?: number): Act<ReferenceWish> => ({
    at: BEFORE_OFF,
    order: {
      selectionId: FAVOURITE,
      side: 'BACK',
      terms: { type: 'LIMIT', price, size, persistence: 'PERSIST', fillOrKill: minFillSize === undefined ? {} : { minFillSize } },
    },
  });
  const orders = playReference(RACE, [
    kill(2.46, 250),
    kill(2.46, 250, 200),
    kill(2.44, 300),
    kill(2.44, 500),
    kill(2.44, 500, 250),
    kill(2.48, 10),
  ]);
  assert.deepEqual(
    orders.map((order) => [order.sizeMatched, order.averagePrice, order.sizeCancelled, order.status]),
    [
      [0, 0, 250, 'Execution complete'],
      [201.67, 2.46, 48.33, 'Execution complete'],
      // Everything down to 14.34 at 2.38: 733.1394 / 300 = 2.4438
      [300, 2.44, 0, 'Execution complete'],
      // With all 152.22 at 2.38 the average were 2.4237: the first four offers are too little for 500, enough for 250.
      [0, 0, 500, 'Execution complete'],
      [285.66, 2.45, 214.34, 'Execution complete'],
      [0, 0, 10, 'Execution complete'],
    ],
  );
  const request = (orderId: string, priceMilli: number, sizeMinor: number, minFillMinor: number): Act<HonestRequest> => ({
    at: BEFORE_OFF,
    order: {
      orderId,
      selectionId: FAVOURITE,
      handicap: 0,
      side: 'back',
      terms: { kind: 'limit', priceMilli, sizeMinor, persistence: 'persist', fillOrKill: { minFillMinor } },
    },
  });
  const [first, second] = playHonest(RACE, [request('a', 2_440, 50_000, 25_000), request('b', 2_460, 100, 1)]).orders;
  // Slack 201.67 x 0.02 = 4.0334, less 0.7464 at 2.42 and 1.2872 at 2.4 leaves 1.9998: 33.33 at 2.38.
  assert.deepEqual(
    first?.fills.map(({ priceMilli, sizeMinor }) => [priceMilli, sizeMinor]),
    [
      [2_460, 20_167],
      [2_440, 1_449],
      [2_420, 3_732],
      [2_400, 3_218],
      [2_380, 3_333],
    ],
  );
  assert.deepEqual([second?.matchedMinor, second?.cancelledMinor], [0, 100]); // the first took them all
});

test('starting prices of a recorded race, by hand: 13.0 for the winner, 2.55 for the favourite, which lost', { skip }, () => {
  const close = (selectionId: number, side: Side, liability: number, price?: number): Act<ReferenceWish> => ({
    at: BEFORE_OFF,
    order: { selectionId, side, terms: { type: 'ON_CLOSE', liability, ...(price === undefined ? {} : { price }) } },
  });
  const orders = playReference(RACE, [
    close(WINNER, 'BACK', 10),
    close(WINNER, 'BACK', 10, 12),
    close(WINNER, 'BACK', 10, 14),
    close(FAVOURITE, 'LAY', 100),
    close(FAVOURITE, 'LAY', 100, 2.5),
  ]);
  assert.deepEqual(
    orders.map(({ averagePrice, profit, sizeMatched }) => [sizeMatched, averagePrice, profit + 0]),
    [
      [10, 13, 120],
      [10, 13, 120],
      [0, 0, 0],
      [64.52, 2.55, 64.52], // 100 / 1.55 = 64.516
      [0, 0, 0],
    ],
  );
  const request = (
    orderId: string,
    selectionId: number,
    side: 'back' | 'lay',
    terms: HonestRequest['terms'],
  ): Act<HonestRequest> => ({
    at: BEFORE_OFF,
    order: { orderId, selectionId, handicap: 0, side, terms },
  });
  const honest = playHonest(RACE, [
    request('a', WINNER, 'back', { kind: 'on-close', liabilityMinor: 1_000 }),
    request('b', WINNER, 'back', { kind: 'on-close', liabilityMinor: 1_000, limitMilli: 14_000 }),
    request('c', FAVOURITE, 'lay', { kind: 'on-close', liabilityMinor: 10_000 }),
    request('d', FAVOURITE, 'lay', { kind: 'limit', priceMilli: 1_500, sizeMinor: 4_000, persistence: 'sp' }),
  ]);
  const result = resultOf(honest.book);
  assert.ok(result);
  assert.deepEqual(
    honest.orders.map((order) => {
      const status = honest.book.runner(order.request.selectionId, 0)?.status ?? '';
      return [order.matchedMinor, order.fills[0]?.priceMilli, profitMinor(order, status, result), order.reason];
    }),
    [
      [1_000, 13_000, 12_000, null],
      [0, undefined, 0, 'starting_price_beyond_limit'],
      [6_451, 2_550, 6_451, null], // no more than the liability: rounded down
      [1_290, 2_550, 1_290, null], // 0.5 x 40 / 1.55 = 12.903
    ],
  );
});

test('a recorded withdrawal in a win market, by hand: 30.01 % off what was matched', { skip }, () => {
  const [before, removed] = [1_667_767_962_417, 1_667_768_067_469];
  const WITHDRAWN = 39_540_410;
  const limit = (selectionId: number, side: Side, price: number, size: number): Act<ReferenceWish> => ({
    at: before,
    order: { selectionId, side, terms: { type: 'LIMIT', price, size, persistence: 'PERSIST' } },
  });
  // 3.09 at 3.3 and 0.24 at 3.25 could be backed; 0.77 at 3.4 of the one that was withdrawn.
  playReference(
    RACE,
    [limit(FAVOURITE, 'BACK', 3.25, 3.33), limit(WITHDRAWN, 'BACK', 3.4, 0.77), limit(FAVOURITE, 'LAY', 2.5, 5)],
    {
      [removed]: ([backed, gone, laid]) => {
        assert.deepEqual(
          backed?.matched.map(([, price, size]) => [price, size]),
          [
            [2.31, 3.09], // 3.3 x 0.6999 = 2.30967
            [2.27, 0.24], // 3.25 x 0.6999 = 2.274675
          ],
        );
        assert.deepEqual([gone?.sizeMatched, gone?.sizeVoided, gone?.status], [0, 0.77, 'Execution complete']);
        assert.equal(laid?.status, 'Executable'); // the reference leaves unmatched lays where they are
      },
    },
  );
  const request = (
    orderId: string,
    side: 'back' | 'lay',
    [price, size]: [number, number],
    on = FAVOURITE,
  ): Act<HonestRequest> => ({
    at: before,
    order: {
      orderId,
      selectionId: on,
      handicap: 0,
      side,
      terms: { kind: 'limit', priceMilli: price, sizeMinor: size, persistence: 'persist' },
    },
  });
  const acts = [
    request('a', 'back', [3_250, 333]),
    request('b', 'back', [3_400, 77], WITHDRAWN),
    request('c', 'lay', [2_500, 500]),
  ];
  playHonest(RACE, acts, {
    [removed]: ([backed, gone, laid]) => {
      assert.deepEqual(
        backed?.fills.map(({ priceMilli, sizeMinor }) => [priceMilli, sizeMinor]),
        [
          [2_310, 309],
          [2_270, 24],
        ],
      );
      assert.deepEqual([gone?.matchedMinor, gone?.voidedMinor], [0, 77]);
      assert.deepEqual([laid?.lapsedMinor, laid?.reason], [500, 'runner_withdrawn']);
    },
  });
});

test('three recorded withdrawals in a place market, by hand: 27.58, 8.37 and 2.41 %', { skip }, () => {
  const [name, runner, before] = ['1.205822330.bz2', 49_808_342, 1_667_201_825_817]; // 101.31 at 2.0 could be backed
  const [order] = playReference(name, [
    {
      at: before,
      order: { selectionId: runner, side: 'BACK', terms: { type: 'LIMIT', price: 2, size: 10, persistence: 'PERSIST' } },
    },
  ]);
  // The reference reduces the whole price, as in win markets: 1.4484, 1.45 x 0.9163 = 1.3286, and 2.41 % is too little.
  assert.deepEqual([order?.averagePrice, order?.profit], [1.33, 3.3]);
  const terms = { kind: 'limit', priceMilli: 2_000, sizeMinor: 1_000, persistence: 'persist' } as const;
  const { book, orders } = playHonest(name, [
    { at: before, order: { orderId: 'a', selectionId: runner, handicap: 0, side: 'back', terms } },
  ]);
  // The exchange reduces the winnings: 1.7242, 1 + 0.72 x 0.9163 = 1.6597, 1 + 0.66 x 0.9759 = 1.6441.
  assert.deepEqual(orders[0]?.fills[0]?.priceMilli, 1_640);
  assert.equal(profitMinor(orders[0] as HonestOrder, 'WINNER', resultOf(book) ?? assert.fail()), 640);
});
