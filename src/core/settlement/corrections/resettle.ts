// One way in for whatever settles or corrects a market beside its first result: sources, operators, upheld disputes. What moves more money than
// one person may move becomes a proposal for a second one.
import { deriveId } from '../../base/ids.ts';
import { type Refusal, refuse } from '../../base/refusal.ts';
import type { Market } from '../../bets/market.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../../kernel/event.ts';
import type { LedgerState } from '../../kernel/state.ts';
import { startedEvents } from '../declare.ts';
import { type Outcomes, type Proposal, PROPOSALS_OPEN_MAX } from './corrections.ts';
import { isDeclared, type Preview, preview } from './preview.ts';

export interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

export interface Wish {
  readonly outcomes: Outcomes | null;
  readonly by: string;
  /** `operator`, or the source of a result. */
  readonly source: string;
  readonly reason: string;
  /** Of the preview that was looked at. */
  readonly previewHash?: string | undefined;
  /** The proposal that a second person agreed to. */
  readonly approved?: string;
}

/** The source that people speak as. */
export const OPERATOR = 'operator';

export function resettle(ledger: LedgerState, cause: Cause, market: Market, wish: Wish): Decision {
  const barred = barredFrom(ledger, market, wish);
  if (barred) return barred;
  const seen = preview(ledger, market, wish.outcomes);
  if (wish.previewHash !== undefined && wish.previewHash !== seen.previewHash)
    return refuse('version_conflict', { path: '/previewHash' });
  if (!wish.approved && seen.movedMinor > ledger.limits.approvalAboveMinor) return propose(ledger, cause, { market, seen, wish });
  const replaced = closeOpen(ledger, cause, { market, by: wish.by, reason: 'replaced', but: wish.approved });
  const { by, outcomes, reason, source } = wish;
  const { marketId } = market;
  if (isDeclared(market)) {
    return [...replaced, event(cause, 'CorrectionStarted', { by, marketId, outcomes: named(outcomes), reason, source })];
  }
  const ordered = source === OPERATOR ? [event(cause, 'SettlementOrdered', { by, marketId, reason })] : [];
  return [...replaced, ...ordered, ...startedEvents(cause, market, named(outcomes) ?? {})];
}

function barredFrom(ledger: LedgerState, market: Market, wish: Wish): Refusal | null {
  if (!isDeclared(market)) return wish.outcomes === null ? refuse('already_resolved', { path: '/outcomes' }) : null;
  const kept = ledger.corrections.markets.get(market.row);
  // What was paid before there was a rule was not kept, and what is being forgotten is not there any more as a whole.
  if (!kept || kept.forgetting || kept.paid.count !== market.settledBets)
    return refuse('correction_closed', { path: '/marketId' });
  const next = kept.plan ? kept.plan.outcomes : market.outcomes;
  return isSame(next, wish.outcomes) ? refuse('already_resolved', { path: '/outcomes' }) : null;
}

function propose(ledger: LedgerState, cause: Cause, of: { market: Market; seen: Preview; wish: Wish }): Decision {
  const { market, seen, wish } = of;
  const { by, outcomes, reason, source } = wish;
  const { marketId, movedMinor, previewHash } = seen;
  const open = ledger.corrections.proposalOf(marketId);
  if (open?.previewHash === previewHash) return refuse('already_resolved', { path: '/marketId' });
  const { size } = ledger.corrections.proposals;
  if (size >= PROPOSALS_OPEN_MAX) return refuse('limit_house', { need: PROPOSALS_OPEN_MAX, have: size });
  const expiresAt = cause.context.now + ledger.limits.proposalLifeMs;
  const proposalId = deriveId('prp', cause.context.now, `${cause.envelope.commandId} ${marketId}`);
  const data = { by, expiresAt, marketId, movedMinor, outcomes: named(outcomes), previewHash, proposalId, reason, source };
  return [...closeOpen(ledger, cause, { market, by, reason: 'replaced' }), event(cause, 'SettlementProposed', data)];
}

/** Ends the proposal that waits for this market, if there is another one than `but`. */
export function closeOpen(
  ledger: LedgerState,
  cause: Cause,
  of: {
    readonly market: Pick<Market, 'marketId'>;
    readonly by: string;
    readonly reason: string;
    readonly but?: string | undefined;
  },
): NewEvent[] {
  const open = ledger.corrections.proposalOf(of.market.marketId);
  return open && open.proposalId !== of.but ? [closed(cause, open, of)] : [];
}

export function closed(cause: Cause, { marketId, proposalId }: Proposal, of: { by: string; reason: string }): NewEvent {
  return event(cause, 'ProposalClosed', { by: of.by, marketId, proposalId, reason: of.reason });
}

export function isSame(a: Outcomes | null, b: Outcomes | null): boolean {
  return JSON.stringify(named(a)) === JSON.stringify(named(b));
}

/** Selections in alphabetical order, as events spell them. */
export function named(outcomes: Outcomes | null): Record<string, Outcomes[string]> | null {
  if (outcomes === null) return null;
  return Object.fromEntries(
    Object.keys(outcomes)
      .sort()
      .map((name) => [name, outcomes[name] as Outcomes[string]]),
  );
}
