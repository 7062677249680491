// What may be asked of the exchange, and why an order ends unmatched.
import type { Command } from '../kernel/command.ts';
import type { OrderKind, Persistence, Side } from './book/orders.ts';
import type { ExchangeTerms } from './terms.ts';

/** Opens the exchange of a market; what the terms do not state is DEFAULT_TERMS. */
export interface OpenExchange {
  readonly type: 'OpenExchange';
  readonly marketId: string;
  readonly terms: Partial<ExchangeTerms>;
}
/** The off: starting prices are made, what is set to lapse lapses, and new orders wait for the delay. */
export interface TurnInPlay {
  readonly type: 'TurnInPlay';
  readonly marketId: string;
  readonly betDelayMs: number;
}
export interface PlaceOrder {
  readonly type: 'PlaceOrder';
  readonly orderId: string;
  readonly holder: string;
  readonly marketId: string;
  readonly selectionId: string;
  readonly side: Side;
  readonly kind: OrderKind;
  /** The worst price it takes; null for an order that takes any starting price. */
  readonly priceMilli: number | null;
  /** The backer's stake; of a lay order for the starting price its liability. */
  readonly sizeMinor: number;
  readonly persistence: Persistence;
  readonly timeInForce: 'rest' | 'fill-or-kill';
  /** Of a fill-or-kill order: what must be matched at least; all of it when not stated. */
  readonly minFillMinor?: number;
  /** Good for this version of the market only. */
  readonly ifMarketVersion?: number;
}
/** Cancels an order, or makes it smaller by `sizeMinor`. */
export interface CancelOrder {
  readonly type: 'CancelOrder';
  readonly orderId: string;
  readonly sizeMinor?: number;
}
/** Cancels what is unmatched of an order and places it again at another price, or does neither. */
export interface ReplaceOrder {
  readonly type: 'ReplaceOrder';
  readonly orderId: string;
  readonly newOrderId: string;
  readonly priceMilli: number;
}

export type ExchangeCommand = OpenExchange | TurnInPlay | PlaceOrder | CancelOrder | ReplaceOrder;

/** Why (a part of) an order left the book unmatched. */
export type ReducedReason =
  | 'cancelled'
  | 'replaced'
  | 'lapsed'
  | 'self_trade'
  | 'fill_or_kill'
  | 'fills_max'
  | 'market_suspended'
  | 'market_closed'
  | 'version_conflict'
  | 'would_not_fill'
  | 'runner_withdrawn'
  | 'timeout'
  | 'barred';

/** Name of the order that a command places: its 26 characters, as a bet has them and for the same reason (bets/bet-id.ts). The writer asks for it at its door. */
export function orderIdOf(commandId: string): string {
  return `ord_${commandId.slice('cmd_'.length)}`;
}

/** Where a command gives its new order another name than its own; null when it does not. */
export function misnamedOrderAt(commandId: string, cmd: Command): string | null {
  if (cmd.type === 'PlaceOrder') return cmd.orderId === orderIdOf(commandId) ? null : '/orderId';
  if (cmd.type === 'ReplaceOrder') return cmd.newOrderId === orderIdOf(commandId) ? null : '/newOrderId';
  return null;
}
