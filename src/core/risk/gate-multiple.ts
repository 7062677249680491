// The gate of bets of several legs: what does not depend on prices, then what does. A fault is told at its leg.
import { isId } from '../base/ids.ts';
import { AMOUNT_MINOR_MAX, isAmount } from '../base/money.ts';
import { isOddsMilli } from '../base/odds.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { isWithdrawn } from '../bets/runners/runners.ts';
import { addTo } from '../bets/live-handicap.ts';
import { type Market, worstLossOf } from '../bets/market.ts';
import type { LegWanted, PlaceMultiple } from '../bets/multiples/multiple-commands.ts';
import { legFactor, multiplePayout } from '../bets/multiples/multiple-payout.ts';
import { isSystem, legsOf, linesOf } from '../bets/multiples/systems.ts';
import { isOddsPolicy } from '../bets/odds-policy.ts';
import type { Envelope } from '../kernel/command.ts';
import { type Fixture, HOUSE, type LedgerState, holderOf, marketOf } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { WON } from '../settlement/outcome.ts';
import { actsFor, type Approved, barredFrom, overLimit, type PriceTaken } from './gate.ts';

export interface MultipleToPlace {
  readonly cmd: PlaceMultiple;
  readonly holder: Holder;
  readonly legs: readonly { readonly market: Market; readonly selection: number }[];
  readonly lines: number;
  /** Of all lines. */
  readonly stakeMinor: number;
}

export function gateMultiple(
  ledger: LedgerState,
  { actor, cmd }: Envelope<PlaceMultiple>,
  now: number,
): Approved<MultipleToPlace> | Refusal {
  const fault = faultInShape(cmd);
  if (fault) return fault;
  const holder = holderOf(ledger, cmd.holder);
  if (!holder || !actsFor(actor, holder)) return refuse('not_found', { path: '/holder' });
  const barred = barredFrom(ledger, holder, now);
  if (barred) return barred;
  const legs = legsIn(ledger, cmd);
  if ('code' in legs) return legs;
  const lines = linesOf(cmd.system, legs.length);
  const stakeMinor = lines * cmd.stakePerLineMinor;
  const tooMuch = overLimit(ledger, {
    holder,
    markets: legs.map(({ market }) => market),
    stakeMinor,
    now,
    path: '/stakePerLineMinor',
  });
  if (tooMuch) return tooMuch;
  return { cmd, holder, legs, lines, stakeMinor } as unknown as Approved<MultipleToPlace>;
}

/** What depends on the prices: payout, the market and fixture of each leg, and the house, which carries the bet once. */
export function gateMultipleExposure(
  ledger: LedgerState,
  bet: Approved<MultipleToPlace>,
  prices: readonly PriceTaken[],
): Refusal | null {
  const { limits } = ledger;
  const { stakePerLineMinor, system } = bet.cmd;
  const factors = prices.map(({ oddsMilli }) => legFactor(oddsMilli, WON));
  const payout = multiplePayout({ system, stakePerLineMinor, factors }, 'ceil');
  const own = bet.legs.map(({ market }) => ledger.desk.of(market.row)?.payoutMaxMinor ?? limits.payoutMaxMinor);
  const need = Math.min(AMOUNT_MINOR_MAX, ...own);
  if (payout > BigInt(need)) {
    const have = payout <= BigInt(Number.MAX_SAFE_INTEGER) ? { have: Number(payout) } : {};
    return refuse('limit_user', { need, ...have, path: '/stakePerLineMinor' });
  }
  const winnings = Number(payout) - bet.stakeMinor;
  for (const [i, { market }] of bet.legs.entries()) {
    const { selection } = prices[i] as PriceTaken;
    const refused = overExposed(ledger, { market, selection }, { winnings, stakeMinor: bet.stakeMinor, path: `/legs/${i}` });
    if (refused) return refused;
  }
  const house = ledger.accounts.balance(HOUSE, ledger.currency) - ledger.worstLossMinor - winnings;
  if (house < -limits.houseCapitalMinor) return refuse('limit_house', { need: limits.houseCapitalMinor, have: -house });
  return null;
}

function overExposed(
  { desk, fixtures, limits }: LedgerState,
  { market, selection }: MultipleToPlace['legs'][number],
  { path, stakeMinor, winnings }: { winnings: number; stakeMinor: number; path: string },
): Refusal | null {
  const own = desk.of(market.row);
  const staked = market.stakedMinor + stakeMinor;
  if (own?.stakesMaxMinor !== undefined && staked > own.stakesMaxMinor)
    return refuse('limit_market', { need: own.stakesMaxMinor, have: staked, path });
  const payouts = market.payoutsMinor.slice();
  addTo(payouts, selection, winnings);
  const worst = worstLossOf(market, payouts, market.stakedMinor);
  if (worst <= market.worstLossMinor) return null;
  const lossMax = own?.lossMaxMinor ?? limits.marketLossMaxMinor;
  if (worst > lossMax) return refuse('limit_market', { need: lossMax, have: worst, path });
  const fixture = (fixtures.get(market.eventId) as Fixture).worstLossMinor + worst - market.worstLossMinor;
  if (fixture > limits.eventLossMaxMinor) return refuse('limit_event', { need: limits.eventLossMaxMinor, have: fixture, path });
  return null;
}

function faultInShape(cmd: PlaceMultiple): Refusal | null {
  if (!isId('bet', cmd.betId)) return refuse('malformed', { path: '/betId' });
  if (!isSystem(cmd.system)) return refuse('malformed', { path: '/system' });
  if (!isOddsPolicy(cmd.oddsPolicy)) return refuse('malformed', { path: '/oddsPolicy' });
  if (!Array.isArray(cmd.legs)) return refuse('malformed', { path: '/legs' });
  const have = cmd.legs.length;
  const [min, max] = legsOf(cmd.system);
  if (have < min || have > max) return refuse('malformed', { need: have < min ? min : max, have, path: '/legs' });
  for (const [i, leg] of cmd.legs.entries()) {
    const fault = faultInLeg(leg);
    if (fault !== null) return refuse('malformed', { path: `/legs/${i}${fault}` });
  }
  const { stakePerLineMinor } = cmd;
  const payable = isAmount(stakePerLineMinor) && isAmount(stakePerLineMinor * linesOf(cmd.system, have));
  return payable ? null : refuse('step_invalid', { path: '/stakePerLineMinor' });
}

function faultInLeg(leg: Partial<LegWanted> | null): string | null {
  if (typeof leg !== 'object' || leg === null) return '';
  if (typeof leg.marketId !== 'string') return '/marketId';
  if (typeof leg.selectionId !== 'string') return '/selectionId';
  if (!isOddsMilli(leg.minOddsMilli)) return '/minOddsMilli';
  return Number.isSafeInteger(leg.quoteSeq) && (leg.quoteSeq as number) >= 0 ? null : '/quoteSeq';
}

/** Markets and selections of the legs. No two of one fixture: their outcomes are not independent, and their prices do not multiply. */
function legsIn(ledger: LedgerState, cmd: PlaceMultiple): MultipleToPlace['legs'] | Refusal {
  const legs: { market: Market; selection: number }[] = [];
  const fixtures = new Set<string>();
  for (const [i, { marketId, selectionId }] of cmd.legs.entries()) {
    const path = `/legs/${i}/marketId`;
    const market = marketOf(ledger, marketId);
    if (!market) return refuse('not_found', { path });
    const selection = market.selections.indexOf(selectionId);
    if (selection < 0) return refuse('not_found', { path: `/legs/${i}/selectionId` });
    if (market.runners !== undefined && isWithdrawn(market.runners, selection))
      return refuse('selection_withdrawn', { path: `/legs/${i}/selectionId` });
    if (fixtures.has(market.eventId)) return refuse('legs_related', { path });
    if (ledger.multiples.notCombinable.has(market.row)) return refuse('leg_not_combinable', { path });
    if (market.status === 'suspended') return refuse('market_suspended', { path });
    if (market.status !== 'open') return refuse('market_closed', { path });
    fixtures.add(market.eventId);
    legs.push({ market, selection });
  }
  return legs;
}
