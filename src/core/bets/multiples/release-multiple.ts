// The end of a delayed bet of several legs: each leg is judged on the quote of that moment, and one suspension in any of their markets voids it.
// VoidBet gives its stake back.
import { type Refusal, refuse } from '../../base/refusal.ts';
import { referBet } from '../../confirmation/refer-bet.ts';
import { needsReview } from '../../desk/needs-review.ts';
import type { Context, Envelope, VoidBet } from '../../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../../kernel/event.ts';
import { type LedgerState, marketAt } from '../../kernel/state.ts';
import { type Posting, posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { barredSince } from '../../risk/gate.ts';
import { legTold, type StruckLeg } from '../live-handicap.ts';
import { acceptedOdds, ODDS_POLICIES, type OddsPolicy } from '../odds-policy.ts';
import type { Market } from '../market.ts';
import { takePrice, type TakenPrice } from '../price.ts';
import { stakeOf } from './multiple-exposure.ts';
import { atLeg } from './place-multiple.ts';
import { PENDING, SETTLED } from './open-multiples.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/** Key of the timer that releases a pending bet. */
export function multipleKey(betId: string): string {
  return `multiple:${betId}`;
}

export function releaseMultiple(ledger: LedgerState, cause: Cause, due: { betId: string; dueAt: number }): Decision {
  const { multiples } = ledger;
  const bet = multiples.find(due.betId);
  if (bet < 0 || multiples.bets.status[bet] !== PENDING) return [];
  const { now } = cause.context;
  const holder = ledger.holders[multiples.bets.holder[bet] as number] as Holder;
  const reject = (reason: string): Decision => [rejected(ledger, cause, { bet, reason })];
  const late = lateReason(ledger, bet, now - due.dueAt);
  if (late) return reject(late);
  const barred = barredSince(ledger, holder, now);
  if (barred) return reject(barred.code);
  const prices = judgeLegs(ledger, cause.context, bet);
  if ('code' in prices) return reject(prices.code);
  const stakeMinor = stakeOf(multiples, bet);
  const legs = multiples.legsOf(bet);
  if (!legs.some((leg) => needsReview(ledger, marketOfLeg(ledger, leg), stakeMinor)))
    return [accepted(ledger, cause, { bet, prices })];
  const told = legs.map((leg) => legFacts(ledger, leg));
  const placed = { betId: due.betId, holder: holder.id, legs: told, stakeMinor };
  const { quoteSeq } = (prices[0] as TakenPrice).quote;
  return [referBet(ledger, cause, { placed, placedAt: multiples.bets.placedAt[bet] as number, quoteSeq, by: 'desk' })];
}

/** The desk's word about a bet that waits for it: taken at the prices of this moment, if the bettor takes them, or given back. */
export function reviewMultiple(
  ledger: LedgerState,
  cause: Cause,
  { bet, decision, reason }: { readonly bet: number; readonly decision: 'accept' | 'reject'; readonly reason: string },
): Decision {
  if (decision === 'reject') return [rejected(ledger, cause, { bet, by: 'desk', reason })];
  const holder = ledger.holders[ledger.multiples.bets.holder[bet] as number] as Holder;
  const barred = barredSince(ledger, holder, cause.context.now);
  if (barred) return barred;
  const prices = judgeLegs(ledger, cause.context, bet);
  return 'code' in prices ? prices : [accepted(ledger, cause, { bet, prices })];
}

/** What a bet's legs cost now, or the first reason why it cannot stand, told at its leg. */
function judgeLegs(ledger: LedgerState, context: Context, bet: number): TakenPrice[] | Refusal {
  const { multiples } = ledger;
  const oddsPolicy = oddsPolicyOf(ledger, bet);
  const prices: TakenPrice[] = [];
  for (const [i, leg] of multiples.legsOf(bet).entries()) {
    const market = marketOfLeg(ledger, leg);
    const path = `/legs/${i}`;
    if (market.status === 'suspended') return refuse('market_suspended', { path });
    if (market.status !== 'open') return refuse('market_closed', { path });
    const wanted = { market, selection: multiples.legs.selection[leg] as number, oddsPolicy };
    const price = takePrice(ledger, context, { ...wanted, minOddsMilli: multiples.legs.minOddsMilli[leg] as number });
    if ('code' in price) return atLeg(price, i);
    // A goal fell while it waited, and nobody suspended the market: this is no longer the bet that was asked for.
    if (price.selection !== wanted.selection) return refuse('odds_changed', { path });
    prices.push(price);
  }
  return prices;
}

function accepted(
  ledger: LedgerState,
  cause: Cause,
  { bet, prices }: { readonly bet: number; readonly prices: readonly TakenPrice[] },
): NewEvent {
  const { multiples } = ledger;
  const oddsPolicy = oddsPolicyOf(ledger, bet);
  const quoteSeqs = prices.map(({ quote }) => quote.quoteSeq);
  const placed = multiples.legsOf(bet).map((leg) => multiples.legs.oddsMilli[leg] as number);
  const oddsMilli = placed.map((odds, i) => acceptedOdds(oddsPolicy, odds, (prices[i] as TakenPrice).oddsMilli));
  const holder = (ledger.holders[multiples.bets.holder[bet] as number] as Holder).id;
  const data = { betId: multiples.idOf(bet), holder };
  const changed = oddsMilli.some((odds, i) => odds !== placed[i]);
  return event(cause, 'MultipleAccepted', changed ? { ...data, oddsMilli, quoteSeqs } : { ...data, quoteSeqs });
}

/** What a referral tells of a leg. */
export function legFacts(ledger: LedgerState, leg: number): StruckLeg {
  const { oddsMilli, selection } = ledger.multiples.legs;
  return legTold(marketOfLeg(ledger, leg), selection[leg] as number, oddsMilli[leg] as number);
}

function marketOfLeg(ledger: LedgerState, leg: number): Market {
  return marketAt(ledger, ledger.multiples.legs.market[leg] as number);
}

function oddsPolicyOf({ multiples }: LedgerState, bet: number): OddsPolicy {
  return ODDS_POLICIES[multiples.bets.oddsPolicy[bet] as number] as OddsPolicy;
}

/** VoidBet of a bet of several legs that is not settled; null when there is none. */
export function voidMultiple(ledger: LedgerState, envelope: Envelope<VoidBet>, context: Context): NewEvent | null {
  const { betId, reason } = envelope.cmd;
  const bet = ledger.multiples.find(betId);
  if (bet < 0 || ledger.multiples.bets.status[bet] === SETTLED) return null;
  const [holder, refund] = refundOf(ledger, bet);
  return event({ envelope, context }, 'MultipleVoided', { betId, holder, reason }, [refund]);
}

/** A pending bet ends with its stake given back. */
export function rejected(
  ledger: LedgerState,
  cause: Cause,
  { bet, by, reason }: { readonly bet: number; readonly by?: 'desk'; readonly reason: string },
): NewEvent {
  const [holder, refund] = refundOf(ledger, bet);
  const betId = ledger.multiples.idOf(bet);
  return event(cause, 'MultipleRejected', by === undefined ? { betId, holder, reason } : { betId, by, holder, reason }, [refund]);
}

function refundOf(ledger: LedgerState, bet: number): [holder: string, refund: Posting] {
  const holder = ledger.holders[ledger.multiples.bets.holder[bet] as number] as Holder;
  return [holder.id, posting(holder.held, holder.available, stakeOf(ledger.multiples, bet), ledger.currency)];
}

function lateReason(ledger: LedgerState, bet: number, lateMs: number): string | null {
  const { market, suspensions } = ledger.multiples.legs;
  for (const leg of ledger.multiples.legsOf(bet)) {
    if (marketAt(ledger, market[leg] as number).suspensions !== suspensions[leg]) return 'market_suspended';
  }
  return lateMs > ledger.limits.releaseGraceMs ? 'timeout' : null;
}
