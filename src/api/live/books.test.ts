// Live order books: what a reader puts together from frames is the book that the writer would answer, however it was cut and whoever was slow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cancel, CY, DI, order, worldWithExchange } from '#core/exchange/exchange-for-tests.ts';
import { ANA, BEA, LEDGER, WINNER, type World } from '#core/kernel/world-for-tests.ts';
import { book as bookQuestion, type Book, type BookLevel } from '../questions/market-questions.ts';
import { BookHub, type BookReader, type BookWatch } from './book-hub.ts';
import { BOOKS_PER_SOCKET, LiveBooks } from './live-books.ts';
import { BOOK_DEPTH, type BookAnswer, type BookPlace, BookRoom, GONE_MAX } from './book-room.ts';

const placeOf = (marketId: string): BookPlace => ({ shard: 0, ledgerId: LEDGER, marketId });
const PEOPLE = [ANA, BEA, CY, DI];

function bookOf(world: World, depth = BOOK_DEPTH): Book {
  return bookQuestion.tell(world.ledger, { marketId: WINNER, depth }, null) as Book;
}

interface Change extends BookLevel {
  readonly selectionId: string;
  readonly side: 'availableToBack' | 'availableToLay';
}
interface Frame {
  readonly type: string;
  readonly room: string;
  readonly after?: number;
  readonly n: number;
  readonly book?: Book;
  readonly levels?: readonly Change[];
  readonly market?: { startingPricesMilli: Record<string, number | null> } & Pick<Book, 'status' | 'version'>;
}

/** What a text frame carries. The header may hold any byte: a text of 123 bytes has '{' for its length. */
function textOf(frame: Buffer): string {
  const head = { 126: 4, 127: 10 }[frame[1] as number] ?? 2;
  return frame.toString('utf8', head);
}

/** A client as the documentation has it: keeps a book and puts changes into it. */
class Screen {
  readonly frames: Frame[] = [];
  book: Book | null = null;
  n: number | null = null;

  take(frame: Buffer): void {
    const told = JSON.parse(textOf(frame)) as Frame;
    this.frames.push(told);
    if (told.type === 'book') this.book = told.book as Book;
    else {
      assert.equal(told.after, this.n, 'no number is missing');
      this.#change(told);
    }
    this.n = told.n;
  }

  #change({ levels = [], market }: Frame): void {
    const { book } = this;
    assert.ok(book);
    const { startingPricesMilli, ...head } = market ?? { startingPricesMilli: null };
    const selections = book.selections.map((s) => {
      const side = (name: Change['side'], direction: number): BookLevel[] => {
        const mine = levels.filter((level) => level.selectionId === s.selectionId && level.side === name);
        const kept = s[name].filter(({ priceMilli }) => !mine.some((level) => level.priceMilli === priceMilli));
        const put = mine.filter(({ sizeMinor }) => sizeMinor > 0).map(({ orders, priceMilli, sizeMinor }) => ({ priceMilli, sizeMinor, orders })); // prettier-ignore
        return [...kept, ...put].sort((a, b) => direction * (a.priceMilli - b.priceMilli));
      };
      return {
        selectionId: s.selectionId,
        availableToBack: side('availableToBack', -1),
        availableToLay: side('availableToLay', 1),
        startingPriceMilli: startingPricesMilli ? (startingPricesMilli[s.selectionId] ?? null) : s.startingPriceMilli,
      };
    });
    this.book = { ...book, ...head, selections };
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('order' as const),
      who: fc.nat(3),
      side: fc.constantFrom('back' as const, 'lay' as const),
      selectionId: fc.constantFrom('home', 'draw'),
      // 26 prices on a side, so that the depth cuts.
      priceMilli: fc.integer({ min: 75, max: 100 }).map((x) => x * 20),
      sizeMinor: fc.integer({ min: 1, max: 9 }).map((x) => x * 100),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('cancel' as const), at: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.constant({ what: 'suspend' as const }) },
  { weight: 1, arbitrary: fc.constant({ what: 'reopen' as const }) },
);

test('a book made of changes is the book that is answered, for who gets each, who gets some, and who goes away and comes back', () => {
  let changes = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.boolean()), { minLength: 20, maxLength: 60 }), (steps) => {
      const world = worldWithExchange({ onSuspend: 'keep', stakeMinMinor: 100 });
      const placed: [string, string][] = [];
      const room = new BookRoom(placeOf(WINNER), 'r');
      const [quick, slow] = [new Screen(), new Screen()];
      for (const [name, [wish, slowTakes]] of steps.entries()) {
        if (wish.what === 'order') {
          const { what: _what, who, ...rest } = wish;
          order(world, `${name}`, PEOPLE[who] as string, { ...rest, persistence: 'persist' });
          placed.push([`${name}`, PEOPLE[who] as string]);
        } else if (wish.what === 'cancel') {
          const one = placed[wish.at % Math.max(1, placed.length)];
          if (one) cancel(world, ...one);
        } else if (wish.what === 'suspend') world.ask({ type: 'SuspendMarket', target: WINNER, reason: 'test' });
        else world.ask({ type: 'ReopenMarket', target: WINNER, reason: 'test' });
        const book = bookOf(world);
        const before = room.n;
        const news = room.take({ seq: world.events.length, book });
        assert.equal(room.n, before + (news ? 1 : 0));
        if (news) quick.take(room.frame(quick.n));
        assert.deepEqual(quick.book, book);
        if (!slowTakes || slow.n === room.n) continue;
        slow.take(room.frame(slow.n));
        assert.deepEqual(slow.book, book);
      }
      assert.deepEqual(
        quick.frames.map(({ n }) => n),
        quick.frames.map((_frame, at) => at + 1),
      );
      assert.ok(slow.frames.length <= quick.frames.length);
      assert.ok(slow.frames.filter(({ type }) => type === 'book').length <= 1, 'changes, not books');
      changes += quick.frames.length;
    }),
    { numRuns: 60 },
  );
  assert.ok(changes > 600, `${changes} changes were told`);
});

test('the same reading twice is no news, and a frame holds only what changed', () => {
  const world = worldWithExchange();
  order(world, 'a', CY, { side: 'lay', priceMilli: 1_900, sizeMinor: 300 });
  order(world, 'b', CY, { side: 'lay', priceMilli: 1_800, sizeMinor: 200 });
  const room = new BookRoom(placeOf(WINNER), 'r');
  assert.equal(room.take({ seq: 5, book: bookOf(world) }), true);
  assert.equal(room.take({ seq: 6, book: bookOf(world) }), false);
  cancel(world, 'a', CY);
  order(world, 'c', DI, { side: 'lay', priceMilli: 1_800, sizeMinor: 400 });
  room.take({ seq: 9, book: bookOf(world) });
  const screen = new Screen();
  screen.n = 1;
  screen.book = bookOf(worldWithExchange());
  screen.take(room.frame(1));
  assert.deepEqual(screen.frames, [
    {
      type: 'book_changes',
      channel: `book:${WINNER}`,
      room: 'r',
      after: 1,
      n: 2,
      seq: 9,
      levels: [
        { selectionId: 'home', side: 'availableToBack', priceMilli: 1_900, sizeMinor: 0, orders: 0 },
        { selectionId: 'home', side: 'availableToBack', priceMilli: 1_800, sizeMinor: 600, orders: 2 },
      ],
    },
  ]);
});

test('a room forgets what is gone when it is too much, and whoever is behind begins anew', () => {
  const empty = bookOf(worldWithExchange());
  const room = new BookRoom(placeOf(WINNER), 'r');
  const at = (priceMilli: number): Book => ({
    ...empty,
    selections: empty.selections.map((s) => ({ ...s, availableToLay: [{ priceMilli, sizeMinor: 100, orders: 1 }] })),
  });
  let reading = 0;
  for (; reading === 0 || room.knows('r', 1); reading++) room.take({ seq: reading, book: at(2_000 + reading) });
  // Three prices of three selections are gone with each reading but the first.
  assert.equal(reading, Math.ceil((GONE_MAX + 1) / empty.selections.length) + 1);
  const screen = new Screen();
  screen.take(room.frame(1));
  assert.deepEqual([screen.frames[0]?.type, screen.book], ['book', at(2_000 + reading - 1)]);
  assert.deepEqual([room.knows('r', room.n), room.knows('other', room.n), room.knows('r', room.n + 1)], [true, false, false]);
});

class Reader implements BookReader {
  readonly screen = new Screen();
  hasRoom = true;
  readonly over: BookWatch[] = [];

  give(frame: Buffer): void {
    this.screen.take(frame);
  }

  ended(watch: BookWatch): void {
    this.over.push(watch);
  }
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const LIMITS = { readMs: 20, watched: 2, kept: 3 };

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 15_000; !holds(); await pause(5)) assert.ok(Date.now() < end, `waited in vain for ${what}`);
}

test('a hub reads what is watched and nothing else, one question at a time, and a slow reader gets one frame for many changes', async () => {
  const world = worldWithExchange();
  const asked: string[] = [];
  const hub = new BookHub(async ({ marketId }) => {
    asked.push(marketId);
    return { seq: world.events.length, book: marketId === WINNER ? bookOf(world) : null };
  }, LIMITS);
  await pause(60);
  assert.deepEqual(asked, []);
  const [quick, slow] = [new Reader(), new Reader()];
  const watches = [await hub.watch(placeOf(WINNER), quick, null), await hub.watch(placeOf(WINNER), slow, null)] as [
    BookWatch,
    BookWatch,
  ];
  for (const watch of watches) hub.serve(watch);
  slow.hasRoom = false;
  for (let at = 0; at < 5; at++) {
    order(world, `${at}`, CY, { side: 'lay', priceMilli: 1_900 - at * 10 });
    await until(() => (quick.screen.n ?? 0) >= at + 2, 'the change');
  }
  assert.deepEqual([quick.screen.n, slow.screen.n, slow.screen.frames.length], [6, 1, 1]);
  slow.hasRoom = true;
  hub.serve(watches[1]);
  assert.deepEqual([slow.screen.n, slow.screen.frames.length, slow.screen.frames[1]?.levels?.length], [6, 2, 5]);
  assert.deepEqual(slow.screen.book, bookOf(world));
  for (const watch of watches) hub.leave(watch);
  await pause(30);
  const quiet = asked.length;
  await pause(80);
  assert.equal(asked.length, quiet, 'nobody watches');
  // Back after a while: the same room, and what came meanwhile.
  order(world, 'later', DI, { side: 'lay', priceMilli: 1_500 });
  const back = await hub.watch(placeOf(WINNER), quick, { room: watches[0].room.id, n: 6 });
  hub.serve(back as BookWatch);
  assert.deepEqual([quick.screen.frames.at(-1)?.type, quick.screen.n], ['book_changes', 7]);
  assert.deepEqual(quick.screen.book, bookOf(world));
  assert.equal(await hub.watch(placeOf('nowhere'), quick, null), 'not_found');
  hub.stop();
});

test('a hub has limits of what it watches and keeps, says when it cannot read, and ends a book that is gone', async () => {
  const empty = bookOf(worldWithExchange());
  let answer: ((marketId: string) => BookAnswer | null) | null = (marketId) => ({ seq: 1, book: { ...empty, marketId } });
  let open = 0;
  let most = 0;
  const hub = new BookHub(async ({ marketId }) => {
    most = Math.max(most, ++open);
    await pause(30);
    open--;
    if (!answer) throw new Error('late');
    return answer(marketId);
  }, LIMITS);
  const reader = new Reader();
  const a = (await hub.watch(placeOf('a'), reader, null)) as BookWatch;
  await pause(100);
  assert.equal(most, 1);
  const b = (await hub.watch(placeOf('b'), reader, null)) as BookWatch;
  assert.equal(await hub.watch(placeOf('c'), reader, null), 'busy');
  for (const name of ['c', 'd', 'e', 'f']) {
    hub.leave((await hub.watch(placeOf('b'), reader, null)) as BookWatch);
    hub.leave(b);
    hub.leave((await hub.watch(placeOf(name), reader, null)) as BookWatch);
    assert.ok(hub.kept <= 3);
  }
  answer = null;
  assert.equal(await hub.watch(placeOf('g'), reader, null), 'busy');
  await pause(60);
  assert.equal(reader.over.length, 0, 'no answer ends nothing');
  answer = () => ({ seq: 2, book: null });
  await until(() => reader.over.length > 0, 'the end of the book');
  assert.deepEqual([reader.over, hub.watched], [[a], 0]);
  hub.stop();
});

test('one socket watches so many books and no more, also while none is answered yet, and another when it left one', async () => {
  const empty = bookOf(worldWithExchange());
  const hub = new BookHub(async ({ marketId }) => ({ seq: 1, book: { ...empty, marketId } }));
  const said: { code?: string; channel: string }[] = [];
  let given = 0;
  const books = new LiveBooks(hub, {
    ledger: { shard: 0, ledgerId: LEDGER },
    hasRoom: true,
    write: () => void given++,
    say: (frame) => void said.push(frame as (typeof said)[number]),
  });
  const names = Array.from({ length: BOOKS_PER_SOCKET + 1 }, (_, at) => `market-${at}`);
  await Promise.all(names.map((marketId) => books.subscribe({ marketId, has: null })));
  assert.deepEqual(
    said.map(({ channel, code }) => [code, channel]),
    [['rate_limited', `book:market-${BOOKS_PER_SOCKET}`]],
  );
  assert.deepEqual([given, hub.watched], [BOOKS_PER_SOCKET, BOOKS_PER_SOCKET]);
  books.unsubscribe('market-0');
  await books.subscribe({ marketId: `market-${BOOKS_PER_SOCKET}`, has: null });
  assert.deepEqual([given, said.length, hub.watched], [BOOKS_PER_SOCKET + 1, 1, BOOKS_PER_SOCKET]);
  books.close();
  assert.equal(hub.watched, 0);
  hub.stop();
});
