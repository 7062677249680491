// Voiding many bets of a market in chunks: a sweep walks the bets that were open when it began, once, from the newest to the oldest.
// It keeps its place by row; a bet that ends where it stands moves it on, and bets placed later are never met.
import { ownSelection } from '../live-handicap.ts';
import type { Market } from '../market.ts';
import type { OpenBet, OpenBets } from '../open-bets.ts';

/** Which bets are meant; a member that is absent leaves none out. */
export interface VoidWish {
  readonly oddsMilliFrom?: number;
  /** The first moment meant and the first no longer meant, ms. */
  readonly placedFrom?: number;
  readonly placedUntil?: number;
  readonly selection?: number;
}

export interface Sweep {
  readonly reason: string;
  readonly wish: VoidWish;
  /** Rows to look at next, of singles and of each-way bets; -1 at the end. */
  single: number;
  eachWay: number;
}

export interface Books {
  readonly bets: OpenBets;
  readonly eachWay: OpenBets;
}

/** Name of the timer that voids a market's bets chunk by chunk. */
export function voidKey(marketId: string): string {
  return `void:${marketId}`;
}

export function beginSweep(books: Books, market: Market, { reason, wish }: Pick<Sweep, 'reason' | 'wish'>): void {
  market.sweeps ??= [];
  market.sweeps.push({ reason, wish, single: books.bets.first(market.row), eachWay: books.eachWay.first(market.row) });
}

/** Before a bet leaves its row: a sweep that stands there goes on to the next. */
export function passRow(
  sweeps: readonly Sweep[],
  { bets, row, eachWay }: { bets: OpenBets; row: number; eachWay: boolean },
): void {
  for (const sweep of sweeps) {
    if (eachWay && sweep.eachWay === row) sweep.eachWay = bets.next(row);
    if (!eachWay && sweep.single === row) sweep.single = bets.next(row);
  }
}

export function isMeant(market: Market, wish: VoidWish, bet: OpenBet): boolean {
  const { oddsMilliFrom, placedFrom, placedUntil, selection } = wish;
  if (selection !== undefined && ownSelection(market, bet.selection) !== selection) return false;
  if (placedFrom !== undefined && bet.placedAt < placedFrom) return false;
  if (placedUntil !== undefined && bet.placedAt >= placedUntil) return false;
  return oddsMilliFrom === undefined || bet.oddsMilli >= oddsMilliFrom;
}
