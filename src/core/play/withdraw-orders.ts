// Takes the unmatched orders of a person who was barred off the exchange, in chunks by timer: what is matched stands.
import type { Context, Envelope } from '../kernel/command.ts';
import type { Decision, NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { Draft } from '../exchange/draft.ts';
import { ORDERS_PER_EVENT, reduceOrders, type Reduction } from '../exchange/match-order.ts';

/** The first of his orders, at most as many as one event holds; none ends the timer. */
export function withdrawOrders(
  ledger: LedgerState,
  cause: { readonly envelope: Envelope; readonly context: Context },
  ownerId: string,
): Decision {
  const events: NewEvent[] = [];
  for (const [row, reductions] of ordersByMarket(ledger, ownerId)) {
    const market = marketAt(ledger, row);
    const x = ledger.exchange.market(row);
    const draft = new Draft(ledger, x, market.marketId);
    reduceOrders({ ledger, cause, market, x, draft }, 'barred', reductions);
    events.push(...draft.events);
  }
  return events;
}

function ordersByMarket(ledger: LedgerState, ownerId: string): Map<number, Reduction[]> {
  const { orders } = ledger.exchange;
  const byMarket = new Map<number, Reduction[]>();
  let found = 0;
  for (const row of orders.openRows()) {
    if (found === ORDERS_PER_EVENT) break;
    if ((ledger.holders[orders.holder(row)] as Holder).ownerId !== ownerId) continue;
    const order = orders.get(row);
    const reductions = byMarket.get(order.market) ?? [];
    reductions.push({ orderId: orders.idOf(row), order, sizeMinor: order.sizeMinor });
    byMarket.set(order.market, reductions);
    found++;
  }
  return byMarket;
}
