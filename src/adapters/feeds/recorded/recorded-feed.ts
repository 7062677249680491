// A recording as a live feed: its first moment is now, and its times are moved, at the stated speed, onto the time that passes. After a restart
// it goes on where it was, on the same timetable.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Quote } from '#core/catalog/quote.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cursor, Feed, FeedFact, FeedItem, FixtureCard } from '#ports/feed.ts';
import { type Log, silentLog } from '#ports/log.ts';
import { RecordingError } from '#ports/recording.ts';
import { bytesOfFile } from './recording-file.ts';
import { readRecording } from '../recording-reader.ts';
import { pause } from '../pause.ts';
import { type RecordedFact, recordedFacts } from './recorded-items.ts';

export interface RecordedFeedOptions {
  readonly paths: readonly string[];
  readonly source: string;
  readonly clock: Clock;
  readonly log?: Log;
  /** Recorded time that passes in one of real time: 1 is as it was, 60 makes an hour of a minute. */
  readonly speed?: number;
  /** How long after its stated time a recorded price can be had, ms of recorded time. */
  readonly windowMs?: number;
}

/** As in a replay. */
export const WINDOW_MS = 120_000;
/** While the recording runs it says this often that its open prices hold, ms. */
const ALIVE_EVERY_MS = 2_000;
const BATCH_MAX = 500;
/** Larger files are no season. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** The recorded moments on the clock of now. */
interface Timetable {
  /** When the recording's first moment is, ms. */
  readonly anchor: number;
  readonly speed: number;
  readonly firstAt: number;
}

export class RecordedFeed implements Feed {
  readonly #options: RecordedFeedOptions;
  readonly #facts: readonly RecordedFact[];
  readonly #versions: ReadonlyMap<RecordedFact, number>;
  /** Of the files, the speed and the window: another recording has another timetable. */
  readonly #mark: string;
  #timetable: Timetable | null = null;
  #told = 0;

  /** Reads the files; throws RecordingError when they are no recording. */
  static async open(options: RecordedFeedOptions): Promise<RecordedFeed> {
    const files = await Promise.all(options.paths.map(async (path) => ({ name: basename(path), bytes: await bytesOf(path) })));
    const { fixtures, problems } = readRecording(files);
    const log = options.log ?? silentLog;
    const terms = { speed: options.speed ?? 1, windowMs: options.windowMs ?? WINDOW_MS };
    log.info('feed.recording', { source: options.source, fixtures: fixtures.length, problems: problems.length, ...terms });
    const hash = createHash('sha256');
    for (const { bytes } of files) hash.update(bytes);
    const mark = `${hash.digest('hex').slice(0, 12)}-${terms.speed}-${terms.windowMs}`;
    return new RecordedFeed(options, recordedFacts(fixtures, terms.windowMs), mark);
  }

  private constructor(options: RecordedFeedOptions, facts: readonly RecordedFact[], mark: string) {
    this.#options = options;
    this.#facts = facts;
    this.#versions = new Map(facts.map((fact, i) => [fact, i + 1]));
    this.#mark = mark;
  }

  /** The recording's own names, each of them one of ours already: what the alias table is to say of them. */
  names(): { readonly competitions: Set<string>; readonly teams: Set<string> } {
    const competitions = new Set<string>();
    const teams = new Set<string>();
    for (const fact of this.#facts) {
      if (fact.kind !== 'fixture') continue;
      competitions.add(fact.card.competition);
      teams.add(fact.card.home).add(fact.card.away);
    }
    return { competitions, teams };
  }

  books(): Set<string> {
    return new Set(this.#facts.flatMap((fact) => (fact.kind === 'quote' ? [fact.book] : [])));
  }

  async *read(from: Cursor | null, stop: AbortSignal): AsyncGenerator<FeedItem[]> {
    const { clock } = this.#options;
    this.#begin(from);
    let aliveAt = 0;
    while (!stop.aborted) {
      const now = clock.now();
      const due = this.#due(now);
      if (due.length > 0) {
        this.#told += due.length;
        yield due.map((fact) => this.#item(fact, now));
      } else if (now - aliveAt >= ALIVE_EVERY_MS) {
        aliveAt = now;
        yield [this.#stamped(now, { kind: 'alive' })];
      } else await pause(clock, Math.min(PAUSE_MS_MAX, Math.min(this.#nextAt(), aliveAt + ALIVE_EVERY_MS) - clock.now()), stop);
    }
  }

  /** What has been told of one fixture (a feed's event id) so far, as it holds now. */
  snapshot(scope: string): Promise<FeedItem[]> {
    const now = this.#options.clock.now();
    const newest = new Map<string, RecordedFact>();
    for (const fact of this.#timetable ? this.#facts.slice(0, this.#told) : []) {
      if (this.#foreign(fact.eventId) !== scope && scope !== '*') continue;
      newest.set(fact.kind === 'quote' ? `${fact.book}|${fact.marketId}` : `${fact.kind}|${fact.eventId}`, fact);
    }
    return Promise.resolve([...newest.values()].map((fact) => this.#item(fact, now)));
  }

  /** Goes on with the timetable of the cursor, when that is of this recording; otherwise the first moment is now. */
  #begin(from: Cursor | null): void {
    const { clock, speed = 1 } = this.#options;
    const known = from?.token === this.#mark ? from : null;
    this.#timetable = {
      anchor: known?.epoch ?? Math.max(clock.now(), (from?.epoch ?? 0) + 1),
      speed,
      firstAt: this.#facts[0]?.at ?? 0,
    };
    this.#told = known ? Math.min(known.seq, this.#facts.length) : 0;
  }

  #due(now: number): RecordedFact[] {
    let end = this.#told;
    while (end < this.#facts.length && end - this.#told < BATCH_MAX && this.#liveAt((this.#facts[end] as RecordedFact).at) <= now)
      end++;
    return this.#facts.slice(this.#told, end);
  }

  #nextAt(): number {
    const next = this.#facts[this.#told];
    return next ? this.#liveAt(next.at) : Number.POSITIVE_INFINITY;
  }

  /** Rounded up: nothing is told before its time. */
  #liveAt(at: number): number {
    const { anchor, firstAt, speed } = this.#timetable as Timetable;
    return anchor + Math.ceil((at - firstAt) / speed);
  }

  #item(fact: RecordedFact, now: number): FeedItem {
    const observedAt = this.#liveAt(fact.kind === 'quote' ? fact.madeAt : fact.at);
    return this.#stamped(Math.min(observedAt, now), this.#factOf(fact, now));
  }

  #factOf(fact: RecordedFact, now: number): FeedFact {
    const eventId = this.#foreign(fact.eventId);
    if (fact.kind === 'fixture') return { kind: 'fixture', fixture: this.#card(fact.card, eventId) };
    if (fact.kind === 'result')
      return {
        kind: 'result',
        result: { ...fact.result, eventId, source: this.#options.source, observedAt: Math.min(this.#liveAt(fact.at), now) },
      };
    return { kind: 'quote', quote: this.#quote(fact, eventId, now), whole: true };
  }

  #quote(fact: Extract<RecordedFact, { kind: 'quote' }>, eventId: string, now: number): Quote {
    // A price whose window passed while nobody was reading is told, and cannot be had.
    const open = fact.until !== null && now < this.#liveAt(fact.until);
    const { anchor } = this.#timetable as Timetable;
    return {
      marketId: `${eventId}${fact.marketId.slice(fact.marketId.lastIndexOf('/'))}`,
      quoteSeq: 0,
      status: open ? 'open' : 'suspended',
      inPlay: false,
      betDelayMs: 0,
      prices: fact.prices,
      source: fact.book,
      sourceEpoch: anchor,
      sourceVersion: this.#versions.get(fact) as number,
      observedAt: Math.min(now, this.#liveAt(fact.madeAt)),
      confirmedAt: Math.min(now, this.#liveAt(fact.at)),
    };
  }

  #card(card: FixtureCard, eventId: string): FixtureCard {
    return { ...card, eventId, startAt: this.#liveAt(card.startAt) };
  }

  /** Each playing of a recording has fixtures of its own. */
  #foreign(eventId: string): string {
    return `${eventId}:${(this.#timetable as Timetable).anchor}`;
  }

  #stamped(observedAt: number, fact: FeedFact): FeedItem {
    const { clock, source } = this.#options;
    const { anchor } = this.#timetable as Timetable;
    const cursor: Cursor = { epoch: anchor, seq: this.#told, token: this.#mark };
    return { source, cursor, observedAt, receivedAt: clock.now(), ...fact };
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  const bytes = await bytesOfFile(path);
  if (bytes.length > FILE_BYTES_MAX) throw new RecordingError(`${basename(path)} has more than ${FILE_BYTES_MAX} bytes`);
  return bytes;
}

/** The longest that one wait may be: timers take no more than 2^31 ms. */
const PAUSE_MS_MAX = 60_000;
