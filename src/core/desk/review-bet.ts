// Bets that a person looks at before they stand: those with a stake above what the desk wants to see. The stake is held meanwhile; the bet is
// judged again when the person takes it, at the prices of that moment, and is given back when nobody decides in time.
import { isId } from '../base/ids.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import type { OpenBet } from '../bets/open-bets.ts';
import { takePrice } from '../bets/price.ts';
import { judgeAnswer } from '../confirmation/answer-bet.ts';
import { needsSupplier, referBet } from '../confirmation/refer-bet.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import type { Decision } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { barredFrom } from '../risk/gate.ts';
import type { ReviewBet } from './desk-commands.ts';

export interface BetInReview {
  readonly betId: string;
  readonly holder: string;
  readonly ownerId: string;
  readonly marketId: string;
  readonly selectionId: string;
  readonly stakeMinor: number;
  readonly oddsMilli: number;
  readonly placedAt: number;
  /** When it is given back if nobody decides. */
  readonly dueAt: number;
}

export function reviewBet(ledger: LedgerState, envelope: Envelope<ReviewBet>, context: Context): Decision {
  const { betId, decision, reason } = envelope.cmd;
  if (!isId('bet', betId)) return refuse('malformed', { path: '/betId' });
  if (decision !== 'accept' && decision !== 'reject') return refuse('malformed', { path: '/decision' });
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  const referral = ledger.referrals.find(betId);
  if (referral?.by !== 'desk') {
    const known = ledger.bets.find(betId) >= 0 || ledger.referrals.ended(betId)?.by === 'desk';
    return refuse(known ? 'already_resolved' : 'not_found', { path: '/betId' });
  }
  const cause = { envelope, context };
  const answer = { betId, by: 'desk', answeredAt: context.now } as const;
  if (decision === 'reject') return judgeAnswer(ledger, cause, { ...answer, status: 'rejected', reason });
  const bet = ledger.bets.get(ledger.bets.find(betId));
  const price = judgedAgain(ledger, context, bet);
  if ('code' in price) return price;
  const market = marketAt(ledger, bet.market);
  if (!needsSupplier(ledger, market, price.quote)) return judgeAnswer(ledger, cause, { ...answer, status: 'confirmed' });
  // One after the other: the supplier is asked about what the desk takes.
  const { oddsMilli, placedAt, stakeMinor } = bet;
  const legs = [{ marketId: market.marketId, oddsMilli, selectionId: market.selections[bet.selection] as string }];
  const placed = { betId, holder: (ledger.holders[bet.holder] as Holder).id, legs, stakeMinor };
  const waitMs = ledger.limits.supplierAnswerMs;
  return [referBet(ledger, cause, { placed, placedAt, quoteSeq: price.quote.quoteSeq, by: 'supplier', waitMs })];
}

/** What a person would take must still be there: the market, the bettor, and a price that the bettor takes. Else he may wait or reject it. */
function judgedAgain(ledger: LedgerState, context: Context, bet: OpenBet): ReturnType<typeof takePrice> | Refusal {
  const market = marketAt(ledger, bet.market);
  if (market.status === 'suspended') return refuse('market_suspended', { path: '/betId' });
  if (market.status !== 'open') return refuse('market_closed', { path: '/betId' });
  const barred = barredFrom(ledger, ledger.holders[bet.holder] as Holder, context.now);
  if (barred) return barred;
  const { minOddsMilli, selection } = bet;
  return takePrice(ledger, context, { market, selection, minOddsMilli });
}

/** What waits for a person, the first to end first. */
export function betsInReview(ledger: LedgerState): BetInReview[] {
  const waiting: BetInReview[] = [];
  for (const { betId, by, dueAt } of ledger.referrals.waiting()) {
    const row = by === 'desk' ? ledger.bets.find(betId) : -1;
    if (row < 0) continue;
    const { holder, market: at, oddsMilli, placedAt, selection, stakeMinor } = ledger.bets.get(row);
    const { id, ownerId } = ledger.holders[holder] as Holder;
    const market = marketAt(ledger, at);
    const selectionId = market.selections[selection] as string;
    waiting.push({ betId, holder: id, ownerId, marketId: market.marketId, selectionId, stakeMinor, oddsMilli, placedAt, dueAt });
  }
  return waiting.sort((a, b) => a.dueAt - b.dueAt || (a.betId < b.betId ? -1 : 1));
}
