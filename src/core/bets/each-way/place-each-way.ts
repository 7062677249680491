// Placing an each-way bet: the single's gate and price, twice the stake, and the place part's worst case beside the win's.
import { AMOUNT_MINOR_MAX, mulDiv } from '../../base/money.ts';
import { type Refusal, refuse } from '../../base/refusal.ts';
import { needsSupplier } from '../../confirmation/refer-bet.ts';
import type { Context, Envelope, PlaceBet } from '../../kernel/command.ts';
import { type Decision, event, type EventData, type NewEvent } from '../../kernel/event.ts';
import { availableMinor, type LedgerState, marketOf } from '../../kernel/state.ts';
import { posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { type Approved, type BetToPlace, exposureRefusal, gateBet } from '../../risk/gate.ts';
import { addEachWayExposure } from '../exposure.ts';
import type { Market } from '../market.ts';
import { quoteSeen } from '../place-bet.ts';
import { takePrice, type TakenPrice } from '../price.ts';
import { releaseKey } from '../release-bet.ts';
import { runnersWorstLossMinor } from '../runners/runners.ts';
import type { EachWayTerms } from '../runners/stated-market.ts';
import { PARTS, placePayoutMinor } from './each-way.ts';

interface EachWayBet {
  readonly bet: Approved<BetToPlace>;
  readonly eachWay: EachWayTerms;
}

export function placeEachWay(ledger: LedgerState, envelope: Envelope<PlaceBet>, context: Context): Decision {
  const { cmd } = envelope;
  const bet = gateBet(ledger, envelope, context.now);
  if ('code' in bet) return bet;
  if (ledger.bets.find(cmd.betId) >= 0 || ledger.eachWay.find(cmd.betId) >= 0)
    return refuse('already_resolved', { path: '/betId' });
  const eachWay = bet.market.runners?.eachWay;
  if (!eachWay) return refuse('leg_not_combinable', { path: '/eachWay' });
  const { market, selection } = bet;
  const price = takePrice(ledger, context, { market, selection, minOddsMilli: cmd.minOddsMilli });
  if ('code' in price) return price;
  // A supplier is asked about singles.
  if (needsSupplier(ledger, market, price.quote)) return refuse('leg_not_combinable', { path: '/eachWay' });
  const refused = refusedAtPrice(ledger, { bet, eachWay }, price);
  if (refused) return refused;
  const hold = posting(bet.holder.available, bet.holder.held, PARTS * cmd.stakeMinor, ledger.currency);
  return [event({ envelope, context }, 'EachWayPlaced', placed({ bet, eachWay }, price, context.now), [hold])];
}

function refusedAtPrice(ledger: LedgerState, each: EachWayBet, price: TakenPrice): Refusal | null {
  const { cmd, holder, market, selection } = each.bet;
  const staked = PARTS * cmd.stakeMinor;
  const { limits } = ledger;
  if (staked > limits.stakeMaxMinor)
    return refuse('stake_above_max', { need: limits.stakeMaxMinor, have: staked, path: '/stakeMinor' });
  const max = price.quote.prices.find((p) => p.selectionId === market.selections[selection])?.maxStakeMinor;
  if (max !== undefined && cmd.stakeMinor > max)
    return refuse('limit_market', { need: max, have: cmd.stakeMinor, path: '/stakeMinor' });
  const exposure = exposureAt(ledger, each, price.oddsMilli);
  if (exposure) return exposure;
  const available = availableMinor(ledger, holder);
  return available < staked ? refuse('insufficient_funds', { need: staked, have: available }) : null;
}

function exposureAt(ledger: LedgerState, { bet, eachWay }: EachWayBet, oddsMilli: number): Refusal | null {
  const { cmd, market, selection } = bet;
  const { runners } = market;
  const { stakeMinor } = cmd;
  // Compared as a float first: beyond this the exact product would not fit an integer.
  const largest = Math.min(ledger.limits.payoutMaxMinor, AMOUNT_MINOR_MAX);
  if (!runners || (PARTS * stakeMinor * oddsMilli) / 1000 > 2 * largest + 1)
    return refuse('limit_user', { need: largest, path: '/stakeMinor' });
  const won = mulDiv(stakeMinor, oddsMilli, 1000, 'ceil');
  const place = placePayoutMinor(stakeMinor, oddsMilli, eachWay.divisor);
  if (won + place > largest) return refuse('limit_user', { need: largest, have: won + place, path: '/stakeMinor' });
  const worst = runnersWorstLossMinor(runners, {
    payoutsMinor: plus(market.payoutsMinor, selection, won),
    placePayoutsMinor: plus(runners.placePayoutsMinor, selection, place),
    stakedMinor: market.stakedMinor + PARTS * stakeMinor,
  });
  return exposureRefusal(ledger, market, worst);
}

function plus(values: readonly number[], at: number, by: number): number[] {
  return values.map((value, i) => (i === at ? value + by : value));
}

function placed({ bet, eachWay }: EachWayBet, price: TakenPrice, now: number): EventData['EachWayPlaced'] {
  const { cmd, market, selection } = bet;
  const { betId, holder, minOddsMilli, stakeMinor } = cmd;
  const { betDelayMs } = price.quote;
  const legs = [{ marketId: market.marketId, oddsMilli: price.oddsMilli, selectionId: market.selections[selection] as string }];
  const quote = quoteSeen(price);
  const { divisor, places } = eachWay;
  const facts = { betId, eachWay: { divisor, places }, holder, legs, minOddsMilli, quote };
  if (betDelayMs <= 0) return { ...facts, stakeMinor, status: 'accepted' };
  return { ...facts, releaseAt: now + betDelayMs, stakeMinor, status: 'pending' };
}

export function onEachWayPlaced(ledger: LedgerState, e: NewEvent<'EachWayPlaced'>): void {
  const { betId, holder, legs, minOddsMilli, releaseAt, stakeMinor, status } = e.data;
  const leg = legs[0] as (typeof legs)[number];
  const market = marketOf(ledger, leg.marketId) as Market;
  const row = ledger.holderRows.get(holder) as number;
  const { oddsMilli, selectionId } = leg;
  const bet = {
    betId,
    holder: row,
    market: market.row,
    selection: market.selections.indexOf(selectionId),
    oddsMilli,
    minOddsMilli,
    stakeMinor,
    placedAt: e.at,
    suspensions: market.suspensions,
    pending: status === 'pending',
  };
  ledger.eachWay.add(bet);
  (ledger.holders[row] as Holder).openBets++;
  addEachWayExposure(ledger, market, bet, 1);
  if (releaseAt !== undefined) ledger.timers.set(releaseKey(betId), releaseAt);
}
