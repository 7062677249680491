// The history of settlements and disputes in SQL: rows by COPY with a batch, and the lists that people ask for.
import type pg from 'pg';
import type { SettlementLog } from '#engine/projections/settlement-log.ts';
import type { Page, PageAsk } from '#ports/read-models.ts';
import type {
  DisputeFilter,
  DisputeRow,
  ProposalRow,
  Reversal,
  SettlementFact,
  SettlementFilter,
} from '#ports/settlement-reads.ts';
import { copyField, copyText } from '../reads/copy-text.ts';
import type { Reading } from '../reads/reader.ts';

const LOG = 'settlement_log (shard, ledger_id, seq, at, kind, event_id, market_id, subject, holder_id, data)';
const REVERSALS = 'bet_reversals (shard, ledger_id, seq, at, bet_id, holder_id, returned_minor)';

export async function writeSettlements(client: pg.PoolClient, shard: number, { reversals, rows }: SettlementLog): Promise<void> {
  const log = rows.map((r) =>
    [shard, r.ledgerId, r.seq, r.at, r.kind, r.eventId, r.marketId, r.subject, r.holderId, r.data].map(copyField).join('\t'),
  );
  if (log.length > 0) await copyText(client, LOG, `${log.join('\n')}\n`);
  const taken = reversals.map((r) =>
    [shard, r.ledgerId, r.seq, r.at, r.betId, r.holderId, r.returnedMinor].map(copyField).join('\t'),
  );
  if (taken.length > 0) await copyText(client, REVERSALS, `${taken.join('\n')}\n`);
}

/** $1 shard, $2 ledger. Newest first. */
export async function readSettlements(
  reading: Reading,
  place: readonly unknown[],
  of: { filter: SettlementFilter; page: PageAsk },
): Promise<Page<SettlementFact>> {
  const { filter, page } = of;
  const rows = await reading.rows<LogSql>(
    `SELECT seq, at, kind, event_id, market_id, subject, data FROM settlement_log
     WHERE shard = $1 AND ledger_id = $2 AND holder_id IS NULL AND ($3::text IS NULL OR market_id = $3) AND ($4::text IS NULL OR event_id = $4)
       AND ($5::text IS NULL OR kind = $5) AND ($6::bigint IS NULL OR seq < $6) ORDER BY seq DESC LIMIT $7`,
    [...place, filter.marketId ?? null, filter.eventId ?? null, filter.kind ?? null, page.after?.[0] ?? null, page.limit + 1],
  );
  const items = rows.slice(0, page.limit).map((r) => ({
    seq: Number(r.seq),
    at: Number(r.at),
    kind: r.kind,
    eventId: r.event_id,
    marketId: r.market_id,
    data: r.data,
  }));
  const last = items.at(-1);
  return { items, after: rows.length > page.limit && last ? [last.seq] : null };
}

/** Those that wait, oldest first. */
export async function readProposals(reading: Reading, place: readonly unknown[]): Promise<ProposalRow[]> {
  const rows = await reading.rows<LogSql>(
    `SELECT p.seq, p.at, p.kind, p.event_id, p.market_id, p.subject, p.data FROM settlement_log p
     WHERE p.shard = $1 AND p.ledger_id = $2 AND p.kind = 'SettlementProposed' AND NOT EXISTS (
       SELECT FROM settlement_log e WHERE e.shard = p.shard AND e.subject = p.subject AND e.kind IN ('SettlementApproved', 'ProposalClosed'))
     ORDER BY p.seq LIMIT 1000`,
    place,
  );
  return rows.map((r) => ({ at: Number(r.at), ...(r.data as Omit<ProposalRow, 'at'>) }));
}

/** $1 shard, $2 ledger, $3 tenant, $4 owner or null for the whole tenant. Newest first. */
export async function readDisputes(
  reading: Reading,
  who: readonly unknown[],
  of: { filter: DisputeFilter; page: PageAsk },
): Promise<Page<DisputeRow>> {
  const { filter, page } = of;
  const rows = await reading.rows<DisputeSql>(
    `SELECT d.* FROM (
       SELECT o.seq, o.at, o.data, l.kind AS last_kind, l.at AS last_at, l.data AS last FROM settlement_log o
       JOIN holders h ON h.shard = o.shard AND h.ledger_id = o.ledger_id AND h.holder_id = o.holder_id
       JOIN LATERAL (SELECT kind, at, data FROM settlement_log e WHERE e.shard = o.shard AND e.subject = o.subject ORDER BY e.seq DESC LIMIT 1) l ON true
       WHERE o.shard = $1 AND o.ledger_id = $2 AND o.kind = 'DisputeOpened' AND h.tenant_id = $3 AND ($4::text IS NULL OR h.owner_id = $4)
         AND ($5::text IS NULL OR o.subject = $5) AND ($6::bigint IS NULL OR o.seq < $6)) d
     WHERE $7::text IS NULL OR $7 = CASE d.last_kind WHEN 'DisputeOpened' THEN 'open' WHEN 'DisputeReviewed' THEN 'under_review' ELSE d.last ->> 'decision' END
     ORDER BY d.seq DESC LIMIT $8`,
    [...who, filter.disputeId ?? null, page.after?.[0] ?? null, filter.state ?? null, page.limit + 1],
  );
  const items = rows.slice(0, page.limit).map(disputeOf);
  const last = rows[page.limit - 1];
  return { items, after: rows.length > page.limit && last ? [Number(last.seq)] : null };
}

/** What a bet had returned before each correction, oldest first. $1 to $4 as readDisputes(). */
export async function readReversals(reading: Reading, who: readonly unknown[], betId: string): Promise<Reversal[]> {
  const rows = await reading.rows<{ at: string; returned_minor: string }>(
    `SELECT r.at, r.returned_minor FROM bet_reversals r JOIN holders h ON h.shard = r.shard AND h.ledger_id = r.ledger_id AND h.holder_id = r.holder_id
     WHERE r.shard = $1 AND r.ledger_id = $2 AND h.tenant_id = $3 AND ($4::text IS NULL OR h.owner_id = $4) AND r.bet_id = $5 ORDER BY r.seq`,
    [...who, betId],
  );
  return rows.map((r) => ({ at: Number(r.at), returnMinor: Number(r.returned_minor) }));
}

interface LogSql {
  seq: string;
  at: string;
  kind: string;
  event_id: string | null;
  market_id: string | null;
  subject: string | null;
  data: unknown;
}

interface DisputeSql {
  seq: string;
  at: string;
  data: {
    betId: string;
    disputeId: string;
    dueAt: number;
    evidenceHash: string;
    holder: string;
    marketId: string;
    reason: string;
  };
  last_kind: string;
  last_at: string;
  last: { by?: string; decision?: string; dueAt?: number; goodwillMinor?: number; reason?: string };
}

function disputeOf({ at, data, last, last_at, last_kind }: DisputeSql): DisputeRow {
  const { betId, disputeId, evidenceHash, holder, marketId, reason } = data;
  const isOver = last_kind === 'DisputeDecided';
  const state = isOver ? (last.decision ?? '') : last_kind === 'DisputeReviewed' ? 'under_review' : 'open';
  return {
    disputeId,
    betId,
    marketId,
    holder,
    reason,
    evidenceHash,
    state,
    openedAt: Number(at),
    dueAt: isOver ? null : (last.dueAt ?? data.dueAt),
    by: last_kind === 'DisputeOpened' ? null : (last.by ?? null),
    endedAt: isOver ? Number(last_at) : null,
    decisionReason: isOver ? (last.reason ?? null) : null,
    goodwillMinor: last.goodwillMinor ?? 0,
  };
}
