// Writes a batch's orders: new ones by COPY, then what happened to orders, added to their rows.
import type pg from 'pg';
import type { OrderChanges } from '#engine/projections/order-changes.ts';
import { copyField, copyText } from './copy-text.ts';

const ORDERS =
  'orders (order_id, shard, ledger_id, seq, holder_id, market_id, selection_id, side, kind, persistence, price_milli, size_minor, placed_at, status, last_seq)';

export async function writeOrders(client: pg.PoolClient, shard: number, { changes, placed }: OrderChanges): Promise<void> {
  let text = '';
  for (const o of placed) {
    text +=
      `${o.orderId}\t${shard}\t${o.ledgerId}\t${o.seq}\t${o.holderId}\t${o.marketId}\t${o.selectionId}\t${o.side}\t${o.kind}\t${o.persistence}\t` +
      `${copyField(o.priceMilli)}\t${o.sizeMinor}\t${o.placedAt}\t${o.status}\t${o.seq}\n`;
  }
  await copyText(client, ORDERS, text);
  if (changes.size === 0) return;
  const c = [...changes.values()];
  await client.query(
    `UPDATE orders o SET matched_minor = o.matched_minor + c.matched, matched_value = o.matched_value + c.value, ended_minor = o.ended_minor + c.ended,
       reason = coalesce(c.reason, o.reason), last_seq = c.seq,
       status = CASE WHEN c.closed OR o.matched_minor + c.matched + o.ended_minor + c.ended >= o.size_minor THEN 'complete'
                     WHEN c.released THEN 'open' ELSE o.status END
     FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::numeric[], $5::bigint[], $6::boolean[], $7::boolean[], $8::text[], $9::bigint[])
       AS c(shard, order_id, matched, value, ended, released, closed, reason, seq)
     WHERE o.order_id = c.order_id AND o.shard = c.shard`,
    [
      c.map(() => shard), // a constant would be taken for one that leaves 0.5 % of the rows
      [...changes.keys()],
      c.map((x) => x.matchedMinor),
      c.map((x) => x.matchedValue.toString()),
      c.map((x) => x.endedMinor),
      c.map((x) => x.released),
      c.map((x) => x.closed),
      c.map((x) => x.reason),
      c.map((x) => x.seq),
    ],
  );
}
