// Prices, fixtures, results and feed places in SQL. One transaction per batch, one statement per table. Prices are most of it: their rows travel
// column by column, and quotes as lines of one text, so that no JSON is taken apart on the way (it was half of what a price cost here).
import type pg from 'pg';
import type { Quote, QuoteStatus } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import { POSTPONED_MS_MAX } from '#core/settlement/rules/settlement-rules.ts';
import type { Cursor, FixtureCard } from '#ports/feed.ts';
import { failpoint } from '#engine/failpoint.ts';
import {
  type ChangedQuote,
  type Held,
  OddsConflictError,
  type OddsEffect,
  type OddsStore,
  type StoredEvent,
  type StoredQuote,
} from '#ports/odds-store.ts';

/** A fixture without a result is no longer taken up at a start this long after its kick-off, ms; one that is postponed as long as a ledger may wait. */
const LIVE_MS_MAX = 2 * 86_400_000;

export class PostgresOddsStore implements OddsStore {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async loadLive(): Promise<StoredEvent[]> {
    const { rows } = await this.#pool.query<{ event_id: string }>(
      `SELECT event_id FROM fixtures WHERE (result IS NULL OR status IN ('live', 'postponed')) AND
        start_at > extract(epoch FROM now()) * 1000 - CASE WHEN status = 'postponed' THEN $2::bigint ELSE $1::bigint END`,
      [LIVE_MS_MAX, POSTPONED_MS_MAX],
    );
    return this.loadEvents(rows.map((row) => row.event_id));
  }

  async loadEvents(eventIds: readonly string[]): Promise<StoredEvent[]> {
    if (eventIds.length === 0) return [];
    const fixtures = await this.#pool.query<FixtureSql>(
      'SELECT event_id, sport, competition, home, away, start_at, said_at, result FROM fixtures WHERE event_id = ANY ($1)',
      [eventIds],
    );
    const quotes = await this.#pool.query<QuoteSql>(
      'SELECT event_id, feed, quote, confirmed_at, held, feed_status, n FROM odds_current WHERE event_id = ANY ($1)',
      [eventIds],
    );
    const byEvent = Map.groupBy(quotes.rows.map(storedOf), (stored) => stored.eventId);
    const cards = new Map(fixtures.rows.map((row) => [row.event_id, row]));
    return [...new Set([...byEvent.keys(), ...cards.keys()])].map((eventId) => {
      const row = cards.get(eventId);
      return { eventId, card: row ? cardOf(row) : null, result: row?.result ?? null, quotes: byEvent.get(eventId) ?? [] };
    });
  }

  async lastResults(limit: number): Promise<Result[]> {
    const { rows } = await this.#pool.query<{ result: Result }>(
      'SELECT result FROM fixtures WHERE result IS NOT NULL ORDER BY updated_at DESC LIMIT $1',
      [limit],
    );
    return rows.map((row) => row.result);
  }

  async cursor(feed: string): Promise<Cursor | null> {
    const { rows } = await this.#pool.query<{ epoch: string; version: string; token: string | null }>(
      'SELECT epoch, version, token FROM source_cursors WHERE source = $1',
      [feed],
    );
    const row = rows[0];
    return row
      ? { epoch: Number(row.epoch), seq: Number(row.version), ...(row.token === null ? {} : { token: row.token }) }
      : null;
  }

  async commit(effect: OddsEffect): Promise<void> {
    const client = await this.#pool.connect();
    let broken = false;
    try {
      await client.query('BEGIN');
      await writeEffect(client, effect);
      await client.query('COMMIT');
    } catch (error) {
      broken = !(error instanceof OddsConflictError);
      await client.query('ROLLBACK').catch(() => (broken = true));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async pruneHistory(before: number, limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query(
      `DELETE FROM odds_history WHERE ctid = ANY (ARRAY(SELECT ctid FROM odds_history WHERE observed_at < $1 LIMIT $2))`,
      [before, limit],
    );
    return rowCount ?? 0;
  }
}

async function writeEffect(client: pg.PoolClient, { current, cursors, fixtures, history, results }: OddsEffect): Promise<void> {
  if (fixtures.length > 0) await client.query(FIXTURES, [JSON.stringify(fixtures)]);
  const { fresh = [], next = [] } = Object.groupBy(current, ({ after }) => (after === 0 ? 'fresh' : 'next'));
  const texts = new QuoteTexts();
  await writeCurrent(client, { name: 'odds_fresh', text: FRESH, rows: fresh, texts });
  await writeCurrent(client, { name: 'odds_next', text: NEXT, rows: next, texts });
  failpoint('mid-odds-commit');
  if (history.length > 0) await client.query({ name: 'odds_history', text: HISTORY, values: quoteColumns(history, texts) });
  if (results.length > 0) await client.query(RESULTS, [JSON.stringify(results)]);
  if (cursors.length > 0) {
    const rows = cursors.map(({ aliveAt, cursor, feed }) => ({
      source: feed,
      epoch: cursor.epoch,
      version: cursor.seq,
      token: cursor.token,
      alive_at: aliveAt,
    }));
    await client.query(CURSORS, [JSON.stringify(rows)]);
  }
}

interface CurrentRows {
  readonly name: string;
  readonly text: string;
  readonly rows: readonly ChangedQuote[];
  readonly texts: QuoteTexts;
}

async function writeCurrent(client: pg.PoolClient, { name, rows, text, texts }: CurrentRows): Promise<void> {
  if (rows.length === 0) return;
  const quotes = rows.map(({ quote }) => quote);
  const values = [
    ...quoteColumns(quotes, texts),
    rows.map(({ eventId }) => eventId),
    rows.map(({ feed }) => feed),
    bigints(quotes.map(({ sourceEpoch }) => sourceEpoch)),
    bigints(quotes.map(({ sourceVersion }) => sourceVersion)),
    bigints(rows.map(({ confirmedAt }) => confirmedAt)),
    rows.map(({ held }) => held),
    rows.map(({ feedStatus }) => feedStatus),
    bigints(rows.map(({ n }) => n)),
    bigints(rows.map(({ after }) => after)),
  ];
  const { rowCount } = await client.query({ name, text, values });
  if (rowCount !== rows.length)
    throw new OddsConflictError(`${rows.length - (rowCount ?? 0)} prices are not those they were made from`);
}

/** The text of each quote, made once: the newest of a market goes into two tables. */
class QuoteTexts {
  readonly #texts = new Map<Quote, string>();

  of(quote: Quote): string {
    let text = this.#texts.get(quote);
    if (text === undefined) this.#texts.set(quote, (text = JSON.stringify(quote)));
    return text;
  }
}

/** $1 to $5 of COLUMNS. JSON on one line holds no line breaks, whatever names are in it; the other texts may. */
function quoteColumns(quotes: readonly Quote[], texts: QuoteTexts): unknown[] {
  return [
    quotes.map(({ marketId }) => marketId),
    quotes.map(({ source }) => source),
    bigints(quotes.map(({ quoteSeq }) => quoteSeq)),
    bigints(quotes.map(({ observedAt }) => observedAt)),
    quotes.map((quote) => texts.of(quote)).join('\n'),
  ];
}

/** An array of PostgreSQL's; the driver would quote each number. */
function bigints(values: readonly number[]): string {
  return `{${values.join(',')}}`;
}

const COLUMNS = `$1::text[], $2::text[], $3::bigint[], $4::bigint[], string_to_array($5::text, E'\\n')::json[]`;

const ROWS = `
  SELECT * FROM unnest(${COLUMNS}, $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::bigint[], $14::bigint[])
    AS r(market_id, source, quote_seq, observed_at, quote, event_id, feed, source_epoch, source_version, confirmed_at, held, feed_status, n, after)`;

/** Markets without a row, in the order of their key, so that two writers cannot deadlock. One that has a row meanwhile shows in the count. */
const FRESH = `
  INSERT INTO odds_current (market_id, source, event_id, feed, quote_seq, source_epoch, source_version, observed_at, confirmed_at, held, feed_status, quote, n)
  SELECT market_id, source, event_id, feed, quote_seq, source_epoch, source_version, observed_at, confirmed_at, held, feed_status, quote, n
  FROM (${ROWS}) AS r ORDER BY 1, 2 ON CONFLICT DO NOTHING`;

/**
 * Each row only onto the one it was made from, and what one feed said never back to what it said before; a line of several feeds goes from one to
 * another, whose versions are no order. A row that does not fit is left out and shows in the count.
 */
const NEXT = `
  UPDATE odds_current AS c SET
    event_id = r.event_id, feed = r.feed, quote_seq = r.quote_seq, source_epoch = r.source_epoch, source_version = r.source_version,
    observed_at = r.observed_at, confirmed_at = r.confirmed_at, held = r.held, feed_status = r.feed_status, quote = r.quote, n = r.n
  FROM (${ROWS}) AS r
  WHERE c.market_id = r.market_id AND c.source = r.source AND c.quote_seq = r.after AND r.quote_seq >= r.after
    AND (r.feed <> c.feed OR ((r.source_epoch, r.source_version) >= (c.source_epoch, c.source_version) AND r.confirmed_at >= c.confirmed_at))`;

const HISTORY = `
  INSERT INTO odds_history (market_id, source, quote_seq, observed_at, quote)
  SELECT * FROM unnest(${COLUMNS})
  ON CONFLICT DO NOTHING`;

const FIXTURES = `
  INSERT INTO fixtures AS f (event_id, sport, competition, home, away, start_at, said_at)
  SELECT "eventId", sport, competition, home, away, "startAt", coalesce("saidAt", 0)
  FROM jsonb_to_recordset($1::jsonb) AS r("eventId" text, sport text, competition text, home text, away text, "startAt" bigint, "saidAt" bigint) ORDER BY 1
  ON CONFLICT (event_id) DO UPDATE SET sport = excluded.sport, competition = excluded.competition, home = excluded.home, away = excluded.away,
    start_at = excluded.start_at, said_at = excluded.said_at, updated_at = now()
  WHERE excluded.said_at >= f.said_at`;

/** A result never replaces a later one: isLaterResult(). */
const RESULTS = `
  UPDATE fixtures f SET result = r.value, status = r.value->>'status', updated_at = now()
  FROM jsonb_array_elements($1::jsonb) AS r(value)
  WHERE f.event_id = r.value->>'eventId' AND (
    (r.value->>'version')::bigint > coalesce((f.result->>'version')::bigint, -1)
    OR (r.value->>'source' <> f.result->>'source' AND f.status = 'postponed' AND r.value->>'status' <> 'postponed'))`;

const CURSORS = `
  INSERT INTO source_cursors (source, epoch, version, token, alive_at)
  SELECT source, epoch, version, token, alive_at
  FROM jsonb_to_recordset($1::jsonb) AS r(source text, epoch bigint, version bigint, token text, alive_at bigint)
  ON CONFLICT (source) DO UPDATE SET epoch = excluded.epoch, version = excluded.version, token = excluded.token, alive_at = excluded.alive_at`;

interface FixtureSql {
  event_id: string;
  sport: string;
  competition: string;
  home: string;
  away: string;
  start_at: string;
  said_at: string;
  result: Result | null;
}
interface QuoteSql {
  event_id: string;
  feed: string;
  quote: Quote;
  confirmed_at: string;
  held: Held | null;
  feed_status: QuoteStatus;
  n: string;
}

function cardOf(row: FixtureSql): FixtureCard {
  const { away, competition, event_id: eventId, home, said_at, sport, start_at } = row;
  return { eventId, sport, competition, home, away, startAt: Number(start_at), saidAt: Number(said_at) };
}

function storedOf(row: QuoteSql): StoredQuote {
  return {
    feed: row.feed,
    eventId: row.event_id,
    quote: row.quote,
    confirmedAt: Number(row.confirmed_at),
    held: row.held,
    feedStatus: row.feed_status,
    n: Number(row.n),
  };
}
