// Ledgers and the transfers between them, written with a batch of the projector.
import type pg from 'pg';
import type { ProjectionBatch } from '#engine/projections/projection-batch.ts';
import type { LedgerFact, TransferChange, TransferEnd } from '#engine/projections/transfer-changes.ts';

export async function writeLedgers(client: pg.PoolClient, shard: number, ledgers: readonly LedgerFact[]): Promise<void> {
  for (const { currency, ledgerId, markets, moneyClass, seq } of ledgers) {
    await client.query(
      `INSERT INTO ledgers (shard, ledger_id, currency, money_class, markets, seq) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (shard, ledger_id) DO UPDATE SET markets = excluded.markets, seq = excluded.seq`,
      [shard, ledgerId, currency, moneyClass, markets, seq],
    );
  }
}

export async function writeTransfers(client: pg.PoolClient, shard: number, batch: ProjectionBatch): Promise<void> {
  if (batch.transfers.length > 0) await insert(client, shard, batch.transfers);
  if (batch.transferEnds.length > 0) await end(client, shard, batch.transferEnds);
}

async function insert(client: pg.PoolClient, shard: number, t: readonly TransferChange[]): Promise<void> {
  await client.query(
    `INSERT INTO transfers (shard, ledger_id, transfer_id, direction, holder_id, tenant_id, other_ledger, other_holder, currency, amount_minor, at, status, seq)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[],
       $12::text[], $13::bigint[])`,
    [
      shard,
      t.map((x) => x.ledgerId),
      t.map((x) => x.transferId),
      t.map((x) => x.direction),
      t.map((x) => x.holderId),
      t.map((x) => x.tenantId),
      t.map((x) => x.otherLedger),
      t.map((x) => x.otherHolder),
      t.map((x) => x.currency),
      t.map((x) => x.amountMinor),
      t.map((x) => x.at),
      t.map((x) => x.status),
      t.map((x) => x.seq),
    ],
  );
}

async function end(client: pg.PoolClient, shard: number, ends: readonly TransferEnd[]): Promise<void> {
  await client.query(
    `UPDATE transfers t SET status = e.status, reason = e.reason, ended_at = e.at
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[]) AS e(ledger_id, transfer_id, holder_id, status, reason, at)
     WHERE t.holder_id = e.holder_id AND t.shard = $1 AND t.ledger_id = e.ledger_id AND t.transfer_id = e.transfer_id AND t.direction = 'out'`,
    [
      shard,
      ends.map((x) => x.ledgerId),
      ends.map((x) => x.transferId),
      ends.map((x) => x.holderId),
      ends.map((x) => x.status),
      ends.map((x) => x.reason),
      ends.map((x) => x.at),
    ],
  );
}
