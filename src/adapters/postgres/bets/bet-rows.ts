// What cash-outs add to bets, and flagged answers, written with a batch of the projector.
import type pg from 'pg';
import type { BetChanges } from '#engine/projections/bet-changes.ts';

/** Before the ends of bets: what a bet returned includes what it was cashed out for. */
export async function writeCashOuts(client: pg.PoolClient, shard: number, { cashOuts }: BetChanges): Promise<void> {
  if (cashOuts.size === 0) return;
  const c = [...cashOuts.values()];
  await client.query(
    `UPDATE bets b SET cashed_stake_minor = b.cashed_stake_minor + c.stake, cashed_minor = b.cashed_minor + c.amount, settled_seq = c.seq
     FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[]) AS c(shard, bet_id, holder_id, stake, amount, seq)
     WHERE b.holder_id = c.holder_id AND b.bet_id = c.bet_id AND b.shard = c.shard`,
    [
      c.map(() => shard),
      c.map((x) => x.betId),
      c.map((x) => x.holderId),
      c.map((x) => x.stakeMinor),
      c.map((x) => x.amountMinor),
      c.map((x) => x.seq),
    ],
  );
}

export async function writeFlags(client: pg.PoolClient, shard: number, { flags }: BetChanges): Promise<void> {
  for (const { answer, at, ledgerId, seq } of flags) {
    const { answeredAt, betId, by, ended, holder = null, providerRef = null, reason = null, status } = answer;
    await client.query(
      `INSERT INTO flagged_answers (shard, seq, ledger_id, bet_id, holder_id, referee, status, ended, reason, provider_ref, answered_at, at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [shard, seq, ledgerId, betId, holder, by, status, ended, reason, providerRef, answeredAt, at],
    );
  }
}
