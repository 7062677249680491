// A non-runner on the exchange. First every order on it, and where the factor is large every unmatched lay on the others, leaves the books chunk
// by chunk, while nothing is matched; then, in one decision, what was matched on it is void, matched prices on the others are reduced and
// everybody's escrow follows. Who must put up more than he has owes the rest.
import type { Market } from '../../bets/market.ts';
import { type Decision, event, type NewEvent } from '../../kernel/event.ts';
import { type LedgerState, marketOf } from '../../kernel/state.ts';
import type { Holder } from '../../ledger/holder.ts';
import { recordDebts } from '../../settlement/corrections/debts.ts';
import type { OrderBook } from '../book/order-book.ts';
import { BACK, LAY, NO_ORDER, ORDER_KINDS } from '../book/orders.ts';
import { NO_TICK } from '../ladder.ts';
import { Draft } from '../money/draft.ts';
import { reprice } from '../money/net-bets.ts';
import { lapseChunk } from '../orders/lapse-orders.ts';
import { type Cause, type Matching, ORDERS_PER_EVENT, reduceOrders, type Reduction } from '../orders/match-order.ts';
import { clearsLays, liabilityLeft, reducedMilli, type RunnerMarket } from './reduction.ts';

/** A runner that is out, before the exchange has followed. */
export interface Leaving {
  readonly selection: number;
  /** Its reduction factor. */
  readonly factorPpm: number;
  /** Factors of the others, where they are known. */
  readonly ownPpm: Readonly<Record<string, number>>;
  /** Holders whose bets it has followed so far, in their order. */
  readonly followed?: number;
}

/** Holders, and lays of theirs at any starting price, in one decision: about 4 ms of the writer's time. */
const REDUCE_CHUNK = 250;
const AT_MARKET = ORDER_KINDS.indexOf('market-on-close');

/** Name of the timer that makes a market's exchange follow a withdrawal. */
export function withdrawKey(marketId: string): string {
  return `withdraw:${marketId}`;
}

/** From here on nothing is matched until the exchange has followed. */
export function onRunnerGone(
  ledger: LedgerState,
  market: Market,
  leaving: Omit<Leaving, 'followed'> & { readonly at: number },
): void {
  const x = ledger.exchange.markets.get(market.row);
  if (!x) return;
  const { at, factorPpm, ownPpm, selection } = leaving;
  x.version++;
  x.leaving.push({ selection, factorPpm, ownPpm });
  ledger.timers.set(withdrawKey(market.marketId), at);
}

/** The next orders, or holders, `most` of them at most. An off that was declared before is carried out first. */
export function withdrawChunk(ledger: LedgerState, cause: Cause, market: Market, most = REDUCE_CHUNK): Decision {
  const x = ledger.exchange.markets.get(market.row);
  if (x?.off) return lapseChunk(ledger, cause, market, most);
  const leaving = x?.leaving[0];
  if (!x || !leaving) return [];
  const of: Matching = { ledger, cause, market, x, draft: new Draft(ledger, x, market.marketId) };
  const voided = firstToVoid(of, leaving, most);
  if (voided.length > 0) reduceOrders(of, 'runner_withdrawn', voided);
  else reduceMatched(of, leaving, most);
  return of.draft.events;
}

export function onMatchedBetsReduced(ledger: LedgerState, e: NewEvent<'MatchedBetsReduced'>): void {
  const { done, factorPpm, holders, marketId, selectionId } = e.data;
  const market = marketOf(ledger, marketId) as Market;
  const x = ledger.exchange.market(market.row);
  const selection = market.selections.indexOf(selectionId);
  const change = changeOf(market, { selection, factorPpm });
  for (const id of holders) {
    const holder = ledger.holderRows.get(id) as number;
    reprice(x.netBets.of(holder), x.netBets.prices?.of(holder) ?? [], change);
    x.netBets.prices?.change(holder, change);
  }
  if (!done) {
    const [first, ...others] = x.leaving as [Leaving, ...Leaving[]];
    x.leaving.splice(0, x.leaving.length, { ...first, followed: (first.followed ?? 0) + holders.length }, ...others);
    return;
  }
  x.netBets.withdraw(selection);
  x.leaving.shift();
  if (x.leaving.length === 0) ledger.timers.delete(withdrawKey(marketId));
}

/** A price after the withdrawal, null on the runner itself. */
function changeOf(
  market: Market,
  { factorPpm, selection: out }: Pick<Leaving, 'selection' | 'factorPpm'>,
): (selection: number, priceMilli: number) => number | null {
  const kind = kindOf(market);
  return (selection, priceMilli) => (selection === out ? null : reducedMilli(priceMilli, factorPpm, kind));
}

function kindOf({ terms }: Market): RunnerMarket {
  return terms.type === 'place' ? 'place' : 'win';
}

/** The next holders, with what their lays at any starting price carry less; at least one, however many of those he has. */
function reduceMatched(of: Matching, leaving: Leaving, most: number): void {
  const { cause, draft, ledger, market, x } = of;
  const { netBets } = x;
  const from = leaving.followed ?? 0;
  const { cut, to } = nextHolders(of, leaving, { from, most });
  for (let at = 0; at < cut.length; at += ORDERS_PER_EVENT) {
    reduceOrders(of, 'runner_withdrawn', cut.slice(at, at + ORDERS_PER_EVENT));
  }
  const freedMinor = freedBy(draft.events);
  const change = changeOf(market, leaving);
  const holders: string[] = [];
  const taken = new Map<Holder, number>();
  for (let place = from; place < to; place++) {
    const row = netBets.holderAt(place);
    const holder = ledger.holders[row] as Holder;
    reprice(draft.numbersOf(row), netBets.prices?.of(row) ?? [], change);
    draft.leave(row, leaving.selection);
    holders.push(holder.id);
    const need = draft.needMinor(row) - (freedMinor.get(holder.available) ?? 0);
    if (need > 0) taken.set(holder, need);
  }
  const debts = recordDebts(ledger, cause, taken);
  if (debts) draft.events.push(debts);
  const { marketId } = market;
  const selectionId = market.selections[leaving.selection] as string;
  const data = { factorPpm: leaving.factorPpm, holders, marketId, selectionId };
  const last = to === netBets.count;
  draft.events.push(event(cause, 'MatchedBetsReduced', last ? { done: true, ...data } : data, draft.post()));
}

/** What these events give back, by the account that gets it: it pays first for what is taken. */
function freedBy(events: readonly NewEvent[]): Map<string, number> {
  const freed = new Map<string, number>();
  for (const { postings } of events) {
    for (const { amountMinor, to } of postings ?? []) freed.set(to, (freed.get(to) ?? 0) + amountMinor);
  }
  return freed;
}

/** Orders on the runner, and lays on the others that its factor takes out. */
function firstToVoid({ ledger, market, x }: Matching, { factorPpm, selection: out }: Leaving, most: number): Reduction[] {
  const { orders } = ledger.exchange;
  const found: Reduction[] = [];
  const take = (book: OrderBook | undefined, side: number): void => {
    const queues = book?.queuesOf(side);
    if (!queues) return;
    for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick)) {
      for (let row = queues.first(tick); row !== NO_ORDER && found.length < most; row = orders.next(row)) {
        const order = orders.get(row);
        found.push({ orderId: orders.idOf(row), order, sizeMinor: order.sizeMinor });
      }
    }
  };
  for (const books of [x.books, x.atStartingPrice, x.delayed]) for (const side of [BACK, LAY]) take(books[out], side);
  if (!clearsLays(factorPpm, kindOf(market))) return found;
  for (const [selection, book] of x.books.entries()) if (selection !== out) take(book, LAY);
  return found;
}

/** As many holders from a place on as make up the chunk with their lays at any starting price, and what those carry less. */
function nextHolders(
  of: Matching,
  leaving: Leaving,
  { from, most }: { from: number; most: number },
): { cut: Reduction[]; to: number } {
  const { netBets } = of.x;
  const { orders } = of.ledger.exchange;
  const end = Math.min(netBets.count, from + most);
  const wanted = new Uint8Array(of.ledger.holders.length);
  for (let place = from; place < end; place++) wanted[netBets.holderAt(place)] = 1;
  const lays = new Map<number, number[]>();
  for (const row of laysAtAnyPrice(of, leaving)) {
    const holder = orders.holder(row);
    if (wanted[holder] === 0) continue;
    const his = lays.get(holder);
    if (his) his.push(row);
    else lays.set(holder, [row]);
  }
  const chosen: number[] = [];
  let to = from;
  for (; to < end; to++) {
    const his = lays.get(netBets.holderAt(to)) ?? [];
    if (to > from && to - from + chosen.length + 1 + his.length > most) break;
    for (const row of his) chosen.push(row);
  }
  return { cut: liabilitiesToCut(of, leaving, chosen), to };
}

/** What these lays at any starting price carry less. */
function liabilitiesToCut(of: Matching, leaving: Leaving, rows: readonly number[]): Reduction[] {
  const { factorPpm, ownPpm } = leaving;
  const { orders } = of.ledger.exchange;
  const kind = kindOf(of.market);
  const cut: Reduction[] = [];
  for (const row of rows) {
    const order = orders.get(row);
    const own = ownPpm[of.market.selections[order.selection] as string] ?? 0;
    const less = order.sizeMinor - liabilityLeft(order.sizeMinor, { factorPpm, ownPpm: own, kind });
    if (less > 0) cut.push({ orderId: orders.idOf(row), order, sizeMinor: less });
  }
  return cut;
}

/** Rows of the lays at any starting price on the others. */
function laysAtAnyPrice({ ledger, x }: Matching, { selection: out }: Leaving): number[] {
  const { orders } = ledger.exchange;
  const found: number[] = [];
  for (const [selection, { lays }] of x.atStartingPrice.entries()) {
    if (selection === out) continue;
    for (let tick = lays.best; tick !== NO_TICK; tick = lays.after(tick)) {
      for (let row = lays.first(tick); row !== NO_ORDER; row = orders.next(row))
        if (orders.kind(row) === AT_MARKET) found.push(row);
    }
  }
  return found;
}
