// The review queue in SQL: what the alias table did not know, until a person says which of ours it is. An answer is given once.
import type pg from 'pg';
import type { FlaggedAnswerRow, Page, PageAsk, Resolution, ReviewQueue, ReviewRow } from '#ports/read-models.ts';
import { audit } from '../principals.ts';
import { pageOf } from './read-models.ts';

export class PostgresReviewQueue implements ReviewQueue {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async list(resolved: boolean, page: PageAsk): Promise<Page<ReviewRow>> {
    const { rows } = await this.#pool.query<ReviewSql>(
      `SELECT id, source, kind, foreign_id, payload, suggestion, first_seen, last_seen, times, resolved_at, resolution FROM review_queue
       WHERE (resolved_at IS NOT NULL) = $1 AND ($2::bigint IS NULL OR id > $2) ORDER BY id LIMIT $3`,
      [resolved, page.after?.[0] ?? null, page.limit + 1],
    );
    return pageOf(rows, page, reviewOf, (row) => [Number(row.id)]);
  }

  async flaggedAnswers(page: PageAsk): Promise<Page<FlaggedAnswerRow>> {
    const { rows } = await this.#pool.query<FlaggedSql>(
      `SELECT ledger_id, shard, seq, bet_id, holder_id, referee, status, ended, reason, provider_ref, answered_at, at FROM flagged_answers
       WHERE ($1::bigint IS NULL OR (at, shard, seq) < ($1, $2::integer, $3::bigint)) ORDER BY at DESC, shard DESC, seq DESC LIMIT $4`,
      [page.after?.[0] ?? null, page.after?.[1] ?? null, page.after?.[2] ?? null, page.limit + 1],
    );
    return pageOf(rows, page, flaggedOf, (row) => [Number(row.at), row.shard, Number(row.seq)]);
  }

  async resolve(
    id: number,
    resolution: Resolution,
    by: { ownerId: string; tenantId: string },
  ): Promise<'resolved' | 'not_found' | 'already_resolved'> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ source: string; kind: string; foreign_id: string; resolved_at: Date | null }>(
        'SELECT source, kind, foreign_id, resolved_at FROM review_queue WHERE id = $1 FOR UPDATE',
        [id],
      );
      const item = rows[0];
      if (!item || item.resolved_at !== null) {
        await client.query('ROLLBACK');
        return item ? 'already_resolved' : 'not_found';
      }
      const word = resolution === 'ignored' ? 'ignored' : `alias:${resolution.alias}`;
      await client.query('UPDATE review_queue SET resolved_at = now(), resolution = $2 WHERE id = $1', [id, word]);
      if (resolution !== 'ignored') {
        await client.query(
          `INSERT INTO aliases (source, kind, foreign_id, our_id, swapped, created_by) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (source, kind, foreign_id) DO UPDATE SET our_id = excluded.our_id, swapped = excluded.swapped, created_by = excluded.created_by`,
          [item.source, item.kind, item.foreign_id, resolution.alias, resolution.swapped, by.ownerId],
        );
      }
      const line = { tenantId: by.tenantId, actorId: by.ownerId, action: 'review.resolved', target: String(id) };
      await audit(client, { ...line, detail: { source: item.source, kind: item.kind, resolution: word } });
      await client.query('COMMIT');
      return 'resolved';
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined); // a lost connection undoes it as well
      throw error;
    } finally {
      client.release();
    }
  }
}

interface FlaggedSql {
  ledger_id: string;
  shard: number;
  seq: string;
  bet_id: string;
  holder_id: string | null;
  referee: string;
  status: string;
  ended: string;
  reason: string | null;
  provider_ref: string | null;
  answered_at: string;
  at: string;
}

function flaggedOf(row: FlaggedSql): FlaggedAnswerRow {
  const { ended, reason, shard, status } = row;
  return {
    ledgerId: row.ledger_id,
    shard,
    seq: Number(row.seq),
    betId: row.bet_id,
    holder: row.holder_id,
    by: row.referee,
    status,
    ended,
    reason,
    providerRef: row.provider_ref,
    answeredAt: Number(row.answered_at),
    at: Number(row.at),
  };
}

interface ReviewSql {
  id: string;
  source: string;
  kind: string;
  foreign_id: string;
  payload: unknown;
  suggestion: string | null;
  first_seen: Date;
  last_seen: Date;
  times: string;
  resolved_at: Date | null;
  resolution: string | null;
}

function reviewOf(row: ReviewSql): ReviewRow {
  const { kind, payload, resolution, source, suggestion } = row;
  return {
    id: Number(row.id),
    source,
    kind,
    foreignId: row.foreign_id,
    payload,
    suggestion,
    firstSeen: row.first_seen.getTime(),
    lastSeen: row.last_seen.getTime(),
    times: Number(row.times),
    resolvedAt: row.resolved_at?.getTime() ?? null,
    resolution,
  };
}
