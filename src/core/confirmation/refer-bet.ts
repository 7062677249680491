// Referring a bet: it is placed with its stake held, and stands once whoever is asked has answered. Nothing but that answer, the time-out, a void
// or the settlement of its market ends the wait: a price that moves or a market that is suspended meanwhile does not, the bet was judged when placed.
import type { Market } from '../bets/market.ts';
import { needsReview } from '../desk/needs-review.ts';
import { parseMarketId } from '../catalog/market.ts';
import type { Quote } from '../catalog/quote.ts';
import { refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, type EventData, type NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import {
  CONFIRMATION_SCOPES,
  type ConfirmationEvents,
  type ConfirmationScope,
  type Referee,
  type SetConfirmation,
} from './confirmation-commands.ts';
import { CONFIRMATION_TARGETS_MAX } from './referrals.ts';

/** Key of the timer that gives a referred bet back. */
export function referralKey(betId: string): string {
  return `refer:${betId}`;
}

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/** True when a bet at this price needs the supplier's answer. */
export function needsSupplier(ledger: LedgerState, market: Market, quote: Quote): boolean {
  const { ledgerId, referrals } = ledger;
  if (!referrals.anyTarget) return false;
  return (
    referrals.hasTarget('ledger', ledgerId) ||
    referrals.hasTarget('market', market.marketId) ||
    referrals.hasTarget('source', quote.from ?? quote.source)
  );
}

/** Who is asked about a single of this stake before it stands, or null. The desk comes first: a supplier is asked about what it takes. */
export function refereeOf(
  ledger: LedgerState,
  market: Market,
  { quote, stakeMinor }: { readonly quote: Quote; readonly stakeMinor: number },
): Referee | null {
  if (needsReview(ledger, market, stakeMinor)) return 'desk';
  return needsSupplier(ledger, market, quote) ? 'supplier' : null;
}

export interface BetToRefer {
  /** With the whole stake, whatever it is on. */
  readonly placed: Pick<EventData['BetReferred'], 'betId' | 'holder' | 'legs' | 'stakeMinor'>;
  readonly placedAt: number;
  readonly quoteSeq: number;
  readonly by: Referee;
}

/** The event that makes a pending bet wait for an answer. */
export function referBet(ledger: LedgerState, cause: Cause, bet: BetToRefer): NewEvent<'BetReferred'> {
  const { by, placedAt, quoteSeq } = bet;
  const { betId, holder, legs, stakeMinor } = bet.placed;
  const { reviewMs, supplierAnswerMs } = ledger.limits;
  const dueAt = cause.context.now + (by === 'desk' ? reviewMs : supplierAnswerMs);
  const { currency } = ledger;
  return event(cause, 'BetReferred', {
    betId,
    by,
    currency,
    dueAt,
    holder,
    legs,
    placedAt,
    quoteSeq,
    stakeMinor,
  }) as NewEvent<'BetReferred'>;
}

export function setConfirmation(ledger: LedgerState, envelope: Envelope<SetConfirmation>, context: Context): Decision {
  const { confirmation, scope, target } = envelope.cmd;
  if (!CONFIRMATION_SCOPES.includes(scope)) return refuse('malformed', { path: '/scope' });
  if (confirmation !== 'supplier' && confirmation !== 'none') return refuse('malformed', { path: '/confirmation' });
  if (!isTarget(ledger, scope, target)) return refuse('malformed', { path: '/target' });
  const { referrals } = ledger;
  if (referrals.hasTarget(scope, target) === (confirmation === 'supplier'))
    return refuse('already_resolved', { path: '/target' });
  if (confirmation === 'supplier' && referrals.targetCount >= CONFIRMATION_TARGETS_MAX)
    return refuse('limit_house', { need: CONFIRMATION_TARGETS_MAX, have: referrals.targetCount });
  return [event({ envelope, context }, 'ConfirmationSet', { confirmation, scope, target })];
}

function isTarget(ledger: LedgerState, scope: ConfirmationScope, target: unknown): target is string {
  if (scope === 'ledger') return target === ledger.ledgerId;
  if (scope === 'market') return typeof target === 'string' && parseMarketId(target) !== null;
  return isToken(target);
}

export function onConfirmationSet(
  ledger: LedgerState,
  { confirmation, scope, target }: ConfirmationEvents['ConfirmationSet'],
): void {
  ledger.referrals.setTarget(scope, target, confirmation === 'supplier');
}

/** True when the market of a bet is declared: what waits in it then is given back. */
export function isDeclared(ledger: LedgerState, market: number): boolean {
  return marketAt(ledger, market).outcomes !== null;
}
