// Our starting price against the exchange's own, where recordings with lists of starting-price orders are at hand. Theirs need not be on the
// ladder and is made a moment after the last lists that were told; what may differ, and how far, is in docs/exchange-simulation.md.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CLASSIC } from '#core/exchange/ladder.ts';
import { type AtStartingPrice, makeStartingPrice } from '#core/exchange/starting-price-for-tests.ts';
import { MarketBook, type RunnerBook } from '#core/exchange-simulation/stream/market-book.ts';
import { readStreamMessage } from '#core/exchange-simulation/stream/wire.ts';
import { unpack } from '#adapters/feeds/exchange-stream/unpack.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'betfair');
const skip = existsSync(FOLDER) ? false : `no recordings in ${FOLDER}`;
const MILLI = Array.from({ length: CLASSIC.ticks }, (_, tick) => CLASSIC.milliOf(tick));

const TICKS = new Map(MILLI.map((milli, tick) => [milli, tick]));

/** The tick nearest to a price that may lie between two. */
function tickNear(milli: number): number {
  const exact = TICKS.get(milli);
  if (exact !== undefined) return exact;
  let best = 0;
  for (const [tick, one] of MILLI.entries()) if (Math.abs(one - milli) < Math.abs((MILLI[best] as number) - milli)) best = tick;
  return best;
}

const takers = ({ prices, sizes }: RunnerBook['toBack'], more: Partial<AtStartingPrice> = {}): AtStartingPrice[] =>
  [...prices].map((milli, i) => ({ tick: tickNear(milli), sizeMinor: sizes[i] as number, ...more }));

/** Tick of our price from the lists alone (their far price), and with the offers of the book as well (their near price). */
function ours(runner: RunnerBook, withBook: boolean): number | null {
  // What can be laid at the starting price are backers' stakes, what can be backed layers' liabilities.
  const [backs, lays] = [takers(runner.spLay), takers(runner.spBack)];
  const limitBacks = withBook ? takers(runner.toLay) : [];
  const limitLays = withBook ? takers(runner.toBack, { isStake: true }) : [];
  return makeStartingPrice(CLASSIC, [...backs, ...limitBacks], [...lays, ...limitLays])?.tick ?? null;
}

interface Compared {
  /** Ours less theirs, ticks. */
  readonly made: number[];
  readonly far: number[];
  readonly near: number[];
}

function compare(name: string): Compared {
  const compared: Compared = { made: [], far: [], near: [] };
  const book = new MarketBook(name);
  const last = new Map<RunnerBook, number>();
  const text = new TextDecoder().decode(unpack(readFileSync(join(FOLDER, name)), name));
  for (const line of text.split('\n')) {
    const message = readStreamMessage(line);
    if (message.op !== 'mcm') continue;
    for (const change of message.mc ?? []) {
      book.apply(change, message.pt ?? 0);
      if (book.definition?.bspReconciled === true) return { ...compared, made: madeTicks(last) };
      if (book.status !== 'OPEN' || book.inPlay) continue;
      for (const { hc = 0, id, spf, spn } of change.rc ?? []) {
        const runner = book.runner(id, hc) as RunnerBook;
        if (!areLists(runner)) continue;
        const tick = ours(runner, true);
        if (tick !== null) last.set(runner, tick);
        if (typeof spf === 'number') compared.far.push((ours(runner, false) ?? 0) - tickNear(spf * 1_000));
        if (typeof spn === 'number') compared.near.push((ours(runner, true) ?? 0) - tickNear(spn * 1_000));
      }
    }
  }
  return compared;
}

/** Once it is made, each list is one price with all that was matched at it. */
const areLists = ({ spBack, spLay }: RunnerBook): boolean => spBack.prices.length > 1 && spLay.prices.length > 1;

function madeTicks(last: ReadonlyMap<RunnerBook, number>): number[] {
  const made = [...last].filter(([{ definition }]) => Number(definition?.bsp) > 1);
  return made.map(([{ definition }, tick]) => tick - tickNear(Number(definition?.bsp) * 1_000));
}

const within = (ticks: readonly number[], most: number): number => ticks.filter((tick) => Math.abs(tick) <= most).length;

function tell(t: TestContext, name: string, { far, made, near }: Compared): void {
  const shares = (ticks: readonly number[]): string =>
    [0, 1, 3, 8].map((most) => `${within(ticks, most)} within ${most}`).join(', ');
  for (const [what, ticks] of Object.entries({ made, far, near }))
    t.diagnostic(`${name} ${what}: ${ticks.length}: ${shares(ticks)}`);
}

test('our starting prices are those of the recorded exchange, to the ticks that its last lists leave open', { skip }, (t) => {
  const all: Compared = { made: [], far: [], near: [] };
  for (const name of readdirSync(FOLDER).filter((one) => /^\d\.\d+/.test(one))) {
    const compared = compare(name);
    if (compared.made.length === 0) continue;
    tell(t, name, compared);
    for (const what of ['made', 'far', 'near'] as const) all[what].push(...compared[what]);
  }
  const { far, made, near } = all;
  assert.ok(made.length > 20 && far.length > 20 && near.length > 20, 'there is next to nothing to compare');
  // Far prices follow from the lists alone: the same price, or the tick beside one that is not on the ladder.
  assert.equal(within(far, 1), far.length);
  assert.ok(within(far, 0) > far.length * 0.8);
  assert.ok(within(near, 1) > near.length * 0.9 && within(near, 8) === near.length);
  assert.ok(within(made, 3) > made.length * 0.9 && within(made, 8) === made.length);
});
