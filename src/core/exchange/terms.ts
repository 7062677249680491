// The conditions of a market's exchange: data on the market, stated once when it opens. Nothing here is a branch by venue.
import { isAmount } from '../base/money.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { ladderNamed } from './ladder.ts';
import type { SelfTradeRule } from './book/order-book.ts';

export interface ExchangeTerms {
  /** Of each holder's net winnings in the market, ppm. */
  readonly commissionPpm: number;
  /** Name of its ladder (ladder.ts). */
  readonly ladder: string;
  /** Suspension lapses what is set to lapse, or leaves all orders where they are. */
  readonly onSuspend: 'lapse' | 'keep';
  /** Two orders of one owner meet: which is cancelled. */
  readonly selfTrade: SelfTradeRule;
  /** Least liability of a lay order that takes the starting price, minor units. */
  readonly spLiabilityMinMinor: number;
  /** Least stake of an order, and what stakes are multiples of, minor units. */
  readonly stakeMinMinor: number;
  readonly stakeStepMinor: number;
}

export const DEFAULT_TERMS: ExchangeTerms = {
  commissionPpm: 50_000,
  ladder: 'classic',
  onSuspend: 'lapse',
  selfTrade: 'cancel-oldest',
  spLiabilityMinMinor: 1_000,
  stakeMinMinor: 100,
  stakeStepMinor: 1,
};
export const TERM_NAMES = Object.keys(DEFAULT_TERMS) as (keyof ExchangeTerms)[];

/** Half of the winnings: more is a mistake. */
export const COMMISSION_PPM_MAX = 500_000;
/** Longest in-play delay, ms. */
export const BET_DELAY_MS_MAX = 60_000;

/** The terms with the defaults for what is not stated, in canonical order; or what is wrong with them. */
export function readTerms(stated: Partial<ExchangeTerms>): ExchangeTerms | Refusal {
  if (typeof stated !== 'object' || stated === null) return refuse('malformed', { path: '/terms' });
  for (const name of Object.keys(stated)) {
    if (!(TERM_NAMES as readonly string[]).includes(name)) return refuse('malformed', { path: '/terms' });
  }
  const terms = { ...DEFAULT_TERMS, ...stated };
  const wrong = TERM_NAMES.find((name) => !isSound(name, terms[name]));
  return wrong === undefined ? terms : refuse('malformed', { path: `/terms/${wrong}` });
}

function isSound(name: keyof ExchangeTerms, value: unknown): boolean {
  switch (name) {
    case 'commissionPpm':
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= COMMISSION_PPM_MAX;
    case 'ladder':
      // Of odds: a line market would pay at 2.0 whatever the price, and no market type is one yet.
      return typeof value === 'string' && (ladderNamed(value)?.milliOf(0) ?? 0) > 1_000;
    case 'onSuspend':
      return value === 'lapse' || value === 'keep';
    case 'selfTrade':
      return value === 'cancel-oldest' || value === 'cancel-newest';
    default:
      return isAmount(value);
  }
}
