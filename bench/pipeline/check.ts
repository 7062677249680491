// What `bench pipeline` demands at the end: every update that was sent is a row of the history, the newest prices in the table and in the cache
// are those that the supplier sent last, and nothing was asked for again. Anything else fails the bench.
import type pg from 'pg';
import { MARKET_SELECTIONS } from '#core/catalog/market.ts';
import type { Price } from '#core/catalog/quote.ts';
import { MARKET_CODES } from '#adapters/feeds/supplier/wire.ts';
import { cardOf, FIRST_VERSION, type Kept, MARKETS_A_FIXTURE, type SupplierCounts, wireOf } from './scene.ts';

export interface Ended {
  readonly supplier: SupplierCounts;
  readonly epoch: number;
  readonly hot: (eventIds: readonly string[]) => Promise<readonly Kept[]>;
}

/** Our names of a fixture's markets, in the order of the scene. */
const NAMES = ['1x2', 'ou@1.5', 'ou@2.5', 'ah@-0.5', 'btts', 'dc', 'dnb', 'ou@3.5', 'ah@0.5', 'ah@0'];

/** Gives how many rows the history has. Throws with what is wrong. */
export async function checkEnd(pool: pg.Pool, { epoch, hot, supplier }: Ended): Promise<{ historyRows: number }> {
  if (supplier.askedAgain > 0) throw new Error(`the supplier was asked again ${supplier.askedAgain} times`);
  const fixtures = supplier.versions.length / MARKETS_A_FIXTURE;
  const { rows } = await pool.query<{ event_id: string; start_at: string }>('SELECT event_id, start_at FROM fixtures');
  const byStart = new Map(rows.map((row) => [Number(row.start_at), row.event_id]));
  const eventIds = Array.from({ length: fixtures }, (_, i) => byStart.get(Date.parse(cardOf(i, epoch).ko)) ?? `none of ${i}`);
  const expected = new Map<string, { readonly version: number; readonly prices: string }>();
  for (const [i, version] of supplier.versions.entries()) {
    const [fixture, market] = [Math.floor(i / MARKETS_A_FIXTURE), i % MARKETS_A_FIXTURE];
    const prices = pricesOf(fixture, market, version);
    expected.set(`${eventIds[fixture]}/${NAMES[market]}`, { version, prices });
  }
  const stored = await pool.query<{ quote: Kept }>('SELECT quote FROM odds_current');
  compare(
    'odds_current',
    expected,
    stored.rows.map(({ quote }) => quote),
  );
  compare('the cache', expected, await hot(eventIds));
  const history = await pool.query<{ market_id: string; rows: string; last: string; versions: string }>(
    `SELECT market_id, count(*) AS rows, max(quote_seq) AS last, count(DISTINCT quote->>'sourceVersion') AS versions
     FROM odds_history GROUP BY market_id`,
  );
  let historyRows = 0;
  for (const row of history.rows) {
    const due = (expected.get(row.market_id)?.version ?? 0) - FIRST_VERSION + 1;
    if ([row.rows, row.last, row.versions].some((count) => Number(count) !== due))
      throw new Error(`${row.market_id} has ${row.rows} rows up to ${row.last} in the history, not ${due}`);
    historyRows += Number(row.rows);
  }
  if (historyRows !== supplier.sent + expected.size)
    throw new Error(`the history has ${historyRows} rows of ${supplier.sent} updates and ${expected.size} first prices`);
  return { historyRows };
}

function compare(where: string, expected: ReadonlyMap<string, { version: number; prices: string }>, kept: readonly Kept[]): void {
  if (kept.length !== expected.size) throw new Error(`${where} has ${kept.length} prices, not ${expected.size}`);
  for (const { marketId, prices, sourceVersion } of kept) {
    const due = expected.get(marketId);
    if (due?.version !== sourceVersion || due.prices !== spelled(prices))
      throw new Error(`${where} has ${marketId} ${sourceVersion} ${spelled(prices)}, not ${due?.version} ${due?.prices}`);
  }
}

function pricesOf(fixture: number, market: number, version: number): string {
  const { m, rn } = wireOf(fixture, market, version, 0);
  const [, type, runners] = MARKET_CODES.find(([code]) => code === m) as (typeof MARKET_CODES)[number];
  return spelled(
    rn.map(([runner, odds]) => ({
      selectionId: MARKET_SELECTIONS[type][runners.indexOf(runner)] as string,
      oddsMilli: Math.round(odds * 1000),
    })),
  );
}

function spelled(prices: readonly Price[]): string {
  return prices
    .map(({ oddsMilli, selectionId }) => `${selectionId} ${oddsMilli}`)
    .sort()
    .join(', ');
}
