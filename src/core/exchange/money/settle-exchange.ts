// Settles the net bets of a declared market in chunks: each holder's result over all selections is rounded once, after commission on net
// winnings. Everything is paid from the market's escrow; what the roundings leave there goes to `rounding`.
import { assert } from '../../base/assert.ts';
import { divideBig, mulDiv, toSafe } from '../../base/money.ts';
import type { Market } from '../../bets/market.ts';
import { type Decision, event, type NewEvent, type OutcomeNumbers } from '../../kernel/event.ts';
import { type LedgerState, ROUNDING } from '../../kernel/state.ts';
import { type Posting, posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { escrowOf } from './draft.ts';
import { lapseChunk } from '../orders/lapse-orders.ts';
import type { Cause } from '../orders/match-order.ts';
import { exposureOf, loseOf, NET_BETS_MAX, type Numbers, winOf } from './net-bets.ts';
import { recordDebts } from '../../settlement/corrections/debts.ts';
import type { ExchangeMarket } from '../exchange.ts';
import { withdrawChunk } from '../runners/withdraw.ts';

export const SETTLE_CHUNK_HOLDERS = 1_000;
export const COMMISSION = 'fees:commission';
const PPM = 1_000_000;

/** Name of the timer that settles a market's net bets chunk by chunk. */
export function settleExchangeKey(marketId: string): string {
  return `exchange:${marketId}`;
}

/** First what is unmatched lapses and withdrawals are followed, then holders are settled. */
export function settleExchange(ledger: LedgerState, cause: Cause, market: Market): Decision {
  const x = ledger.exchange.markets.get(market.row);
  if (!x || market.outcomes === null) return [];
  if (x.lapse !== null) return lapseChunk(ledger, cause, market);
  if (x.leaving.length > 0) return withdrawChunk(ledger, cause, market);
  const { marketId } = market;
  const { currency } = ledger;
  const escrow = escrowOf(marketId);
  const turns = turnsOf(market, x);
  const to = Math.min(turns, x.settled + SETTLE_CHUNK_HOLDERS);
  const chunk = settledAt(ledger, market, { from: x.settled, to });
  const postings: Posting[] = [];
  const taken = new Map<Holder, number>();
  for (const { backMinor, holder } of chunk) {
    if (backMinor > 0) postings.push(posting(escrow, holder.available, backMinor, currency));
    if (backMinor < 0) {
      postings.push(posting(holder.available, escrow, -backMinor, currency));
      taken.set(holder, -backMinor);
    }
  }
  const events: NewEvent[] = [];
  const debts = recordDebts(ledger, cause, taken);
  if (debts) events.push(debts);
  const holders = chunk.map(({ holder, netMinor }): [string, number] => [holder.id, netMinor]);
  if (chunk.length > 0 || to < turns) {
    // Told where a turn may pass a holder by.
    const next = chunk.length === to - x.settled ? {} : { next: to };
    events.push(event(cause, 'NetBetsSettled', { holders, marketId, ...next }, postings));
  }
  const commissionMinor = chunk.reduce((sum, one) => sum + one.commissionMinor, 0);
  if (commissionMinor > 0) {
    const charges = chunk
      .filter((one) => one.commissionMinor > 0)
      .map((one): [string, number] => [one.holder.id, one.commissionMinor]);
    const fee = posting(escrow, COMMISSION, commissionMinor, currency);
    events.push(event(cause, 'CommissionCharged', { charges, marketId, ratePpm: x.terms.commissionPpm }, [fee]));
  }
  if (to < turns) return events;
  const paid = chunk.reduce((sum, one) => sum + one.backMinor, commissionMinor);
  const left = ledger.accounts.balance(escrow, currency) - paid;
  assert(left >= 0, () => `${marketId}: escrow is short of ${-left}`);
  const data = { commissionMinor: x.commissionMinor + commissionMinor, holders: x.netBets.count, marketId };
  events.push(event(cause, 'ExchangeSettled', data, left > 0 ? [posting(escrow, ROUNDING, left, currency)] : []));
  return events;
}

export interface SettledHolder {
  readonly holder: Holder;
  readonly netMinor: number;
  readonly commissionMinor: number;
  /** What comes back out of escrow; below 0 what he owes beyond what is in it. */
  readonly backMinor: number;
}

/**
 * Turns of a settlement. Where the declared outcomes are among those that exposures allow for, each holder has one. Where they are not (a runner
 * void that nobody withdrew, fewer winners than places, a declaration by hand), all have two: first those who owe more than is in escrow, then the rest.
 */
export function turnsOf(market: Market, x: ExchangeMarket): number {
  return x.netBets.count * (isCovered(market, x) ? 1 : 2);
}

/** What the turns of a chunk come to; the same whenever it is asked, so that a settlement can be taken back. */
export function settledAt(ledger: LedgerState, market: Market, { from, to }: { from: number; to: number }): SettledHolder[] {
  const x = ledger.exchange.market(market.row);
  const { netBets } = x;
  const twice = turnsOf(market, x) > netBets.count;
  const settled: SettledHolder[] = [];
  for (let turn = from; turn < to; turn++) {
    const row = netBets.holderAt(turn % netBets.count);
    const numbers = netBets.copyOf(row);
    const { commission, net } = resultOf(resultOver(market, numbers), x.terms.commissionPpm);
    const backMinor = exposureOf(numbers, netBets).matchedMinor + net;
    if (twice && backMinor < 0 !== turn < netBets.count) continue;
    settled.push({ holder: ledger.holders[row] as Holder, netMinor: net, commissionMinor: commission, backMinor });
  }
  return settled;
}

/** What each holder's result on the exchange is so far and would be by other outcomes, commission off; null: it is open again. */
export function netChanges(
  ledger: LedgerState,
  market: Market,
  outcomes: Market['outcomes'],
): { row: number; beforeMinor: number; afterMinor: number }[] {
  const x = ledger.exchange.markets.get(market.row);
  if (!x) return [];
  const rate = x.terms.commissionPpm;
  const { marketId, selections } = market;
  return Array.from({ length: x.netBets.count }, (_, place) => {
    const row = x.netBets.holderAt(place);
    const numbers = x.netBets.copyOf(row);
    const netBy = (by: Market['outcomes']): number =>
      by === null ? 0 : resultOf(resultOver({ marketId, outcomes: by, selections }, numbers), rate).net;
    return { row, beforeMinor: x.settled > 0 ? netBy(market.outcomes) : 0, afterMinor: netBy(outcomes) };
  });
}

/** True when the outcomes are a mixture of sets of winners and of a void market: then nobody loses more than his exposure. */
function isCovered(market: Market, { netBets: { out, winners } }: ExchangeMarket): boolean {
  const { parts, shares } = sharesOf(market);
  const field = shares.filter((_, selection) => !out?.has(selection));
  const back = field[0]?.back ?? parts;
  const won = field.reduce((sum, one) => sum + one.win, 0);
  const isMixture = field.every((one) => one.back === back && one.win <= parts - back);
  return isMixture && won === Math.min(winners, field.length) * (parts - back);
}

/** A result of `thousandths` / `parts` thousandths of a minor unit, rounded once: who wins receives the floor after commission, who loses owes the ceiling. */
export function resultOf(
  result: { thousandths: number | bigint; parts: number },
  ratePpm: number,
): { net: number; commission: number } {
  const { parts, thousandths } = result;
  if (typeof thousandths === 'bigint') return largeResultOf(thousandths, 1000n * BigInt(parts), BigInt(ratePpm));
  const unit = 1000 * parts;
  if (thousandths <= 0) return { net: 0 - Math.ceil(-thousandths / unit), commission: 0 };
  return {
    net: mulDiv(thousandths, PPM - ratePpm, unit * PPM, 'floor'),
    commission: mulDiv(thousandths, ratePpm, unit * PPM, 'floor'),
  };
}

function largeResultOf(thousandths: bigint, unit: bigint, ratePpm: bigint): { net: number; commission: number } {
  if (thousandths <= 0n) return { net: 0 - toSafe(divideBig(-thousandths, unit, 'ceil')), commission: 0 };
  const whole = unit * BigInt(PPM);
  return {
    net: toSafe(divideBig(thousandths * (BigInt(PPM) - ratePpm), whole, 'floor')),
    commission: toSafe(divideBig(thousandths * ratePpm, whole, 'floor')),
  };
}

/**
 * Net result of a holder, exactly. With a selection's share won w and share of the stake returned b (outcome.ts), a back of stake s at price p
 * makes s (w p + b - 1) = w * win + (1 - w - b) * lose; a lay is its mirror. Dead heats and half results are the same formula.
 */
export function resultOver(
  market: Pick<Market, 'selections' | 'outcomes' | 'marketId'>,
  numbers: Numbers,
): { thousandths: number | bigint; parts: number } {
  const { parts, shares } = sharesOf(market);
  // Beyond this many selections and parts, sums of the largest net bets would not be exact.
  if (shares.length * parts * NET_BETS_MAX > Number.MAX_SAFE_INTEGER) return { thousandths: largeSum(shares, numbers), parts };
  let thousandths = 0;
  for (const [selection, { lose, win }] of shares.entries()) {
    thousandths += win * winOf(numbers, selection) + lose * loseOf(numbers, selection);
  }
  return { thousandths, parts };
}

interface Share {
  readonly win: number;
  readonly back: number;
  readonly lose: number;
}

/** What part of each selection is won, returned and lost, in parts that all of them share. */
function sharesOf(market: Pick<Market, 'selections' | 'outcomes' | 'marketId'>): { parts: number; shares: Share[] } {
  const outcomes = market.selections.map((selection): OutcomeNumbers => {
    const outcome = market.outcomes?.[selection];
    assert(outcome, () => `${market.marketId} has no declared outcome of ${selection}`);
    return outcome;
  });
  const parts = outcomes.reduce((all, [, wonOf, , backOf]) => leastCommonMultiple(leastCommonMultiple(all, wonOf), backOf), 1);
  const shares = outcomes.map(([won, wonOf, back, backOf]) => {
    const [win, kept] = [(won * parts) / wonOf, (back * parts) / backOf];
    return { win, back: kept, lose: parts - win - kept };
  });
  return { parts, shares };
}

function largeSum(shares: readonly Share[], numbers: Numbers): bigint {
  let sum = 0n;
  for (const [selection, { lose, win }] of shares.entries()) {
    sum += BigInt(win) * BigInt(winOf(numbers, selection)) + BigInt(lose) * BigInt(loseOf(numbers, selection));
  }
  return sum;
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
