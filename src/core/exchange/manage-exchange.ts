// Opening the exchange of a market, and the off: the starting prices are made and the market turns in play.
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Market } from '../bets/market.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event } from '../kernel/event.ts';
import { type LedgerState, marketOf } from '../kernel/state.ts';
import { Draft } from './money/draft.ts';
import type { ExchangeMarket } from './exchange.ts';
import { NO_TICK } from './ladder.ts';
import { type Matching, ORDERS_PER_EVENT } from './orders/match-order.ts';
import type { OrderBook } from './book/order-book.ts';
import type { OpenExchange, TurnInPlay } from './order-commands.ts';
import { BACK, LAY, NO_ORDER, type Order, PERSISTENCES } from './book/orders.ts';
import { unmatchedOf } from './money/net-bets.ts';
import { type AtStartingPrice, makeStartingPrice } from './starting-price.ts';
import { BET_DELAY_MS_MAX, readTerms } from './terms.ts';

export function openExchange(ledger: LedgerState, envelope: Envelope<OpenExchange>, context: Context): Decision {
  const { marketId } = envelope.cmd;
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  if (!market) return refuse('not_found', { path: '/marketId' });
  if (market.status !== 'open' && market.status !== 'suspended') return refuse('market_closed', { path: '/marketId' });
  if (ledger.exchange.markets.has(market.row)) return refuse('already_resolved', { path: '/marketId' });
  const read = readTerms(envelope.cmd.terms);
  if ('code' in read) return read;
  // In alphabetical order: an event is canonical JSON as it stands.
  const { commissionPpm, ladder, onSuspend, selfTrade, spLiabilityMinMinor, stakeMinMinor, stakeStepMinor } = read;
  const terms = { commissionPpm, ladder, onSuspend, selfTrade, spLiabilityMinMinor, stakeMinMinor, stakeStepMinor };
  return [event({ envelope, context }, 'ExchangeOpened', { marketId, terms })];
}

export function turnInPlay(ledger: LedgerState, envelope: Envelope<TurnInPlay>, context: Context): Decision {
  const { betDelayMs, marketId } = envelope.cmd;
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  const x = market && ledger.exchange.markets.get(market.row);
  if (!market || !x) return refuse('not_found', { path: '/marketId' });
  const fault = faultInTurn(market, x, betDelayMs);
  if (fault) return fault;
  const draft = new Draft(ledger, x, marketId);
  const of: Matching = { ledger, cause: { envelope, context }, market, x, draft };
  for (let selection = 0; selection < market.selections.length; selection++) matchAtStartingPrice(of, selection);
  draft.events.push(event(of.cause, 'MarketTurnedInPlay', { betDelayMs, marketId }));
  return draft.events;
}

function faultInTurn(market: Market, x: ExchangeMarket, betDelayMs: number): Refusal | null {
  if (!Number.isSafeInteger(betDelayMs) || betDelayMs < 0 || betDelayMs > BET_DELAY_MS_MAX)
    return refuse('malformed', { path: '/betDelayMs', need: BET_DELAY_MS_MAX });
  if (market.status !== 'open' && market.status !== 'suspended') return refuse('market_closed', { path: '/marketId' });
  return x.inPlay ? refuse('already_resolved', { path: '/marketId' }) : null;
}

interface Taking extends AtStartingPrice {
  readonly orderId: string;
  readonly order: Order;
}

function matchAtStartingPrice(of: Matching, selection: number): void {
  const { cause, draft, market, x } = of;
  const backs = takingPart(of, selection, BACK);
  const lays = takingPart(of, selection, LAY);
  if (backs.length + lays.length === 0) return;
  const made = makeStartingPrice(x.ladder, backs, lays);
  const priceMilli = made ? x.ladder.milliOf(made.tick) : 0;
  const ends = [...backs, ...lays];
  const matched = [...(made?.backs ?? backs.map(() => 0)), ...(made?.lays ?? lays.map(() => 0))];
  const selectionId = market.selections[selection] as string;
  for (let from = 0; from < ends.length; from += ORDERS_PER_EVENT) {
    const orders: [string, number][] = [];
    for (let i = from; i < Math.min(ends.length, from + ORDERS_PER_EVENT); i++) {
      const { order, orderId } = ends[i] as Taking;
      const sizeMinor = matched[i] as number;
      orders.push([orderId, sizeMinor]);
      draft.removeUnmatched(order.holder, unmatchedOf(order, order.sizeMinor, x.ladder.milliOf(order.tick)));
      if (sizeMinor > 0) draft.match(order.holder, { selection, side: order.side, sizeMinor, priceMilli });
    }
    const data = { marketId: market.marketId, orders, priceMilli, selectionId };
    draft.events.push(event(cause, 'StartingPriceMade', data, draft.post()));
  }
}

/** Orders for the starting price, and what is unmatched of those that take it; most eager price first, oldest first within it. */
function takingPart({ ledger, x }: Matching, selection: number, side: number): Taking[] {
  const { orders } = ledger.exchange;
  const found: Taking[] = [];
  const walk = (book: OrderBook, take: (row: number) => void): void => {
    const queues = book.queuesOf(side);
    for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick)) {
      for (let row = queues.first(tick); row !== NO_ORDER; row = orders.next(row)) take(row);
    }
  };
  walk(x.atStartingPrice[selection] as OrderBook, (row) => {
    const order = orders.get(row);
    found.push({ orderId: orders.idOf(row), order, tick: order.tick, sizeMinor: order.sizeMinor });
  });
  walk(x.books[selection] as OrderBook, (row) => {
    const order = orders.get(row);
    if (PERSISTENCES[order.persistence] !== 'sp') return;
    // As an order that takes any starting price: the stake of a back, the liability of a lay, which lapses when it is too small.
    const sizeMinor = side === BACK ? order.sizeMinor : liabilityMinor(order.sizeMinor, x.ladder.milliOf(order.tick));
    if (side === LAY && sizeMinor < x.terms.spLiabilityMinMinor) return;
    found.push({ orderId: orders.idOf(row), order, tick: side === BACK ? 0 : x.ladder.ticks - 1, sizeMinor });
  });
  const eager = side === BACK ? 1 : -1;
  return found.sort((a, b) => eager * (a.tick - b.tick)); // stable: equal prices keep their order
}

/** What a lay order could lose, rounded down: its hold covers it. */
function liabilityMinor(stakeMinor: number, priceMilli: number): number {
  return Math.floor((stakeMinor * (priceMilli - 1000)) / 1000);
}
