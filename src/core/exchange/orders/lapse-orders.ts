// Lapsing a market's orders in chunks by timer, so that suspending a market with a hundred thousand orders takes effect at once: from the moment
// of the event nothing is matched, and the holds come back a thousand orders at a time.
import type { Market } from '../../bets/market.ts';
import type { Decision } from '../../kernel/event.ts';
import type { LedgerState } from '../../kernel/state.ts';
import { Draft } from '../money/draft.ts';
import type { ExchangeMarket } from '../exchange.ts';
import { NO_TICK } from '../ladder.ts';
import { type Cause, type Matching, ORDERS_PER_EVENT, reduceOrders, type Reduction } from './match-order.ts';
import { OFF_CHUNK_ORDERS, offChunk } from '../off/off-chunk.ts';
import type { OrderBook } from '../book/order-book.ts';
import { BACK, LAY, NO_ORDER, type Orders, PERSISTENCES } from '../book/orders.ts';

/** Name of the timer that lapses a market's orders. */
export function lapseKey(marketId: string): string {
  return `lapse:${marketId}`;
}

/** The next orders, `most` of them at most. What the off has declared is carried out first: until then nothing lapses. */
export function lapseChunk(ledger: LedgerState, cause: Cause, market: Market, most = ORDERS_PER_EVENT): Decision {
  const x = ledger.exchange.markets.get(market.row);
  if (!x || x.lapse === null) return [];
  const draft = new Draft(ledger, x, market.marketId);
  const of: Matching = { ledger, cause, market, x, draft };
  if (x.off) offChunk(of, x.off, Math.min(most, OFF_CHUNK_ORDERS));
  else {
    const { chunk, done } = firstToLapse(ledger.exchange.orders, x, most);
    reduceOrders(of, 'lapsed', chunk, done);
  }
  return draft.events;
}

/** The first orders that are to lapse. */
function firstToLapse(orders: Orders, x: ExchangeMarket, most: number): { chunk: Reduction[]; done: boolean } {
  const chunk: Reduction[] = [];
  for (const book of booksToLapse(x)) {
    for (const side of [BACK, LAY]) {
      const queues = book.queuesOf(side);
      for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick)) {
        for (let row = queues.first(tick); row !== NO_ORDER; row = orders.next(row)) {
          if (!lapses(x, PERSISTENCES[orders.persistence(row)])) continue;
          if (chunk.length === most) return { chunk, done: false };
          const order = orders.get(row);
          chunk.push({ orderId: orders.idOf(row), order, sizeMinor: order.sizeMinor });
        }
      }
    }
  }
  return { chunk, done: true };
}

/** A close lapses everything, the delayed and what waits for the starting price as well. */
function booksToLapse(x: ExchangeMarket): readonly OrderBook[] {
  return x.lapse === 'closed' ? [...x.books, ...x.atStartingPrice, ...x.delayed] : x.books;
}

/** At the off what takes the starting price was matched at it; whatever is left of that lapses as well. */
function lapses(x: ExchangeMarket, persistence: (typeof PERSISTENCES)[number] | undefined): boolean {
  if (x.lapse === 'closed') return true;
  return persistence === 'lapse' || (x.lapse === 'in-play' && persistence === 'sp');
}
