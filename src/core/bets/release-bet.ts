// The end of an in-play bet's delay: it is judged on the quote of that moment, and is void if the market was suspended meanwhile.
import type { Context, Envelope, VoidBet } from '../kernel/command.ts';
import { type Decision, event } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import { posting } from '../ledger/accounts.ts';
import { needsReview } from '../desk/needs-review.ts';
import { refuse } from '../base/refusal.ts';
import { isId } from '../base/ids.ts';
import { isToken } from '../base/token.ts';
import type { Holder } from '../ledger/holder.ts';
import { barredFrom } from '../risk/gate.ts';
import { stakeOf } from './each-way/each-way.ts';
import { voidMultiple } from './multiples/release-multiple.ts';
import { acceptedOdds } from './odds-policy.ts';
import { needsSupplier, referBet } from '../confirmation/refer-bet.ts';
import type { OpenBet, OpenBets } from './open-bets.ts';
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
  const bet = openBetOf(ledger, due.betId);
  if (!bet?.pending) return [];
  const market = marketAt(ledger, bet.market);
  const holder = ledger.holders[bet.holder] as Holder;
  const reject = (reason: string): Decision => {
    const data = { betId: bet.betId, holder: holder.id, reason };
    return [event(cause, 'BetRejected', data, [refund(ledger, bet)])];
  };
  const late = lateReason(ledger, bet, context.now - due.dueAt);
  if (late) return reject(late);
  if (market.status !== 'open') return reject('market_closed');
  const barred = barredFrom(ledger, holder, context.now);
  if (barred) return reject(barred.code);
  const { bets, minOddsMilli, row, selection } = bet;
  const oddsPolicy = bets.oddsPolicyOf(row);
  const price = takePrice(ledger, context, { market, selection, minOddsMilli, oddsPolicy });
  if ('code' in price) return reject(price.code);
  const { quoteSeq } = price.quote;
  const by =
    !bet.eachWay && needsReview(ledger, market, bet.stakeMinor)
      ? 'desk'
      : needsSupplier(ledger, market, price.quote)
        ? 'supplier'
        : null;
  if (by !== null) {
    if (bet.eachWay) return reject('leg_not_combinable'); // a supplier is asked about singles
    const { betId, oddsMilli, placedAt, stakeMinor } = bet;
    const legs = [{ marketId: market.marketId, oddsMilli, selectionId: market.selections[bet.selection] as string }];
    const waitMs = by === 'desk' ? ledger.limits.reviewMs : ledger.limits.supplierAnswerMs;
    const placed = { betId, holder: holder.id, legs, stakeMinor };
    return [referBet(ledger, cause, { placed, placedAt, quoteSeq, by, waitMs })];
  }
  const oddsMilli = acceptedOdds(oddsPolicy, bet.oddsMilli, price.oddsMilli);
  return [event(cause, 'BetAccepted', { betId: bet.betId, holder: holder.id, oddsMilli, quoteSeq })];
}

/** VoidBet: an operator gives the stake back. */
export function voidBet(ledger: LedgerState, envelope: Envelope<VoidBet>, context: Context): Decision {
  const { betId, reason } = envelope.cmd;
  if (!isId('bet', betId)) return refuse('malformed', { path: '/betId' });
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  const bet = openBetOf(ledger, betId);
  if (!bet) {
    const multiple = voidMultiple(ledger, envelope, context);
    return multiple ? [multiple] : refuse('not_found', { path: '/betId' });
  }
  const holder = (ledger.holders[bet.holder] as Holder).id;
  return [event({ envelope, context }, 'BetVoided', { betId, holder, reason }, [refund(ledger, bet)])];
}

function lateReason(ledger: LedgerState, bet: OpenBet, lateMs: number): string | null {
  if (marketAt(ledger, bet.market).suspensions !== bet.suspensions) return 'market_suspended';
  return lateMs > ledger.limits.releaseGraceMs ? 'timeout' : null;
}

interface Held extends OpenBet {
  /** All that the bet holds: an each-way bet has two stakes. */
  readonly heldMinor: number;
  readonly eachWay: boolean;
  /** Where it stands. */
  readonly bets: OpenBets;
  readonly row: number;
}

/** An open bet of either table. */
function openBetOf(ledger: LedgerState, betId: string): Held | null {
  for (const bets of [ledger.bets, ledger.eachWay]) {
    const row = bets.find(betId);
    if (row < 0) continue;
    const bet = bets.get(row);
    return { ...bet, heldMinor: stakeOf(ledger, bets, bet), eachWay: bets === ledger.eachWay, bets, row };
  }
  return null;
}

function refund(ledger: LedgerState, bet: Held) {
  const holder = ledger.holders[bet.holder] as Holder;
  return posting(holder.held, holder.available, bet.heldMinor, ledger.currency);
}
