// CashOutBet: an offer is taken up. The ledger decides for itself what the bet is worth now and pays the offered amount if it is not more than that.
// In play it waits as long as a bet would, and is judged again; a suspension meanwhile ends it.
import { type Refusal, refuse } from '../base/refusal.ts';
import { leadStakesWith, type Market, worstLossOf } from '../bets/market.ts';
import type { OpenBet } from '../bets/open-bets.ts';
import { maxPayoutMinor } from '../bets/payout.ts';
import { takePrice, type TakenPrice } from '../bets/price.ts';
import { deductionOf } from '../bets/runners/runners.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { type Fixture, holderOf, HOUSE, type LedgerState, marketAt } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { ODDS_MILLI_MIN } from '../base/odds.ts';
import { actsFor, haltedFor } from '../risk/gate.ts';
import type { CashOutBet } from './cash-out-commands.ts';
import { cashOutMultiple, releaseMultipleCashOut } from './cash-out-multiple.ts';
import { cashOutValueMinor } from './cash-out-value.ts';
import { type Cause, faultIn, payments, refusedNow, requested, type Wanted } from './offer.ts';

export function cashOutBet(ledger: LedgerState, envelope: Envelope<CashOutBet>, context: Context): Decision {
  const { actor, cmd } = envelope;
  const fault = faultIn(cmd);
  if (fault) return fault;
  const holder = holderOf(ledger, cmd.holder);
  if (!holder || !actsFor(actor, holder)) return refuse('not_found', { path: '/holder' });
  const cause = { envelope, context };
  const row = ledger.bets.find(cmd.betId);
  if (row < 0) return cashOutMultiple(ledger, cause, { cmd, holder });
  const bet = ledger.bets.get(row);
  if (ledger.holders[bet.holder] !== holder) return refuse('not_found', { path: '/betId' });
  const refused = refusedNow(ledger, cmd, bet, context.now);
  if (refused) return refused;
  const price = judge(ledger, context, bet, cmd);
  if ('code' in price) return price;
  const { betDelayMs } = price.quote;
  if (betDelayMs > 0) return [requested(cause, cmd, betDelayMs)];
  return [cashedOut(ledger, cause, { bet, offerId: cmd.offerId, price, wanted: cmd })];
}

/** The end of its delay. */
export function releaseCashOut(
  ledger: LedgerState,
  cause: Cause,
  due: { readonly betId: string; readonly dueAt: number },
): Decision {
  const waiting = ledger.cashOuts.find(due.betId);
  if (!waiting) return [];
  const row = ledger.bets.find(due.betId);
  if (row < 0) return releaseMultipleCashOut(ledger, cause, { waiting, dueAt: due.dueAt });
  const bet = ledger.bets.get(row);
  const { offerId, suspensions } = waiting;
  const reject = (reason: string): Decision => {
    const holder = (ledger.holders[bet.holder] as Holder).id;
    return [event(cause, 'CashOutRejected', { betId: bet.betId, holder, offerId, reason })];
  };
  if (marketAt(ledger, bet.market).suspensions !== suspensions) return reject('market_suspended');
  if (cause.context.now - due.dueAt > ledger.limits.releaseGraceMs) return reject('timeout');
  const price = judge(ledger, cause.context, bet, waiting);
  if ('code' in price) return reject(price.code);
  return [cashedOut(ledger, cause, { bet, offerId, price, wanted: waiting })];
}

/** The price at which the house buys, or why it does not. */
function judge(ledger: LedgerState, context: Context, bet: OpenBet, wanted: Wanted): TakenPrice | Refusal {
  const halted = haltedFor(ledger, 'bets');
  if (halted) return halted;
  const market = marketAt(ledger, bet.market);
  if (market.status === 'suspended') return refuse('market_suspended', { path: '/betId' });
  if (market.status !== 'open') return refuse('market_closed', { path: '/betId' });
  const price = takePrice(ledger, context, { market, selection: bet.selection, minOddsMilli: ODDS_MILLI_MIN });
  if ('code' in price) return price;
  // Today's price of a handicap is for the goals to come: of a bet struck at another lead it says nothing.
  if (price.selection !== bet.selection) return refuse('condition_not_met', { path: '/betId' });
  // Runners left the race since: its prices are not those of what the bet can win now.
  if (market.runners !== undefined && deductionOf(market.runners, bet) > 0)
    return refuse('condition_not_met', { path: '/betId' });
  const part = { stakeMinor: wanted.stakeMinor, oddsMilli: bet.oddsMilli };
  const value = cashOutValueMinor(part, price.oddsMilli, ledger.limits.cashOutMarginPpm);
  if (value < wanted.amountMinor) return refuse('odds_changed', { need: wanted.amountMinor, have: value, path: '/amountMinor' });
  return overExposure(ledger, market, bet, wanted) ?? price;
}

/** Without a bet that balanced others the house may lose more: no further than any bet may bring it. */
function overExposure(ledger: LedgerState, market: Market, bet: OpenBet, wanted: Wanted): Refusal | null {
  const { limits } = ledger;
  const left = bet.stakeMinor - wanted.stakeMinor;
  const payouts = market.payoutsMinor.slice();
  const less = maxPayoutMinor(bet.stakeMinor, bet.oddsMilli) - (left > 0 ? maxPayoutMinor(left, bet.oddsMilli) : 0);
  payouts[bet.selection] = (payouts[bet.selection] as number) - less;
  const isLead = bet.selection >= market.selections.length;
  const leadStakes = isLead ? leadStakesWith(market, bet.selection, -wanted.stakeMinor) : market.leadStakesMinor;
  const worst = worstLossOf(market, payouts, market.stakedMinor - wanted.stakeMinor, leadStakes);
  const extra = worst - market.worstLossMinor;
  const paid = wanted.amountMinor - wanted.stakeMinor;
  if (extra + Math.max(0, paid) <= 0) return null;
  if (extra > 0 && worst > limits.marketLossMaxMinor)
    return refuse('limit_market', { need: limits.marketLossMaxMinor, have: worst });
  const fixture = (ledger.fixtures.get(market.eventId) as Fixture).worstLossMinor + extra;
  if (extra > 0 && fixture > limits.eventLossMaxMinor)
    return refuse('limit_event', { need: limits.eventLossMaxMinor, have: fixture });
  const house = ledger.accounts.balance(HOUSE, ledger.currency) - paid - ledger.worstLossMinor - extra;
  if (extra + paid > 0 && house < -limits.houseCapitalMinor)
    return refuse('limit_house', { need: limits.houseCapitalMinor, have: -house });
  return null;
}

function cashedOut(
  ledger: LedgerState,
  cause: Cause,
  of: { readonly bet: OpenBet; readonly offerId: string; readonly price: TakenPrice; readonly wanted: Wanted },
): NewEvent {
  const { bet, offerId, price } = of;
  const { amountMinor, stakeMinor } = of.wanted;
  const holder = ledger.holders[bet.holder] as Holder;
  const data = {
    amountMinor,
    betId: bet.betId,
    holder: holder.id,
    oddsMilli: price.oddsMilli,
    offerId,
    quoteSeq: price.quote.quoteSeq,
    remainingMinor: bet.stakeMinor - stakeMinor,
    stakeMinor,
  };
  return event(cause, 'BetCashedOut', data, payments(ledger, holder, of.wanted));
}
