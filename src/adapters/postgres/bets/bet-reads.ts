// A bet with its legs as a query reads it, and what its row becomes. A bet of several legs has them in rows of their own.
import type { EachWayTerms } from '#core/bets/runners/stated-market.ts';
import type { BetLegRow, BetRow } from '#ports/read-models.ts';
import { numberOrNull } from '../reads/reader.ts';

const LEGS = `(SELECT json_agg(json_build_object('marketId', l.market_id, 'selectionId', l.selection_id, 'lead', l.lead, 'oddsMilli', l.odds_milli,
  'quoteSeq', l.quote_seq, 'quoteSource', l.quote_source, 'quoteAgeMs', l.quote_age_ms, 'outcome', l.outcome) ORDER BY l.leg)
  FROM bet_legs l WHERE l.bet_id = b.bet_id AND l.shard = b.shard)`;
/** Of `bets b`. */
export const BET_COLUMNS = `b.bet_id, b.holder_id, b.market_id, b.selection_id, b.lead, b.odds_milli, b.stake_minor, b.currency, b.quote_seq, b.quote_source,
  b.quote_age_ms, b.placed_at, b.status, b.return_minor, b.cashed_stake_minor, b.cashed_minor, b.settled_at, b.reason, b.each_way,
  coalesce(b.settled_seq, b.seq) AS last_seq, b.system, b.lines, CASE WHEN b.system IS NOT NULL THEN ${LEGS} END AS legs`;

export interface BetSql {
  bet_id: string;
  holder_id: string;
  /** Null in a bet of several legs, as is all that is said of the one leg. */
  market_id: string | null;
  selection_id: string | null;
  lead: number | null;
  odds_milli: number | null;
  stake_minor: string;
  currency: string;
  quote_seq: string | null;
  quote_source: string | null;
  quote_age_ms: number | null;
  system: string | null;
  lines: number | null;
  legs: BetLegRow[] | null;
  placed_at: string;
  status: string;
  return_minor: string | null;
  cashed_stake_minor: string;
  cashed_minor: string;
  settled_at: string | null;
  reason: string | null;
  each_way: EachWayTerms | null;
  last_seq: string;
}

export function betOf(row: BetSql): BetRow {
  return {
    betId: row.bet_id,
    holder: row.holder_id,
    system: row.system,
    lines: row.lines ?? 1,
    legs: row.legs ?? [legOf(row)],
    stakeMinor: Number(row.stake_minor),
    eachWay: row.each_way,
    currency: row.currency,
    placedAt: Number(row.placed_at),
    status: row.status,
    returnMinor: numberOrNull(row.return_minor),
    cashedStakeMinor: Number(row.cashed_stake_minor),
    cashedMinor: Number(row.cashed_minor),
    settledAt: numberOrNull(row.settled_at),
    reason: row.reason,
    seq: Number(row.last_seq),
  };
}

function legOf(row: BetSql): BetLegRow {
  return {
    marketId: row.market_id ?? '',
    selectionId: row.selection_id ?? '',
    lead: row.lead,
    oddsMilli: row.odds_milli ?? 0,
    quoteSeq: Number(row.quote_seq),
    quoteSource: row.quote_source ?? '',
    quoteAgeMs: row.quote_age_ms ?? 0,
    outcome: null,
  };
}
