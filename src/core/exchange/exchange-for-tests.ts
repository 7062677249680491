// A world with an exchange for given / when / then tests: four funded people on the 1x2 market of the fixture, and short ways to trade.
import { idOf, LEDGER, TENANT, WINNER, type World, worldWithMarket } from '../kernel/world-for-tests.ts';
import type { ShardState } from '../kernel/state.ts';
import { assert } from '../base/assert.ts';
import type { Decision } from '../kernel/event.ts';
import type { PlaceOrder } from './order-commands.ts';
import { escrowOf } from './money/draft.ts';
import { fieldOf } from './exchange.ts';
import { exposureOf } from './money/net-bets.ts';
import type { ExchangeTerms } from './terms.ts';

export const CY = idOf('usr', 'cy');
export const DI = idOf('usr', 'di');

export type OrderWish = Partial<Omit<PlaceOrder, 'type'>>;

/** Ana and Bea with 100.00, Cy and Di with 1,000.00; an exchange on the match, 5 % commission, least stake 1.00 unless `terms` say otherwise. */
export function worldWithExchange(
  terms: Partial<ExchangeTerms> = {},
  fingerprint: ((state: ShardState) => string) | null = null,
): World {
  const world = worldWithMarket(fingerprint);
  fund(world);
  world.done({ type: 'OpenExchange', marketId: WINNER, terms });
  return world;
}

/** Cy and Di with 1,000.00. */
export function fund(world: World): void {
  for (const usr of [CY, DI])
    world.done({ type: 'IssueFunds', holder: usr, ownerId: usr, tenantId: TENANT, amountMinor: 100_000 });
}

/** `holder` backs or lays `sizeMinor` on home at a price, unless wished otherwise. */
export function order(world: World, name: string, holder: string, wish: OrderWish = {}): Decision {
  const cmd = orderCommand(name, holder, wish);
  return world.ask(cmd, 'api', { ownerId: holder });
}

export function orderCommand(name: string, holder: string, wish: OrderWish = {}): PlaceOrder {
  return {
    type: 'PlaceOrder',
    orderId: idOf('ord', name),
    holder,
    marketId: WINNER,
    selectionId: 'home',
    side: 'back',
    kind: 'limit',
    priceMilli: 2_000,
    sizeMinor: 1_000,
    persistence: 'lapse',
    timeInForce: 'rest',
    ...wish,
  };
}

export function cancel(world: World, name: string, holder: string, sizeMinor?: number): Decision {
  const orderId = idOf('ord', name);
  const cmd = sizeMinor === undefined ? { orderId } : { orderId, sizeMinor };
  return world.ask({ type: 'CancelOrder', ...cmd }, 'api', { ownerId: holder });
}

/** Replaces the first named order by the second. */
export function replace(world: World, [name, by]: [string, string], holder: string, priceMilli: number): Decision {
  const cmd = { type: 'ReplaceOrder', orderId: idOf('ord', name), newOrderId: idOf('ord', by), priceMilli } as const;
  return world.ask(cmd, 'api', { ownerId: holder });
}

/** What is unmatched of an order, or 0. */
export function openMinor(world: World, name: string): number {
  const { orders } = world.ledger.exchange;
  const row = orders.find(idOf('ord', name));
  return row < 0 ? 0 : orders.sizeMinor(row);
}

export function escrow(world: World, marketId = WINNER): number {
  return world.ledger.accounts.balance(escrowOf(marketId), world.ledger.currency);
}

/** Available and held of a holder. */
export function wallet(world: World, holder: string): [available: number, held: number] {
  return [world.available(holder), world.held(holder)];
}

/** Throws unless money sums to zero, holds and escrow are the exposures, and every book is sound. */
export function checkExchange(world: World): void {
  const { ledger } = world;
  for (const sum of ledger.accounts.sums().values()) assert(sum === 0n, 'money was made or lost');
  const held = new Map<number, number>();
  for (const x of ledger.exchange.markets.values()) {
    const market = ledger.markets[x.market];
    assert(market, 'an exchange without a market');
    let matched = 0;
    for (let i = 0; i < x.netBets.count; i++) {
      const holder = x.netBets.holderAt(i);
      const { matchedMinor, totalMinor } = exposureOf(x.netBets.copyOf(holder), fieldOf(x, holder));
      if (i >= x.settled) matched += matchedMinor;
      held.set(holder, (held.get(holder) ?? 0) + totalMinor - matchedMinor);
    }
    const inEscrow = escrow(world, market.marketId);
    assert(x.settled > 0 || inEscrow === matched, () => `${market.marketId}: escrow ${inEscrow}, exposures ${matched}`);
    for (const book of x.books) {
      const crossed = book.backs.best >= 0 && book.lays.best >= book.backs.best;
      assert(!crossed, () => `${market.marketId}: the book is crossed`);
    }
  }
  for (const [row, holder] of ledger.holders.entries()) {
    const wanted = held.get(row) ?? 0;
    const have = world.held(holder.id);
    assert(have === wanted, () => `${LEDGER} ${holder.id}: held ${have}, exposures ${wanted}`);
  }
}
