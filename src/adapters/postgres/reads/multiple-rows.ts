// Writes a batch's bets of several legs and their legs by COPY, then what was told of legs later.
import type pg from 'pg';
import type { LegChange, MultipleRow } from '#engine/projections/multiple-changes.ts';
import { copyField, copyText } from './copy-text.ts';

const BETS =
  'bets (bet_id, shard, ledger_id, seq, holder_id, tenant_id, system, lines, stake_minor, currency, placed_at, status)';
const LEGS =
  'bet_legs (bet_id, shard, leg, holder_id, market_id, selection_id, lead, odds_milli, quote_seq, quote_source, quote_age_ms)';

/** COPY text of bets and of their legs. */
export interface MultipleTexts {
  readonly bets: string;
  readonly legs: string;
}

export function multipleTexts(
  shard: number,
  placed: readonly MultipleRow[],
  tenantOf: (row: MultipleRow) => string,
): MultipleTexts {
  let bets = '';
  let legs = '';
  for (const b of placed) {
    bets += `${b.betId}\t${shard}\t${b.ledgerId}\t${b.seq}\t${b.holderId}\t${tenantOf(b)}\t${b.system}\t${b.lines}\t${b.stakeMinor}\t${b.currency}\t${b.placedAt}\t${b.status}\n`;
    for (const [i, { lead, marketId, oddsMilli, quote, selectionId }] of b.legs.entries()) {
      legs += `${b.betId}\t${shard}\t${i}\t${b.holderId}\t${marketId}\t${selectionId}\t${copyField(lead)}\t${oddsMilli}\t${quote.seq}\t${copyField(quote.source)}\t${quote.ageMs}\n`;
    }
  }
  return { bets, legs };
}

export async function writeMultiples(client: pg.PoolClient, { bets, legs }: MultipleTexts): Promise<void> {
  await copyText(client, BETS, bets);
  await copyText(client, LEGS, legs);
}

export async function writeLegs(client: pg.PoolClient, shard: number, changes: Iterable<LegChange>): Promise<void> {
  const c = [...changes];
  if (c.length === 0) return;
  await client.query(
    `UPDATE bet_legs l SET odds_milli = coalesce(c.odds_milli, l.odds_milli), outcome = CASE WHEN c.reopened THEN NULL ELSE coalesce(c.outcome::integer[], l.outcome) END
     FROM unnest($1::integer[], $2::text[], $3::integer[], $4::integer[], $5::text[], $6::boolean[]) AS c(shard, bet_id, leg, odds_milli, outcome, reopened)
     WHERE l.bet_id = c.bet_id AND l.shard = c.shard AND l.leg = c.leg`,
    [
      c.map(() => shard), // a constant would be taken for one that leaves 0.5 % of the rows
      c.map((x) => x.betId),
      c.map((x) => x.leg),
      c.map((x) => x.oddsMilli),
      c.map((x) => (x.outcome === null ? null : `{${x.outcome.join(',')}}`)),
      c.map((x) => x.reopened),
    ],
  );
}
