// What is stated when a market is opened whose selections are its own: participants and how many places pay, or scores.
import { type Refusal, refuse } from '../../base/refusal.ts';
import { isFixedType, isRunnerType, type MarketType, mayHaveSelection } from '../../catalog/market.ts';
import { type DeductionRules, readDeductions } from './deductions.ts';

/** The place part of an each-way bet: the first `places` pay 1 / `divisor` of the winnings. */
export interface EachWayTerms {
  readonly divisor: number;
  readonly places: number;
}

/** Members of OpenMarket and of MarketOpened, in alphabetical order. */
export interface Stated {
  /** Only where other than Tattersalls' table. */
  readonly deductions?: DeductionRules;
  readonly eachWay?: EachWayTerms;
  /** How many win. */
  readonly places?: number;
  readonly selections?: readonly string[];
}

/** Selections of one market: a row of open bets has a byte for them. */
export const SELECTIONS_MAX = 200;
export const SELECTIONS_MIN = 2;
/** Places that pay, at most. */
export const PLACES_MAX = 20;
/** An each-way bet is paid at least this part of the winnings: 1 / 20. */
export const DIVISOR_MAX = 20;

/** Each-way terms as people write them: `1/4 3` is a quarter of the odds for three places. Their bounds are readStated()'s to judge. */
export function readEachWayText(text: string): EachWayTerms | null {
  const [, divisor, places] = /^1\/(\d{1,2}) (\d{1,2})$/.exec(text) ?? [];
  return divisor === undefined || places === undefined ? null : { divisor: Number(divisor), places: Number(places) };
}

/** What MarketOpened will state, or the refusal. */
export function readStated(type: MarketType, given: Stated): Stated | Refusal {
  if (isFixedType(type)) return firstOf(given) ?? {};
  const selections = readSelections(type, given.selections);
  if ('code' in selections) return selections;
  if (!isRunnerType(type)) return firstOf({ ...given, selections: undefined }) ?? { selections };
  const places = readPlaces(type, given.places, selections.length);
  if (typeof places === 'object') return places;
  const eachWay =
    given.eachWay === undefined ? null : readEachWay(given.eachWay, { type, winners: places, field: selections.length });
  if (eachWay && 'code' in eachWay) return eachWay;
  const deductions = given.deductions === undefined ? null : readDeductions(given.deductions, '/deductions');
  if (deductions && 'code' in deductions) return deductions;
  return { ...(deductions ? { deductions } : {}), ...(eachWay ? { eachWay } : {}), places, selections };
}

/** Refuses the first member that is given though the type has none of them. */
function firstOf(given: { readonly [K in keyof Stated]: unknown }): Refusal | null {
  for (const name of ['selections', 'places', 'eachWay', 'deductions'] as const)
    if (given[name] !== undefined) return refuse('malformed', { path: `/${name}` });
  return null;
}

function readSelections(type: MarketType, given: unknown): readonly string[] | Refusal {
  if (!Array.isArray(given) || given.length < SELECTIONS_MIN)
    return refuse('malformed', { need: SELECTIONS_MIN, path: '/selections' });
  if (given.length > SELECTIONS_MAX)
    return refuse('too_large', { have: given.length, need: SELECTIONS_MAX, path: '/selections' });
  const seen = new Set<unknown>();
  for (const [i, selectionId] of (given as readonly unknown[]).entries()) {
    if (!mayHaveSelection(type, selectionId) || seen.has(selectionId)) return refuse('malformed', { path: `/selections/${i}` });
    seen.add(selectionId);
  }
  return [...(given as readonly string[])];
}

function readPlaces(type: MarketType, given: unknown, field: number): number | Refusal {
  const places = given === undefined && type !== 'place' ? 1 : given;
  const most = type === 'win' ? 1 : Math.min(PLACES_MAX, field - 1);
  return isCount(places, most) ? places : refuse('malformed', { need: most, path: '/places' });
}

function readEachWay(given: unknown, of: { type: MarketType; winners: number; field: number }): EachWayTerms | Refusal {
  const { divisor, places, ...more } = (given ?? {}) as Partial<EachWayTerms>;
  const sound = typeof given === 'object' && Object.keys(more).length === 0;
  // Of a bet on one winner only: with several, its two parts would be paid for the same.
  if (!sound || of.type === 'place' || of.winners !== 1) return refuse('malformed', { path: '/eachWay' });
  const most = Math.min(PLACES_MAX, of.field);
  if (!isCount(places, most)) return refuse('malformed', { need: most, path: '/eachWay/places' });
  if (!isCount(divisor, DIVISOR_MAX)) return refuse('malformed', { need: DIVISOR_MAX, path: '/eachWay/divisor' });
  return { divisor, places };
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
}
