// Dead letters in one table. The server's clock stamps them.
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Message } from '#ports/bus.ts';
import {
  type DeadLetters,
  type KeptLetter,
  type LetterQuery,
  type LetterState,
  LetterStateError,
  type NewLetter,
} from '#ports/dead-letters.ts';

/** What is kept of a reason and shown of a name, characters. The message itself is kept whole. */
const REASON_CHARS_MAX = 2_000;
const NAME_CHARS_MAX = 500;

/** States from which a letter may be marked. What is about to be sent may still be dropped; anything may be sent again. */
const FROM: Readonly<Record<'replay' | 'dropped', readonly LetterState[]>> = {
  replay: ['waiting', 'replay', 'replayed', 'dropped'],
  dropped: ['waiting', 'replay', 'dropped'],
};

interface Row {
  id: string;
  received_at: Date;
  changed_at: Date;
  times: number;
  state: LetterState;
  group: string;
  reason: string;
  message: string;
}

const COLUMNS = 'id, received_at, changed_at, times, state, "group", reason, message';

export class PostgresDeadLetters implements DeadLetters {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async keep(letters: readonly NewLetter[]): Promise<void> {
    // A statement may touch a row once: of the same letter the last counts.
    const rows = [...new Map(letters.map((letter) => [fingerprintOf(letter), letter])).entries()];
    if (rows.length === 0) return;
    const column = (of: (letter: NewLetter) => string): string[] => rows.map(([, letter]) => of(letter));
    await this.#pool.query(
      `INSERT INTO dead_letters AS d (fingerprint, topic, "group", key, message_id, type, reason, message)
       SELECT decode(f, 'hex'), t, g, k, i, y, r, m
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
         AS n (f, t, g, k, i, y, r, m)
       ON CONFLICT (fingerprint) DO UPDATE
       SET received_at = clock_timestamp(), times = d.times + 1, reason = excluded.reason, message = excluded.message,
           state = CASE WHEN d.state = 'replayed' THEN 'waiting' ELSE d.state END,
           changed_at = CASE WHEN d.state = 'replayed' THEN clock_timestamp() ELSE d.changed_at END`,
      [
        rows.map(([fingerprint]) => fingerprint),
        column(({ message }) => storable(message.topic, NAME_CHARS_MAX)),
        column(({ group }) => storable(group, NAME_CHARS_MAX)),
        column(({ message }) => storable(message.key, NAME_CHARS_MAX)),
        column(({ message }) => storable(message.id, NAME_CHARS_MAX)),
        column(({ message }) => storable(message.type, NAME_CHARS_MAX)),
        column(({ reason }) => storable(reason, REASON_CHARS_MAX)),
        column(({ message }) => JSON.stringify(message)),
      ],
    );
  }

  async list({ after = 0, limit, state, topic }: LetterQuery): Promise<readonly KeptLetter[]> {
    const { rows } = await this.#pool.query<Row>(
      `SELECT ${COLUMNS} FROM dead_letters
       WHERE id > $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR topic = $3)
       ORDER BY id LIMIT $4`,
      [after, state ?? null, topic ?? null, limit],
    );
    return rows.map(letterOf);
  }

  async waiting(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.#pool.query<{ topic: string; letters: string }>(
      `SELECT topic, count(*) AS letters FROM dead_letters WHERE state = 'waiting' GROUP BY topic`,
    );
    return new Map(rows.map(({ letters, topic }) => [topic, Number(letters)]));
  }

  async find(id: number): Promise<KeptLetter | null> {
    const { rows } = await this.#pool.query<Row>(`SELECT ${COLUMNS} FROM dead_letters WHERE id = $1`, [id]);
    return rows[0] ? letterOf(rows[0]) : null;
  }

  async mark(ids: readonly number[], to: 'replay' | 'dropped'): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ id: string; state: LetterState }>(
        'SELECT id, state FROM dead_letters WHERE id = ANY($1) ORDER BY id FOR UPDATE',
        [ids],
      );
      const states = new Map(rows.map(({ id, state }) => [Number(id), state]));
      const faults = ids.flatMap((id) => {
        const state = states.get(id);
        if (state === undefined) return [`there is no dead letter ${id}`];
        return FROM[to].includes(state) ? [] : [`dead letter ${id} is ${state} already`];
      });
      if (faults.length > 0) throw new LetterStateError(`${faults.join('; ')}; nothing was changed`);
      await client.query('UPDATE dead_letters SET state = $2, changed_at = clock_timestamp() WHERE id = ANY($1)', [ids, to]);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  }

  async replayed(ids: readonly number[]): Promise<void> {
    await this.#pool.query(
      `UPDATE dead_letters SET state = 'replayed', changed_at = clock_timestamp() WHERE id = ANY($1) AND state = 'replay'`,
      [ids],
    );
  }

  async prune(ageMs: number, limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query(
      `DELETE FROM dead_letters WHERE id IN (
         SELECT id FROM dead_letters
         WHERE state IN ('replayed', 'dropped') AND changed_at < clock_timestamp() - $1 * interval '1 millisecond'
         ORDER BY id LIMIT $2)`,
      [ageMs, limit],
    );
    return rowCount ?? 0;
  }
}

function fingerprintOf({ group, message: { id, key, topic, type } }: NewLetter): string {
  return createHash('sha256')
    .update(JSON.stringify([topic, group, key, id, type]))
    .digest('hex');
}

/** Text that PostgreSQL takes: without the character NUL, and no longer than `max`. */
function storable(text: string, max: number): string {
  return text.slice(0, max).replaceAll('\0', '\uFFFD').toWellFormed();
}

function letterOf(row: Row): KeptLetter {
  return {
    id: Number(row.id),
    receivedAt: row.received_at.getTime(),
    changedAt: row.changed_at.getTime(),
    times: row.times,
    state: row.state,
    group: row.group,
    reason: row.reason,
    message: JSON.parse(row.message) as Message,
  };
}
