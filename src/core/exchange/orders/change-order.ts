// CancelOrder and ReplaceOrder. Cancelling is allowed whatever is halted or suspended: it only lowers risk. It is not while the off is carried
// out: what each order gets is declared then.
import { isId } from '../../base/ids.ts';
import { isAmount } from '../../base/money.ts';
import { type Refusal, refuse } from '../../base/refusal.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import type { Decision } from '../../kernel/event.ts';
import { type LedgerState, marketAt } from '../../kernel/state.ts';
import type { Holder } from '../../ledger/holder.ts';
import { actsFor } from '../../risk/gate.ts';
import { gateOrder } from '../../risk/gate-order.ts';
import { Draft } from '../money/draft.ts';
import { type Matching, reduceOrders } from './match-order.ts';
import type { CancelOrder, PlaceOrder, ReplaceOrder } from '../order-commands.ts';
import { NO_ORDER, type Order, PERSISTENCES, type Side, SIDES } from '../book/orders.ts';
import { placeApproved } from './place-order.ts';

interface Open {
  readonly order: Order;
  readonly holder: Holder;
  readonly of: Matching;
}

export function cancelOrder(ledger: LedgerState, envelope: Envelope<CancelOrder>, context: Context): Decision {
  const { orderId, sizeMinor } = envelope.cmd;
  const open = openOrder(ledger, envelope, context);
  if ('code' in open) return open;
  const { of, order } = open;
  if (sizeMinor !== undefined) {
    if (!isAmount(sizeMinor)) return refuse('step_invalid', { path: '/sizeMinor' });
    // What stays is a multiple of the step as well.
    if (sizeMinor < order.sizeMinor && sizeMinor % of.x.terms.stakeStepMinor !== 0)
      return refuse('step_invalid', { path: '/sizeMinor', need: of.x.terms.stakeStepMinor, have: sizeMinor });
  }
  reduceOrders(of, 'cancelled', [{ orderId, order, sizeMinor: Math.min(sizeMinor ?? order.sizeMinor, order.sizeMinor) }]);
  return of.draft.events;
}

/** The new order gets a new place in the queue, and its delay in play. Refused as a whole: then the old order stays as it is. */
export function replaceOrder(ledger: LedgerState, envelope: Envelope<ReplaceOrder>, context: Context): Decision {
  const { cmd, actor } = envelope;
  const open = openOrder(ledger, envelope, context);
  if ('code' in open) return open;
  const { holder, of, order } = open;
  if (!isId('ord', cmd.newOrderId)) return refuse('malformed', { path: '/newOrderId' });
  if (order.kind !== 0 || order.fillOrKill) return refuse('malformed', { path: '/orderId' });
  if (ledger.exchange.orders.find(cmd.newOrderId) !== NO_ORDER) return refuse('already_resolved', { path: '/newOrderId' });
  const place: PlaceOrder = {
    type: 'PlaceOrder',
    orderId: cmd.newOrderId,
    holder: holder.id,
    marketId: of.market.marketId,
    selectionId: of.market.selections[order.selection] as string,
    side: SIDES[order.side] as Side,
    kind: 'limit',
    priceMilli: cmd.priceMilli,
    sizeMinor: order.sizeMinor,
    persistence: PERSISTENCES[order.persistence] as PlaceOrder['persistence'],
    timeInForce: 'rest',
  };
  // The order that goes makes room for the one that comes; what is left of a partly matched one may be below the least stake.
  const approved = gateOrder(ledger, { actor, cmd: place, replaces: { orderId: cmd.orderId, order } }, context.now);
  if ('code' in approved) return approved;
  reduceOrders(of, 'replaced', [{ orderId: cmd.orderId, order, sizeMinor: order.sizeMinor }]);
  return placeApproved(of, approved, freedMinor(of)) ?? of.draft.events;
}

/** What the last event gave back to the holder, minor units. */
function freedMinor({ draft }: Matching): number {
  let minor = 0;
  for (const p of draft.events.at(-1)?.postings ?? []) if (p.to.endsWith(':available')) minor += p.amountMinor;
  return minor;
}

function openOrder(ledger: LedgerState, envelope: Envelope<CancelOrder | ReplaceOrder>, context: Context): Open | Refusal {
  const { orderId } = envelope.cmd;
  if (!isId('ord', orderId)) return refuse('malformed', { path: '/orderId' });
  const row = ledger.exchange.orders.find(orderId);
  if (row === NO_ORDER) return refuse('not_found', { path: '/orderId' });
  const order = ledger.exchange.orders.get(row);
  const holder = ledger.holders[order.holder] as Holder;
  if (envelope.actor.via !== 'operator' && !actsFor(envelope.actor, holder)) return refuse('not_found', { path: '/orderId' });
  const market = marketAt(ledger, order.market);
  const x = ledger.exchange.market(order.market);
  if (x.off) return refuse('market_suspended', { path: '/orderId', retryAfterMs: 50 });
  const draft = new Draft(ledger, x, market.marketId);
  return { order, holder, of: { ledger, cause: { envelope, context }, market, x, draft } };
}
