// Placing an each-way bet: the single's gate and price, twice the stake, and the place part's worst case beside the win's.
import { type Refusal, refuse } from '../../base/refusal.ts';
import { needsSupplier, referBet } from '../../confirmation/refer-bet.ts';
import { needsReview } from '../../desk/needs-review.ts';
import type { Context, Envelope, PlaceBet } from '../../kernel/command.ts';
import { type Decision, event, type EventData, type NewEvent } from '../../kernel/event.ts';
import { availableMinor, type LedgerState, marketOf } from '../../kernel/state.ts';
import { posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { type Approved, type BetToPlace, gateBet, gateExposure, stakedBy } from '../../risk/gate.ts';
import { countBet } from '../evolve-bets.ts';
import { addEachWayExposure } from '../exposure.ts';
import type { Market } from '../market.ts';
import { quoteSeen } from '../place-bet.ts';
import { takePrice, type TakenPrice } from '../price.ts';
import { releaseKey } from '../release-bet.ts';
import type { EachWayTerms } from '../runners/stated-market.ts';
import { PARTS } from './each-way.ts';

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
  const price = takePrice(ledger, context, { market, selection, minOddsMilli: cmd.minOddsMilli, oddsPolicy: cmd.oddsPolicy });
  if ('code' in price) return price;
  // A supplier is asked about singles.
  if (needsSupplier(ledger, market, price.quote)) return refuse('leg_not_combinable', { path: '/eachWay' });
  const refused = refusedAtPrice(ledger, { bet, eachWay }, price);
  if (refused) return refused;
  const hold = posting(bet.holder.available, bet.holder.held, PARTS * cmd.stakeMinor, ledger.currency);
  const cause = { envelope, context };
  const stakeMinor = stakedBy(cmd);
  // In play the delay comes first: the bet is referred when it is released.
  const isReferred = price.quote.betDelayMs <= 0 && needsReview(ledger, market, stakeMinor);
  const data = placed({ bet, eachWay }, price, { now: context.now, isReferred });
  const placing = event(cause, 'EachWayPlaced', data, [hold]);
  if (!isReferred) return [placing];
  const referral = { placedAt: context.now, quoteSeq: price.quote.quoteSeq, by: 'desk' } as const;
  return [placing, referBet(ledger, cause, { placed: { ...data, stakeMinor }, ...referral })];
}

function refusedAtPrice(ledger: LedgerState, { bet }: EachWayBet, price: TakenPrice): Refusal | null {
  const { cmd, holder, market, selection } = bet;
  const max = price.quote.prices.find((p) => p.selectionId === market.selections[selection])?.maxStakeMinor;
  if (max !== undefined && cmd.stakeMinor > max)
    return refuse('limit_market', { need: max, have: cmd.stakeMinor, path: '/stakeMinor' });
  const exposure = gateExposure(ledger, bet, price);
  if (exposure) return exposure;
  const staked = stakedBy(cmd);
  const available = availableMinor(ledger, holder);
  return available < staked ? refuse('insufficient_funds', { need: staked, have: available }) : null;
}

function placed(
  { bet, eachWay }: EachWayBet,
  price: TakenPrice,
  { isReferred, now }: { isReferred: boolean; now: number },
): EventData['EachWayPlaced'] {
  const { cmd, market, selection } = bet;
  const { betId, holder, minOddsMilli, oddsPolicy = 'better', stakeMinor } = cmd;
  const { betDelayMs } = price.quote;
  const legs = [{ marketId: market.marketId, oddsMilli: price.oddsMilli, selectionId: market.selections[selection] as string }];
  const quote = quoteSeen(price);
  const { divisor, places } = eachWay;
  const facts = { betId, eachWay: { divisor, places }, holder, legs, minOddsMilli };
  if (betDelayMs <= 0 && !isReferred) return { ...facts, quote, stakeMinor, status: 'accepted' };
  // While it is pending its price is judged once more: by what the bettor takes.
  const policy = oddsPolicy === 'better' ? {} : { oddsPolicy };
  const release = isReferred ? {} : { releaseAt: now + betDelayMs };
  return { ...facts, ...policy, quote, ...release, stakeMinor, status: 'pending' };
}

export function onEachWayPlaced(ledger: LedgerState, e: NewEvent<'EachWayPlaced'>): void {
  const { betId, holder, legs, minOddsMilli, oddsPolicy, releaseAt, stakeMinor, status } = e.data;
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
    oddsPolicy,
  };
  ledger.eachWay.add(bet);
  const person = ledger.holders[row] as Holder;
  person.openBets++;
  if (ledger.desk.counts) countBet(ledger, person, { ...bet, stakeMinor: PARTS * stakeMinor });
  addEachWayExposure(ledger, market, bet, 1);
  if (releaseAt !== undefined) ledger.timers.set(releaseKey(betId), releaseAt);
}
