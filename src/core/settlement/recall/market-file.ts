// A settled market as it was when it left memory: what is read back from the journal before it can be corrected after its window. Whoever folds
// the journal makes the file; the decision that recalls the market finds it in its context, and states it in events.
import type { DeductionRules } from '../../bets/runners/deductions.ts';
import type { Withdrawal } from '../../bets/runners/runners.ts';
import type { EachWayTerms } from '../../bets/runners/stated-market.ts';
import type { OutcomeNumbers } from '../../kernel/event.ts';
import { type LedgerState, marketOf } from '../../kernel/state.ts';
import type { Holder } from '../../ledger/holder.ts';
import type { Report, SettledMarket } from '../corrections/corrections.ts';
import type { Market } from '../../bets/market.ts';

/** A paid bet. Marks: 1 it was pending, 2 each-way. */
export type FiledBet = readonly [
  betId: string,
  holder: string,
  selection: number,
  oddsMilli: number,
  minOddsMilli: number,
  stakeMinor: number,
  placedAt: number,
  suspensions: number,
  marks: number,
  returnedMinor: number,
];
export const PENDING_MARK = 1;
export const EACH_WAY_MARK = 2;

/** Of a market and its fixture, in alphabetical order. */
export interface MarketFacts {
  readonly byHand: boolean;
  readonly deductions?: DeductionRules;
  readonly eachWay?: EachWayTerms;
  readonly outcomes: Readonly<Record<string, OutcomeNumbers>>;
  readonly places?: number;
  /** What each source said of the fixture, and the version of its last result. */
  readonly reports: readonly Report[];
  readonly resultVersions: readonly (readonly [string, number])[];
  readonly returnedMinor: number;
  readonly selections: readonly string[];
  readonly stakedMinor: number;
  readonly startAt: number;
  readonly suspensions: number;
  readonly withdrawals?: readonly Withdrawal[];
}

export interface MarketFile {
  readonly marketId: string;
  readonly facts: MarketFacts;
  /** In the order in which they were paid. */
  readonly bets: readonly FiledBet[];
}

/** Why there is no file of a market. `too_large`: it had so many bets. */
export type NoFile = { readonly code: 'not_found' | 'correction_closed' } | { readonly code: 'too_large'; readonly have: number };
/** `loaded` in the context of RecallMarket. */
export type LoadedMarket = MarketFile | NoFile;

/** Bets of a market that can be recalled: all of them are read, decided and written at once. */
export const RECALL_BETS_MAX = 20_000;

/** To be asked of a state that is about to forget the market. */
export function fileOf(ledger: LedgerState, marketId: string): LoadedMarket {
  const market = marketOf(ledger, marketId);
  if (!market) return { code: 'not_found' };
  const kept = ledger.corrections.markets.get(market.row);
  if (!kept || !isWhole(ledger, market, kept)) return { code: 'correction_closed' };
  if (kept.paid.count > RECALL_BETS_MAX) return { code: 'too_large', have: kept.paid.count };
  return { marketId, facts: factsOf(ledger, market, kept.byHand), bets: betsOf(ledger, market, kept) };
}

/** What is filed is all that was paid: no legs of other bets and no net bets of the exchange. */
function isWhole(ledger: LedgerState, market: Market, kept: SettledMarket): boolean {
  const legs = ledger.multiples.ofMarket(market.row);
  const hasLegs = kept.forgetting || (legs !== undefined && legs.openLegs + legs.decidedLegs > 0);
  const isSettled = market.status === 'settled' && market.outcomes !== null && kept.paid.count === market.settledBets;
  return isSettled && !hasLegs && !ledger.exchange.markets.has(market.row);
}

function factsOf(ledger: LedgerState, market: Market, byHand: boolean): MarketFacts {
  const { eventId, outcomes, returnedMinor, runners, selections, settledStakeMinor, startAt, suspensions } = market;
  const { deductions, eachWay, places, withdrawals } = runners ?? {};
  return {
    byHand,
    ...(deductions ? { deductions } : {}),
    ...(eachWay ? { eachWay } : {}),
    outcomes: outcomes ?? {},
    ...(places === undefined ? {} : { places }),
    reports: (ledger.corrections.reports.get(eventId) ?? []).map(inOrder),
    resultVersions: [...(ledger.fixtures.get(eventId)?.resultVersions ?? [])],
    returnedMinor,
    selections,
    stakedMinor: settledStakeMinor,
    startAt,
    suspensions,
    ...(withdrawals
      ? {
          withdrawals: withdrawals.map((w) => ({
            deductionPpm: w.deductionPpm,
            selection: w.selection,
            suspensions: w.suspensions,
            withdrawnAt: w.withdrawnAt,
          })),
        }
      : {}),
  };
}

/** As events spell it. */
function inOrder({ completedPeriods, places, scores, source, status, version, withdrawn }: Report): Report {
  return {
    completedPeriods,
    ...(places === undefined ? {} : { places }),
    scores,
    source,
    status,
    version,
    ...(withdrawn === undefined ? {} : { withdrawn }),
  };
}

function betsOf(ledger: LedgerState, { row }: Market, { paid }: SettledMarket): FiledBet[] {
  return Array.from({ length: paid.count }, (_, place) => {
    const bet = paid.get(place, row);
    const marks = (bet.pending ? PENDING_MARK : 0) + (bet.eachWay ? EACH_WAY_MARK : 0);
    const { id } = ledger.holders[bet.holder] as Holder;
    const { betId, minOddsMilli, oddsMilli, placedAt, returnedMinor, selection, stakeMinor, suspensions } = bet;
    return [betId, id, selection, oddsMilli, minOddsMilli, stakeMinor, placedAt, suspensions, marks, returnedMinor];
  });
}
