// Reference set: orders, fills and profit of the reference exchange simulator on one recorded market. Recording, strategy and settings are
// read from the set itself; every order must agree in every field.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { round2 } from '#core/exchange-simulation/reference/reference-float.ts';
import type { ReferenceOrder } from '#core/exchange-simulation/reference/reference-order.ts';
import { REFERENCE_SETTINGS, ReferenceSimulator } from '#core/exchange-simulation/reference/reference-simulator.ts';
import type { Delta } from '#core/exchange-simulation/stream/delta.ts';
import { MarketBook } from '#core/exchange-simulation/stream/market-book.ts';
import type { ChangeMessage } from '#core/exchange-simulation/stream/wire.ts';
import { messagesOf } from '#adapters/feeds/exchange-stream/recording-lines.ts';
import { unpack } from '#adapters/feeds/exchange-stream/unpack.ts';
import { bytesOf, oneLine } from './files.ts';
import { readScript, ScriptPlayer } from './order-script.ts';
import type { CheckedSet } from './report.ts';

/** Where recordings lie: they are what the sets are checked against, no sets of their own. */
export const RECORDINGS = 'betfair';
/** Markets that an error names. */
const MARKETS_SHOWN_MAX = 3;
/** How a recording may be packed. */
const ENDINGS = ['.bz2', '', '.gz'];
/** What a set says about its simulation; another name would mean something that this check does not do. */
const CONFIG_NAMES = new Set([
  'place_latency',
  'cancel_latency',
  'update_latency',
  'replace_latency',
  'simulated_strategy_isolation',
  'simulation_available_prices',
  'window_seconds_before_start',
]);

type ExpectedOrder = Readonly<Record<string, unknown>>;

interface Recording {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ExchangeOrders {
  readonly source_file: string;
  /** The market of a recording of several; without it the set's name or that of the recording says it. */
  readonly market_id?: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly strategy: string;
  readonly book_updates: number;
  readonly orders: number;
  readonly profit: number;
  readonly order_list: readonly ExpectedOrder[];
}

/** True for data of this shape, whatever its file is called. */
export function isExchangeOrders(data: unknown): data is ExchangeOrders {
  const set = data as Partial<ExchangeOrders> | null;
  return (
    typeof set === 'object' &&
    set !== null &&
    typeof set.source_file === 'string' &&
    typeof set.strategy === 'string' &&
    typeof set.config === 'object' &&
    Array.isArray(set.order_list)
  );
}

export function checkExchangeOrders(set: string, expected: ExchangeOrders, folder: string): CheckedSet {
  const started = performance.now();
  const mismatches: string[] = [];
  let checks = 0;
  try {
    const { orders, updates } = replay(set, expected, folder);
    checks = compare(expected, orders, updates, mismatches);
  } catch (error) {
    mismatches.push((error as Error).message);
  }
  return {
    set,
    checks,
    bets: expected.order_list.length,
    mismatches,
    problems: [],
    seconds: (performance.now() - started) / 1000,
  };
}

function replay(set: string, expected: ExchangeOrders, folder: string): { orders: readonly ReferenceOrder[]; updates: number } {
  const { config } = expected;
  const unknown = Object.keys(config).filter((name) => !CONFIG_NAMES.has(name));
  if (unknown.length > 0) throw new Error(`settings of unknown meaning: ${unknown.join(', ')}`);
  const script = readScript(expected.strategy);
  if (!script) throw new Error(`a strategy in words of another shape: ${expected.strategy}`);
  const simulator = new ReferenceSimulator({
    placeLatency: numberIn(config, 'place_latency', REFERENCE_SETTINGS.placeLatency),
    cancelLatency: numberIn(config, 'cancel_latency', REFERENCE_SETTINGS.cancelLatency),
    updateLatency: numberIn(config, 'update_latency', REFERENCE_SETTINGS.updateLatency),
    replaceLatency: numberIn(config, 'replace_latency', REFERENCE_SETTINGS.replaceLatency),
    isolated: config['simulated_strategy_isolation'] !== false,
    fillOnCross: config['simulation_available_prices'] === true,
  });
  const player = new ScriptPlayer(script, numberIn(config, 'window_seconds_before_start', Infinity));
  const recording = recordingOf(expected.source_file, folder);
  const book = new MarketBook(marketOf(set, expected, recording));
  return { orders: simulator.orders, updates: play(simulator, player, { book, recording }) };
}

function numberIn(config: Readonly<Record<string, unknown>>, name: string, otherwise: number): number {
  const value = config[name] ?? otherwise;
  if (typeof value !== 'number') throw new Error(`${name} is no number`);
  return value;
}

function recordingOf(name: string, folder: string): Recording {
  if (!/^[\w.-]+$/.test(name)) throw new Error(`${name} is no name of a recording`);
  const path = ENDINGS.map((ending) => join(folder, RECORDINGS, `${name}${ending}`)).find((one) => existsSync(one));
  if (path === undefined) throw new Error(`${RECORDINGS}/ has no recording ${name}`);
  try {
    return { name, bytes: unpack(bytesOf(path), path) };
  } catch (error) {
    throw new Error(`recording ${name}: ${oneLine(error)}`, { cause: error });
  }
}

/** The market that the set is about: the one it names, else the only one there is. Asks no more of the recording than it needs. */
function marketOf(set: string, { market_id: stated, source_file: source }: ExchangeOrders, recording: Recording): string {
  const named = stated === undefined ? [basename(set), source].flatMap((text) => text.match(/\d+\.\d+/g) ?? []) : [stated];
  const [first] = named;
  const markets = new Set<string>();
  for (const { ids } of changesOf(recording)) {
    for (const id of ids) markets.add(id);
    if (first !== undefined && markets.has(first)) return first;
  }
  const own = named.find((id) => markets.has(id));
  if (own !== undefined) return own;
  const [only, ...more] = markets;
  if (only === undefined) throw new Error(`${recording.name} speaks of no market`);
  if (stated !== undefined) throw new Error(`${recording.name} does not speak of market ${shown(stated)}`);
  if (more.length === 0) return only;
  const some = [...markets].slice(0, MARKETS_SHOWN_MAX).join(', ') + (markets.size > MARKETS_SHOWN_MAX ? ', ...' : '');
  const unsaid = 'the set does not say which is meant, by market_id, its own name or source_file';
  throw new Error(`${recording.name} speaks of ${markets.size} markets (${some}); ${unsaid}`);
}

/** Messages that change markets, with the markets that they change. */
function* changesOf({ bytes, name }: Recording): Generator<{ message: Delta | ChangeMessage; ids: readonly string[] }> {
  for (const { message, number } of messagesOf(bytes)) {
    if (message.op === 'malformed') throw new Error(`${name}:${number} ${message.fault}`);
    if (message.op === 'delta') yield { message, ids: [message.marketId] };
    else if (message.op === 'mcm' && message.mc && message.mc.length > 0) yield { message, ids: message.mc.map(({ id }) => id) };
  }
}

/** Plays one market, passing over what is said of others; gives back its updates (a message is one) before it closed. */
function play(
  simulator: ReferenceSimulator,
  player: ScriptPlayer,
  { book, recording }: { book: MarketBook; recording: Recording },
): number {
  let updates = 0;
  for (const { ids, message } of changesOf(recording)) {
    if (!ids.includes(book.marketId)) continue;
    simulator.arrive(book, message.pt as number);
    if (message.op === 'delta') message.apply(book);
    else for (const change of message.mc ?? []) if (change.id === book.marketId) book.apply(change, message.pt as number);
    simulator.updated(book);
    if (book.status === 'CLOSED') continue;
    updates++;
    player.play(simulator, book);
  }
  return updates;
}

/** Compares everything; gives back how many comparisons were made. */
function compare(expected: ExchangeOrders, orders: readonly ReferenceOrder[], updates: number, mismatches: string[]): number {
  const profit = round2(orders.reduce((sum, order) => sum + order.profit, 0));
  const totals: readonly [string, unknown, unknown][] = [
    ['book_updates', updates, expected.book_updates],
    ['orders', orders.length, expected.orders],
    ['order_list', orders.length, expected.order_list.length],
    ['profit', profit, expected.profit],
  ];
  for (const [name, have, want] of totals)
    if (!same(have, want)) mismatches.push(`${name}: ${shown(have)}, expected ${shown(want)}`);
  let checks = totals.length;
  for (const [i, want] of expected.order_list.entries()) {
    const order = orders[i];
    if (!order) continue;
    if (typeof want !== 'object' || want === null) {
      mismatches.push(`order ${i + 1} is ${shown(want)} in the reference, no order`);
      continue;
    }
    const have = fieldsOf(order);
    const who = `order ${i + 1} (${order.side} ${order.selectionId} at ${shown(order.terms.price)})`;
    for (const name of new Set([...Object.keys(want), ...Object.keys(have)])) {
      checks++;
      if (!Object.hasOwn(want, name)) mismatches.push(`${who} field ${name} is missing in the reference`);
      else if (!Object.hasOwn(have, name) || !same(have[name], want[name]))
        mismatches.push(`${who} ${name}: ${shown(have[name])}, expected ${shown(want[name])}`);
    }
  }
  return checks;
}

function fieldsOf(order: ReferenceOrder): Record<string, unknown> {
  const { terms } = order;
  const limit = terms.type === 'LIMIT' ? terms : null;
  return {
    selection_id: order.selectionId,
    handicap: order.handicap,
    side: order.side,
    price: terms.price ?? null,
    size: limit?.size ?? null,
    persistence: limit?.persistence ?? null,
    status: order.status,
    created: isoOf(order.createdAt),
    placed: isoOf(order.placedAt),
    matched: order.matched,
    size_matched: order.sizeMatched,
    average_price_matched: order.averagePrice,
    size_cancelled: order.sizeCancelled,
    size_lapsed: order.sizeLapsed,
    size_voided: order.sizeVoided,
    runner_status: order.runnerStatus,
    dead_heat_winners: order.deadHeatWinners,
    profit: order.profit,
  };
}

/** As the reference writes times: microseconds, none when there are none. */
function isoOf(at: number | null): string | null {
  if (at === null) return null;
  return new Date(at)
    .toISOString()
    .replace(/\.000Z$/, '')
    .replace(/(\.\d{3})Z$/, '$1000');
}

/** Numbers by value (0 and -0 are one), lists by their parts. */
function same(have: unknown, want: unknown): boolean {
  if (Array.isArray(have) && Array.isArray(want))
    return have.length === want.length && have.every((one, i) => same(one, want[i]));
  return have === want;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
