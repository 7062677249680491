// SetPricing: a market is priced by the house's own rule from now on. The bound of its loss becomes the market's limit, which the gate holds every
// bet to: bets that meet one quote before the next cannot break it together.
import { AMOUNT_MINOR_MAX } from '../base/money.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Market } from '../bets/market.ts';
import type { Command, Context, Envelope, Via } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketOf } from '../kernel/state.ts';
import { lossBoundMinor } from './market-maker.ts';
import type { Pricing, PricingCommand, SetPricing } from './pricing-commands.ts';

const PPM = 1_000_000;
/** Margins and shifts above these are mistakes, ppm. */
const MARGIN_PPM_MAX = PPM;
const SHIFT_PPM_MAX = PPM;
/** Markets priced by rule at once. */
const PRICED_MAX = 10_000;

/** Which way in may send it. */
export const PRICING_WAYS: Record<PricingCommand['type'], readonly Via[]> = { SetPricing: ['operator', 'worker'] };

export function isPricingCommand(cmd: Command): cmd is PricingCommand {
  return Object.hasOwn(PRICING_WAYS, cmd.type);
}

export function setPricing(ledger: LedgerState, envelope: Envelope<SetPricing>, context: Context): Decision {
  const { marketId, pricing } = envelope.cmd;
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  if (!market) return refuse('not_found', { path: '/marketId' });
  if (market.status !== 'open' && market.status !== 'suspended') return refuse('market_closed', { path: '/marketId' });
  const cause = { envelope, context };
  if (pricing === null) {
    if (!ledger.pricing.has(market.row)) return refuse('already_resolved', { path: '/pricing' });
    return [event(cause, 'PricingSet', { marketId, pricing })];
  }
  const fault = faultIn(market, pricing);
  if (fault) return fault;
  if (!ledger.pricing.has(market.row) && ledger.pricing.size >= PRICED_MAX) return refuse('too_large', { need: PRICED_MAX });
  const stated = inOrder(pricing);
  const lossMaxMinor = boundOf(market, stated);
  if (lossMaxMinor > AMOUNT_MINOR_MAX) return refuse('malformed', { need: AMOUNT_MINOR_MAX, path: '/pricing' });
  const set = event(cause, 'PricingSet', { marketId, pricing: stated });
  const known = ledger.desk.limits.get(marketId)?.lossMaxMinor;
  // A narrower word of the desk stands.
  if (known !== undefined && known <= lossMaxMinor) return [set];
  return [set, event(cause, 'MarketLimitsSet', { limits: { lossMaxMinor }, target: marketId })];
}

export function onPricingSet(ledger: LedgerState, e: NewEvent<'PricingSet'>): void {
  const market = marketOf(ledger, e.data.marketId);
  if (!market) throw new Error(`${e.data.marketId} is unknown`);
  if (e.data.pricing === null) ledger.pricing.delete(market.row);
  else ledger.pricing.set(market.row, e.data.pricing);
}

/** The most that the house may lose on the market under its rule, minor units. */
export function boundOf(market: Market, pricing: Pricing): number {
  if (pricing.rule === 'balance') return pricing.lossMaxMinor;
  return lossBoundMinor({ liquidityMinor: pricing.liquidityMinor, opening: referenceOf(market, pricing) });
}

/** Probabilities of the reference in the order of the market's selections. */
export function referenceOf(market: Market, { reference }: Pricing): number[] {
  return market.selections.map((id) => (reference[id] as number) / PPM);
}

function faultIn(market: Market, pricing: unknown): Refusal | null {
  if (typeof pricing !== 'object' || pricing === null) return refuse('malformed', { path: '/pricing' });
  const given = pricing as Record<string, unknown>;
  const isBalance = given['rule'] === 'balance';
  if (!isBalance && given['rule'] !== 'market-maker') return refuse('malformed', { path: '/pricing/rule' });
  if (hasSeveralWinners(market)) return refuse('malformed', { path: '/marketId' });
  const amounts = isBalance ? ['scaleMinor', 'winMaxMinor', 'lossMaxMinor'] : ['liquidityMinor', 'payoutMaxMinor'];
  for (const name of amounts)
    if (!isWithin(given[name], 1, AMOUNT_MINOR_MAX)) return refuse('malformed', { path: `/pricing/${name}` });
  if (!isWithin(given['marginPpm'], 0, MARGIN_PPM_MAX))
    return refuse('malformed', { need: MARGIN_PPM_MAX, path: '/pricing/marginPpm' });
  if (isBalance && !isWithin(given['shiftMaxPpm'], 0, SHIFT_PPM_MAX))
    return refuse('malformed', { need: SHIFT_PPM_MAX, path: '/pricing/shiftMaxPpm' });
  return faultInReference(market, given['reference']);
}

/** Two selections of a double chance win together, as do those that are placed, or the place parts of each-way bets: neither rule knows that. */
function hasSeveralWinners({ runners, terms }: Market): boolean {
  return terms.type === 'dc' || (runners !== undefined && (runners.places > 1 || runners.eachWay !== null));
}

function faultInReference({ selections }: Market, reference: unknown): Refusal | null {
  if (typeof reference !== 'object' || reference === null) return refuse('malformed', { path: '/pricing/reference' });
  const given = reference as Record<string, unknown>;
  if (Object.keys(given).length !== selections.length) return refuse('malformed', { path: '/pricing/reference' });
  let sum = 0;
  for (const id of selections) {
    const ppm = Object.hasOwn(given, id) ? given[id] : undefined;
    if (!isWithin(ppm, 1, PPM - 1)) return refuse('malformed', { path: `/pricing/reference/${id}` });
    sum += ppm;
  }
  return sum === PPM ? null : refuse('malformed', { have: sum, need: PPM, path: '/pricing/reference' });
}

/** The rule with nothing else in it, its keys in alphabetical order. */
function inOrder(pricing: Pricing): Pricing {
  const { marginPpm } = pricing;
  const reference = Object.fromEntries(Object.entries(pricing.reference).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (pricing.rule === 'market-maker') {
    const { liquidityMinor, payoutMaxMinor, rule } = pricing;
    return { liquidityMinor, marginPpm, payoutMaxMinor, reference, rule };
  }
  const { lossMaxMinor, rule, scaleMinor, shiftMaxPpm, winMaxMinor } = pricing;
  return { lossMaxMinor, marginPpm, reference, rule, scaleMinor, shiftMaxPpm, winMaxMinor };
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}
