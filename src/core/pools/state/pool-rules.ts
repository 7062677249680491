// The rules of a pool: stated once when it is opened and never changed after. Every field is read here; what is missing, unknown or makes no
// sense together is refused with its path.
import { isAmount, isCurrency, type Currency } from '../../base/money.ts';
import { type Refusal, refuse } from '../../base/refusal.ts';
import { isToken } from '../../base/token.ts';

export type PoolKind = 'parimutuel' | 'bolao';
export type PoolLock = { readonly at: number } | { readonly before: 'first-start' | 'each-start'; readonly marginMs: number };
export type PoolPrize =
  | { readonly kind: 'winner' }
  | { readonly kind: 'proportional'; readonly minPoints: number }
  | { readonly kind: 'places'; readonly sharesPpm: readonly number[] };

export interface PoolScoring {
  readonly difference: number;
  readonly exact: number;
  /** Whole numbers by the stage that a fixture is opened with; 1 where it has none. */
  readonly factorByStage?: Readonly<Record<string, number>>;
  readonly oneTeamGoals: number;
  readonly result: number;
}

export interface PoolRules {
  readonly afterWindow: 'stands' | 'house-pays-difference';
  readonly breakage: { readonly stepMinor: number; readonly to: 'house' | 'pool' };
  readonly correctionWindowMs: number;
  readonly creatorFeePpm: number;
  readonly currency: Currency;
  readonly deadHeat: 'split-net';
  readonly kind: PoolKind;
  readonly leaveUntil: 'lock' | 'never';
  readonly lock: PoolLock;
  readonly maxUnitsPerOwner: number;
  /** What a unit of a winner gets at least; 0 for no such promise. Of a bolão always 0. */
  readonly minDividendMinor: number;
  readonly minEntries: number;
  readonly minusPool: 'house-pays' | 'pay-what-is-there';
  readonly noWinner: 'refund' | 'carry' | 'nearest';
  readonly oddCents: 'earliest-entry' | 'rounding';
  readonly prize: PoolPrize;
  readonly scoring?: PoolScoring;
  readonly takeoutPpm: number;
  readonly ties: 'split-joined-shares';
  readonly unitMinor: number;
  readonly v: 1;
  readonly visibility: 'public' | 'invite';
  readonly voidFixture: 'drop-pick' | 'refund-all';
}

export const PPM = 1_000_000;
/** Largest share that house and creator may take. */
export const TAKEOUT_PPM_MAX = 500_000;
export const CREATOR_FEE_PPM_MAX = 200_000;
export const UNITS_PER_OWNER_MAX = 100_000;
/** A bolão keeps the picks of each unit. */
export const ENTRIES_PER_OWNER_MAX = 100;
export const POOL_ENTRIES_MAX = 200_000;
export const POOL_PLACES_MAX = 1_000;
export const POINTS_PER_PICK_MAX = 1_000;
export const STAGE_FACTOR_MAX = 10;
export const POOL_STAGES_MAX = 16;
export const LOCK_MARGIN_MS_MAX = 7 * 86_400_000;
export const POOL_CORRECTION_WINDOW_MS_MAX = 30 * 86_400_000;

type Fields = Readonly<Record<string, unknown>>;
const FIELDS = [
  'afterWindow',
  'breakage',
  'correctionWindowMs',
  'creatorFeePpm',
  'currency',
  'deadHeat',
  'kind',
  'leaveUntil',
  'lock',
  'maxUnitsPerOwner',
  'minDividendMinor',
  'minEntries',
  'minusPool',
  'noWinner',
  'oddCents',
  'prize',
  'scoring',
  'takeoutPpm',
  'ties',
  'unitMinor',
  'v',
  'visibility',
  'voidFixture',
] as const satisfies readonly (keyof PoolRules)[];
const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  afterWindow: ['stands', 'house-pays-difference'],
  deadHeat: ['split-net'],
  kind: ['parimutuel', 'bolao'],
  leaveUntil: ['lock', 'never'],
  minusPool: ['house-pays', 'pay-what-is-there'],
  noWinner: ['refund', 'carry', 'nearest'],
  oddCents: ['earliest-entry', 'rounding'],
  ties: ['split-joined-shares'],
  v: [1],
  visibility: ['public', 'invite'],
  voidFixture: ['drop-pick', 'refund-all'],
};
/** Field -> smallest and largest whole number. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  correctionWindowMs: [0, POOL_CORRECTION_WINDOW_MS_MAX],
  creatorFeePpm: [0, CREATOR_FEE_PPM_MAX],
  maxUnitsPerOwner: [1, UNITS_PER_OWNER_MAX],
  minEntries: [0, POOL_ENTRIES_MAX],
  takeoutPpm: [0, TAKEOUT_PPM_MAX],
};

/** The rules with their keys in canonical order, or what is wrong with them. */
export function readRules(value: unknown): PoolRules | Refusal {
  if (!isObject(value)) return bad('');
  for (const name of Object.keys(value)) if (!(FIELDS as readonly string[]).includes(name)) return bad(`/${name}`);
  for (const [name, choices] of Object.entries(CHOICES)) if (!choices.includes(value[name])) return bad(`/${name}`);
  for (const [name, [least, most]] of Object.entries(RANGES))
    if (!isWhole(value[name], least, most)) return bad(`/${name}`, most);
  if (!isCurrency(value.currency)) return bad('/currency');
  if (!isAmount(value.unitMinor)) return bad('/unitMinor');
  const fault = faultInLock(value.lock) ?? faultInBreakage(value) ?? faultInPrize(value.prize) ?? faultByKind(value);
  if (fault) return fault;
  return inOrder(value as unknown as PoolRules);
}

/** When picks and entries close for good, given the first scheduled start. */
export function firstLockAt({ lock }: Pick<PoolRules, 'lock'>, firstStartAt: number): number {
  return 'at' in lock ? lock.at : firstStartAt - lock.marginMs;
}

function faultInLock(lock: unknown): Refusal | null {
  if (!isObject(lock)) return bad('/lock');
  if ('at' in lock) return hasOnly(lock, 'at') && isWhole(lock.at, 0, Number.MAX_SAFE_INTEGER) ? null : bad('/lock/at');
  if (lock.before !== 'first-start' && lock.before !== 'each-start') return bad('/lock/before');
  const sound = hasOnly(lock, 'before', 'marginMs') && isWhole(lock.marginMs, 0, LOCK_MARGIN_MS_MAX);
  return sound ? null : bad('/lock/marginMs', LOCK_MARGIN_MS_MAX);
}

function faultInBreakage({ breakage, unitMinor }: Fields): Refusal | null {
  if (!isObject(breakage) || !hasOnly(breakage, 'stepMinor', 'to')) return bad('/breakage');
  if (breakage.to !== 'house' && breakage.to !== 'pool') return bad('/breakage/to');
  return isWhole(breakage.stepMinor, 1, unitMinor as number) ? null : bad('/breakage/stepMinor', unitMinor as number);
}

function faultInPrize(prize: unknown): Refusal | null {
  if (!isObject(prize)) return bad('/prize');
  if (prize.kind === 'winner') return hasOnly(prize, 'kind') ? null : bad('/prize');
  if (prize.kind === 'proportional')
    return hasOnly(prize, 'kind', 'minPoints') && isWhole(prize.minPoints, 1, 1_000_000) ? null : bad('/prize/minPoints');
  if (prize.kind !== 'places') return bad('/prize/kind');
  const shares: unknown = prize.sharesPpm;
  if (!hasOnly(prize, 'kind', 'sharesPpm') || !Array.isArray(shares)) return bad('/prize/sharesPpm');
  if (shares.length === 0 || shares.length > POOL_PLACES_MAX) return bad('/prize/sharesPpm', POOL_PLACES_MAX);
  let sum = 0;
  for (const [i, share] of (shares as unknown[]).entries()) {
    // Never more for a worse place: a tie would then pay somebody for being beaten.
    if (!isWhole(share, 1, i === 0 ? PPM : (shares[i - 1] as number))) return bad(`/prize/sharesPpm/${i}`);
    sum += share as number;
  }
  return sum === PPM ? null : bad('/prize/sharesPpm', PPM);
}

function faultByKind(rules: Fields): Refusal | null {
  if (rules.kind === 'bolao') return faultInBolao(rules);
  if (rules.scoring !== undefined) return bad('/scoring');
  if ((rules.prize as PoolPrize).kind !== 'winner') return bad('/prize/kind');
  if (rules.voidFixture !== 'refund-all') return bad('/voidFixture');
  if ((rules.lock as { before?: string }).before === 'each-start') return bad('/lock/before');
  const most = 10 * (rules.unitMinor as number);
  return isWhole(rules.minDividendMinor, 0, most) ? null : bad('/minDividendMinor', most);
}

function faultInBolao(rules: Fields): Refusal | null {
  if (!isWhole(rules.maxUnitsPerOwner, 1, ENTRIES_PER_OWNER_MAX)) return bad('/maxUnitsPerOwner', ENTRIES_PER_OWNER_MAX);
  if (rules.minDividendMinor !== 0) return bad('/minDividendMinor', 0);
  if (rules.minusPool !== 'pay-what-is-there') return bad('/minusPool');
  const { scoring } = rules;
  if (!isObject(scoring)) return bad('/scoring');
  for (const name of Object.keys(scoring)) {
    if (!['difference', 'exact', 'factorByStage', 'oneTeamGoals', 'result'].includes(name)) return bad(`/scoring/${name}`);
  }
  // Only the best rule counts, so a harder pick never brings less.
  let most = POINTS_PER_PICK_MAX;
  for (const name of ['exact', 'difference', 'result', 'oneTeamGoals']) {
    if (!isWhole(scoring[name], name === 'exact' ? 1 : 0, most)) return bad(`/scoring/${name}`, most);
    most = scoring[name] as number;
  }
  return faultInFactors(scoring.factorByStage);
}

function faultInFactors(factors: unknown): Refusal | null {
  if (factors === undefined) return null;
  if (!isObject(factors) || Object.keys(factors).length > POOL_STAGES_MAX) return bad('/scoring/factorByStage', POOL_STAGES_MAX);
  for (const [stage, factor] of Object.entries(factors)) {
    if (!isToken(stage) || !isWhole(factor, 1, STAGE_FACTOR_MAX)) return bad('/scoring/factorByStage', STAGE_FACTOR_MAX);
  }
  return null;
}

function inOrder(rules: PoolRules): PoolRules {
  const entries = FIELDS.filter((name) => rules[name] !== undefined).map((name) => [name, sorted(rules[name])]);
  return Object.fromEntries(entries) as PoolRules;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return [...(value as unknown[])];
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.filter((name) => value[name] !== undefined).map((name) => [name, sorted(value[name])]));
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasOnly(value: Fields, ...names: string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name));
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
}

function bad(path: string, need?: number): Refusal {
  return refuse('malformed', { path: `/rules${path}`, ...(need === undefined ? {} : { need }) });
}
