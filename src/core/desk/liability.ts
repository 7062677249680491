// The liability board: what is staked and what the house can lose, by market, fixture or sport, the fullest limit first. Read from the running
// figures of the state, which every bet keeps; a test counts them again from the open bets.
import { addTo, ownPayouts, ownSelection } from '../bets/live-handicap.ts';
import type { Market } from '../bets/market.ts';
import { type LedgerState, marketAt, marketOf } from '../kernel/state.ts';

export const LIABILITY_LEVELS = ['sport', 'fixture', 'market'] as const;
export type LiabilityLevel = (typeof LIABILITY_LEVELS)[number];

export interface LiabilityRow {
  readonly target: string;
  readonly bets: number;
  /** Stakes of the accepted open bets. */
  readonly stakesMinor: number;
  /** The most that any outcome of each market pays, stakes included, summed over its markets. */
  readonly payoutMinor: number;
  /** Worst loss of the house. A fixture's is the sum of its markets'. */
  readonly worstLossMinor: number;
  /** What it may be at most; a sport's is the house's capital. */
  readonly limitMinor: number;
  /** worst loss / limit, ppm; a limit of 0 is full. */
  readonly fullPpm: number;
}

export interface SelectionLiability {
  readonly selectionId: string;
  readonly bets: number;
  readonly stakesMinor: number;
  /** What the open bets on it pay if it wins, stakes included, but for pending bets without theirs. */
  readonly payoutMinor: number;
  /** What the house then gains (above 0) or loses. */
  readonly resultMinor: number;
}

const PPM = 1_000_000;

/** Rows with open bets, by risk: the fullest first, then the dearest. */
export function liabilityBoard(ledger: LedgerState, level: LiabilityLevel): LiabilityRow[] {
  const rows: LiabilityRow[] = [];
  if (level === 'market') {
    for (const market of ledger.markets)
      if (market && market.bets > 0) rows.push(rowOf(market.marketId, [market], lossLimit(ledger, market)));
  } else if (level === 'fixture') {
    for (const fixture of ledger.fixtures.values()) {
      const markets = fixture.markets.map((row) => marketAt(ledger, row));
      if (markets.some((market) => market.bets > 0)) rows.push(rowOf(fixture.eventId, markets, ledger.limits.eventLossMaxMinor));
    }
  } else {
    const bySport = Map.groupBy(
      ledger.markets.filter((market) => market !== null && market.bets > 0) as Market[],
      ({ eventId }) => eventId.slice(0, eventId.indexOf(':')),
    );
    for (const [sport, markets] of bySport) rows.push(rowOf(sport, markets, ledger.limits.houseCapitalMinor));
  }
  return rows.sort((a, b) => b.fullPpm - a.fullPpm || b.worstLossMinor - a.worstLossMinor || (a.target < b.target ? -1 : 1));
}

/** The selections of one market, or null when it is not there. Counts its open single bets one by one. */
export function selectionLiability(ledger: LedgerState, marketId: string): SelectionLiability[] | null {
  const market = marketOf(ledger, marketId);
  if (!market) return null;
  const bets = market.selections.map(() => 0);
  const stakes = market.selections.map(() => 0);
  for (let row = ledger.bets.first(market.row); row >= 0; row = ledger.bets.next(row)) {
    const { selection, stakeMinor } = ledger.bets.get(row);
    addTo(bets, ownSelection(market, selection), 1);
    addTo(stakes, ownSelection(market, selection), stakeMinor);
  }
  const payouts = ownPayouts(market);
  return market.selections.map((selectionId, i) => {
    const payoutMinor = payouts[i] as number;
    return {
      selectionId,
      bets: bets[i] as number,
      stakesMinor: stakes[i] as number,
      payoutMinor,
      resultMinor: market.stakedMinor - payoutMinor,
    };
  });
}

/** Bets on a handicap that were struck in play at different leads may win together. */
function dearestPayout({ payoutsMinor, selections, stakedMinor, worstLossMinor }: Market): number {
  return payoutsMinor.length > selections.length ? stakedMinor + worstLossMinor : Math.max(0, ...payoutsMinor);
}

function lossLimit(ledger: LedgerState, market: Market): number {
  return ledger.desk.of(market.row)?.lossMaxMinor ?? ledger.limits.marketLossMaxMinor;
}

function rowOf(target: string, markets: readonly Market[], limitMinor: number): LiabilityRow {
  let [bets, stakesMinor, payoutMinor, worstLossMinor] = [0, 0, 0, 0];
  for (const market of markets) {
    bets += market.bets;
    stakesMinor += market.stakedMinor;
    payoutMinor += dearestPayout(market);
    worstLossMinor += market.worstLossMinor;
  }
  const fullPpm = limitMinor === 0 ? PPM : Math.floor((worstLossMinor / limitMinor) * PPM);
  return { target, bets, stakesMinor, payoutMinor, worstLossMinor, limitMinor, fullPpm };
}
