// Ledger-wide read models: fixtures, markets, prices and the leaderboard. Read without a tenant, so that nothing owned can leak in.
import type pg from 'pg';
import type { Stated } from '#core/bets/runners/stated-market.ts';
import type { NumberedQuote, Quote } from '#core/catalog/quote.ts';
import type {
  FixtureFilter,
  FixtureRow,
  LeaderRow,
  LedgerRow,
  MarketRow,
  Page,
  PageAsk,
  PublicReads,
  ReadModels,
} from '#ports/read-models.ts';
import { readLedger, readLedgers } from './read-transfers.ts';
import { numberOrNull, readAs } from './reader.ts';
import { PostgresPoolReads } from '../pools/postgres-pool-reads.ts';
import { PostgresSettlementReads } from '../settlements/postgres-settlement-reads.ts';
import { type LedgerPlace, pageOf, PostgresOwnedReads, projectedSeq } from './read-models.ts';

/** Ranking reads every bet of every bot: it is done again at most this often, and never uses more than a twentieth of the time. */
const LEADERS_MS_MIN = 2_000;
const LEADERS_REST = 20;
const LEADERS_MAX = 10_000;
/** Prices of one fixture sent at once. */
const ODDS_MAX = 500;
const PPM = 1_000_000;
/** Two-sided 95 % of the normal distribution. */
const Z95 = 1.959963984540054;

export class PostgresReadModels extends PostgresOwnedReads implements ReadModels, PublicReads {
  readonly shard: number;
  readonly pools: PostgresPoolReads;
  readonly settlements: PostgresSettlementReads;
  readonly #pool: pg.Pool;
  readonly #place: LedgerPlace;
  #leaders: { readonly rows: Promise<LeaderRow[]>; until: number } | null = null;

  constructor(pool: pg.Pool, place: LedgerPlace) {
    super(pool, place);
    this.shard = place.shard;
    this.#pool = pool;
    this.#place = place;
    this.pools = new PostgresPoolReads(pool, place);
    this.settlements = new PostgresSettlementReads(pool, place);
  }

  at(place: LedgerPlace): PostgresReadModels {
    return new PostgresReadModels(this.#pool, place);
  }

  ledgers(page: PageAsk): Promise<Page<LedgerRow>> {
    return readAs(this.#pool, null, (reading) => readLedgers(reading, null, page));
  }

  ledger(ledgerId: string): Promise<LedgerRow | null> {
    return readAs(this.#pool, null, (reading) => readLedger(reading, ledgerId));
  }

  projectedSeq(): Promise<number> {
    return readAs(this.#pool, null, (reading) => projectedSeq(reading, this.shard));
  }

  fixtures(filter: FixtureFilter, page: PageAsk): Promise<Page<FixtureRow>> {
    return readAs(this.#pool, null, async (reading) => {
      const rows = await reading.rows<FixtureSql>(
        `${SELECT_FIXTURE} WHERE ($1::text IS NULL OR sport = $1) AND ($2::text IS NULL OR competition = $2) AND ($3::text IS NULL OR status = $3)
           AND ($4::bigint IS NULL OR start_at >= $4) AND ($5::bigint IS NULL OR (start_at, event_id) > ($5, $6::text))
         ORDER BY start_at, event_id LIMIT $7`,
        [
          filter.sport ?? null,
          filter.competition ?? null,
          filter.status ?? null,
          filter.startFrom ?? null,
          page.after?.[0] ?? null,
          page.after?.[1] ?? null,
          page.limit + 1,
        ],
      );
      return pageOf(rows, page, fixtureOf, (row) => [Number(row.start_at), row.event_id]);
    });
  }

  fixture(eventId: string): Promise<FixtureRow | null> {
    return readAs(this.#pool, null, async (reading) => {
      const rows = await reading.rows<FixtureSql>(`${SELECT_FIXTURE} WHERE event_id = $1`, [eventId]);
      return rows[0] ? fixtureOf(rows[0]) : null;
    });
  }

  markets(eventId: string, page: PageAsk): Promise<Page<MarketRow>> {
    return readAs(this.#pool, null, async (reading) => {
      const rows = await reading.rows<MarketSql>(
        `SELECT market_id, event_id, start_at, status, outcomes, settled_at, stated, withdrawn FROM markets
         WHERE shard = $1 AND ledger_id = $2 AND event_id = $3 AND ($4::text IS NULL OR market_id > $4) ORDER BY market_id LIMIT $5`,
        [this.#place.shard, this.#place.ledgerId, eventId, page.after?.[0] ?? null, page.limit + 1],
      );
      return pageOf(rows, page, marketOf, (row) => [row.market_id]);
    });
  }

  odds(eventId: string): Promise<NumberedQuote[]> {
    return readAs(this.#pool, null, async (reading) => {
      const rows = await reading.rows<{ quote: Quote; confirmed_at: string; n: string }>(
        `SELECT quote, confirmed_at, n FROM odds_current WHERE event_id = $1 ORDER BY market_id, source LIMIT ${ODDS_MAX}`,
        [eventId],
      );
      // The column is renewed when a source says that its prices still hold; the stored quote is not rewritten for that.
      return rows.map(({ confirmed_at: confirmedAt, n, quote }) => ({
        n: Number(n),
        quote: { ...quote, confirmedAt: Math.max(Number(confirmedAt), quote.confirmedAt) },
      }));
    });
  }

  async leaderboard(page: PageAsk): Promise<Page<LeaderRow>> {
    const leaders = await this.#ranking();
    const from = Number(page.after?.[0] ?? 0);
    const items = leaders.slice(from, from + page.limit);
    const last = items.at(-1);
    return { items, after: last && last.rank < leaders.length ? [last.rank] : null };
  }

  #ranking(): Promise<LeaderRow[]> {
    const known = this.#leaders;
    const started = Date.now();
    if (known && known.until > started) return known.rows;
    const rows = this.#rank();
    const next = { rows, until: Number.POSITIVE_INFINITY }; // everybody who asks meanwhile gets the same promise
    this.#leaders = next;
    rows.then(
      () => (next.until = Date.now() + Math.max(LEADERS_MS_MIN, LEADERS_REST * (Date.now() - started))),
      () => (this.#leaders = this.#leaders === next ? null : this.#leaders),
    );
    return rows;
  }

  #rank(): Promise<LeaderRow[]> {
    return readAs(this.#pool, null, async (reading) => {
      const rows = await reading.rows<LeaderSql>(
        `SELECT * FROM arena_scores WHERE shard = $1 AND ledger_id = $2 ORDER BY profit_minor DESC, bets DESC, bot_id LIMIT ${LEADERS_MAX}`,
        [this.#place.shard, this.#place.ledgerId],
      );
      return rows.map((row, at) => leaderOf(row, at + 1));
    });
  }
}

interface FixtureSql {
  event_id: string;
  sport: string;
  competition: string;
  home: string;
  away: string;
  start_at: string;
  status: string;
  result: unknown;
}
const SELECT_FIXTURE = 'SELECT event_id, sport, competition, home, away, start_at, status, result FROM fixtures';

function fixtureOf(row: FixtureSql): FixtureRow {
  const { away, competition, home, result, sport, status } = row;
  return { eventId: row.event_id, sport, competition, home, away, startAt: Number(row.start_at), status, result };
}

interface MarketSql {
  market_id: string;
  event_id: string;
  start_at: string;
  status: string;
  outcomes: Record<string, number[]> | null;
  settled_at: string | null;
  stated: Stated | null;
  withdrawn: string[];
}

function marketOf(row: MarketSql): MarketRow {
  const { outcomes, stated, status, withdrawn } = row;
  const settledAt = numberOrNull(row.settled_at);
  const startAt = Number(row.start_at);
  return { marketId: row.market_id, eventId: row.event_id, startAt, status, outcomes, settledAt, stated, withdrawn };
}

interface LeaderSql {
  bot_id: string;
  betting: string | null;
  math: string | null;
  generation: number;
  status: string;
  currency: string;
  balance_minor: string;
  bets: string;
  open_bets: string;
  settled_bets: string;
  turnover_minor: string;
  profit_minor: string;
  mean_return: number | null;
  return_deviation: number | null;
}

function leaderOf(row: LeaderSql, rank: number): LeaderRow {
  const settledBets = Number(row.settled_bets);
  return {
    rank,
    botId: row.bot_id,
    betting: row.betting ?? '',
    math: row.math ?? '',
    generation: row.generation,
    status: row.status,
    currency: row.currency,
    balanceMinor: Number(row.balance_minor),
    bets: Number(row.bets),
    openBets: Number(row.open_bets),
    settledBets,
    turnoverMinor: Number(row.turnover_minor),
    profitMinor: Number(row.profit_minor),
    ...flatYield(row.mean_return, row.return_deviation, settledBets),
  };
}

/** Mean return of a unit stake and mean -/+ z * s / sqrt(n), in ppm: the usual normal interval of a mean. */
function flatYield(
  mean: number | null,
  deviation: number | null,
  n: number,
): Pick<LeaderRow, 'flatYieldPpm' | 'flatYieldCi95Ppm'> {
  if (mean === null || deviation === null || n < 2) return { flatYieldPpm: null, flatYieldCi95Ppm: null };
  const half = (Z95 * deviation) / Math.sqrt(n);
  return {
    flatYieldPpm: Math.round(mean * PPM),
    flatYieldCi95Ppm: [Math.round((mean - half) * PPM), Math.round((mean + half) * PPM)],
  };
}
