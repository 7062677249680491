// Bets that a person looks at before they stand: those with a stake above what the desk wants to see. The stake is held meanwhile; the bet is
// judged again when the person takes it, at the prices of that moment, and is given back when nobody decides in time.
import { assert } from '../base/assert.ts';
import { isId } from '../base/ids.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import { type HeldBet, heldBet } from '../bets/held-bet.ts';
import { reviewMultiple } from '../bets/multiples/release-multiple.ts';
import { acceptedOdds } from '../bets/odds-policy.ts';
import { facts } from '../bets/release-bet.ts';
import { takePrice } from '../bets/price.ts';
import { judgeAnswer } from '../confirmation/answer-bet.ts';
import { needsSupplier, referBet } from '../confirmation/refer-bet.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import type { Decision } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { barredSince } from '../risk/gate.ts';
import type { ReviewBet } from './desk-commands.ts';

export function reviewBet(ledger: LedgerState, envelope: Envelope<ReviewBet>, context: Context): Decision {
  const { betId, decision, reason } = envelope.cmd;
  if (!isId('bet', betId)) return refuse('malformed', { path: '/betId' });
  if (decision !== 'accept' && decision !== 'reject') return refuse('malformed', { path: '/decision' });
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  const referral = ledger.referrals.find(betId);
  if (referral?.by !== 'desk') {
    const isOpen = heldBet(ledger, betId) !== null || ledger.multiples.find(betId) >= 0;
    const known = isOpen || ledger.referrals.ended(betId)?.by === 'desk';
    return refuse(known ? 'already_resolved' : 'not_found', { path: '/betId' });
  }
  const cause = { envelope, context };
  const multiple = ledger.multiples.find(betId);
  if (multiple >= 0) return reviewMultiple(ledger, cause, { bet: multiple, decision, reason });
  const answer = { betId, by: 'desk', answeredAt: context.now } as const;
  if (decision === 'reject') return judgeAnswer(ledger, cause, { ...answer, status: 'rejected', reason });
  const bet = heldBet(ledger, betId);
  assert(bet, () => `${betId} waits and is not open`);
  const price = judgedAgain(ledger, context, bet);
  if ('code' in price) return price;
  const market = marketAt(ledger, bet.market);
  const oddsMilli = acceptedOdds(bet.bets.oddsPolicyOf(bet.row), bet.oddsMilli, price.oddsMilli);
  const { quoteSeq } = price.quote;
  if (!needsSupplier(ledger, market, price.quote))
    return judgeAnswer(ledger, cause, { ...answer, oddsMilli, quoteSeq, status: 'confirmed' });
  if (bet.eachWay) return refuse('leg_not_combinable', { path: '/betId' }); // a supplier is asked about singles
  // One after the other: the supplier is asked about what the desk takes.
  const { placedAt } = bet;
  const placed = facts(ledger, { ...bet, oddsMilli });
  return [referBet(ledger, cause, { placed, placedAt, quoteSeq, by: 'supplier' })];
}

/** What a person would take must still be there: the market, the bettor, and a price that the bettor takes. Else he may wait or reject it. */
function judgedAgain(ledger: LedgerState, context: Context, bet: HeldBet): ReturnType<typeof takePrice> | Refusal {
  const market = marketAt(ledger, bet.market);
  if (market.status === 'suspended') return refuse('market_suspended', { path: '/betId' });
  if (market.status !== 'open') return refuse('market_closed', { path: '/betId' });
  const barred = barredSince(ledger, ledger.holders[bet.holder] as Holder, context.now);
  if (barred) return barred;
  const { bets, minOddsMilli, row, selection } = bet;
  const price = takePrice(ledger, context, { market, selection, minOddsMilli, oddsPolicy: bets.oddsPolicyOf(row) });
  // A handicap in play at another lead is another bet.
  return 'code' in price || price.selection === selection ? price : refuse('odds_changed', { path: '/betId' });
}
