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
import { type Cause, type Matching, ORDERS_PER_EVENT, reduceOrders, type Reduction } from '../orders/match-order.ts';
import { clearsLays, liabilityLeft, reducedMilli, type RunnerMarket } from './reduction.ts';

/** A runner that is out, before the exchange has followed. */
export interface Leaving {
  readonly selection: number;
  /** Its reduction factor. */
  readonly factorPpm: number;
  /** Factors of the others, where they are known. */
  readonly ownPpm: Readonly<Record<string, number>>;
}

/** Holders in one event at most. */
const REDUCE_CHUNK_HOLDERS = 1_000;

/** Name of the timer that makes a market's exchange follow a withdrawal. */
export function withdrawKey(marketId: string): string {
  return `withdraw:${marketId}`;
}

/** From here on nothing is matched until the exchange has followed. */
export function onRunnerGone(ledger: LedgerState, market: Market, leaving: Leaving & { readonly at: number }): void {
  const x = ledger.exchange.markets.get(market.row);
  if (!x) return;
  const { at, factorPpm, ownPpm, selection } = leaving;
  x.version++;
  x.leaving.push({ selection, factorPpm, ownPpm });
  ledger.timers.set(withdrawKey(market.marketId), at);
}

export function withdrawChunk(ledger: LedgerState, cause: Cause, market: Market): Decision {
  const x = ledger.exchange.markets.get(market.row);
  const leaving = x?.leaving[0];
  if (!x || !leaving) return [];
  const of: Matching = { ledger, cause, market, x, draft: new Draft(ledger, x, market.marketId) };
  const voided = firstToVoid(of, leaving);
  if (voided.length > 0) reduceOrders(of, 'runner_withdrawn', voided);
  else reduceMatched(of, leaving);
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
  if (!done) return;
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

function reduceMatched(of: Matching, leaving: Leaving): void {
  const { cause, draft, ledger, market, x } = of;
  const cut = liabilitiesToCut(of, leaving);
  for (let from = 0; from < cut.length; from += ORDERS_PER_EVENT) {
    reduceOrders(of, 'runner_withdrawn', cut.slice(from, from + ORDERS_PER_EVENT));
  }
  const { netBets } = x;
  for (let i = 0; i < netBets.count; i++) draft.numbersOf(netBets.holderAt(i));
  draft.post(); // nothing is to be moved: from here on each is compared with what he has put up so far
  draft.leave(leaving.selection);
  const change = changeOf(market, leaving);
  const { marketId } = market;
  const selectionId = market.selections[leaving.selection] as string;
  let from = 0;
  do {
    const to = Math.min(netBets.count, from + REDUCE_CHUNK_HOLDERS);
    const { holders, taken } = reduceSome(of, change, { from, to });
    const debts = recordDebts(ledger, cause, taken);
    if (debts) draft.events.push(debts);
    const data = { factorPpm: leaving.factorPpm, holders, marketId, selectionId };
    const last = to === netBets.count;
    draft.events.push(event(cause, 'MatchedBetsReduced', last ? { done: true, ...data } : data, draft.post()));
    from = to;
  } while (from < netBets.count);
}

function reduceSome(
  { draft, ledger, x }: Matching,
  change: (selection: number, priceMilli: number) => number | null,
  { from, to }: { from: number; to: number },
): { holders: string[]; taken: Map<Holder, number> } {
  const holders: string[] = [];
  const taken = new Map<Holder, number>();
  for (let i = from; i < to; i++) {
    const row = x.netBets.holderAt(i);
    const holder = ledger.holders[row] as Holder;
    reprice(draft.numbersOf(row), x.netBets.prices?.of(row) ?? [], change);
    holders.push(holder.id);
    const need = draft.needMinor(row);
    if (need > 0) taken.set(holder, need);
  }
  return { holders, taken };
}

/** Orders on the runner, and lays on the others that its factor takes out: at most as many as one event holds. */
function firstToVoid({ ledger, market, x }: Matching, { factorPpm, selection: out }: Leaving): Reduction[] {
  const { orders } = ledger.exchange;
  const found: Reduction[] = [];
  const take = (book: OrderBook | undefined, side: number): void => {
    const queues = book?.queuesOf(side);
    if (!queues) return;
    for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick)) {
      for (let row = queues.first(tick); row !== NO_ORDER && found.length < ORDERS_PER_EVENT; row = orders.next(row)) {
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

/** What lays at any starting price on the others carry less. */
function liabilitiesToCut({ ledger, market, x }: Matching, { factorPpm, ownPpm, selection: out }: Leaving): Reduction[] {
  const { orders } = ledger.exchange;
  const kind = kindOf(market);
  const atMarket = ORDER_KINDS.indexOf('market-on-close');
  const cut: Reduction[] = [];
  for (const [selection, book] of x.atStartingPrice.entries()) {
    if (selection === out) continue;
    const own = ownPpm[market.selections[selection] as string] ?? 0;
    const queues = book.lays;
    for (let tick = queues.best; tick !== NO_TICK; tick = queues.after(tick)) {
      for (let row = queues.first(tick); row !== NO_ORDER; row = orders.next(row)) {
        if (orders.kind(row) !== atMarket) continue;
        const order = orders.get(row);
        const less = order.sizeMinor - liabilityLeft(order.sizeMinor, { factorPpm, ownPpm: own, kind });
        if (less > 0) cut.push({ orderId: orders.idOf(row), order, sizeMinor: less });
      }
    }
  }
  return cut;
}
