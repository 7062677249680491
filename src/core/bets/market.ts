// The state of one market: what may be bet on, what is at stake, and the worst the house can lose on it.
import { type MarketName, type MarketTerms, type MarketType, parseMarketId, selectionsOf } from '../catalog/market.ts';
import type { OutcomeNumbers } from '../kernel/event.ts';

export type MarketStatus = 'open' | 'suspended' | 'closed' | 'settling' | 'settled' | 'reversing';

export interface Market {
  readonly row: number;
  readonly marketId: string;
  readonly eventId: string;
  readonly terms: MarketTerms;
  readonly selections: readonly string[];
  readonly startAt: number;
  status: MarketStatus;
  /** How often it was suspended: a delayed bet is void when this moved while it waited. */
  suspensions: number;
  bets: number;
  /** Stakes of the accepted open bets. */
  stakedMinor: number;
  /** Per selection: what all its open bets pay if it wins, stakes included, but for pending bets without theirs. */
  readonly payoutsMinor: number[];
  /** Largest loss of the house over all ways the fixture can end. */
  worstLossMinor: number;
  outcomes: Record<string, OutcomeNumbers> | null;
  /** While settling: paid so far. */
  settledBets: number;
  settledStakeMinor: number;
  returnedMinor: number;
}

export function makeMarket(row: number, name: MarketName & { marketId: string; startAt: number }): Market {
  const selections = selectionsOf(name.type);
  const { eventId, marketId, startAt, type, stat, period, lineQuarters } = name;
  return {
    row,
    marketId,
    eventId,
    terms: { type, stat, period, ...(lineQuarters === undefined ? {} : { lineQuarters }) },
    selections,
    startAt,
    status: 'open',
    suspensions: 0,
    bets: 0,
    stakedMinor: 0,
    payoutsMinor: selections.map(() => 0),
    worstLossMinor: 0,
    outcomes: null,
    settledBets: 0,
    settledStakeMinor: 0,
    returnedMinor: 0,
  };
}

/** The market as MarketOpened names it. */
export function marketFromId(row: number, marketId: string, startAt: number): Market | null {
  const name = parseMarketId(marketId);
  return name === null ? null : makeMarket(row, { ...name, marketId, startAt });
}

/** Which selections win together, by type; other types have exactly one winner. */
const WIN_SETS: Partial<Record<MarketType, readonly (readonly number[])[]>> = {
  dc: [
    [0, 1],
    [0, 2],
    [1, 2],
  ],
};

/** Worst case for the house: the dearest set of winners less all stakes, never below 0. Half wins and pushes lie between. */
export function worstLossMinor(type: MarketType, payoutsMinor: readonly number[], stakedMinor: number): number {
  let dearest = 0;
  const sets = WIN_SETS[type];
  if (sets) {
    for (const set of sets) dearest = Math.max(dearest, sumOf(payoutsMinor, set));
  } else {
    for (const payout of payoutsMinor) dearest = Math.max(dearest, payout);
  }
  return Math.max(0, dearest - stakedMinor);
}

function sumOf(values: readonly number[], indexes: readonly number[]): number {
  let sum = 0;
  for (const i of indexes) sum += values[i] as number;
  return sum;
}
