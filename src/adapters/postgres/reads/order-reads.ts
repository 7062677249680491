// Owned reads of orders: the queries and what their rows become. Tenant and owner are named here; row-level security is the second wall.
import type { OrderFilter, OrderRow, Page, PageAsk } from '#ports/read-models.ts';
import type { Reading } from './reader.ts';

/** $1 shard, $2 ledger, $3 tenant, $4 owner or null for the whole tenant. */
const VISIBLE = 'h.shard = $1 AND h.ledger_id = $2 AND h.tenant_id = $3 AND ($4::text IS NULL OR h.owner_id = $4)';
const COLUMNS = `o.order_id, o.holder_id, o.market_id, o.selection_id, o.side, o.kind, o.persistence, o.price_milli, o.size_minor, o.placed_at, o.status,
  o.matched_minor, o.matched_value, round(o.matched_value / nullif(o.matched_minor, 0)) AS average_milli, o.ended_minor, o.reason, o.last_seq`;

/** Newest first. Holder by holder: the primary key has each one's orders in order. One row more than asked says whether there is a next page. */
export async function readOrders(
  reading: Reading,
  who: readonly unknown[],
  of: { filter: OrderFilter; page: PageAsk },
): Promise<Page<OrderRow>> {
  const { filter, page } = of;
  const rows = await reading.rows<OrderSql>(
    `SELECT o.* FROM holders h CROSS JOIN LATERAL (
       SELECT ${COLUMNS}, h.currency FROM orders o WHERE o.holder_id = h.holder_id AND o.shard = $1 AND o.ledger_id = $2
         AND ($6::text IS NULL OR o.status = $6) AND ($7::text IS NULL OR o.market_id = $7) AND ($8::text IS NULL OR o.order_id < $8)
         AND ($10::boolean IS NULL OR o.status <> 'complete') AND ($11::text[] IS NULL OR o.order_id = ANY ($11))
       ORDER BY o.order_id DESC LIMIT $9) o
     WHERE ${VISIBLE} AND ($5::text IS NULL OR h.holder_id = $5) ORDER BY o.order_id DESC LIMIT $9`,
    [
      ...who,
      filter.holder ?? null,
      filter.status ?? null,
      filter.marketId ?? null,
      page.after?.[0] ?? null,
      page.limit + 1,
      filter.unfinished ? true : null,
      filter.orderIds ?? null,
    ],
  );
  const items = rows.slice(0, page.limit).map(orderOf);
  const last = items.at(-1);
  return { items, after: rows.length > page.limit && last ? [last.orderId] : null };
}

export async function readOrder(reading: Reading, who: readonly unknown[], orderId: string): Promise<OrderRow | null> {
  const rows = await reading.rows<OrderSql>(
    `SELECT ${COLUMNS}, h.currency FROM orders o JOIN holders h ON h.holder_id = o.holder_id AND h.shard = o.shard AND h.ledger_id = o.ledger_id
     WHERE ${VISIBLE} AND o.order_id = $5 AND o.shard = $1`,
    [...who, orderId],
  );
  return rows[0] ? orderOf(rows[0]) : null;
}

interface OrderSql {
  order_id: string;
  holder_id: string;
  market_id: string;
  selection_id: string;
  side: string;
  kind: string;
  persistence: string;
  price_milli: number | null;
  size_minor: string;
  currency: string;
  placed_at: string;
  status: string;
  matched_minor: string;
  matched_value: string;
  average_milli: string | null;
  ended_minor: string;
  reason: string | null;
  last_seq: string;
}

function orderOf(row: OrderSql): OrderRow {
  return {
    orderId: row.order_id,
    holder: row.holder_id,
    marketId: row.market_id,
    selectionId: row.selection_id,
    side: row.side,
    kind: row.kind,
    persistence: row.persistence,
    priceMilli: row.price_milli,
    sizeMinor: Number(row.size_minor),
    currency: row.currency,
    placedAt: Number(row.placed_at),
    status: row.status,
    matchedMinor: Number(row.matched_minor),
    matchedValue: BigInt(row.matched_value),
    averagePriceMilli: row.average_milli === null ? null : Number(row.average_milli),
    endedMinor: Number(row.ended_minor),
    reason: row.reason,
    seq: Number(row.last_seq),
  };
}
