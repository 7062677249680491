// The decision log in SQL: one row per price list seen, one per bot's answer about it.
import type pg from 'pg';
import type { DecisionLog, DecisionSheet } from '#ports/decision-log.ts';
import { copyField, copyText } from './copy-text.ts';

export class PostgresDecisionLog implements DecisionLog {
  readonly #pool: pg.Pool;
  readonly #tenantId: string;

  constructor(pool: pg.Pool, tenantId: string) {
    this.#pool = pool;
    this.#tenantId = tenantId;
  }

  async write(shard: number, sheets: readonly DecisionSheet[]): Promise<void> {
    if (sheets.length === 0) return;
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ last: string }>(
        `SELECT setval('market_snapshot_ids', nextval('market_snapshot_ids') + $1::bigint) AS last`,
        [sheets.length],
      );
      const first = Number((rows[0] as { last: string }).last) - sheets.length;
      await copyText(
        client,
        'market_snapshots (run_shard, snapshot_id, at, market_id, snapshot)',
        snapshotRows(shard, sheets, first),
      );
      await copyText(client, `decisions (${DECISION_COLUMNS})`, decisionRows(sheets, { shard, first, tenantId: this.#tenantId }));
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }
}

const DECISION_COLUMNS =
  'run_shard, snapshot_id, bot_id, tenant_id, dna_hash, at, market_id, selection_id, code, need, have, stake_minor, fair_ppm, quote_seq, bet_id';

function snapshotRows(shard: number, sheets: readonly DecisionSheet[], first: number): string {
  let text = '';
  sheets.forEach(({ snapshot }, i) => {
    text += `${shard}\t${first + i}\t${snapshot.at}\t${snapshot.marketId}\t${copyField(JSON.stringify(snapshot))}\n`;
  });
  return text;
}

function decisionRows(sheets: readonly DecisionSheet[], of: { shard: number; first: number; tenantId: string }): string {
  const lines: string[] = [];
  sheets.forEach(({ decisions }, i) => {
    for (const { betId, decision: d } of decisions) {
      const numbers = `${copyField(d.need)}\t${copyField(d.have)}\t${copyField(d.stakeMinor)}\t${copyField(d.fairPpm)}`;
      lines.push(
        `${of.shard}\t${of.first + i}\t${d.botId}\t${of.tenantId}\t${d.dnaHash}\t${d.at}\t${d.marketId}\t${copyField(d.selectionId)}\t${d.outcome}\t${numbers}\t${d.quoteSeq}\t${copyField(betId)}\n`,
      );
    }
  });
  return lines.join('');
}
