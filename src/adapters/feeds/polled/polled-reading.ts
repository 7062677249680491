// One reading of a polled supplier, round by round. A refresh takes a snapshot and the changes since it, so that it is true as of the moment
// those were asked for; a round of changes goes on from the supplier's own cursors. What a round cannot use whole it does not use at all.
import type { Clock } from '#ports/clock.ts';
import type { Cursor, FeedFact, FeedItem } from '#ports/feed.ts';
import { Offer, rootOfForeign } from './offer.ts';
import type { Pacer } from './pacer.ts';
import { type Ask, request, RequestError, type RequestOptions } from './requests.ts';
import { Settlements } from './settlements.ts';
import { type Stamp, ToldPrices } from './told-prices.ts';
import type { AnswerOf, Endpoint } from './wire.ts';

/** How often the supplier may be asked. The defaults are Pinnacle's fair use of 2026: a snapshot a minute, changes every five seconds. */
export interface FairUse {
  /** Between two requests for changes of one kind, ms. */
  readonly pollMs: number;
  /** Between two snapshots of one kind, ms. */
  readonly snapshotMs: number;
  /** Between two requests for settled fixtures, ms. */
  readonly settledMs: number;
  /** Between two requests for the leagues, ms; one that failed is made again as soon as a snapshot would be. */
  readonly leaguesMs: number;
  /** A full refresh this often, ms. */
  readonly refreshMs: number;
}

export interface ReadingOptions extends RequestOptions {
  readonly source: string;
  readonly book: string;
  readonly fairUse: FairUse;
  readonly pacer: Pacer;
  readonly clock: Clock;
  /** Settled fixtures or leagues could not be read: prices go on, and they are asked for again in their time. */
  readonly onUnsettled: (error: RequestError) => void;
}

interface Lasts {
  fixtures: number;
  odds: number;
}

export class PolledReading {
  readonly #options: ReadingOptions;
  readonly #stop: AbortSignal;
  readonly #settlements: Settlements;
  readonly #told = new ToldPrices();
  readonly #leagues = new Map<number, boolean>();
  readonly #cards = new Map<number, string>();
  readonly #epoch: number;
  #offer = new Offer();
  #lasts: Lasts | null = null;
  #settledLast: number | null;
  #settledAt = 0;
  #leaguesAt = 0;
  #leaguesTriedAt = 0;
  #refreshedAt = 0;
  #version = 0;
  #confirmedAt = 0;
  /** When the next market closes by itself, ms. */
  readonly #cutoffs = new Map<number, number>();

  constructor(options: ReadingOptions, from: Cursor | null, stop: AbortSignal) {
    this.#options = options;
    this.#stop = stop;
    this.#settlements = new Settlements(options.source);
    // Later than whatever was said before, by this process or another: what this reading says is newer.
    this.#epoch = Math.max(options.clock.now(), (from?.epoch ?? 0) + 1);
    this.#settledLast = settledLastOf(from);
  }

  /** Our own place: the supplier's cursors are only in the token, and never compared with ours. */
  get cursor(): Cursor {
    const token = [this.#lasts?.fixtures ?? 0, this.#lasts?.odds ?? 0, this.#settledLast ?? 0].join('.');
    return { epoch: this.#epoch, seq: this.#version, token };
  }

  /** Forgets the supplier's cursors: the next round begins with a snapshot. */
  lose(): void {
    this.#lasts = null;
    this.#settledLast = null;
  }

  /** Asks for what is new, waiting for its turn; gives what it means. Throws RequestError when there is no answer to use. */
  async round(): Promise<FeedItem[]> {
    const { clock, fairUse } = this.#options;
    if (this.#lasts === null || clock.now() - this.#refreshedAt >= fairUse.refreshMs) return this.#refresh();
    const fixtures = await this.#delta('fixtures', this.#lasts.fixtures);
    this.#offer.takeFixtures(fixtures.answer);
    this.#lasts.fixtures = fixtures.answer.last;
    const odds = await this.#delta('odds', this.#lasts.odds);
    this.#offer.takeOdds(odds.answer);
    this.#lasts.odds = odds.answer.last;
    const results = await this.#results();
    // Both were asked for by then: a price holds only while its fixture is not withheld.
    return this.#say(fixtures.askedAt, [...this.#due()], results);
  }

  /** What is known of one fixture. */
  image(root: number): FeedItem[] {
    const card = this.#offer.card(root);
    if (!card) return [];
    const quotes = this.#told.image(root, this.#stamp(this.#confirmedAt));
    return this.#items(this.#confirmedAt, [
      { kind: 'fixture', fixture: card },
      ...quotes.map((quote): FeedFact => ({ kind: 'quote', quote, whole: true })),
    ]);
  }

  fixtures(): number[] {
    return [...this.#offer.fixtures()];
  }

  async #refresh(): Promise<FeedItem[]> {
    const { clock, fairUse } = this.#options;
    await this.#renewLeagues();
    const offer = new Offer();
    const fixtures = await this.#ask({ endpoint: 'fixtures', everyMs: fairUse.snapshotMs });
    const odds = await this.#ask({ endpoint: 'odds', everyMs: fairUse.snapshotMs });
    offer.takeFixtures(fixtures.answer);
    offer.takeOdds(odds.answer);
    // A snapshot may be a minute old; the changes since it are not.
    const fixturesSince = await this.#delta('fixtures', fixtures.answer.last);
    const oddsSince = await this.#delta('odds', odds.answer.last);
    offer.takeFixtures(fixturesSince.answer);
    offer.takeOdds(oddsSince.answer);
    const results = await this.#results();
    this.#lasts = { fixtures: fixturesSince.answer.last, odds: oddsSince.answer.last };
    this.#offer = offer;
    this.#refreshedAt = clock.now();
    this.#cards.clear(); // all of it is said once more: what was lost on the way is there again
    return this.#say(fixturesSince.askedAt, [...offer.fixtures(), ...this.#told.fixtures()], results, true);
  }

  /** Reads the leagues when they are old. Only settlements need them: prices do not wait until they can be read. */
  async #renewLeagues(): Promise<void> {
    const { clock, fairUse, onUnsettled } = this.#options;
    const [now, everyMs] = [clock.now(), fairUse.snapshotMs];
    if (this.#leaguesAt > 0 && now - this.#leaguesAt < fairUse.leaguesMs) return;
    if (this.#leaguesTriedAt > 0 && now - this.#leaguesTriedAt < everyMs) return;
    try {
      const { answer, askedAt } = await this.#ask({ endpoint: 'leagues', everyMs });
      for (const { homeTeamType, id } of answer.leagues) this.#leagues.set(id, homeTeamType === 'Team1');
      this.#leaguesAt = askedAt;
    } catch (error) {
      if (!(error instanceof RequestError) || this.#stop.aborted) throw error;
      onUnsettled(error);
    } finally {
      this.#leaguesTriedAt = clock.now();
    }
  }

  async #results(): Promise<FeedFact[]> {
    const { clock, fairUse, onUnsettled } = this.#options;
    if (this.#settledAt > 0 && clock.now() - this.#settledAt < fairUse.settledMs) return [];
    this.#settledAt = clock.now();
    try {
      return await this.#settled();
    } catch (error) {
      if (!(error instanceof RequestError) || this.#stop.aborted) throw error;
      if (error.why === 'lost') this.#settledLast = null;
      onUnsettled(error);
      return [];
    }
  }

  async #settled(): Promise<FeedFact[]> {
    const { clock, fairUse } = this.#options;
    const { answer } =
      this.#settledLast === null
        ? await this.#ask({ endpoint: 'settled', everyMs: fairUse.settledMs })
        : await this.#delta('settled', this.#settledLast, fairUse.settledMs);
    const isUnknown = ({ id }: { id: number }): boolean => !this.#leagues.has(id);
    if (answer.leagues.some(isUnknown)) await this.#renewLeagues();
    // Nothing is settled on a guess of who plays at home: what a new league says is asked for again until the leagues tell of it.
    if (!answer.leagues.some(isUnknown)) this.#settledLast = answer.last;
    return this.#settlements
      .take(answer, (id) => this.#leagues.get(id) ?? null, clock.now())
      .filter(({ root }) => this.#offer.rootOf(root) === root) // a live fixture is settled with the one that it belongs to
      .map(({ result }) => ({ kind: 'result', result }));
  }

  async #delta<E extends Endpoint>(endpoint: E, since: number, everyMs = this.#options.fairUse.pollMs) {
    const asked = await this.#ask({ endpoint, since, everyMs });
    const { last } = asked.answer as { last: number };
    if (last < since) throw new RequestError('malformed', `${endpoint}: an answer of the past, ${last} after ${since}`);
    return asked;
  }

  #ask<E extends Endpoint>(ask: Ask<E>): Promise<{ answer: AnswerOf<E>; askedAt: number }> {
    return request(this.#options, ask, this.#stop);
  }

  /** Fixtures about which something was said, or of which a period has closed by itself meanwhile. */
  #due(): Set<number> {
    const due = this.#offer.takeTouched();
    const now = this.#options.clock.now();
    for (const [root, at] of this.#cutoffs) if (at <= now) due.add(root);
    return due;
  }

  #say(askedAt: number, roots: readonly number[], results: readonly FeedFact[], whole = false): FeedItem[] {
    this.#version++;
    this.#confirmedAt = askedAt;
    this.#offer.takeTouched();
    const stamp = this.#stamp(askedAt);
    const now = this.#options.clock.now();
    const facts: FeedFact[] = [];
    for (const root of new Set(roots)) {
      const card = this.#offer.card(root);
      const changed = this.#told.changes(root, this.#offer.markets(root, now), stamp);
      const quotes = whole ? [...changed.filter(({ prices }) => prices.length === 0), ...this.#told.image(root, stamp)] : changed;
      this.#noteCutoff(root, now);
      if (card && this.#isNews(root, JSON.stringify(card))) facts.push({ kind: 'fixture', fixture: card });
      for (const quote of quotes) facts.push({ kind: 'quote', quote, whole: true });
    }
    if (whole) facts.push({ kind: 'offer', marketIds: [...this.#told.fixtures()].flatMap((root) => this.#told.marketsOf(root)) });
    facts.push({ kind: 'alive' }, ...results);
    const items = this.#items(askedAt, facts);
    for (const fact of results) if (fact.kind === 'result') this.#forget(fact.result.eventId);
    return items;
  }

  #noteCutoff(root: number, now: number): void {
    const at = this.#offer.nextCutoff(root, now);
    if (at === Number.POSITIVE_INFINITY) this.#cutoffs.delete(root);
    else this.#cutoffs.set(root, at);
  }

  #isNews(root: number, text: string): boolean {
    if (this.#cards.get(root) === text) return false;
    this.#cards.set(root, text);
    return true;
  }

  #forget(eventId: string): void {
    const root = rootOfForeign(eventId);
    if (root === null) return;
    this.#offer.forget(root);
    this.#told.forget(root);
    this.#cutoffs.delete(root);
    this.#cards.delete(root);
  }

  #stamp(askedAt: number): Stamp {
    return { book: this.#options.book, epoch: this.#epoch, version: this.#version, askedAt };
  }

  #items(askedAt: number, facts: readonly FeedFact[]): FeedItem[] {
    const { clock, source } = this.#options;
    const { cursor } = this;
    const receivedAt = clock.now();
    return facts.map((fact) => {
      const observedAt = fact.kind === 'result' ? Math.min(fact.result.observedAt, receivedAt) : askedAt;
      return { source, cursor, observedAt, receivedAt, ...fact };
    });
  }
}

/** Where settled fixtures were asked for last: results of a long absence come after it. */
function settledLastOf(from: Cursor | null): number | null {
  const last = Number(from?.token?.split('.')[2] ?? Number.NaN);
  return Number.isSafeInteger(last) && last > 0 ? last : null;
}
