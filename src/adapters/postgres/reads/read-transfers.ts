// Ledgers, which everybody may know of, and transfers, of which each sees his own.
import type { LedgerRow, Page, PageAsk, TransferRow } from '#ports/read-models.ts';
import type { Currency } from '#core/base/money.ts';
import { SHARDS } from '#core/ledger/shard.ts';
import type { Reading } from './reader.ts';

/** Ledgers read at once by whoever needs all of them. */
const LEDGERS_AT_ONCE = 1_000;

/** By name; `ledgerId` null for all. */
export async function readLedgers(reading: Reading, ledgerId: string | null, page: PageAsk): Promise<Page<LedgerRow>> {
  const rows = await reading.rows<LedgerSql>(
    `SELECT ledger_id, shard, currency, money_class, markets FROM ledgers WHERE shard < $1 AND ($2::text IS NULL OR ledger_id = $2)
       AND ($3::text IS NULL OR ledger_id > $3) ORDER BY ledger_id LIMIT $4`,
    [SHARDS, ledgerId, page.after?.[0] ?? null, page.limit + 1],
  );
  const items = rows.slice(0, page.limit).map((row) => ({
    ledgerId: row.ledger_id,
    shard: row.shard,
    currency: row.currency,
    moneyClass: row.money_class,
    markets: row.markets,
  }));
  const last = items.at(-1);
  return { items, after: rows.length > page.limit && last ? [last.ledgerId] : null };
}

/** One ledger, or null. */
export async function readLedger(reading: Reading, ledgerId: string): Promise<LedgerRow | null> {
  return (await readLedgers(reading, ledgerId, { limit: 1, after: null })).items[0] ?? null;
}

/** Every ledger, page by page. */
export async function readAllLedgers(reading: Reading, limit = LEDGERS_AT_ONCE): Promise<LedgerRow[]> {
  const all: LedgerRow[] = [];
  let after: PageAsk['after'] = null;
  do {
    const page: Page<LedgerRow> = await readLedgers(reading, null, { limit, after });
    all.push(...page.items);
    ({ after } = page);
  } while (after !== null);
  return all;
}

/** `who` is shard, ledger, tenant and owner or null, as everywhere; `id` null for all. */
export async function readTransfers(
  reading: Reading,
  who: readonly unknown[],
  ask: { readonly holder: string | null; readonly id: string | null; readonly page: PageAsk },
): Promise<Page<TransferRow>> {
  const { holder, id, page } = ask;
  const rows = await reading.rows<TransferSql>(
    // Holder by holder: the primary key has each one's transfers in order.
    `SELECT t.* FROM holders w CROSS JOIN LATERAL (
       SELECT transfer_id, direction, holder_id, other_ledger, other_holder, currency, amount_minor, at, status, reason, ended_at FROM transfers t
       WHERE t.holder_id = w.holder_id AND t.shard = $1 AND t.ledger_id = $2 AND t.tenant_id = $3 AND ($6::text IS NULL OR t.transfer_id = $6)
         AND ($7::text IS NULL OR (t.transfer_id, t.holder_id) < ($7, $8::text))
       ORDER BY t.transfer_id DESC LIMIT $9) t
     WHERE w.shard = $1 AND w.ledger_id = $2 AND w.tenant_id = $3 AND ($4::text IS NULL OR w.owner_id = $4) AND ($5::text IS NULL OR w.holder_id = $5)
     ORDER BY t.transfer_id DESC, t.holder_id DESC LIMIT $9`,
    [...who, holder, id, page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit + 1],
  );
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return { items: shown.map(transferOf), after: rows.length > page.limit && last ? [last.transfer_id, last.holder_id] : null };
}

interface LedgerSql {
  ledger_id: string;
  shard: number;
  currency: Currency;
  money_class: 'play' | 'real';
  markets: boolean;
}

interface TransferSql {
  transfer_id: string;
  direction: 'out' | 'in';
  holder_id: string;
  other_ledger: string;
  other_holder: string;
  currency: string;
  amount_minor: string;
  at: string;
  status: string;
  reason: string | null;
  ended_at: string | null;
}

function transferOf(row: TransferSql): TransferRow {
  return {
    transferId: row.transfer_id,
    direction: row.direction,
    holder: row.holder_id,
    otherLedger: row.other_ledger,
    otherHolder: row.other_holder,
    currency: row.currency,
    amountMinor: Number(row.amount_minor),
    at: Number(row.at),
    status: row.status,
    reason: row.reason,
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
  };
}
