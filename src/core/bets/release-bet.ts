// The end of an in-play bet's delay: it is judged on the quote of that moment, and is void if the market was suspended meanwhile.
import type { Context, Envelope, VoidBet } from '../kernel/command.ts';
import { type Decision, event } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import { refuse } from '../base/refusal.ts';
import { isId } from '../base/ids.ts';
import { isToken } from '../base/token.ts';
import type { Holder } from '../ledger/holder.ts';
import { barredSince } from '../risk/gate.ts';
import { type HeldBet, heldBet, refundOf } from './held-bet.ts';
import { voidMultiple } from './multiples/release-multiple.ts';
import { acceptedOdds } from './odds-policy.ts';
import { refereeOf, referBet } from '../confirmation/refer-bet.ts';
import { legTold } from './live-handicap.ts';
import type { OpenBet } from './open-bets.ts';
import { takePrice } from './price.ts';

/** Key of the timer that releases a pending bet. */
export function releaseKey(betId: string): string {
  return `bet:${betId}`;
}

export function releaseBet(
  ledger: LedgerState,
  envelope: Envelope,
  context: Context,
  due: { betId: string; dueAt: number },
): Decision {
  const cause = { envelope, context };
  const bet = heldBet(ledger, due.betId);
  if (!bet?.pending) return [];
  const market = marketAt(ledger, bet.market);
  const holder = ledger.holders[bet.holder] as Holder;
  const reject = (reason: string): Decision => {
    const data = { betId: bet.betId, holder: holder.id, reason };
    return [event(cause, 'BetRejected', data, [refundOf(ledger, bet)])];
  };
  const late = lateReason(ledger, bet, context.now - due.dueAt);
  if (late) return reject(late);
  if (market.status !== 'open') return reject('market_closed');
  const barred = barredSince(ledger, holder, context.now);
  if (barred) return reject(barred.code);
  const { bets, minOddsMilli, row, selection } = bet;
  const oddsPolicy = bets.oddsPolicyOf(row);
  const price = takePrice(ledger, context, { market, selection, minOddsMilli, oddsPolicy });
  if ('code' in price) return reject(price.code);
  // A goal fell while it waited, and nobody suspended the market: this is no longer the bet that was asked for.
  if (price.selection !== selection) return reject('odds_changed');
  const { quoteSeq } = price.quote;
  const oddsMilli = acceptedOdds(oddsPolicy, bet.oddsMilli, price.oddsMilli);
  const by = refereeOf(ledger, market, { quote: price.quote, stakeMinor: bet.heldMinor });
  if (by !== null) {
    if (bet.eachWay && by === 'supplier') return reject('leg_not_combinable'); // a supplier is asked about singles
    const placed = facts(ledger, { ...bet, oddsMilli });
    return [referBet(ledger, cause, { placed, placedAt: bet.placedAt, quoteSeq, by })];
  }
  return [event(cause, 'BetAccepted', { betId: bet.betId, holder: holder.id, oddsMilli, quoteSeq })];
}

/** What a referral tells of a bet. */
export function facts(ledger: LedgerState, { betId, heldMinor, holder, market: row, oddsMilli, selection }: HeldBet) {
  const legs = [legTold(marketAt(ledger, row), selection, oddsMilli)];
  return { betId, holder: (ledger.holders[holder] as Holder).id, legs, stakeMinor: heldMinor };
}

/** VoidBet: an operator gives the stake back. */
export function voidBet(ledger: LedgerState, envelope: Envelope<VoidBet>, context: Context): Decision {
  const { betId, reason } = envelope.cmd;
  if (!isId('bet', betId)) return refuse('malformed', { path: '/betId' });
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  const bet = heldBet(ledger, betId);
  if (!bet) {
    const multiple = voidMultiple(ledger, envelope, context);
    return multiple ? [multiple] : refuse('not_found', { path: '/betId' });
  }
  const holder = (ledger.holders[bet.holder] as Holder).id;
  return [event({ envelope, context }, 'BetVoided', { betId, holder, reason }, [refundOf(ledger, bet)])];
}

function lateReason(ledger: LedgerState, bet: OpenBet, lateMs: number): string | null {
  if (marketAt(ledger, bet.market).suspensions !== bet.suspensions) return 'market_suspended';
  return lateMs > ledger.limits.releaseGraceMs ? 'timeout' : null;
}
