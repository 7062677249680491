// A recording of the exchange stream as a Feed: each message is one step, at its own time. Nothing lies between two messages, and a line that
// cannot be read ends the reading with file and line: what a stream missed cannot be made up.
import { MarketCache } from '#core/exchange-simulation/stream/market-cache.ts';
import { readStreamMessage } from '#core/exchange-simulation/stream/wire.ts';
import type { Clock } from '#ports/clock.ts';
import type { Cursor, Feed, FeedItem } from '#ports/feed.ts';
import { RecordingError } from '#ports/recording.ts';
import { readLines } from './recording-lines.ts';
import { StreamItems } from './stream-items.ts';

export interface ExchangeRecordingOptions {
  readonly path: string;
  /** Name of this feed in items, aliases and cursors. */
  readonly source: string;
  readonly clock: Clock;
}

export class ExchangeRecordingFeed implements Feed {
  readonly #options: ExchangeRecordingOptions;

  constructor(options: ExchangeRecordingOptions) {
    this.#options = options;
  }

  /** Begins at the beginning, whatever the cursor: a market in the middle is known only by what came before it. */
  async *read(_from: Cursor | null, stop: AbortSignal): AsyncGenerator<FeedItem[]> {
    const { path } = this.#options;
    const cache = new MarketCache();
    const told = new StreamItems(this.#options, null);
    for await (const { number, text } of readLines(path)) {
      if (stop.aborted) return;
      const message = readStreamMessage(text);
      if (message.op === 'malformed') throw new RecordingError(`${path}:${number}: the line ${message.fault}`);
      if (message.op !== 'mcm') continue;
      const applied = cache.apply(message);
      if (applied.kind === 'hole') throw new RecordingError(`${path}:${number}: ${applied.why}`);
      if (applied.kind === 'partial' || message.pt === undefined) continue;
      const { image, markets } = applied;
      const at = { pt: message.pt, wholeTo: message.pt - (typeof message.conflateMs === 'number' ? message.conflateMs : 0) };
      const quiet = markets.length === 0 && !image;
      if (quiet && cache.late) continue;
      const items = told.tell(quiet ? { kind: 'alive', ...at } : { kind: 'changed', markets, image, ...at }, cache.late);
      if (items.length > 0) yield items;
    }
  }

  /** A recording cannot be asked. */
  snapshot(): Promise<FeedItem[]> {
    return Promise.resolve([]);
  }
}
