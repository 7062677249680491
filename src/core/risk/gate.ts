// The one gate, and it denies by default: what places risk requires an Approved<...>, and only the functions here make one.
// Later rules are added here; there is no second door.
import { isId } from '../base/ids.ts';
import { AMOUNT_MINOR_MAX, isAmount, mulDiv } from '../base/money.ts';
import { isOddsMilli } from '../base/odds.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { addTo } from '../bets/live-handicap.ts';
import { leadStakesWith, type Market } from '../bets/market.ts';
import type { TakenPrice } from '../bets/price.ts';
import { divisorOf, PARTS, placePayoutMinor } from '../bets/each-way/each-way.ts';
import { isWithdrawn } from '../bets/runners/runners.ts';
import { isOddsPolicy } from '../bets/odds-policy.ts';
import type { Actor, Envelope, HaltScope, PlaceBet } from '../kernel/command.ts';
import { type LedgerState, holderOf, marketOf } from '../kernel/state.ts';
import { type Holder, isBot } from '../ledger/holder.ts';
import { gateBettor, shutOut } from './gate-bettor.ts';
import { gateLoss } from './gate-loss.ts';

/** A ledger that was not told of bans yet is asked again after this long, ms. */
const BANS_WAIT_MS = 1_000;

declare const approval: unique symbol;
/** An intent that passed the gate. The brand cannot be written elsewhere without a cast. */
export type Approved<I> = I & { readonly [approval]: true };

export interface BetToPlace {
  readonly cmd: PlaceBet;
  readonly holder: Holder;
  readonly market: Market;
  readonly selection: number;
}

/** Everything about a bet that does not depend on its price. */
export function gateBet(ledger: LedgerState, envelope: Envelope<PlaceBet>, now: number): Approved<BetToPlace> | Refusal {
  const { actor, cmd } = envelope;
  const fault = faultInShape(cmd);
  if (fault) return fault;
  const holder = holderOf(ledger, cmd.holder);
  if (!holder || !actsFor(actor, holder)) return refuse('not_found', { path: '/holder' });
  const barred = barredFrom(ledger, holder, now);
  if (barred) return barred;
  const leg = cmd.legs[0] as PlaceBet['legs'][number];
  const market = marketOf(ledger, leg.marketId);
  if (!market) return refuse('not_found', { path: '/legs/0/marketId' });
  const selection = market.selections.indexOf(leg.selectionId);
  if (selection < 0) return refuse('not_found', { path: '/legs/0/selectionId' });
  const closed = closedFor(market, selection);
  if (closed) return closed;
  const tooMuch = overLimit(ledger, { holder, markets: [market], stakeMinor: stakedBy(cmd), now, path: '/stakeMinor' });
  if (tooMuch) return tooMuch;
  return { cmd, holder, market, selection } as Approved<BetToPlace>;
}

/** The price that a bet would get, and what it is then on. */
export type PriceTaken = Pick<TakenPrice, 'oddsMilli' | 'selection'>;

/** What depends on the price: payout, market, fixture and house exposure at these odds. */
export function gateExposure(ledger: LedgerState, bet: Approved<BetToPlace>, price: PriceTaken): Refusal | null {
  const { market, cmd } = bet;
  const { oddsMilli, selection } = price;
  const { limits } = ledger;
  const own = ledger.desk.hasRules ? ledger.desk.of(market.row) : undefined;
  const payoutMax = own?.payoutMaxMinor ?? limits.payoutMaxMinor;
  // Compared as a float first: beyond this the exact product would not fit an integer.
  const largest = Math.min(payoutMax, AMOUNT_MINOR_MAX);
  if ((cmd.stakeMinor * oddsMilli) / 1000 > largest + 1) return refuse('limit_user', { need: largest, path: '/stakeMinor' });
  const won = mulDiv(cmd.stakeMinor, oddsMilli, 1000, 'ceil');
  const payout = cmd.eachWay === undefined ? won : won + placePayoutMinor(cmd.stakeMinor, oddsMilli, divisorOf(market));
  if (payout > payoutMax) return refuse('limit_user', { need: payoutMax, have: payout, path: '/stakeMinor' });
  const staked = market.stakedMinor + stakedBy(cmd);
  if (own?.stakesMaxMinor !== undefined && staked > own.stakesMaxMinor)
    return refuse('limit_market', { need: own.stakesMaxMinor, have: staked });
  const payouts = market.payoutsMinor.slice();
  addTo(payouts, selection, won);
  const leadStakes =
    selection < market.selections.length ? market.leadStakesMinor : leadStakesWith(market, selection, cmd.stakeMinor);
  const places = market.runners?.placePayoutsMinor.slice();
  if (cmd.eachWay !== undefined && places) addTo(places, selection, payout - won);
  return gateLoss(ledger, market, {
    payoutsMinor: payouts,
    stakedMinor: staked,
    leadStakesMinor: leadStakes,
    placePayoutsMinor: places,
  });
}

/** Refusal when a switch stops this kind of action. */
export function haltedFor(ledger: LedgerState, ...scopes: HaltScope[]): Refusal | null {
  for (const scope of scopes) if (ledger.halted.has(scope)) return refuse('gate_halted', { path: `/halt/${scope}` });
  return null;
}

/** True when the actor may act with this holder's money. */
export function actsFor(actor: Actor, holder: Holder): boolean {
  return actor.ownerId === holder.ownerId && actor.tenantId === holder.tenantId;
}

function faultInShape(cmd: PlaceBet): Refusal | null {
  if (!isId('bet', cmd.betId)) return refuse('malformed', { path: '/betId' });
  if (!Array.isArray(cmd.legs) || cmd.legs.length === 0) return refuse('malformed', { path: '/legs' });
  const leg: unknown = cmd.legs[0];
  if (typeof leg !== 'object' || leg === null) return refuse('malformed', { path: '/legs/0' });
  if (cmd.legs.length > 1) return refuse('leg_not_combinable', { path: '/legs/1' });
  if (!isAmount(cmd.stakeMinor)) return refuse('step_invalid', { path: '/stakeMinor' });
  if (!isOddsMilli(cmd.minOddsMilli)) return refuse('malformed', { path: '/minOddsMilli' });
  if (!Number.isSafeInteger(cmd.quoteSeq) || cmd.quoteSeq < 0) return refuse('malformed', { path: '/quoteSeq' });
  if (cmd.eachWay !== undefined && cmd.eachWay !== true) return refuse('malformed', { path: '/eachWay' });
  if (cmd.oddsPolicy !== undefined && !isOddsPolicy(cmd.oddsPolicy)) return refuse('malformed', { path: '/oddsPolicy' });
  return null;
}

/** As barredFrom(), of what was placed before and would bind now: the desk may have shut the person out meanwhile. */
export function barredSince(ledger: LedgerState, holder: Holder, now: number): Refusal | null {
  return barredFrom(ledger, holder, now) ?? shutOut(ledger, holder.ownerId, '/holder');
}

/** Why this holder may take no risk at this moment, or null. */
export function barredFrom(ledger: LedgerState, holder: Holder, now: number): Refusal | null {
  const halted = isBot(holder) ? haltedFor(ledger, 'bets', 'bots') : haltedFor(ledger, 'bets');
  if (halted) return halted;
  const bound = boundBy(ledger, holder.ownerId, now);
  if (bound) return bound;
  if (holder.paused || holder.retired) return refuse('bot_paused');
  return null;
}

/** The person's exclusion or cool-off at this moment; who has one is unknown in a ledger that was not told yet. What limits of play allow is counted by gatePlay(), over all products. */
export function boundBy(ledger: LedgerState, ownerId: string, now: number): Refusal | null {
  if (ledger.bans.waits) return refuse('gate_halted', { path: '/bans', retryAfterMs: BANS_WAIT_MS });
  const until = ledger.exclusions.get(ownerId) ?? 0;
  if (until > now) return refuse('self_excluded', { retryAfterMs: until - now });
  const coolOffUntil = ledger.play.find(ownerId)?.coolOffUntil ?? 0;
  return coolOffUntil > now ? refuse('cool_off', { retryAfterMs: coolOffUntil - now }) : null;
}

function closedFor(market: Market, selection: number): Refusal | null {
  if (market.runners !== undefined && isWithdrawn(market.runners, selection))
    return refuse('selection_withdrawn', { path: '/legs/0/selectionId' });
  if (market.status === 'suspended') return refuse('market_suspended', { path: '/legs/0/marketId' });
  if (market.status !== 'open') return refuse('market_closed', { path: '/legs/0/marketId' });
  return null;
}

export interface StakeAsked {
  readonly holder: Holder;
  /** One, or each leg's. */
  readonly markets: readonly Market[];
  readonly stakeMinor: number;
  readonly now: number;
  readonly path: string;
}

/** All that a bet holds: an each-way bet two stakes. */
export function stakedBy({ eachWay, stakeMinor }: Pick<PlaceBet, 'eachWay' | 'stakeMinor'>): number {
  return eachWay === undefined ? stakeMinor : PARTS * stakeMinor;
}

/** What a bet's whole stake and the holder's open bets say. */
export function overLimit(ledger: LedgerState, { holder, markets, now, path, stakeMinor }: StakeAsked): Refusal | null {
  const { desk, limits } = ledger;
  if (stakeMinor < limits.stakeMinMinor) return refuse('stake_below_min', { need: limits.stakeMinMinor, have: stakeMinor, path });
  // A market's own limit takes the place of the ledger's, and so does what the desk lets this person stake.
  if (desk.hasRules) {
    const refused = gateBettor(ledger, { ownerId: holder.ownerId, markets, stakeMinor, now, path });
    if (refused) return refused;
  } else if (stakeMinor > limits.stakeMaxMinor) {
    return refuse('stake_above_max', { need: limits.stakeMaxMinor, have: stakeMinor, path });
  }
  if (holder.openBets >= limits.openBetsMax) {
    return refuse('limit_user', { need: limits.openBetsMax, have: holder.openBets });
  }
  return null;
}
