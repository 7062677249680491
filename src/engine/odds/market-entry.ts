// What is known about one market of one book, and what each thing the source says does to it. Pure: an entry is replaced, never changed.
// Order is (sourceEpoch, sourceVersion); a change is only merged onto the version right before it; otherwise the market is held suspended
// until a whole price list comes.
import type { Price, Quote } from '#core/catalog/quote.ts';
import type { StoredQuote } from '#ports/odds-store.ts';

export type Entry = StoredQuote;

/** changed: a new quote to publish. renewed: same prices, said again. old: known already. gap: the base of this change is missing. */
export type Verdict = 'changed' | 'renewed' | 'old' | 'gap';

export interface Heard {
  readonly verdict: Verdict;
  /** Null when there is nothing to keep. */
  readonly entry: Entry | null;
}

export interface Said {
  readonly feed: string;
  readonly eventId: string;
  readonly quote: Quote;
  readonly whole: boolean;
}

export interface StaleLimits {
  readonly preMatchMs: number;
  readonly inPlayMs: number;
}

/** Takes a quote of the source. */
export function hear(known: Entry | null, said: Said): Heard {
  const { quote, whole } = said;
  // Versions of another feed are no order: what that one left is replaced by a whole list and by nothing less.
  if (known && known.feed === said.feed) {
    const order = quote.sourceEpoch - known.quote.sourceEpoch || quote.sourceVersion - known.quote.sourceVersion;
    if (order < 0) return { verdict: 'old', entry: null };
    if (order === 0 && !(whole && known.held === 'gap')) return confirm(known, quote.confirmedAt);
  }
  if (whole) return settle(known, said, inOneOrder(quote.prices));
  if (known?.feed !== said.feed) return { verdict: 'gap', entry: null };
  const next = quote.sourceEpoch === known.quote.sourceEpoch && quote.sourceVersion === known.quote.sourceVersion + 1;
  if (known.held === 'gap') return { verdict: 'gap', entry: null };
  if (!next) return { verdict: 'gap', entry: hold(known, 'gap') };
  return settle(known, said, merged(known.quote.prices, quote.prices));
}

/** The source says that the price still holds. A stale market comes back by this alone; one with a gap does not. */
export function confirm(known: Entry, at: number): Heard {
  if (at <= known.confirmedAt) return { verdict: 'old', entry: null };
  if (known.held !== 'stale') return { verdict: 'renewed', entry: { ...known, confirmedAt: at } };
  const quote = { ...known.quote, status: known.feedStatus, quoteSeq: known.quote.quoteSeq + 1, confirmedAt: at };
  return { verdict: 'changed', entry: { ...known, quote, confirmedAt: at, held: null } };
}

/** The held market when its price was not confirmed within the limit; null while it is good, or not open anyway. */
export function breakIfStale(known: Entry, now: number, limits: StaleLimits): Entry | null {
  if (known.quote.status !== 'open') return null;
  const limitMs = known.quote.inPlay ? limits.inPlayMs : limits.preMatchMs;
  return now - known.confirmedAt > limitMs ? hold(known, 'stale') : null;
}

/** The fixture is over: no price of it holds any longer. Null when it is closed already. */
export function close(known: Entry): Entry | null {
  if (known.quote.status === 'closed') return null;
  const quote: Quote = { ...known.quote, status: 'closed', quoteSeq: known.quote.quoteSeq + 1 };
  return { ...known, quote, held: null, feedStatus: 'closed' };
}

function hold(known: Entry, held: 'stale' | 'gap'): Entry {
  const quote: Quote =
    known.quote.status === 'closed'
      ? known.quote
      : { ...known.quote, status: 'suspended', quoteSeq: known.quote.quoteSeq + 1, confirmedAt: known.confirmedAt };
  return { ...known, quote, held };
}

function settle(known: Entry | null, { eventId, feed, quote }: Said, prices: readonly Price[]): Heard {
  const confirmedAt = Math.max(quote.confirmedAt, known?.confirmedAt ?? 0);
  const base = { feed, eventId, confirmedAt, held: null, feedStatus: quote.status, n: known?.n ?? 0 };
  const same = known?.feed === feed && sayTheSame(known.quote, quote, prices);
  // An unchanged price keeps its quoteSeq and its time of making; only the source's version moves.
  const quoteSeq = same ? known.quote.quoteSeq : (known?.quote.quoteSeq ?? 0) + 1;
  const observedAt = same ? known.quote.observedAt : quote.observedAt;
  const stated = quote.stated ?? known?.quote.stated;
  const heard: Quote = { ...quote, prices, quoteSeq, observedAt, confirmedAt, ...(stated ? { stated } : {}) };
  const entry: Entry = { ...base, quote: heard };
  return { verdict: same ? 'renewed' : 'changed', entry };
}

/** The source no longer offers the market, and has said so by leaving it out. Null when that is known. */
export function withdraw(known: Entry): Entry | null {
  const { held, quote } = known;
  if (quote.status === 'closed' || (quote.status === 'suspended' && quote.prices.length === 0 && held === null)) return null;
  const gone: Quote = { ...quote, status: 'suspended', prices: [], quoteSeq: quote.quoteSeq + 1 };
  return { ...known, quote: gone, held: null, feedStatus: 'suspended' };
}

/** Whether two quotes offer the same, whoever says it and when. */
export function sayTheSame(known: Quote, quote: Quote, prices: readonly Price[]): boolean {
  return (
    known.status === quote.status &&
    known.inPlay === quote.inPlay &&
    known.betDelayMs === quote.betDelayMs &&
    known.score?.home === quote.score?.home &&
    known.score?.away === quote.score?.away &&
    known.prices.length === prices.length &&
    known.prices.every((price, i) => samePrice(price, prices[i] as Price))
  );
}

function samePrice(a: Price, b: Price): boolean {
  return a.selectionId === b.selectionId && a.oddsMilli === b.oddsMilli && a.maxStakeMinor === b.maxStakeMinor;
}

function merged(known: readonly Price[], changes: readonly Price[]): readonly Price[] {
  if (changes.length === 0) return known;
  return inOneOrder([
    ...known.filter((price) => !changes.some((change) => change.selectionId === price.selectionId)),
    ...changes,
  ]);
}

/** By selection, so that two lists with the same prices are equal. */
function inOneOrder(prices: readonly Price[]): readonly Price[] {
  return prices.toSorted((a, b) => (a.selectionId < b.selectionId ? -1 : a.selectionId > b.selectionId ? 1 : 0));
}
