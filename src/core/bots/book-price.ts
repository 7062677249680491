// The latest price list of one bookmaker for one market, with the short path it took there. Only MarketMemory writes it.
// A price stands from when it was observed until it was last confirmed; nothing is interpolated between two prices.
import { type MarketName, selectionsOf } from '../catalog/market.ts';
import { isOddsMilli } from '../base/odds.ts';
import type { Quote, QuoteStatus } from '../catalog/quote.ts';
import type { FixtureFact } from './input.ts';
import { BOT_MARKETS, DROP_WINDOW_S_MAX } from './genes/betting-genes.ts';

/** Most prices remembered per path: a faster feed is remembered for less than the longest window. */
export const PATH_MAX = 256;
const PATH_MS_MAX = DROP_WINDOW_S_MAX * 1000;

/** One bit per market type a bot may want (full time, goals); over/under 2.5 has one more. Other markets have none. */
export const OVER_25_BIT = 1 << BOT_MARKETS.length;
const LINE_2_5 = 10;

/** A fixture and its markets as far as they were told. */
export interface EventRow {
  readonly eventId: string;
  fixture: FixtureFact | null;
  readonly markets: MarketRow[];
  /** When something was last told about it, ms. */
  heardAt: number;
}

/** What a feed last said of itself: `alive` confirms every price it gave since its last gap. */
export interface FeedPulse {
  aliveAt: number;
  /** Counts gaps: a price of an earlier count is not renewed. */
  era: number;
}

export interface MarketRow {
  readonly marketId: string;
  readonly name: MarketName;
  readonly selections: readonly string[];
  readonly bits: number;
  readonly event: EventRow;
  /** The fixture's 1x2 market, from which double chance and draw no bet can be derived. */
  readonly matchOdds: MarketRow | null;
  /** Prices by the memory's number of the bookmaker. */
  readonly books: (BookPrice | undefined)[];
  /** Moves with every change of any price of this market. */
  version: number;
  /** Kept by fair-price.ts: fair probabilities that many bots share. */
  readonly shared: Map<string, SharedFair>;
}

export interface SharedFair {
  /** Of what the probabilities were made: while equal they hold. */
  key: number;
  at: number;
  fair: readonly number[] | null;
}

export function marketBits(name: MarketName): number {
  if (name.stat !== 'goals' || name.period !== 'ft') return 0;
  const place = (BOT_MARKETS as readonly string[]).indexOf(name.type);
  if (place < 0) return 0;
  return (1 << place) | (name.type === 'ou' && name.lineQuarters === LINE_2_5 ? OVER_25_BIT : 0);
}

export class BookPrice {
  readonly market: MarketRow;
  readonly book: string;
  /** Thousandths in the catalogue's order of selections; 0 = withdrawn. */
  readonly oddsMilli: number[];
  /** Largest stake per selection; 0 = none stated. */
  readonly maxStakeMinor: number[];
  status: QuoteStatus = 'suspended';
  inPlay = false;
  quoteSeq = -1;
  observedAt = 0;
  /** Moves with every quote: caches compare it. */
  version = 0;
  /** Open price lists seen so far: a file with an opening and a closing price gives two. */
  seen = 0;
  /** Kept by fair-price.ts: fair probabilities by method and form, and of which version they are. */
  readonly fair: (readonly number[] | null)[] = [];
  readonly fairVersion: number[] = [];
  score: { readonly home: number; readonly away: number } | null = null;

  #confirmedAt = 0;
  #pulse: FeedPulse;
  #era: number;
  #sourceEpoch = -1;
  #sourceVersion = -1;
  /** Path, oldest first: when a price was observed, until when it was confirmed, and its odds (as many as selections). */
  #from: number[] = [];
  #until: number[] = [];
  #odds: number[] = [];

  constructor(market: MarketRow, book: string, pulse: FeedPulse) {
    this.market = market;
    this.book = book;
    this.oddsMilli = selectionsOf(market.name.type).map(() => 0);
    this.maxStakeMinor = this.oddsMilli.slice();
    this.#pulse = pulse;
    this.#era = pulse.era;
  }

  /** When the source last said that this price holds, ms. */
  get confirmedAt(): number {
    return this.#era === this.#pulse.era && this.#pulse.aliveAt > this.#confirmedAt ? this.#pulse.aliveAt : this.#confirmedAt;
  }

  /** False, and nothing changed, when the source has already said something newer. */
  take(quote: Quote, whole: boolean, pulse: FeedPulse): boolean {
    const { sourceEpoch, sourceVersion } = quote;
    if (sourceEpoch < this.#sourceEpoch || (sourceEpoch === this.#sourceEpoch && sourceVersion < this.#sourceVersion))
      return false;
    const isSameWord = sourceEpoch === this.#sourceEpoch && sourceVersion === this.#sourceVersion;
    // What is suspended for being stale, or back from it, bears the source's last version under a new number of ours.
    if (isSameWord && (quote.quoteSeq <= this.quoteSeq || quote.status === this.status)) {
      this.#confirmedAt = Math.max(this.#confirmedAt, quote.confirmedAt); // said again: the price still holds
      return false;
    }
    this.#endLast(quote.observedAt);
    this.#sourceEpoch = sourceEpoch;
    this.#sourceVersion = sourceVersion;
    this.#pulse = pulse;
    this.#era = pulse.era;
    this.#confirmedAt = quote.confirmedAt;
    this.status = quote.status;
    this.inPlay = quote.inPlay;
    this.quoteSeq = quote.quoteSeq;
    this.observedAt = quote.observedAt;
    this.score = quote.score ?? null;
    if (whole) {
      this.oddsMilli.fill(0);
      this.maxStakeMinor.fill(0);
    }
    for (const price of quote.prices) {
      const place = this.market.selections.indexOf(price.selectionId);
      if (place < 0) continue;
      this.oddsMilli[place] = isOddsMilli(price.oddsMilli) ? price.oddsMilli : 0;
      this.maxStakeMinor[place] = price.maxStakeMinor ?? 0;
    }
    this.version++;
    this.market.version++;
    if (this.status === 'open' && this.oddsMilli.some((odds) => odds > 0)) this.#extend();
    return true;
  }

  /**
   * Highest odds of a selection that are known to have stood at some time since `from`, this price included;
   * 0 when nothing but a later part of the window is known, so that no fall can be claimed.
   */
  highestSince(selection: number, from: number): number {
    const width = this.oddsMilli.length;
    let last = this.#from.length - 1;
    let highest = this.oddsMilli[selection] as number;
    let known = last >= 0 && (this.#from[last] as number) <= from;
    while (--last >= 0 && (this.#until[last] as number) >= from) {
      const odds = this.#odds[last * width + selection] as number;
      if (odds === 0) continue;
      known = true;
      if (odds > highest) highest = odds;
    }
    return known ? highest : 0;
  }

  #endLast(at: number): void {
    const last = this.#until.length - 1;
    if (last < 0 || this.status !== 'open') return;
    this.#until[last] = Math.max(this.#until[last] as number, Math.min(this.confirmedAt, at));
  }

  #extend(): void {
    this.seen++;
    this.#from.push(this.observedAt);
    this.#until.push(this.#confirmedAt);
    for (const odds of this.oddsMilli) this.#odds.push(odds);
    const oldest = this.observedAt - PATH_MS_MAX;
    let drop = Math.max(0, this.#from.length - PATH_MAX);
    while (drop < this.#from.length - 1 && (this.#until[drop] as number) < oldest) drop++;
    if (drop === 0) return;
    this.#from.splice(0, drop);
    this.#until.splice(0, drop);
    this.#odds.splice(0, drop * this.oddsMilli.length);
  }
}
