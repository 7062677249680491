// Reference set: orders, fills and profit of the reference exchange simulator on one recorded market. Recording, strategy and settings are
// read from the set itself; every order must agree in every field.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { round2 } from '#core/exchange-simulation/reference/reference-float.ts';
import type { ReferenceOrder } from '#core/exchange-simulation/reference/reference-order.ts';
import { REFERENCE_SETTINGS, ReferenceSimulator } from '#core/exchange-simulation/reference/reference-simulator.ts';
import { MarketBook } from '#core/exchange-simulation/stream/market-book.ts';
import { messagesOf } from '#adapters/feeds/exchange-stream/recording-lines.ts';
import { unpack } from '#adapters/feeds/exchange-stream/unpack.ts';
import { readScript, ScriptPlayer } from './order-script.ts';
import type { CheckedSet } from './report.ts';

/** Where recordings lie: they are what the sets are checked against, no sets of their own. */
export const RECORDINGS = 'betfair';
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

export interface ExchangeOrders {
  readonly source_file: string;
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
    const { orders, updates } = replay(expected, folder);
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

function replay(expected: ExchangeOrders, folder: string): { orders: readonly ReferenceOrder[]; updates: number } {
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
  return { orders: simulator.orders, updates: play(simulator, player, recordingOf(expected.source_file, folder)) };
}

function numberIn(config: Readonly<Record<string, unknown>>, name: string, otherwise: number): number {
  const value = config[name] ?? otherwise;
  if (typeof value !== 'number') throw new Error(`${name} is no number`);
  return value;
}

function recordingOf(name: string, folder: string): { name: string; bytes: Uint8Array } {
  if (!/^[\w.-]+$/.test(name)) throw new Error(`${name} is no name of a recording`);
  const path = ENDINGS.map((ending) => join(folder, RECORDINGS, `${name}${ending}`)).find((one) => existsSync(one));
  if (path === undefined) throw new Error(`${RECORDINGS}/ has no recording ${name}`);
  return { name, bytes: unpack(readFileSync(path), path) };
}

/** Plays the recording; gives back the updates before the market closed. */
function play(simulator: ReferenceSimulator, player: ScriptPlayer, { bytes, name }: { bytes: Uint8Array; name: string }): number {
  let book: MarketBook | null = null;
  let updates = 0;
  for (const { message, number } of messagesOf(bytes)) {
    if (message.op === 'malformed') throw new Error(`${name}:${number} ${message.fault}`);
    const ids = message.op === 'delta' ? [message.marketId] : message.op === 'mcm' ? (message.mc ?? []).map(({ id }) => id) : [];
    if (ids.length === 0) continue;
    book ??= new MarketBook(ids[0] as string);
    const second = ids.find((id) => id !== (book as MarketBook).marketId);
    if (second !== undefined) throw new Error(`${name}:${number} speaks of a second market, ${second}`);
    simulator.arrive(book, (message as { pt: number }).pt);
    if (message.op === 'delta') message.apply(book);
    else if (message.op === 'mcm') for (const change of message.mc ?? []) book.apply(change, message.pt as number);
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
    const have = fieldsOf(order);
    for (const [name, value] of Object.entries(want)) {
      checks++;
      if (Object.hasOwn(have, name) && same(have[name], value)) continue;
      const who = `order ${i + 1} (${String(want['side'])} ${shown(want['selection_id'])} at ${shown(want['price'])})`;
      mismatches.push(`${who} ${name}: ${shown(have[name])}, expected ${shown(value)}`);
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
