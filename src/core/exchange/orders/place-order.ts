// PlaceOrder: holds the worst case of the order, matches it and rests what is left. In play it waits for its delay first and is judged again at
// its release: a market that was suspended, turned or closed meanwhile lapses it.
import { type Refusal, refuse } from '../../base/refusal.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, type EventData } from '../../kernel/event.ts';
import { availableMinor, type LedgerState, marketAt } from '../../kernel/state.ts';
import type { Holder } from '../../ledger/holder.ts';
import { type Approved, barredSince } from '../../risk/gate.ts';
import { gateOrder, type OrderToPlace } from '../../risk/gate-order.ts';
import { Draft } from '../money/draft.ts';
import { look, type Matching, matchOrder, reduceOrders, unfilled } from './match-order.ts';
import type { PlaceOrder, ReducedReason } from '../order-commands.ts';
import { NO_ORDER, type Order } from '../book/orders.ts';
import { unmatchedOf } from '../money/net-bets.ts';

export function placeOrder(ledger: LedgerState, envelope: Envelope<PlaceOrder>, context: Context): Decision {
  const order = gateOrder(ledger, envelope, context.now);
  if ('code' in order) return order;
  if (ledger.exchange.orders.find(order.cmd.orderId) !== NO_ORDER) return refuse('already_resolved', { path: '/orderId' });
  const { market, x } = order;
  const draft = new Draft(ledger, x, market.marketId);
  return placeApproved({ ledger, cause: { envelope, context }, market, x, draft }, order) ?? draft.events;
}

/** Adds the events of an order that passed the gate, or says why there are none; `freedMinor` comes back before it is placed. */
export function placeApproved(of: Matching, wanted: Approved<OrderToPlace>, freedMinor = 0): Refusal | null {
  const { cause, draft, ledger, x } = of;
  const { cmd, holder } = wanted;
  const order = orderFrom(ledger, wanted);
  const fills = order.pending || order.kind !== 0 ? null : look(of, order);
  const refused = fills && refusedAtOnce(order, fills);
  if (refused) return refused;
  draft.addUnmatched(order.holder, unmatchedOf(order, order.sizeMinor, x.ladder.milliOf(order.tick)));
  if (!draft.isWithinMax(order.holder)) return refuse('limit_user', { path: '/sizeMinor' });
  const need = draft.needMinor(order.holder);
  const available = availableMinor(ledger, holder) + freedMinor;
  if (need > available) return refuse('insufficient_funds', { need, have: available });
  draft.events.push(event(cause, 'OrderPlaced', placed(wanted, order, cause.context.now), draft.post()));
  if (fills) matchOrder(of, cmd.orderId, order, fills);
  return null;
}

/** The end of an order's delay. */
export function releaseOrder(
  ledger: LedgerState,
  envelope: Envelope,
  context: Context,
  due: { orderId: string; dueAt: number },
): Decision {
  const { orders } = ledger.exchange;
  const { orderId } = due;
  const row = orders.find(orderId);
  if (row === NO_ORDER || !orders.isPending(row)) return [];
  const pending = orders.get(row);
  const market = marketAt(ledger, pending.market);
  const x = ledger.exchange.market(pending.market);
  const draft = new Draft(ledger, x, market.marketId);
  const of: Matching = { ledger, cause: { envelope, context }, market, x, draft };
  const order = { ...pending, pending: false };
  const fills = look(of, order);
  const late = context.now - due.dueAt > ledger.limits.releaseGraceMs;
  const reason = late ? 'timeout' : (reasonToLapse(of, order) ?? (unfilled(order, fills) ? 'would_not_fill' : null));
  if (reason !== null) {
    reduceOrders(of, reason, [{ orderId, order, sizeMinor: order.sizeMinor }]);
    return draft.events;
  }
  const holder = ledger.holders[order.holder] as Holder;
  draft.events.push(event(of.cause, 'OrderReleased', { holder: holder.id, orderId }));
  matchOrder(of, orderId, order, fills);
  return draft.events;
}

/** Name of the timer that releases an order. */
export function orderKey(orderId: string): string {
  return `order:${orderId}`;
}

function reasonToLapse({ cause, ledger, market, x }: Matching, order: Order): ReducedReason | null {
  if (market.status !== 'open' && market.status !== 'suspended') return 'market_closed';
  // Any change of the market while it waited: it was made for what is no more.
  if (market.status === 'suspended' || x.lapse !== null || x.leaving.length > 0 || order.version !== x.version)
    return order.onlyVersion ? 'version_conflict' : 'market_suspended';
  return barredSince(ledger, ledger.holders[order.holder] as Holder, cause.context.now) ? 'barred' : null;
}

function refusedAtOnce(order: Order, fills: ReturnType<typeof look>): Refusal | null {
  const short = unfilled(order, fills);
  if (short) return refuse('would_not_fill', { ...short, path: '/sizeMinor' });
  return fills.stopped === 'self_trade' && fills.count === 0 ? refuse('self_trade', { path: '/priceMilli' }) : null;
}

function orderFrom(ledger: LedgerState, wanted: Approved<OrderToPlace>): Order {
  const { cmd, holder, kind, market, persistence, selection, side, tick, x } = wanted;
  return {
    holder: ledger.holderRows.get(holder.id) as number,
    owner: ledger.exchange.ownerNumberOf(holder.ownerId),
    market: market.row,
    selection,
    side,
    kind,
    persistence,
    tick,
    sizeMinor: cmd.sizeMinor,
    pending: x.betDelayMs > 0,
    fillOrKill: cmd.timeInForce === 'fill-or-kill',
    minFillMinor: cmd.timeInForce === 'fill-or-kill' ? (cmd.minFillMinor ?? cmd.sizeMinor) : 0,
    version: x.version,
    onlyVersion: cmd.ifMarketVersion !== undefined,
  };
}

/** The commonest order as a literal without a spread: this runs for every order. */
function placed(wanted: Approved<OrderToPlace>, order: Order, now: number): EventData['OrderPlaced'] {
  const { cmd, x } = wanted;
  const { holder, kind, marketId, orderId, persistence, priceMilli, selectionId, side, sizeMinor } = cmd;
  if (!order.fillOrKill && !order.pending && !order.onlyVersion && kind === 'limit')
    return { holder, marketId, orderId, persistence, priceMilli, selectionId, side, sizeMinor };
  return {
    ...(order.fillOrKill ? { fillOrKillMinor: order.minFillMinor } : {}),
    holder,
    ...(kind === 'limit' ? {} : { kind }),
    marketId,
    ...(order.onlyVersion ? { onlyVersion: order.version } : {}),
    orderId,
    persistence,
    priceMilli,
    ...(order.pending ? { releaseAt: now + x.betDelayMs } : {}),
    selectionId,
    side,
    sizeMinor,
  };
}
