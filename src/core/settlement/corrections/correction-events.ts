// What is recorded of results by source, of corrections, proposals and debts. `by` is the opaque id of an operator, and empty where nobody acted.
import type { PeriodScore, Placing, ResultStatus, Withdrawn } from '../../catalog/result.ts';
import type { OutcomeNumbers } from '../../kernel/event.ts';
import type { FiledBet, MarketFacts } from '../recall/market-file.ts';

export interface CorrectionEvents {
  ResultRuleSet: { agree: number; by: string; sources: readonly string[] };
  ResultReported: {
    by: string;
    completedPeriods: readonly string[];
    eventId: string;
    /** Only where the result told of participants. */
    places?: readonly Placing[];
    scores: readonly PeriodScore[];
    source: string;
    status: ResultStatus;
    version: number;
    withdrawn?: readonly Withdrawn[];
  };
  /** Each as [market, source that says otherwise]. */
  ResultConflicted: { conflicts: readonly (readonly [string, string])[]; eventId: string; source: string; version: number };
  SettlementOrdered: { by: string; marketId: string; reason: string };
  /** `outcomes` null: the market stays closed until it is decided. */
  CorrectionStarted: {
    by: string;
    marketId: string;
    outcomes: Record<string, OutcomeNumbers> | null;
    reason: string;
    source: string;
  };
  /** Each bet as [betId, holder, what it had returned]. */
  SettlementReversed: { bets: readonly (readonly [string, string, number])[]; marketId: string };
  SettlementProposed: {
    by: string;
    expiresAt: number;
    marketId: string;
    movedMinor: number;
    outcomes: Record<string, OutcomeNumbers> | null;
    previewHash: string;
    proposalId: string;
    reason: string;
    source: string;
  };
  SettlementApproved: { by: string; marketId: string; proposalId: string };
  /** Reason: what the operator gave, or `expired`, `replaced`. */
  ProposalClosed: { by: string; marketId: string; proposalId: string; reason: string };
  /** A market that had left memory is back, with so many bets, for another correction window. */
  MarketRecalled: { bets: number; by: string; market: MarketFacts; marketId: string };
  BetsRecalled: { bets: readonly FiledBet[]; marketId: string };
  /** Each as [holder, what is owed more, minor units]. */
  DebtRecorded: { debts: readonly (readonly [string, number])[] };
  /** Each as [holder, what was repaid, minor units]. */
  DebtRecovered: { debts: readonly (readonly [string, number])[] };
}
