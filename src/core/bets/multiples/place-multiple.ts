// PlaceMultiple: holds the stake of all lines against the quotes of this moment. With a leg in play the whole bet waits for the longest delay and
// is judged again at release.
import { type Refusal, refuse } from '../../base/refusal.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, type EventData } from '../../kernel/event.ts';
import { availableMinor, type LedgerState, marketOf } from '../../kernel/state.ts';
import { posting } from '../../ledger/accounts.ts';
import type { Approved } from '../../risk/gate.ts';
import { gateMultiple, gateMultipleExposure, type MultipleToPlace } from '../../risk/gate-multiple.ts';
import { priceMaxMinor } from '../../risk/gate-bettor.ts';
import { needsSupplier, referBet } from '../../confirmation/refer-bet.ts';
import { needsReview } from '../../desk/needs-review.ts';
import { leadOf } from '../live-handicap.ts';
import { takePrice, type TakenPrice } from '../price.ts';
import { quoteSeen } from '../place-bet.ts';
import type { PlacedLeg, PlaceMultiple, SetCombinable } from './multiple-commands.ts';

export function placeMultiple(ledger: LedgerState, envelope: Envelope<PlaceMultiple>, context: Context): Decision {
  const bet = gateMultiple(ledger, envelope, context.now);
  if ('code' in bet) return bet;
  const { cmd, holder, stakeMinor } = bet;
  if (ledger.multiples.find(cmd.betId) >= 0 || ledger.bets.find(cmd.betId) >= 0)
    return refuse('already_resolved', { path: '/betId' });
  const prices = takePrices(ledger, context, bet);
  if ('code' in prices) return prices;
  const tooMuch = gateMultipleExposure(ledger, bet, prices);
  if (tooMuch) return tooMuch;
  const available = availableMinor(ledger, holder);
  if (available < stakeMinor) return refuse('insufficient_funds', { need: stakeMinor, have: available });
  const hold = posting(holder.available, holder.held, stakeMinor, ledger.currency);
  const cause = { envelope, context };
  const data = placed(bet, prices, context.now);
  // In play the delay comes first: the bet is referred when it is released.
  if (data.status === 'pending' || !bet.legs.some(({ market }) => needsReview(ledger, market, stakeMinor)))
    return [event(cause, 'MultiplePlaced', data, [hold])];
  const { quoteSeq } = (prices[0] as TakenPrice).quote;
  const legs = data.legs.map(({ marketId, oddsMilli, selectionId }) => ({ marketId, oddsMilli, selectionId }));
  const facts = { betId: cmd.betId, holder: holder.id, legs, stakeMinor };
  return [
    event(cause, 'MultiplePlaced', { ...data, status: 'pending' }, [hold]),
    referBet(ledger, cause, { placed: facts, placedAt: context.now, quoteSeq, by: 'desk' }),
  ];
}

/** The price of every leg, or the first refusal; a fault is told at its own leg. */
function takePrices(ledger: LedgerState, context: Context, bet: Approved<MultipleToPlace>): TakenPrice[] | Refusal {
  const { cmd, stakeMinor } = bet;
  const prices: TakenPrice[] = [];
  for (const [i, { market, selection }] of bet.legs.entries()) {
    const { minOddsMilli } = cmd.legs[i] as PlaceMultiple['legs'][number];
    const price = takePrice(ledger, context, { market, selection, minOddsMilli, oddsPolicy: cmd.oddsPolicy });
    if ('code' in price) return atLeg(price, i);
    // Nobody answers for one leg of a bet.
    if (needsSupplier(ledger, market, price.quote)) return refuse('leg_not_combinable', { path: `/legs/${i}/marketId` });
    const named = price.quote.prices.find(({ selectionId }) => selectionId === market.selections[selection])?.maxStakeMinor;
    const max = named === undefined ? named : priceMaxMinor(ledger, bet.holder.ownerId, named);
    if (max !== undefined && stakeMinor > max) return refuse('limit_market', { need: max, have: stakeMinor, path: `/legs/${i}` });
    prices.push(price);
  }
  return prices;
}

/** A refusal of the price as it is told of a single, at the leg that it is about. */
export function atLeg({ code, have, need, path, retryAfterMs }: Refusal, i: number): Refusal {
  const member = path?.startsWith('/legs/0') ? path.slice('/legs/0'.length) : '';
  const detail = { ...(have === undefined ? {} : { have }), ...(need === undefined ? {} : { need }) };
  return refuse(code, { ...detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }), path: `/legs/${i}${member}` });
}

function placed(bet: Approved<MultipleToPlace>, prices: readonly TakenPrice[], now: number): EventData['MultiplePlaced'] {
  const { betId, holder, oddsPolicy, stakePerLineMinor, system } = bet.cmd;
  const legs = bet.legs.map(({ market, selection }, i): PlacedLeg => {
    const price = prices[i] as TakenPrice;
    const { minOddsMilli } = bet.cmd.legs[i] as PlaceMultiple['legs'][number];
    const selectionId = market.selections[selection] as string;
    const leg = { marketId: market.marketId, minOddsMilli, oddsMilli: price.oddsMilli, quote: quoteSeen(price), selectionId };
    return price.selection === selection ? leg : { lead: leadOf(price.selection), ...leg };
  });
  const { lines } = bet;
  const delayMs = Math.max(...prices.map(({ quote }) => quote.betDelayMs));
  if (delayMs <= 0) return { betId, holder, legs, lines, oddsPolicy, stakePerLineMinor, status: 'accepted', system };
  const releaseAt = now + delayMs;
  return { betId, holder, legs, lines, oddsPolicy, releaseAt, stakePerLineMinor, status: 'pending', system };
}

export function setCombinable(ledger: LedgerState, envelope: Envelope<SetCombinable>, context: Context): Decision {
  const { combinable, marketId } = envelope.cmd;
  if (typeof combinable !== 'boolean') return refuse('malformed', { path: '/combinable' });
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  if (!market) return refuse('not_found', { path: '/marketId' });
  if (ledger.multiples.notCombinable.has(market.row) === !combinable) return refuse('already_resolved', { path: '/combinable' });
  return [event({ envelope, context }, 'MarketCombinableSet', { combinable, marketId })];
}
