// What must be true of a ledger after every command, worked out from what is open.
import { assert } from '#core/base/assert.ts';
import { checkExposure } from '#core/bets/multiples/multiples-for-tests.ts';
import { heldBet } from '#core/bets/held-bet.ts';
import { PENDING, SETTLED } from '#core/bets/multiples/open-multiples.ts';
import { referralKey } from '#core/confirmation/refer-bet.ts';
import { stakeOf } from '#core/bets/multiples/multiple-exposure.ts';
import { fieldOf } from '#core/exchange/exchange.ts';
import { exposureOf } from '#core/exchange/money/net-bets.ts';
import { escrowOf } from '#core/exchange/money/draft.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { holderOf, type LedgerState } from '#core/kernel/state.ts';
import type { World } from '#core/kernel/world-for-tests.ts';
import { barredFrom } from '#core/risk/gate.ts';
import { shutOut } from '#core/risk/gate-bettor.ts';
import { BACK, LAY, NO_ORDER } from '#core/exchange/book/orders.ts';
import type { ExchangeMarket } from '#core/exchange/exchange.ts';
import { NO_TICK } from '#core/exchange/ladder.ts';
import { PEOPLE } from './cast.ts';

/** Sums, holds, escrows and worst cases, worked out from what is open. */
export function check(world: World): void {
  const { ledger } = world;
  // Markets with runners have a worst case of their own, which this recount does not know: there it must be 0 when all is over.
  if (ledger.markets.every((market) => market?.runners === undefined)) checkExposure(ledger);
  else for (const sum of ledger.accounts.sums().values()) assert(sum === 0n, 'money was made or lost');
  const held = new Map<number, number>();
  const hold = (row: number, minor: number): void => void held.set(row, (held.get(row) ?? 0) + minor);
  for (const market of ledger.markets) {
    if (!market) continue;
    for (let row = ledger.bets.first(market.row); row >= 0; row = ledger.bets.next(row)) {
      const bet = ledger.bets.get(row);
      hold(bet.holder, bet.stakeMinor);
    }
    for (let row = ledger.eachWay.first(market.row); row >= 0; row = ledger.eachWay.next(row)) {
      const bet = ledger.eachWay.get(row);
      hold(bet.holder, 2 * bet.stakeMinor);
    }
  }
  const { bets } = ledger.multiples;
  for (const [row, legs] of bets.legs.entries())
    if (legs > 0 && bets.status[row] !== SETTLED) hold(bets.holder[row] as number, stakeOf(ledger.multiples, row));
  const escrows = new Map<string, number>();
  for (const x of ledger.exchange.markets.values()) {
    const market = ledger.markets[x.market];
    assert(market, 'an exchange without a market');
    let matched = 0;
    for (let i = 0; i < x.netBets.count; i++) {
      const holder = x.netBets.holderAt(i);
      const { matchedMinor, totalMinor } = exposureOf(x.netBets.copyOf(holder), fieldOf(x, holder));
      if (i >= x.settled) matched += matchedMinor;
      hold(holder, totalMinor - matchedMinor);
    }
    checkBooks(ledger, x);
    if (x.settled === 0) escrows.set(escrowOf(market.marketId), matched);
    else escrows.set(escrowOf(market.marketId), ledger.accounts.balance(escrowOf(market.marketId), ledger.currency));
  }
  for (const pool of ledger.pools.all()) escrows.set(pool.escrow, escrowOfPool(ledger, pool));
  for (const { balanceMinor, path } of ledger.accounts.rows()) {
    if (path.endsWith(':escrow'))
      assert(balanceMinor === (escrows.get(path) ?? 0), () => `${path}: ${balanceMinor}, not ${escrows.get(path)}`);
  }
  ledger.holders.forEach((holder, row) => {
    const have = ledger.accounts.balance(holder.held, ledger.currency);
    assert(have === (held.get(row) ?? 0), () => `held of ${holder.id}: ${have}, open items ${held.get(row)}`);
    const debt = ledger.accounts.balance(holder.debt, ledger.currency);
    assert(debt <= 0, () => `debt of ${holder.id} is ${debt}`);
    assert(debt < 0 === ledger.corrections.debtors.has(holder.id), () => `${holder.id} is a debtor: ${debt}`);
    const available = ledger.accounts.balance(holder.available, ledger.currency);
    assert(debt === 0 || available === 0, () => `${holder.id} owes ${debt} and has ${available}`);
  });
  for (const { betId, by } of ledger.referrals.waiting()) {
    const multiple = by === 'desk' ? ledger.multiples.find(betId) : -1;
    const pending = multiple >= 0 ? ledger.multiples.bets.status[multiple] === PENDING : heldBet(ledger, betId)?.pending;
    assert(pending, () => `${betId} waits for ${by} and is not pending`);
    assert(ledger.timers.dueAt(referralKey(betId)) !== undefined, () => `${betId} waits for ever`);
  }
  checkDesk(ledger);
}

/** Each order stands once, in the book that it belongs to, and nothing else does. */
function checkBooks({ exchange }: LedgerState, x: ExchangeMarket): void {
  const { orders } = exchange;
  const seen = new Set<number>();
  for (const book of [...x.books, ...x.atStartingPrice, ...x.delayed]) {
    for (const side of [BACK, LAY]) {
      const queues = book.queuesOf(side);
      for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick)) {
        for (let row = queues.first(tick); row !== NO_ORDER; row = orders.next(row)) {
          const order = orders.get(row);
          assert(
            orders.find(orders.idOf(row)) === row && !seen.has(row),
            () => `row ${row} is no open order, or twice in the books`,
          );
          assert(exchange.bookOf(x, order) === book && order.tick === tick, () => `${orders.idOf(row)} stands in a foreign book`);
          seen.add(row);
        }
      }
    }
  }
  for (const row of orders.openRows())
    assert(orders.market(row) !== x.market || seen.has(row), () => `${orders.idOf(row)} is in no book`);
}

/** The stakes that the desk counts, from the open bets. */
function checkDesk(ledger: LedgerState): void {
  if (!ledger.desk.counts) return;
  const stakes = new Map<string, number>();
  const add = (market: number, holder: number, minor: number): void => {
    const key = `${market} ${ledger.holders[holder]?.ownerId}`;
    stakes.set(key, (stakes.get(key) ?? 0) + minor);
  };
  for (const market of ledger.markets) {
    if (!market) continue;
    for (let row = ledger.bets.first(market.row); row >= 0; row = ledger.bets.next(row)) {
      const bet = ledger.bets.get(row);
      add(market.row, bet.holder, bet.stakeMinor);
    }
    for (let row = ledger.eachWay.first(market.row); row >= 0; row = ledger.eachWay.next(row)) {
      const bet = ledger.eachWay.get(row);
      add(market.row, bet.holder, 2 * bet.stakeMinor);
    }
  }
  const { bets, legs } = ledger.multiples;
  for (const [row, count] of bets.legs.entries()) {
    if (count === 0 || bets.status[row] === SETTLED) continue;
    for (const leg of ledger.multiples.legsOf(row)) {
      const market = legs.market[leg] as number;
      if (market >= 0) add(market, bets.holder[row] as number, stakeOf(ledger.multiples, row));
    }
  }
  for (const market of ledger.markets) {
    // A settled market's legs are forgotten just before it is archived.
    if (!market || market.status === 'settled' || ledger.desk.of(market.row)?.ownerStakeMaxMinor === undefined) continue;
    for (const ownerId of PEOPLE) {
      const have = ledger.desk.stakesOf(market.row, ownerId);
      const want = stakes.get(`${market.row} ${ownerId}`) ?? 0;
      assert(have === want, () => `${market.marketId} ${ownerId}: the desk counts ${have}, open are ${want}`);
    }
  }
}

function escrowOfPool(ledger: LedgerState, pool: ReturnType<LedgerState['pools']['of']>): number {
  if (pool.status !== 'open' && pool.status !== 'locked') {
    return pool.status === 'closed' ? 0 : ledger.accounts.balance(pool.escrow, ledger.currency);
  }
  let units = 0;
  for (let row = 0; row < pool.entries.rows; row++) units += pool.entries.units(row);
  return units * pool.rules.unitMinor + pool.carryInMinor;
}

/** To be asked of every event: nobody who may take no risk takes any. */
export function checkGate({ ledger, now }: World, e: NewEvent): void {
  const holder = holderOf(ledger, riskTakenBy(e) ?? '');
  if (!holder) return;
  const barred =
    barredFrom(ledger, holder, now) ??
    (e.type.endsWith('Placed') || e.type === 'PoolEntered' ? shutOut(ledger, holder.ownerId, '') : null);
  assert(barred === null, () => `${barred?.code}: ${JSON.stringify(e)}`);
}

function riskTakenBy(e: NewEvent): string | null {
  switch (e.type) {
    case 'BetPlaced':
    case 'MultiplePlaced':
    case 'MultipleAccepted':
    case 'OrderPlaced':
    case 'OrderReleased':
    case 'PoolEntered':
      return e.data.holder;
    default:
      return null;
  }
}
