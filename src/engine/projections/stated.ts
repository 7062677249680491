// What markets with selections of their own and each-way bets add to the rows of others, as JSON.
import type { EventData } from '#core/kernel/event.ts';

export interface EachWayFact {
  readonly betId: string;
  readonly holderId: string;
  /** Of the place part, as JSON. */
  readonly terms: string;
}

/** Null for a market whose type says it all. */
export function statedOf({ marketId: _name, startAt: _at, ...stated }: EventData['MarketOpened']): string | null {
  return Object.keys(stated).length > 0 ? JSON.stringify(stated) : null;
}
