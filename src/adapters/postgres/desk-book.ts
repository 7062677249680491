// The desk's book in SQL: appended under a lock that ends with the transaction, so that no reader passes a number that is still to appear.
import type pg from 'pg';
import { type DeskBook, type DeskChange, type DeskFact, type DeskFixture, eventIdOf, nameOf } from '#ports/desk-book.ts';

/** Any number that no other lock has. */
const LOCK = 4_200_017;
/** Offers that end by themselves, looked at when the feed starts. */
const EXPIRING_MAX = 100_000;

interface ChangeSql {
  readonly no: string;
  readonly at: string;
  readonly by_owner: string;
  readonly fact: DeskFact;
}

export class PostgresDeskBook implements DeskBook {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async append(facts: readonly DeskFact[], { at, by }: { readonly at: number; readonly by: string }): Promise<number> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
      const { rows } = await client.query<{ no: string }>(
        `INSERT INTO desk_changes (at, by_owner, event_id, name, start_at, expires, fact)
         SELECT $1, $2, event_id, name, start_at, expires, fact::json
         FROM unnest($3::text[], $4::text[], $5::bigint[], $6::boolean[], $7::text[]) WITH ORDINALITY AS f(event_id, name, start_at, expires, fact, n)
         ORDER BY n RETURNING no`,
        [
          at,
          by,
          facts.map(eventIdOf),
          facts.map(nameOf),
          facts.map((fact) => (fact.kind === 'fixture' ? fact.fixture.startAt : null)),
          facts.map((fact) => fact.kind === 'offer' && fact.offer.validUntil !== null),
          facts.map((fact) => JSON.stringify(fact)),
        ],
      );
      await client.query('COMMIT');
      return Math.max(0, ...rows.map((row) => Number(row.no)));
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  async changesAfter(no: number, limit: number): Promise<DeskChange[]> {
    return this.#read('SELECT no, at, by_owner, fact FROM desk_changes WHERE no > $1 ORDER BY no LIMIT $2', [no, limit]);
  }

  async event(eventId: string): Promise<DeskChange[]> {
    return this.#read(
      'SELECT DISTINCT ON (name) no, at, by_owner, fact FROM desk_changes WHERE event_id = $1 ORDER BY name, no DESC',
      [eventId],
    );
  }

  async offers(eventIds: readonly string[]): Promise<DeskChange[]> {
    return this.#read(
      `SELECT DISTINCT ON (event_id, name) no, at, by_owner, fact FROM desk_changes
       WHERE event_id = ANY($1) AND name NOT IN ('fixture', 'result') ORDER BY event_id, name, no DESC`,
      [eventIds],
    );
  }

  async expiring(): Promise<DeskChange[]> {
    return this.#read(
      `SELECT no, at, by_owner, fact FROM desk_changes c WHERE expires AND NOT EXISTS
         (SELECT FROM desk_changes l WHERE l.event_id = c.event_id AND l.name = c.name AND l.no > c.no) ORDER BY no DESC LIMIT $1`,
      [EXPIRING_MAX],
    );
  }

  async fixtures(from: number, limit: number): Promise<DeskFixture[]> {
    const changes = await this.#read(
      `SELECT no, at, by_owner, fact FROM desk_changes c WHERE name = 'fixture' AND start_at >= $1 AND NOT EXISTS
         (SELECT FROM desk_changes l WHERE l.event_id = c.event_id AND l.name = c.name AND l.no > c.no)
       ORDER BY start_at, event_id LIMIT $2`,
      [from, limit],
    );
    return changes.flatMap((change) => (change.kind === 'fixture' ? [change.fixture] : []));
  }

  async #read(sql: string, values: readonly unknown[]): Promise<DeskChange[]> {
    const { rows } = await this.#pool.query<ChangeSql>(sql, [...values]);
    return rows.map(({ at, by_owner: by, fact, no }) => ({ ...fact, no: Number(no), at: Number(at), by }));
  }
}
