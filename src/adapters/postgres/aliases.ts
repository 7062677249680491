// The alias table and the way into the review queue, in SQL. Answering the queue is PostgresReviewQueue's part.
import type pg from 'pg';
import type { Alias, AliasKind, Aliases, Unmatched } from '#ports/aliases.ts';

export class PostgresAliases implements Aliases {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async find(source: string, asked: readonly { readonly kind: AliasKind; readonly foreignId: string }[]): Promise<Alias[]> {
    if (asked.length === 0) return [];
    const { rows } = await this.#pool.query<AliasSql>(
      `SELECT a.source, a.kind, a.foreign_id, a.our_id, a.swapped FROM aliases a
       JOIN unnest($2::text[], $3::text[]) AS q(kind, foreign_id) ON a.kind = q.kind AND a.foreign_id = q.foreign_id WHERE a.source = $1`,
      [source, asked.map((one) => one.kind), asked.map((one) => one.foreignId)],
    );
    return rows.map(aliasOf);
  }

  async findOurs(eventIds: readonly string[]): Promise<Alias[]> {
    if (eventIds.length === 0) return [];
    const { rows } = await this.#pool.query<AliasSql>(
      `SELECT source, kind, foreign_id, our_id, swapped FROM aliases WHERE kind = 'fixture' AND our_id = ANY ($1)`,
      [eventIds],
    );
    return rows.map(aliasOf);
  }

  async add(aliases: readonly Alias[], by: string): Promise<void> {
    if (aliases.length === 0) return;
    const column = <K extends keyof Alias>(key: K): Alias[K][] => aliases.map((alias) => alias[key]);
    await this.#pool.query(
      `INSERT INTO aliases (source, kind, foreign_id, our_id, swapped, created_by)
       SELECT *, $6 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[]) ON CONFLICT DO NOTHING`,
      [column('source'), column('kind'), column('foreignId'), column('ourId'), column('swapped'), by],
    );
  }

  async ourIds(kind: AliasKind): Promise<string[]> {
    const { rows } = await this.#pool.query<{ our_id: string }>('SELECT DISTINCT our_id FROM aliases WHERE kind = $1', [kind]);
    return rows.map((row) => row.our_id);
  }

  /** What comes again is counted; what a person has answered stays answered. */
  async queue(items: readonly Unmatched[]): Promise<void> {
    if (items.length === 0) return;
    await this.#pool.query(
      `INSERT INTO review_queue AS q (source, kind, foreign_id, payload, suggestion)
       SELECT DISTINCT ON (source, kind, "foreignId") source, kind, "foreignId", payload, suggestion
       FROM jsonb_to_recordset($1::jsonb) AS r(source text, kind text, "foreignId" text, payload jsonb, suggestion text)
       ON CONFLICT (source, kind, foreign_id) DO UPDATE SET
         last_seen = now(), times = q.times + 1, payload = excluded.payload, suggestion = coalesce(excluded.suggestion, q.suggestion)`,
      [JSON.stringify(items)],
    );
  }
}

interface AliasSql {
  source: string;
  kind: AliasKind;
  foreign_id: string;
  our_id: string;
  swapped: boolean;
}

function aliasOf(row: AliasSql): Alias {
  return { source: row.source, kind: row.kind, foreignId: row.foreign_id, ourId: row.our_id, swapped: row.swapped };
}
