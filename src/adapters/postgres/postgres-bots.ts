// Bots in SQL. Their DNA is checked again when it is read: a row edited by hand must not reach the arena unseen.
import type pg from 'pg';
import { dnaHash, parseDna } from '#core/bots/dna.ts';
import type { BotStore, PastBet, StoredBot } from '#ports/bot-store.ts';

export class PostgresBots implements BotStore {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async load(): Promise<StoredBot[]> {
    const { rows } = await this.#pool.query("SELECT * FROM bots WHERE status <> 'retired' ORDER BY bot_id");
    return rows.map((row) => {
      const parsed = parseDna(row.dna);
      if ('fault' in parsed) throw new Error(`DNA of ${row.bot_id}, ${parsed.fault.path}: ${parsed.fault.message}`);
      return { dna: parsed.dna, ownerId: row.owner_id, tenantId: row.tenant_id, bornAt: row.born_at.getTime() };
    });
  }

  async add(bots: readonly StoredBot[]): Promise<void> {
    for (const { bornAt, dna, ownerId, tenantId } of bots) {
      await this.#pool.query(
        `INSERT INTO bots (bot_id, owner_id, tenant_id, dna, dna_hash, born_at) VALUES ($1, $2, $3, $4, $5, to_timestamp($6 / 1000.0))
         ON CONFLICT DO NOTHING`,
        [dna.id, ownerId, tenantId, JSON.stringify(dna), dnaHash(dna), bornAt],
      );
    }
  }

  async history(botId: string, limit: number): Promise<PastBet[]> {
    const { rows } = await this.#pool.query(
      // Of several legs are only bets that its owner made with the bot's money.
      `SELECT * FROM (SELECT * FROM bets WHERE holder_id = $1 AND shard < 64 AND system IS NULL ORDER BY bet_id DESC LIMIT $2) b ORDER BY bet_id`,
      [botId, limit],
    );
    return rows.map((row) => ({
      betId: row.bet_id,
      botId,
      marketId: row.market_id,
      selectionId: row.selection_id,
      oddsMilli: row.odds_milli,
      stakeMinor: Number(row.stake_minor),
      quoteSeq: Number(row.quote_seq),
      placedAt: Number(row.placed_at),
      returnMinor: row.return_minor === null ? null : Number(row.return_minor),
      settledAt: row.settled_at === null ? null : Number(row.settled_at),
    }));
  }
}
