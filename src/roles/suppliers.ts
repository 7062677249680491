// Which suppliers there are, in the order of preference, as the environment says: the scheme of an address says how it is read. With one supplier
// its book is bet at; with several, or one that is no simulator, they make the line of the executable book.
import { fileURLToPath } from 'node:url';
import { GAP_MS, type LineTerms, RETURN_MS } from '#engine/odds/line.ts';
import { DESK_FEED } from '#ports/desk-book.ts';
import { EXECUTABLE_BOOK, SUPPLIER_FEED } from './books.ts';

export type SupplierKind = 'stream' | 'polled' | 'recorded' | 'exchange';

export interface SupplierChoice {
  readonly kind: SupplierKind;
  /** Name in aliases, cursors, messages and metrics. */
  readonly feed: string;
  /** The book of it that bets can be made at. */
  readonly book: string;
  /** Null: the simulator, wherever it runs. */
  readonly url: string | null;
  readonly login?: { readonly user: string; readonly password: string };
  /** Polled: between two requests for changes, ms. */
  readonly pollMs?: number;
  /** An exchange's stream. */
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly speed?: number;
  readonly windowMs?: number;
}

export interface SupplierSettings {
  readonly SUPPLIER_URL?: string | undefined;
  readonly SUPPLIER_URL_2?: string | undefined;
  readonly SUPPLIER_LOGIN?: string | undefined;
  readonly SUPPLIER_LOGIN_2?: string | undefined;
}

const KINDS: Readonly<Record<string, SupplierKind>> = {
  'ws:': 'stream',
  'wss:': 'stream',
  'http:': 'polled',
  'https:': 'polled',
  'file:': 'recorded',
  'exchange:': 'exchange',
};
const DEFAULTS: Readonly<Record<SupplierKind, { feed: string; book: string }>> = {
  stream: { feed: SUPPLIER_FEED, book: EXECUTABLE_BOOK },
  polled: { feed: 'polled', book: 'polled' },
  recorded: { feed: 'recorded', book: 'B365' },
  exchange: { feed: 'exchange', book: 'exchange' },
};
const PARAMETERS: Readonly<Record<SupplierKind, readonly string[]>> = {
  stream: [],
  polled: ['name', 'book', 'poll'],
  recorded: ['name', 'book', 'speed', 'window'],
  exchange: ['name'],
};
const NAME = /^[a-z][a-z0-9-]{0,29}$/;
const BOOK = /^[A-Za-z][A-Za-z0-9_-]{0,29}$/;
const EXCHANGE_PORT = 443;
const SPEED_MAX = 10_000;
/** Fastest and slowest polling, and the widest window of a recorded price, s. */
const POLL_S = { min: 0.25, max: 3_600 };
const WINDOW_S = { min: 1, max: 7 * 86_400 };

export class SupplierError extends Error {
  override readonly name = 'SupplierError';
}

/** Throws SupplierError with what is wrong. */
export function suppliersOf(settings: SupplierSettings): SupplierChoice[] {
  const first = readSupplier(settings.SUPPLIER_URL ?? null, settings.SUPPLIER_LOGIN);
  if (settings.SUPPLIER_URL_2 === undefined) return [first];
  const second = readSupplier(settings.SUPPLIER_URL_2, settings.SUPPLIER_LOGIN_2);
  if (second.kind === 'exchange' && first.kind === 'exchange')
    throw new SupplierError('there is one EXCHANGE_SESSION: name one exchange');
  return [first, second.feed === first.feed ? { ...second, feed: `${second.feed}2` } : second];
}

/** How the suppliers make one line, the desk before all of them; undefined when the only one has a book of the executable name. */
export function lineOf(suppliers: readonly SupplierChoice[]): LineTerms | undefined {
  if (suppliers.length === 1 && suppliers[0]?.book === EXECUTABLE_BOOK) return undefined;
  const sources = [{ feed: DESK_FEED, book: DESK_FEED }, ...suppliers.map(({ book, feed }) => ({ feed, book }))];
  return { book: EXECUTABLE_BOOK, sources, returnMs: RETURN_MS, gapMs: GAP_MS };
}

/** One address; null is the simulator's stream. */
export function readSupplier(address: string | null, login?: string): SupplierChoice {
  if (address === null) return { kind: 'stream', url: null, ...DEFAULTS.stream };
  const url = URL.parse(address);
  const kind = url ? KINDS[url.protocol] : undefined;
  if (!url || !kind) throw new SupplierError('must start with ws://, wss://, http://, https://, exchange:// or file:///');
  if (url.username !== '' || url.password !== '') throw new SupplierError('has a password in it: use SUPPLIER_LOGIN');
  if (kind === 'stream') return { kind, url: address, ...DEFAULTS.stream };
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS[kind].includes(name))
      throw new SupplierError(`has an unknown parameter ${name}; there are: ${PARAMETERS[kind].join(', ')}`);
  }
  const feed = matching(url, 'name', NAME) ?? DEFAULTS[kind].feed;
  if (kind === 'exchange') return { kind, feed, book: feed, url: address, ...exchangeTerms(url) };
  const book = matching(url, 'book', BOOK) ?? (kind === 'polled' ? feed : DEFAULTS[kind].book);
  return { kind, feed, book, url: address, ...(kind === 'polled' ? polledTerms(url, login) : recordedTerms(url)) };
}

function exchangeTerms({ hostname, pathname, port }: URL): Partial<SupplierChoice> {
  if (hostname === '' || (pathname !== '' && pathname !== '/')) throw new SupplierError('names no host: exchange://host:port');
  return { host: hostname, port: Number(port || EXCHANGE_PORT) };
}

function polledTerms(url: URL, login: string | undefined): Partial<SupplierChoice> {
  const pollS = numberIn(url, 'poll', POLL_S);
  const poll = pollS === undefined ? {} : { pollMs: pollS * 1_000 };
  if (login === undefined) return poll;
  if (url.protocol === 'http:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
    throw new SupplierError('has a login, which is not sent to another machine without https://');
  const colon = login.indexOf(':');
  return { ...poll, login: { user: login.slice(0, colon), password: login.slice(colon + 1) } };
}

function recordedTerms(url: URL): Partial<SupplierChoice> {
  const speed = numberIn(url, 'speed', { min: 0.01, max: SPEED_MAX });
  const windowS = numberIn(url, 'window', WINDOW_S);
  let path: string;
  try {
    path = fileURLToPath(new URL(url.pathname, 'file://'));
  } catch (error) {
    throw new SupplierError(`is no path: ${(error as Error).message}`);
  }
  if (url.hostname !== '') throw new SupplierError('names a host: a recording is read from this machine, file:///path');
  return { path, ...(speed === undefined ? {} : { speed }), ...(windowS === undefined ? {} : { windowMs: windowS * 1_000 }) };
}

function matching(url: URL, name: string, shape: RegExp): string | undefined {
  const value = url.searchParams.get(name);
  if (value !== null && !shape.test(value)) throw new SupplierError(`has a ${name} that is no name: ${value.slice(0, 40)}`);
  return value ?? undefined;
}

function numberIn(url: URL, name: string, { max, min }: { min: number; max: number }): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  const value = /^\d{1,9}(?:\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw new SupplierError(`has a ${name} that is not between ${min} and ${max}`);
  return value;
}
