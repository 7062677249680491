// What each person staked in a day, counted again from the events alone: an oracle for what the desk counts as it goes.
import type { NewEvent } from '#core/kernel/event.ts';
import { LAY, SIDES } from '#core/exchange/book/orders.ts';
import { BOT, ANA } from '#core/kernel/world-for-tests.ts';

const DAY_MS = 86_400_000;
const NO_LIMIT = 2 ** 50;

interface Item {
  readonly owner: string;
  readonly at: number;
  /** What counts of it, and how much of it would come back if it were void. */
  minor: number;
  openMinor: number;
}
interface OrderItem extends Item {
  readonly lay: boolean;
  /** Null where the size is the liability. */
  readonly priceMilli: number | null;
  size: number;
}

export class DayCount {
  #since: number | null = null;
  readonly #bets = new Map<string, Item>();
  readonly #pending = new Set<string>();
  readonly #orders = new Map<string, OrderItem>();
  readonly #entries = new Map<string, Item>();
  /** poolId -> [unit, refunded as a whole, who was scratched]. */
  readonly #pools = new Map<string, { unit: number; refund: boolean; scratched: Set<string> }>();
  readonly #selections = new Map<string, string>();

  today(owner: string, now: number): number {
    const day = Math.floor(now / DAY_MS);
    let sum = 0;
    for (const items of [this.#bets, this.#orders, this.#entries])
      for (const item of items.values()) if (item.owner === owner && Math.floor(item.at / DAY_MS) === day) sum += item.minor;
    return sum;
  }

  see(e: NewEvent): void {
    if (e.type === 'LimitsChanged') this.#turn(e);
    if (e.type === 'PoolOpened')
      this.#pools.set(e.data.poolId, { unit: e.data.rules.unitMinor, refund: false, scratched: new Set() });
    this.#seeBets(e);
    this.#seeOrders(e);
    this.#seePools(e);
  }

  #turn(e: NewEvent<'LimitsChanged'>): void {
    const max = e.data.limits.ownerDayStakeMaxMinor;
    if (max === undefined) return;
    if (max < NO_LIMIT) {
      this.#since ??= e.at;
      return;
    }
    this.#since = null;
    for (const items of [this.#bets, this.#orders, this.#entries]) items.clear();
  }

  #item(e: NewEvent, holder: string, minor: number): Item | null {
    if (this.#since === null || e.at <= this.#since) return null;
    return { owner: holder === BOT ? ANA : holder, at: e.at, minor, openMinor: minor };
  }

  #seeBets(e: NewEvent): void {
    const place = (betId: string, holder: string, minor: number): void => {
      const item = this.#item(e, holder, minor);
      if (item) this.#bets.set(betId, item);
    };
    const back = (betId: string): void => {
      const item = this.#bets.get(betId);
      if (item) item.minor -= item.openMinor;
      if (item) item.openMinor = 0;
    };
    // What waits when its market is declared never stood; a settlement taken back holds it again.
    const never = (betId: string, sign: 1 | -1): void => {
      const item = this.#pending.has(betId) ? this.#bets.get(betId) : undefined;
      if (item) item.minor += sign * item.openMinor;
    };
    if (e.type === 'BetPlaced' || e.type === 'EachWayPlaced') if (e.data.status === 'pending') this.#pending.add(e.data.betId);
    if (e.type === 'BetAccepted') this.#pending.delete(e.data.betId);
    if (e.type === 'BetsSettled') for (const [betId] of e.data.bets) never(betId, -1);
    if (e.type === 'SettlementReversed') for (const [betId] of e.data.bets) never(betId, 1);
    if (e.type === 'BetPlaced') place(e.data.betId, e.data.holder, e.data.stakeMinor);
    if (e.type === 'EachWayPlaced') place(e.data.betId, e.data.holder, 2 * e.data.stakeMinor);
    if (e.type === 'MultiplePlaced') place(e.data.betId, e.data.holder, e.data.lines * e.data.stakePerLineMinor);
    if (e.type === 'BetRejected' || e.type === 'BetVoided' || e.type === 'MultipleRejected' || e.type === 'MultipleVoided')
      back(e.data.betId);
    if (e.type === 'BetsVoided') for (const [betId] of e.data.bets) back(betId);
    if (e.type === 'BetCashedOut') {
      const item = this.#bets.get(e.data.betId);
      if (item) item.openMinor -= e.data.stakeMinor;
    }
  }

  #seeOrders(e: NewEvent): void {
    if (e.type === 'OrderPlaced') {
      const { holder, kind, orderId, priceMilli, side, sizeMinor } = e.data;
      const lay = SIDES.indexOf(side) === LAY;
      const order = { lay, priceMilli: kind === undefined ? priceMilli : null, size: sizeMinor };
      const item = this.#item(e, holder, risk(order, sizeMinor));
      if (item) this.#orders.set(orderId, { ...item, ...order });
    }
    if (e.type === 'OrdersMatched')
      for (const [makerId, , size] of e.data.fills) {
        for (const id of [makerId, e.data.orderId]) {
          const order = this.#orders.get(id);
          if (order) order.size -= size;
        }
      }
    if (e.type === 'OrdersReduced')
      for (const [id, size] of e.data.orders) {
        const order = this.#orders.get(id);
        if (!order) continue;
        order.minor -= risk(order, order.size) - risk(order, order.size - size);
        order.size -= size;
      }
    if (e.type !== 'StartingPriceMade') return;
    for (const [id, size] of e.data.orders) {
      const order = this.#orders.get(id);
      if (!order) continue;
      const used = risk({ lay: order.lay, priceMilli: e.data.priceMilli }, size);
      order.minor -= Math.max(0, risk(order, order.size) - used);
      order.size = 0;
    }
    for (const [id, size] of e.data.limits ?? []) {
      const order = this.#orders.get(id);
      if (order) order.size -= size;
    }
  }

  #seePools(e: NewEvent): void {
    if (e.type === 'PoolEntered') {
      const { entryId, holder, poolId, selectionId = '', units } = e.data;
      const item = this.#item(e, holder, units * (this.#pools.get(poolId)?.unit ?? 0));
      if (item) this.#entries.set(entryId, item);
      this.#selections.set(entryId, selectionId);
    }
    if (e.type === 'PoolLeft') this.#entries.delete(e.data.entryId);
    if (e.type === 'PoolScratched') this.#pools.get(e.data.poolId)?.scratched.add(e.data.runner);
    if (e.type === 'PoolDeclared') {
      const pool = this.#pools.get(e.data.poolId);
      if (pool) pool.refund = e.data.outcome === 'refund';
    }
    if (e.type !== 'PoolPaid') return;
    const pool = this.#pools.get(e.data.poolId);
    for (const [entryId] of e.data.entries) {
      const runners = (this.#selections.get(entryId) ?? '').split('>');
      if (pool?.refund || runners.some((runner) => pool?.scratched.has(runner))) this.#entries.delete(entryId);
    }
  }
}

/** A backer's stake, a layer's stake times the odds less one, in whole cents upwards. */
function risk({ lay, priceMilli }: Pick<OrderItem, 'lay' | 'priceMilli'>, size: number): number {
  return lay && priceMilli !== null ? Math.ceil((size * (priceMilli - 1_000)) / 1_000) : size;
}
