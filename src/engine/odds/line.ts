// The executable line of a market that several sources price: which of them it follows, and when it changes over. Pure: the choice follows from
// what was heard, in its order, and the stamped time.
// The first source in the order that is confirmed-fresh gives the price. One that was lost comes back only after it has been good for a while
// without a break, so that a source which comes and goes does not make the line jump to and fro.
import { DESK_FEED } from '#ports/desk-book.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Entry, Heard } from './market-entry.ts';
import { sayTheSame } from './market-entry.ts';

export interface LineSource {
  readonly feed: string;
  /** Its book, as it names it. */
  readonly book: string;
}

export interface LineTerms {
  /** Name of the line among the books. */
  readonly book: string;
  /** The preferred one first. */
  readonly sources: readonly LineSource[];
  /** A source that was lost must be good for so long before the line goes back to it, ms. */
  readonly returnMs: number;
  /** A source whose updates have a hole is waited for so long, suspended, before the next takes over, ms. */
  readonly gapMs: number;
}

export const RETURN_MS = 30_000;
export const GAP_MS = 3_000;

/** Since when a source is lost, and since when it is good again. A source that was never lost has none. */
interface Lost {
  readonly at: number;
  readonly goodSince: number | null;
}

export interface LineState {
  /** Place in the order of the source that gives the price; -1 before there is one. */
  readonly active: number;
  readonly lost: readonly (Lost | null)[];
}

/** The state of a line that is taken up from storage: sources before the stored one had been lost, and prove themselves again. */
export function recalled(terms: LineTerms, line: Entry | null, now: number): LineState {
  const active = terms.sources.findIndex(({ feed }) => feed === line?.feed);
  return { active, lost: terms.sources.map((_, i) => (i < active ? { at: now, goodSince: now } : null)) };
}

/** The name under which a source's book is kept beside the line: its own where nothing else has it. */
export function bookKept({ book: line, sources }: LineTerms, feed: string, book: string): string {
  const rank = sources.findIndex((source) => source.feed === feed);
  if (rank >= 0 && sources[rank]?.book === book) return book === line ? feed : book;
  return firstSupplier({ sources }) === feed && book !== line ? book : `${feed}.${book}`;
}

/** The preferred source that is not the desk. */
export function firstSupplier({ sources }: Pick<LineTerms, 'sources'>): string | undefined {
  return sources.find(({ feed }) => feed !== DESK_FEED)?.feed;
}

export interface Moment {
  readonly now: number;
  /** Kick-off. Before it, a market that a source no longer offers is looked for at the next; after it, its end holds. */
  readonly startAt: number;
}

/** Where the line stands after this moment; `entries` are the sources' entries in the order of the terms. */
export function follow(terms: LineTerms, state: LineState, entries: readonly (Entry | null)[], moment: Moment): LineState {
  const { now } = moment;
  const good = entries.map((entry) => isGood(entry, moment));
  const lost = entries.map((entry, i) => lostOf(state.lost[i] ?? null, entry, good[i] as boolean, now));
  const mayLead = (i: number): boolean => {
    const since = lost[i]?.goodSince;
    return (good[i] as boolean) && (lost[i] === null || (typeof since === 'number' && now - since >= terms.returnMs));
  };
  const first = good.findIndex((_, i) => mayLead(i));
  const { active } = state;
  if (active >= 0 && good[active]) return { active: first >= 0 && first < active ? first : active, lost };
  const lostAt = lost[active]?.at ?? 0;
  if (entries[active]?.held === 'gap' && now - lostAt < terms.gapMs) return { active, lost };
  const any = first >= 0 ? first : good.indexOf(true);
  if (any >= 0) return { active: any, lost };
  // Nobody is good: the line shows what the last one left, suspended; at the very beginning, what there is.
  return { active: active >= 0 ? active : entries.findIndex((entry) => entry !== null), lost };
}

/** The line as its source says it. A change of source is a change of the line even at the same price: the ticket names the source. */
export function lineAfter(known: Entry | null, source: Entry, book: string): Heard {
  const from = source.quote.source;
  const { confirmedAt, eventId, feed, feedStatus, held } = source;
  const terms = { feed, eventId, confirmedAt, feedStatus, held, n: known?.n ?? 0 };
  const quote: Quote = { ...source.quote, source: book, from, confirmedAt };
  if (known && known.feed === feed && known.quote.from === from && sayTheSame(known.quote, quote, quote.prices)) {
    const { sourceEpoch, sourceVersion } = known.quote;
    const moved = quote.sourceEpoch !== sourceEpoch || quote.sourceVersion !== sourceVersion || confirmedAt > known.confirmedAt;
    if (!moved && known.held === held) return { verdict: 'old', entry: null };
    const { observedAt, quoteSeq } = known.quote;
    return { verdict: 'renewed', entry: { ...terms, quote: { ...quote, quoteSeq, observedAt } } };
  }
  return { verdict: 'changed', entry: { ...terms, quote: { ...quote, quoteSeq: (known?.quote.quoteSeq ?? 0) + 1 } } };
}

/** Confirmed in time, without a hole, and still offering the market. A suspension by a source that speaks is its word, and holds. */
function isGood(entry: Entry | null, { now, startAt }: Moment): boolean {
  if (entry === null || entry.held !== null) return false;
  const gone = entry.quote.status === 'closed' || (entry.quote.status === 'suspended' && entry.quote.prices.length === 0);
  return !gone || now >= startAt;
}

function lostOf(before: Lost | null, entry: Entry | null, good: boolean, now: number): Lost | null {
  if (entry === null) return before; // it never said anything: when it does, it is taken at its word
  if (!good) return before?.goodSince === null ? before : { at: now, goodSince: null };
  return before && before.goodSince === null ? { ...before, goodSince: now } : before;
}
