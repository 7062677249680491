// Decides one selection of one market from a result: a pure table, the same for bets, exchange and replays.
// What the result does not say is 'undecided', never guessed. Fixtures that were not played give every stake back.
import { assert, unreachable } from '../base/assert.ts';
import { type MarketTerms, mayHaveSelection, OTHER_SCORE } from '../catalog/market.ts';
import type { Result } from '../catalog/result.ts';
import type { AbandonedRule } from './rules/settlement-rules.ts';
import { HALF_LOST, HALF_WON, LOST, type Outcome, PUSH, WON } from './outcome.ts';
import { settleRunner } from './settle-runner.ts';

/** What settles a leg: the terms in its name, and what its market stated when it was opened. */
export interface LegTerms extends MarketTerms {
  /** How many win. */
  readonly places?: number;
  /** All selections of a market that stated its own. */
  readonly selections?: readonly string[];
  /** Those that took no part. */
  readonly withdrawn?: ReadonlySet<string>;
  /** Of a handicap struck in play: goals that home was ahead then. Only goals since count. */
  readonly lead?: number;
  /** What stands if the fixture is abandoned; all that is decided when not stated. */
  readonly abandoned?: AbandonedRule;
}

interface Score {
  readonly home: number;
  readonly away: number;
}

/**
 * Outcome of a selection. Rules (knowledge: bet365 and Pinnacle football rules):
 * cancelled, postponed or walkover: void; abandoned: completed periods stand, and so does what nothing could have changed any more, as far as
 * the ledger's rule goes, and the rest is void; live: undecided.
 * A handicap or total on a quarter line is half a stake on each neighbouring half line.
 * Throws for a selection that the market type does not have: that is a bug of the caller.
 */
export function settleLeg(market: LegTerms, selectionId: string, result: Result): Outcome | 'undecided' {
  assert(mayHaveSelection(market.type, selectionId), () => `${market.type} has no selection ${selectionId}`);
  if (market.withdrawn?.has(selectionId)) return result.status === 'live' ? 'undecided' : PUSH;
  switch (result.status) {
    case 'cancelled':
    case 'postponed':
    case 'walkover':
      return PUSH;
    case 'abandoned':
      return whenAbandoned(market, selectionId, result);
    case 'live':
      return 'undecided';
    case 'finished':
      return decide(market, selectionId, result);
    default:
      return unreachable(result.status, 'result status');
  }
}

function whenAbandoned(market: LegTerms, selectionId: string, result: Result): Outcome | 'undecided' {
  const { abandoned = 'decided', period } = market;
  if (abandoned === 'nothing') return PUSH;
  if (isCompleted(period, result.completedPeriods)) return decide(market, selectionId, result);
  return abandoned === 'decided' && isBeyondChange(market, result) ? decide(market, selectionId, result) : PUSH;
}

/**
 * True when the rest of the period could not have changed the market: counts only ever grow. A quarter line is two bets: one half may be decided
 * while the other, which stands at its line, is void; that is what the score as it is gives as well.
 */
function isBeyondChange(market: LegTerms, result: Result): boolean {
  const score = scoreOf(market, result);
  if (!score) return false;
  const { away, home } = score;
  switch (market.type) {
    case 'ou':
      return (home + away) * 4 > lineOf(market);
    case 'btts':
      return home > 0 && away > 0;
    case 'cs': // once no listed score can be reached, another one wins
      return market.selections?.every((name) => name === OTHER_SCORE || isPassed(name, score)) ?? false;
    default:
      return false;
  }
}

function isPassed(name: string, { away, home }: Score): boolean {
  const [homeMost = 0, awayMost = 0] = name.split('-').map(Number);
  return home > homeMost || away > awayMost;
}

function decide(market: LegTerms, selectionId: string, result: Result): Outcome | 'undecided' {
  if (market.type === 'win' || market.type === 'place' || market.type === 'outright') return byPlace(market, selectionId, result);
  const score = scoreOf(market, result);
  if (!score) return 'undecided';
  const { home, away } = score;
  switch (market.type) {
    case '1x2':
      return selectionId === winnerOf(score) ? WON : LOST;
    case 'dc':
      return selectionId.includes(DOUBLE_CHANCE_MARK[winnerOf(score)]) ? WON : LOST;
    case 'dnb':
      if (home === away) return PUSH;
      return selectionId === winnerOf(score) ? WON : LOST;
    case 'btts':
      return (selectionId === 'yes') === (home > 0 && away > 0) ? WON : LOST;
    case 'yesno':
      return 'undecided'; // a person decides these
    case 'ou':
      return byMargin((home + away) * 4 - lineOf(market), selectionId === 'over');
    case 'ah':
      return byMargin((home - away - (market.lead ?? 0)) * 4 + lineOf(market), selectionId === 'home');
    case 'cs':
      return byScore(market, selectionId, `${home}-${away}`);
    default:
      return unreachable(market.type, 'market type');
  }
}

function byPlace(market: LegTerms, selectionId: string, result: Result): Outcome | 'undecided' {
  const { places = 1, selections, withdrawn } = market;
  const field = (selections ?? [selectionId]).filter((one) => !withdrawn?.has(one));
  return settleRunner(selectionId, { places, field }, result);
}

/** What no other selection says wins as the other one; without the list of them nobody knows what that is. */
function byScore({ selections }: LegTerms, selectionId: string, score: string): Outcome | 'undecided' {
  if (selectionId !== OTHER_SCORE) return selectionId === score ? WON : LOST;
  if (!selections) return 'undecided';
  return selections.includes(score) ? LOST : WON;
}

/** Margin in quarters of a goal past the line: a quarter short or over is half a stake, nothing is a push. */
function byMargin(marginQuarters: number, forwards: boolean): Outcome {
  const margin = forwards ? marginQuarters : -marginQuarters;
  if (margin >= 2) return WON;
  if (margin === 1) return HALF_WON;
  if (margin === 0) return PUSH;
  return margin === -1 ? HALF_LOST : LOST;
}

type Winner = 'home' | 'draw' | 'away';
const DOUBLE_CHANCE_MARK = { home: '1', draw: 'x', away: '2' } as const satisfies Record<Winner, string>;

function winnerOf({ home, away }: Score): Winner {
  if (home === away) return 'draw';
  return home > away ? 'home' : 'away';
}

function lineOf(market: MarketTerms): number {
  assert(market.lineQuarters !== undefined, () => `${market.type} needs a line`);
  return market.lineQuarters;
}

/** Full time completes both halves. */
export function isCompleted(period: string, completed: readonly string[]): boolean {
  if (completed.includes(period)) return true;
  return (period === 'h1' || period === 'h2') && completed.includes('ft');
}

function scoreOf({ stat, period }: MarketTerms, { scores }: Result): Score | null {
  const find = (wanted: string): Score | undefined => scores.find((score) => score.stat === stat && score.period === wanted);
  const stated = find(period);
  if (stated) return stated;
  if (period !== 'h2') return null;
  const whole = find('ft');
  const first = find('h1');
  if (!whole || !first) return null;
  const second = { home: whole.home - first.home, away: whole.away - first.away };
  return second.home < 0 || second.away < 0 ? null : second;
}
