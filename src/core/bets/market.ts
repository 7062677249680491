// The state of one market: what may be bet on, what is at stake, and the worst the house can lose on it.
import { type MarketName, type MarketTerms, type MarketType, parseMarketId, selectionsOf } from '../catalog/market.ts';
import type { EventData, OutcomeNumbers } from '../kernel/event.ts';
import { addTo, handicapWorstLossMinor, placeOf } from './live-handicap.ts';
import { makeRunners, type Runners, runnersOf, runnersWorstLossMinor } from './runners/runners.ts';
import type { Stated } from './runners/stated-market.ts';
import type { Sweep } from './voids/sweep.ts';

export type MarketStatus = 'open' | 'suspended' | 'closed' | 'settling' | 'settled' | 'reversing';

export interface Market {
  readonly row: number;
  readonly marketId: string;
  readonly eventId: string;
  readonly terms: MarketTerms;
  readonly selections: readonly string[];
  readonly startAt: number;
  status: MarketStatus;
  /** How often it was suspended or lost a runner: a delayed bet is void when this moved while it waited. */
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
  /** Last, and undefined in most: the bytes and the shape of other markets are as if there were none. */
  readonly runners: Runners | undefined;
  /** Bets that are being voided, oldest sweep first. */
  sweeps: Sweep[] | undefined;
  /** Of a handicap that was backed in play: accepted stakes by place of the lead, but for those at a level score. */
  leadStakesMinor: number[] | undefined;
}

export function makeMarket(row: number, name: MarketName & { marketId: string; startAt: number }, stated: Stated = {}): Market {
  const selections = stated.selections ?? selectionsOf(name.type);
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
    runners: makeRunners(stated),
    sweeps: undefined,
    leadStakesMinor: undefined,
  };
}

/** The market as MarketOpened names it. */
export function marketFromId(row: number, { marketId, startAt, ...stated }: EventData['MarketOpened']): Market | null {
  const name = parseMarketId(marketId);
  return name === null ? null : makeMarket(row, { ...name, marketId, startAt }, stated);
}

/** Which selections win together, by type; other types have exactly one winner. */
const WIN_SETS: Partial<Record<MarketType, readonly (readonly number[])[]>> = {
  dc: [
    [0, 1],
    [0, 2],
    [1, 2],
  ],
};

/** Stakes by lead with one more. */
export function leadStakesWith({ leadStakesMinor = [] }: Market, selection: number, stakeMinor: number): number[] {
  const stakes = [...leadStakesMinor];
  addTo(stakes, placeOf(selection), stakeMinor);
  return stakes;
}

/** What a market has at stake, or would have. */
export interface AtStake {
  readonly payoutsMinor: readonly number[];
  readonly stakedMinor: number;
  readonly leadStakesMinor: number[] | undefined;
  /** The market's own where left out. */
  readonly placePayoutsMinor?: readonly number[] | undefined;
}

/** worstLossMinor() of a market with this at stake. */
export function worstLossAt(market: Market, at: AtStake): number {
  const { leadStakesMinor, payoutsMinor, placePayoutsMinor, stakedMinor } = at;
  if (placePayoutsMinor === undefined) return worstLossOf(market, payoutsMinor, stakedMinor, leadStakesMinor);
  return runnersWorstLossMinor(runnersOf(market), { payoutsMinor, placePayoutsMinor, stakedMinor });
}

/** worstLossMinor() of a market with these payouts and stakes. */
export function worstLossOf(
  market: Market,
  payoutsMinor: readonly number[],
  stakedMinor: number,
  leadStakesMinor = market.leadStakesMinor,
): number {
  const { runners, selections, terms } = market;
  if (payoutsMinor.length > selections.length)
    return handicapWorstLossMinor(terms.lineQuarters ?? 0, { payoutsMinor, leadStakesMinor: leadStakesMinor ?? [], stakedMinor });
  if (runners === undefined) return worstLossMinor(market.terms.type, payoutsMinor, stakedMinor);
  const { placePayoutsMinor } = runners;
  return runnersWorstLossMinor(runners, { payoutsMinor, placePayoutsMinor, stakedMinor });
}

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
