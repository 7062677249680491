// The desk's book as a feed: prices made by hand go the way of any supplier's. They are confirmed every two seconds, each time the book was read
// to its end, and so never go stale while this feed runs; they end when the desk says so or at the time that it named.
import type { Aliases } from '#ports/aliases.ts';
import type { Clock } from '#ports/clock.ts';
import { DESK_FEED, type DeskBook, type DeskChange, type DeskOffer, eventIdOf } from '#ports/desk-book.ts';
import type { Cursor, Feed, FeedFact, FeedItem } from '#ports/feed.ts';
import { pause } from '../pause.ts';

export interface DeskFeedOptions {
  readonly book: DeskBook;
  readonly aliases: Pick<Aliases, 'add'>;
  readonly clock: Clock;
  /** The book under which its prices can be bet at. */
  readonly sells: string;
  readonly pollMs?: number;
}

/** Between two looks at the book, ms: how long a price of the desk takes to the players. */
const POLL_MS = 200;
const ALIVE_MS = 2_000;
const CHANGES_MAX = 500;
const EPOCH = 1;

interface Ending {
  readonly at: number;
  readonly change: DeskChange & { readonly kind: 'offer' };
}

export class DeskFeed implements Feed {
  readonly #options: DeskFeedOptions;
  /** By market: offers that end by themselves. */
  readonly #endings = new Map<string, Ending>();

  constructor(options: DeskFeedOptions) {
    this.#options = options;
  }

  async *read(from: Cursor | null, stop: AbortSignal): AsyncIterable<FeedItem[]> {
    const { book, clock, pollMs = POLL_MS } = this.#options;
    let no = from?.seq ?? 0;
    let aliveAt = 0;
    for (const change of await book.expiring()) this.#remember(change);
    while (!stop.aborted) {
      const changes = await book.changesAfter(no, CHANGES_MAX);
      no = changes.at(-1)?.no ?? no;
      const items = await this.#itemsOf(changes);
      for (const change of changes) this.#remember(change);
      items.push(...this.#ended(no));
      // Only where everything was read: what is confirmed is what the desk said last.
      if (changes.length < CHANGES_MAX && clock.now() - aliveAt >= ALIVE_MS) {
        aliveAt = clock.now();
        items.push(this.#item({ kind: 'alive' }, no));
      }
      if (items.length > 0) yield items;
      if (changes.length < CHANGES_MAX) await pause(clock, pollMs, stop);
    }
  }

  /** Everything that holds of one fixture. */
  async snapshot(scope: string): Promise<FeedItem[]> {
    const changes = await this.#options.book.event(scope);
    const order = (change: DeskChange): number => (change.kind === 'fixture' ? 0 : change.kind === 'offer' ? 1 : 2);
    const now = this.#options.clock.now();
    const holding = changes.map((change) => (change.kind === 'offer' && hasEnded(change.offer, now) ? endOf(change) : change));
    return this.#itemsOf(holding.sort((a, b) => order(a) - order(b) || a.no - b.no));
  }

  /** An event is ours by the desk's own word: its alias is its name. */
  async #itemsOf(changes: readonly (DeskChange | EndedChange)[]): Promise<FeedItem[]> {
    const ids = [...new Set(changes.map(eventIdOf))];
    const alias = (id: string) => ({ source: DESK_FEED, kind: 'fixture', foreignId: id, ourId: id, swapped: false }) as const;
    await this.#options.aliases.add(ids.map(alias), DESK_FEED);
    return changes.map((change) => this.#itemOf(change));
  }

  #itemOf(change: DeskChange | EndedChange): FeedItem {
    if (change.kind === 'fixture') {
      const { title: _, ...fixture } = change.fixture;
      return this.#item({ kind: 'fixture', fixture }, change.no);
    }
    if (change.kind === 'result')
      return this.#item({ kind: 'result', result: { ...change.result, source: DESK_FEED } }, change.no);
    const { betDelayMs, inPlay, marketId, prices, stated } = change.offer;
    const { sells } = this.#options;
    const quote = {
      marketId,
      quoteSeq: 0,
      status: prices.length > 0 ? ('open' as const) : ('suspended' as const),
      inPlay,
      betDelayMs,
      prices,
      source: sells,
      ...(sells === DESK_FEED ? {} : { from: DESK_FEED }),
      sourceEpoch: EPOCH,
      // Even numbers are changes, the odd one behind it is the end that it named.
      sourceVersion: change.no * 2 + ('ended' in change ? 1 : 0),
      observedAt: change.at,
      confirmedAt: this.#options.clock.now(),
      ...(stated ? { stated } : {}),
    };
    return this.#item({ kind: 'quote', quote, whole: true }, change.no);
  }

  #item(fact: FeedFact, no: number): FeedItem {
    const now = this.#options.clock.now();
    return { source: DESK_FEED, cursor: { epoch: EPOCH, seq: no }, observedAt: now, receivedAt: now, ...fact };
  }

  #remember(change: DeskChange): void {
    if (change.kind !== 'offer') return;
    const { marketId, validUntil } = change.offer;
    if (validUntil === null) this.#endings.delete(marketId);
    else this.#endings.set(marketId, { at: validUntil, change });
  }

  /** Offers whose time is over. Said again after a start: then it is known, and changes nothing. */
  #ended(no: number): FeedItem[] {
    const now = this.#options.clock.now();
    const items: FeedItem[] = [];
    for (const [marketId, { at, change }] of this.#endings) {
      if (at > now) continue;
      this.#endings.delete(marketId);
      items.push({ ...this.#itemOf(endOf(change)), cursor: { epoch: EPOCH, seq: no } });
    }
    return items;
  }
}

type EndedChange = DeskChange & { readonly kind: 'offer'; readonly ended: true };

function hasEnded({ validUntil }: DeskOffer, now: number): boolean {
  return validUntil !== null && validUntil <= now;
}

function endOf(change: DeskChange & { readonly kind: 'offer' }): EndedChange {
  return { ...change, ended: true, offer: { ...change.offer, prices: [] }, at: change.offer.validUntil ?? change.at };
}
