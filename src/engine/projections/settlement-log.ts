// What happened to settlements as rows: who said what, who settled and corrected, what waits for a second person, disputes; and of each bet what
// was taken back. Facts are kept as the journal has them: lists are for people, and nothing is counted from them.
import type { EventData, EventType, NewEvent } from '#core/kernel/event.ts';

/** Events that a settlement's history is made of. */
const TOLD = {
  ResultRuleSet: true,
  SettlementRulesSet: true,
  FixturePostponed: true,
  PostponementEnded: true,
  ResultReported: true,
  ResultConflicted: true,
  SettlementOrdered: true,
  SettlementStarted: true,
  SettlementFinished: true,
  CorrectionStarted: true,
  MarketRecalled: true,
  SettlementProposed: true,
  SettlementApproved: true,
  ProposalClosed: true,
  DisputeOpened: true,
  DisputeReviewed: true,
  DisputeDecided: true,
} as const satisfies Partial<Record<EventType, true>>;

export interface SettlementLogRow {
  readonly ledgerId: string;
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly eventId: string | null;
  readonly marketId: string | null;
  /** The proposal or the dispute that it is about. */
  readonly subject: string | null;
  readonly holderId: string | null;
  readonly data: string;
}

export interface BetReversal {
  readonly ledgerId: string;
  readonly seq: number;
  readonly at: number;
  readonly betId: string;
  readonly holderId: string;
  readonly returnedMinor: number;
}

export class SettlementLog {
  readonly rows: SettlementLogRow[] = [];
  readonly reversals: BetReversal[] = [];

  add(e: NewEvent, seq: number): void {
    if (!Object.hasOwn(TOLD, e.type)) return;
    const { at, ledgerId, type: kind } = e;
    const { disputeId, eventId, holder, marketId, proposalId } = e.data as Readonly<Record<string, string | undefined>>;
    this.rows.push({
      ledgerId,
      seq,
      at,
      kind,
      eventId: eventId ?? (marketId === undefined ? null : marketId.slice(0, marketId.lastIndexOf('/'))),
      marketId: marketId ?? null,
      subject: proposalId ?? disputeId ?? null,
      holderId: holder ?? null,
      data: JSON.stringify(e.data),
    });
  }

  addReversal(e: NewEvent<'SettlementReversed'>, seq: number): void {
    const { at, ledgerId } = e;
    for (const [betId, holderId, returnedMinor] of (e.data as EventData['SettlementReversed']).bets) {
      this.reversals.push({ ledgerId, seq, at, betId, holderId, returnedMinor });
    }
  }
}
