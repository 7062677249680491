// Settles the net bets of a declared market in chunks: each holder's result over all selections is rounded once, after commission on net
// winnings. Everything is paid from the market's escrow; what the roundings leave there goes to `rounding`.
import { assert } from '../../base/assert.ts';
import { mulDiv } from '../../base/money.ts';
import type { Market } from '../../bets/market.ts';
import { type Decision, event, type NewEvent, type OutcomeNumbers } from '../../kernel/event.ts';
import { type LedgerState, ROUNDING } from '../../kernel/state.ts';
import { type Posting, posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { escrowOf } from './draft.ts';
import { lapseChunk } from '../orders/lapse-orders.ts';
import type { Cause } from '../orders/match-order.ts';
import { exposureOf, loseOf, type Numbers, winOf } from './net-bets.ts';

export const SETTLE_CHUNK_HOLDERS = 1_000;
export const COMMISSION = 'fees:commission';
const PPM = 1_000_000;

/** Name of the timer that settles a market's net bets chunk by chunk. */
export function settleExchangeKey(marketId: string): string {
  return `exchange:${marketId}`;
}

/** First what is unmatched lapses, then holders are settled. */
export function settleExchange(ledger: LedgerState, cause: Cause, market: Market): Decision {
  const x = ledger.exchange.markets.get(market.row);
  if (!x || market.outcomes === null) return [];
  if (x.lapse !== null) return lapseChunk(ledger, cause, market);
  const { marketId } = market;
  const { currency } = ledger;
  const escrow = escrowOf(marketId);
  const rate = x.terms.commissionPpm;
  const holders: [string, number][] = [];
  const charges: [string, number][] = [];
  const postings: Posting[] = [];
  let commissionMinor = 0;
  const to = Math.min(x.netBets.count, x.settled + SETTLE_CHUNK_HOLDERS);
  for (let i = x.settled; i < to; i++) {
    const holder = ledger.holders[x.netBets.holderAt(i)] as Holder;
    const numbers = x.netBets.copyOf(x.netBets.holderAt(i));
    const { commission, net } = resultOf(resultOver(market, numbers), rate);
    holders.push([holder.id, net]);
    if (commission > 0) charges.push([holder.id, commission]);
    commissionMinor += commission;
    const back = exposureOf(numbers, x.netBets.winners).matchedMinor + net;
    if (back > 0) postings.push(posting(escrow, holder.available, back, currency));
  }
  const events: NewEvent[] = [];
  if (holders.length > 0) events.push(event(cause, 'NetBetsSettled', { holders, marketId }, postings));
  if (charges.length > 0) {
    const fee = posting(escrow, COMMISSION, commissionMinor, currency);
    events.push(event(cause, 'CommissionCharged', { charges, marketId, ratePpm: rate }, [fee]));
  }
  if (to < x.netBets.count) return events;
  const paid = postings.reduce((sum, p) => sum + p.amountMinor, commissionMinor);
  const left = ledger.accounts.balance(escrow, currency) - paid;
  assert(left >= 0, () => `${marketId}: escrow is short of ${-left}`);
  const data = { commissionMinor: x.commissionMinor + commissionMinor, holders: to, marketId };
  events.push(event(cause, 'ExchangeSettled', data, left > 0 ? [posting(escrow, ROUNDING, left, currency)] : []));
  return events;
}

/** A result of `thousandths` / `parts` thousandths of a minor unit, rounded once: who wins receives the floor after commission, who loses owes the ceiling. */
export function resultOf(result: { thousandths: number; parts: number }, ratePpm: number): { net: number; commission: number } {
  const { parts, thousandths } = result;
  const unit = 1000 * parts;
  if (thousandths <= 0) return { net: 0 - Math.ceil(-thousandths / unit), commission: 0 };
  return {
    net: mulDiv(thousandths, PPM - ratePpm, unit * PPM, 'floor'),
    commission: mulDiv(thousandths, ratePpm, unit * PPM, 'floor'),
  };
}

/**
 * Net result of a holder, exactly. With a selection's share won w and share of the stake returned b (outcome.ts), a back of stake s at price p
 * makes s (w p + b - 1) = w * win + (1 - w - b) * lose; a lay is its mirror. Dead heats and half results are the same formula.
 */
export function resultOver(
  market: Pick<Market, 'selections' | 'outcomes' | 'marketId'>,
  numbers: Numbers,
): { thousandths: number; parts: number } {
  const outcomes = market.selections.map((selection): OutcomeNumbers => {
    const outcome = market.outcomes?.[selection];
    assert(outcome, () => `${market.marketId} has no declared outcome of ${selection}`);
    return outcome;
  });
  const parts = outcomes.reduce((all, [, wonOf, , backOf]) => leastCommonMultiple(leastCommonMultiple(all, wonOf), backOf), 1);
  let thousandths = 0;
  for (const [selection, [won, wonOf, back, backOf]] of outcomes.entries()) {
    const winParts = (won * parts) / wonOf;
    const backParts = (back * parts) / backOf;
    thousandths += winParts * winOf(numbers, selection) + (parts - winParts - backParts) * loseOf(numbers, selection);
  }
  assert(Number.isSafeInteger(thousandths), () => `${market.marketId}: a result is beyond exact integers`);
  return { thousandths, parts };
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
