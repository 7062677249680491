// The gate for exchange orders: what does not depend on the book. Cancelling never passes here: it lowers risk, also while all is halted.
import { isId } from '../base/ids.ts';
import { isAmount } from '../base/money.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Market } from '../bets/market.ts';
import { isWithdrawn } from '../bets/runners/runners.ts';
import type { ExchangeMarket } from '../exchange/exchange.ts';
import { NO_TICK } from '../exchange/ladder.ts';
import type { PlaceOrder } from '../exchange/order-commands.ts';
import { LAY, type Order, ORDER_KINDS, PERSISTENCES, SIDES } from '../exchange/book/orders.ts';
import { riskOf, unmatchedOf } from '../exchange/money/net-bets.ts';
import type { Actor } from '../kernel/command.ts';
import { holderOf, type LedgerState, marketOf } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { gateBettor, overDay, shutOut } from './gate-bettor.ts';
import { actsFor, type Approved, barredFrom } from './gate.ts';

export interface OrderToPlace {
  readonly cmd: PlaceOrder;
  readonly holder: Holder;
  readonly market: Market;
  readonly x: ExchangeMarket;
  readonly selection: number;
  readonly side: number;
  readonly kind: number;
  readonly persistence: number;
  readonly tick: number;
}

interface Asking {
  readonly actor: Actor;
  readonly cmd: PlaceOrder;
  /** It takes the place of an open order: there are no more of them than before, and what is left of that one may be small. */
  readonly replaces?: { readonly orderId: string; readonly order: Order };
}

export function gateOrder(ledger: LedgerState, { actor, cmd, replaces }: Asking, now: number): Approved<OrderToPlace> | Refusal {
  const fault = faultInShape(cmd);
  if (fault) return fault;
  const holder = holderOf(ledger, cmd.holder);
  if (!holder || !actsFor(actor, holder)) return refuse('not_found', { path: '/holder' });
  const barred = barredFrom(ledger, holder, now);
  if (barred) return barred;
  const market = marketOf(ledger, cmd.marketId);
  const x = market && ledger.exchange.markets.get(market.row);
  if (!market || !x) return refuse('not_found', { path: '/marketId' });
  const selection = market.selections.indexOf(cmd.selectionId);
  if (selection < 0) return refuse('not_found', { path: '/selectionId' });
  if (market.runners !== undefined && isWithdrawn(market.runners, selection))
    return refuse('selection_withdrawn', { path: '/selectionId' });
  if (x.netBets.out?.has(selection)) return refuse('selection_withdrawn', { path: '/selectionId' });
  const closed = closedFor(market, x, { cmd, now });
  if (closed) return closed;
  const side = SIDES.indexOf(cmd.side);
  const tick = tickOf(x, cmd, side);
  if (tick === NO_TICK) return refuse('price_not_on_ladder', { path: '/priceMilli' });
  const kind = ORDER_KINDS.indexOf(cmd.kind);
  const persistence = PERSISTENCES.indexOf(cmd.persistence);
  const order = { cmd, holder, market, x, selection, side, kind, persistence, tick };
  const tooMuch = replaces
    ? (shutOut(ledger, holder.ownerId, '/orderId') ?? overDayAnew(ledger, order, { ...replaces, now }))
    : (overLimit(ledger, x, cmd) ?? tooMany(ledger, holder) ?? overBettor(ledger, order, now));
  return tooMuch ?? (order as unknown as Approved<OrderToPlace>);
}

function faultInShape(cmd: PlaceOrder): Refusal | null {
  if (!isId('ord', cmd.orderId)) return refuse('malformed', { path: '/orderId' });
  if (typeof cmd.marketId !== 'string') return refuse('malformed', { path: '/marketId' });
  if (!SIDES.includes(cmd.side)) return refuse('malformed', { path: '/side' });
  if (!ORDER_KINDS.includes(cmd.kind)) return refuse('malformed', { path: '/kind' });
  if (!PERSISTENCES.includes(cmd.persistence)) return refuse('malformed', { path: '/persistence' });
  if (cmd.timeInForce !== 'rest' && cmd.timeInForce !== 'fill-or-kill') return refuse('malformed', { path: '/timeInForce' });
  if (cmd.timeInForce === 'fill-or-kill' && cmd.kind !== 'limit') return refuse('malformed', { path: '/timeInForce' });
  if ((cmd.priceMilli === null) !== (cmd.kind === 'market-on-close')) return refuse('malformed', { path: '/priceMilli' });
  if (!isAmount(cmd.sizeMinor)) return refuse('step_invalid', { path: '/sizeMinor' });
  const { ifMarketVersion, minFillMinor } = cmd;
  if (ifMarketVersion !== undefined && (!Number.isSafeInteger(ifMarketVersion) || ifMarketVersion < 0))
    return refuse('malformed', { path: '/ifMarketVersion' });
  if (minFillMinor === undefined) return null;
  const sound = cmd.timeInForce === 'fill-or-kill' && isAmount(minFillMinor) && minFillMinor <= cmd.sizeMinor;
  return sound ? null : refuse('malformed', { path: '/minFillMinor' });
}

function closedFor(market: Market, x: ExchangeMarket, { cmd, now }: { cmd: PlaceOrder; now: number }): Refusal | null {
  if (market.status === 'suspended') return refuse('market_suspended', { path: '/marketId' });
  if (market.status !== 'open') return refuse('market_closed', { path: '/marketId' });
  if (cmd.ifMarketVersion !== undefined && cmd.ifMarketVersion !== x.version)
    return refuse('version_conflict', { path: '/ifMarketVersion', need: cmd.ifMarketVersion, have: x.version });
  // Nobody trades on what he sees of the game before the market is in play and orders wait.
  if (!x.inPlay && now >= market.startAt) return refuse('market_suspended', { path: '/marketId' });
  // What is to lapse must be gone before anything is matched again: a matter of milliseconds.
  if (x.lapse !== null || x.leaving.length > 0) return refuse('market_suspended', { path: '/marketId', retryAfterMs: 50 });
  // There is one starting price, and it is made at the off.
  const wantsStartingPrice = cmd.kind !== 'limit' || cmd.persistence === 'sp';
  return x.inPlay && wantsStartingPrice ? refuse('market_closed', { path: '/kind' }) : null;
}

/** An order that takes any starting price stands at the price that takes all. */
function tickOf(x: ExchangeMarket, cmd: PlaceOrder, side: number): number {
  if (cmd.priceMilli === null) return side === LAY ? x.ladder.ticks - 1 : 0;
  return Number.isSafeInteger(cmd.priceMilli) ? x.ladder.tickOf(cmd.priceMilli) : NO_TICK;
}

function overLimit(ledger: LedgerState, { terms }: ExchangeMarket, cmd: PlaceOrder): Refusal | null {
  const { sizeMinor: have } = cmd;
  const path = '/sizeMinor';
  const isLiability = cmd.kind !== 'limit' && cmd.side === 'lay';
  const need = isLiability ? terms.spLiabilityMinMinor : Math.max(terms.stakeMinMinor, ledger.limits.stakeMinMinor);
  if (have < need) return refuse('stake_below_min', { need, have, path });
  if (have > ledger.limits.stakeMaxMinor) return refuse('stake_above_max', { need: ledger.limits.stakeMaxMinor, have, path });
  if (have % terms.stakeStepMinor !== 0) return refuse('step_invalid', { need: terms.stakeStepMinor, have, path });
  return null;
}

/** The desk's word about this person: no house is at risk, but who may not bet may not order either. */
function overBettor(ledger: LedgerState, order: OrderToPlace, now: number): Refusal | null {
  if (!ledger.desk.hasRules) return null;
  const { cmd, holder, market } = order;
  const { ownerId } = holder;
  const riskMinor = riskAt(order, order.tick);
  return gateBettor(ledger, { ownerId, markets: [market], stakeMinor: cmd.sizeMinor, riskMinor, now, path: '/sizeMinor' });
}

/** An order that takes another's place: that one comes back first, to the day in which it was placed. */
function overDayAnew(
  ledger: LedgerState,
  order: OrderToPlace,
  { now, order: old, orderId }: NonNullable<Asking['replaces']> & { readonly now: number },
): Refusal | null {
  const freedMinor = ledger.desk.days.isOfToday(orderId, now) ? riskAt(order, old.tick) : 0;
  return overDay(ledger, { ownerId: order.holder.ownerId, riskMinor: riskAt(order, order.tick) - freedMinor, now });
}

function riskAt(order: OrderToPlace, tick: number): number {
  return riskOf(unmatchedOf(order, order.cmd.sizeMinor, order.x.ladder.milliOf(tick)));
}

function tooMany(ledger: LedgerState, holder: Holder): Refusal | null {
  const have = ledger.exchange.openOrdersOf(ledger.holderRows.get(holder.id) as number);
  const need = ledger.limits.openOrdersMax;
  return have >= need ? refuse('limit_user', { need, have }) : null;
}
