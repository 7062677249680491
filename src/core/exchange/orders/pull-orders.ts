// Takes the open orders of who may take no more risk out of all books: a person who is excluded, cools off or is shut out by the desk, with all bots of his, or a bot that is paused
// or dead. His resting orders would be matched otherwise, whatever the gate says of new ones.
import { isId } from '../../base/ids.ts';
import type { Decision } from '../../kernel/event.ts';
import { holderOf, type LedgerState, marketAt } from '../../kernel/state.ts';
import type { Holder } from '../../ledger/holder.ts';
import { Draft } from '../money/draft.ts';
import { lapseChunk } from './lapse-orders.ts';
import { type Cause, reduceOrders, type Reduction } from './match-order.ts';

/** Orders in one decision: each may stand in a market of its own and take an event to itself. */
const PULL_CHUNK_ORDERS = 250;

/** Name of the timer that pulls the orders of a person or a bot. */
export function pullKey(id: string): string {
  return `pull:${id}`;
}

/** Before whatever else is due: while the off of another market is carried out, nobody must be matched with who may take no more risk. */
const BEFORE_ALL = 0;

/** A person or a bot may take no more risk: the orders go from now on, chunk by chunk. */
export function onBarred(ledger: LedgerState, id: string): void {
  if (holdersOf(ledger, id).size > 0) ledger.timers.set(pullKey(id), BEFORE_ALL);
}

/** One event for each market that they stand in; nothing when there are none left. */
export function pullOrders(ledger: LedgerState, cause: Cause, id: string): Decision {
  const { orders } = ledger.exchange;
  const holders = holdersOf(ledger, id);
  const byMarket = new Map<number, Reduction[]>();
  if (holders.size === 0) return [];
  let found = 0;
  for (const row of orders.openRows()) {
    if (!holders.has(orders.holder(row))) continue;
    if (++found > PULL_CHUNK_ORDERS) break;
    const order = orders.get(row);
    const at = ledger.exchange.market(order.market);
    // The off has told what they get: they take it first.
    if (at.off) return lapseChunk(ledger, cause, marketAt(ledger, order.market));
    const pulled = byMarket.get(order.market) ?? [];
    pulled.push({ orderId: orders.idOf(row), order, sizeMinor: order.sizeMinor });
    byMarket.set(order.market, pulled);
  }
  return [...byMarket].flatMap(([row, pulled]) => {
    const market = marketAt(ledger, row);
    const x = ledger.exchange.market(row);
    const draft = new Draft(ledger, x, market.marketId);
    reduceOrders({ ledger, cause, market, x, draft }, 'barred', pulled);
    return draft.events;
  });
}

/** Rows of the holders with open orders that a bar on this person or bot touches. */
function holdersOf(ledger: LedgerState, id: string): Set<number> {
  const { exchange, holders, holderRows } = ledger;
  if (isId('bot', id)) {
    const row = holderOf(ledger, id) ? holderRows.get(id) : undefined;
    return new Set(row !== undefined && exchange.openOrdersOf(row) > 0 ? [row] : []);
  }
  return new Set(exchange.holdersWithOrders().filter((row) => (holders[row] as Holder).ownerId === id));
}
