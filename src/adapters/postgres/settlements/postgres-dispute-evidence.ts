// Evidence of disputes in SQL: one row a text, read as its tenant alone.
import type pg from 'pg';
import type { DisputeEvidence, EvidenceName } from '#ports/dispute-evidence.ts';
import { readAs } from '../reads/reader.ts';

export class PostgresDisputeEvidence implements DisputeEvidence {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async keep({ disputeId, sha256 }: EvidenceName, of: { tenantId: string; at: number; text: string }): Promise<boolean> {
    // A row that is there gets a later time: whoever kept it before drops it no more. Only a row that is new has no xmax.
    const { rows } = await this.#pool.query<{ is_new: boolean }>(
      `INSERT INTO dispute_evidence AS e (dispute_id, sha256, tenant_id, at, text) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (dispute_id, sha256) DO UPDATE SET at = greatest(e.at + 1, excluded.at) WHERE e.tenant_id = excluded.tenant_id
       RETURNING xmax = 0 AS is_new`,
      [disputeId, sha256, of.tenantId, of.at, of.text],
    );
    return rows[0]?.is_new === true;
  }

  async drop({ disputeId, sha256 }: EvidenceName, at: number): Promise<void> {
    await this.#pool.query('DELETE FROM dispute_evidence WHERE dispute_id = $1 AND sha256 = $2 AND at = $3', [
      disputeId,
      sha256,
      at,
    ]);
  }

  read(tenantId: string, { disputeId, sha256 }: EvidenceName): Promise<string | null> {
    return readAs(this.#pool, tenantId, async (reading) => {
      const [row] = await reading.rows<{ text: string }>(
        'SELECT text FROM dispute_evidence WHERE dispute_id = $1 AND sha256 = $2',
        [disputeId, sha256],
      );
      return row?.text ?? null;
    });
  }
}
