// CashOutBet: an offer is taken up. The ledger decides for itself what the bet is worth now and pays the offered amount if it is not more than that.
// In play it waits as long as a bet would, and is judged again; a suspension meanwhile ends it.
import { isId } from '../base/ids.ts';
import { isAmount } from '../base/money.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { type Market, worstLossMinor } from '../bets/market.ts';
import type { OpenBet } from '../bets/open-bets.ts';
import { maxPayoutMinor } from '../bets/payout.ts';
import { takePrice, type TakenPrice } from '../bets/price.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { type Fixture, holderOf, HOUSE, type LedgerState, marketAt } from '../kernel/state.ts';
import { type Posting, posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import { ODDS_MILLI_MIN } from '../base/odds.ts';
import { actsFor, haltedFor } from '../risk/gate.ts';
import type { CashOutBet } from './cash-out-commands.ts';
import { cashOutValueMinor } from './cash-out-value.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

interface Wanted {
  readonly stakeMinor: number;
  readonly amountMinor: number;
}

export function cashOutBet(ledger: LedgerState, envelope: Envelope<CashOutBet>, context: Context): Decision {
  const { actor, cmd } = envelope;
  const fault = faultIn(cmd);
  if (fault) return fault;
  const holder = holderOf(ledger, cmd.holder);
  if (!holder || !actsFor(actor, holder)) return refuse('not_found', { path: '/holder' });
  const row = ledger.bets.find(cmd.betId);
  if (row < 0) return refuse('already_resolved', { path: '/betId' });
  const bet = ledger.bets.get(row);
  if (ledger.holders[bet.holder] !== holder) return refuse('not_found', { path: '/betId' });
  const refused = refusedNow(ledger, cmd, bet, context.now);
  if (refused) return refused;
  const price = judge(ledger, context, bet, cmd);
  if ('code' in price) return price;
  const cause = { envelope, context };
  const { amountMinor, betId, offerId, stakeMinor } = cmd;
  const { betDelayMs } = price.quote;
  if (betDelayMs <= 0) return [cashedOut(ledger, cause, { bet, offerId, price, wanted: cmd })];
  const releaseAt = context.now + betDelayMs;
  return [event(cause, 'CashOutRequested', { amountMinor, betId, holder: holder.id, offerId, releaseAt, stakeMinor })];
}

/** The end of its delay. */
export function releaseCashOut(
  ledger: LedgerState,
  cause: Cause,
  due: { readonly betId: string; readonly dueAt: number },
): Decision {
  const waiting = ledger.cashOuts.find(due.betId);
  const row = ledger.bets.find(due.betId);
  if (!waiting || row < 0) return [];
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

function faultIn(cmd: CashOutBet): Refusal | null {
  if (!isId('bet', cmd.betId)) return refuse('malformed', { path: '/betId' });
  if (!isId('offer', cmd.offerId)) return refuse('malformed', { path: '/offerId' });
  for (const name of ['amountMinor', 'ofMinor', 'stakeMinor'] as const)
    if (!isAmount(cmd[name])) return refuse('step_invalid', { path: `/${name}` });
  if (cmd.stakeMinor > cmd.ofMinor)
    return refuse('step_invalid', { need: cmd.ofMinor, have: cmd.stakeMinor, path: '/stakeMinor' });
  for (const name of ['expiresAt', 'quoteSeq'] as const)
    if (!Number.isSafeInteger(cmd[name]) || cmd[name] < 0) return refuse('malformed', { path: `/${name}` });
  return null;
}

function refusedNow(ledger: LedgerState, cmd: CashOutBet, bet: OpenBet, now: number): Refusal | null {
  if (bet.pending) return refuse('condition_not_met', { path: '/betId' });
  // Its stake only ever shrinks: an offer that was taken up, or made before another was, is over.
  if (bet.stakeMinor !== cmd.ofMinor || ledger.cashOuts.find(bet.betId))
    return refuse('version_conflict', { need: bet.stakeMinor, have: cmd.ofMinor, path: '/ofMinor' });
  if (now > cmd.expiresAt) return refuse('offer_expired', { need: now, have: cmd.expiresAt, path: '/expiresAt' });
  return null;
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
  const worst = worstLossMinor(market.terms.type, payouts, market.stakedMinor - wanted.stakeMinor);
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

/** As a settlement pays: what comes back of the stake from what is held, what is gained from the house, the rest to it. */
function payments(ledger: LedgerState, holder: Holder, { amountMinor, stakeMinor }: Wanted): Posting[] {
  const { currency } = ledger;
  const back = Math.min(stakeMinor, amountMinor);
  const postings = [posting(holder.held, holder.available, back, currency)];
  if (stakeMinor > back) postings.push(posting(holder.held, HOUSE, stakeMinor - back, currency));
  if (amountMinor > stakeMinor) postings.push(posting(HOUSE, holder.available, amountMinor - stakeMinor, currency));
  return postings;
}
