// Settled periods of a polled supplier as results: what is known of a fixture's periods, told anew whenever the supplier settles one again.
import type { PeriodScore, Result } from '#core/catalog/result.ts';
import type { AnswerOf, WireSettlement } from './wire.ts';
import { foreignId } from './offer.ts';

/** The supplier itself tells of the last 24 hours; a fixture settled longer ago is forgotten, ms. */
const KEPT_MS = 48 * 3_600_000;
const SETTLED = new Set([1, 2]);
const CANCELLED = new Set([3, 4]);
/** The fixture was deleted: its score says nothing, and nothing is settled on it. */
const DELETED = 5;

export interface SettledFixture {
  readonly root: number;
  readonly result: Result;
}

export class Settlements {
  readonly #source: string;
  readonly #fixtures = new Map<number, Map<number, WireSettlement>>();

  constructor(source: string) {
    this.#source = source;
  }

  /** Results of the fixtures in the answer. `team1AtHome` says of a league whether its first team plays at home; null when that is not known. */
  take(answer: AnswerOf<'settled'>, team1AtHome: (leagueId: number) => boolean | null, now: number): SettledFixture[] {
    const results: SettledFixture[] = [];
    for (const { events, id: leagueId } of answer.leagues) {
      const straight = team1AtHome(leagueId);
      if (straight === null) continue;
      for (const { id: root, settlements } of events) {
        const periods = this.#fixtures.get(root) ?? new Map<number, WireSettlement>();
        for (const one of settlements) {
          if (one.settledAt >= (periods.get(one.number)?.settledAt ?? 0)) periods.set(one.number, one);
        }
        this.#fixtures.set(root, periods);
        const result = this.#resultOf(root, periods, straight);
        if (result) results.push({ root, result });
      }
    }
    this.#prune(now);
    return results;
  }

  #resultOf(root: number, periods: ReadonlyMap<number, WireSettlement>, straight: boolean): Result | null {
    const match = periods.get(0);
    if (!match || match.status === DELETED) return null;
    const settledAt = Math.max(...[...periods.values()].map((period) => period.settledAt));
    // A period that is settled again is settled later: the time tells the versions apart, whoever asks and however often.
    const told = { eventId: foreignId(root), source: this.#source, version: settledAt, observedAt: settledAt };
    if (CANCELLED.has(match.status)) return { ...told, status: 'cancelled', completedPeriods: [], scores: [] };
    const full = scoreOf(match, straight);
    const half = periods.get(1);
    const first = half && SETTLED.has(half.status) ? scoreOf(half, straight) : null;
    const scores: PeriodScore[] = [{ period: 'ft', stat: 'goals', ...full }];
    if (first && first.home <= full.home && first.away <= full.away) {
      scores.push({ period: 'h1', stat: 'goals', ...first });
      scores.push({ period: 'h2', stat: 'goals', home: full.home - first.home, away: full.away - first.away });
    }
    return { ...told, status: 'finished', completedPeriods: scores.map(({ period }) => period), scores };
  }

  #prune(now: number): void {
    for (const [root, periods] of this.#fixtures) {
      if ([...periods.values()].every(({ settledAt }) => settledAt < now - KEPT_MS)) this.#fixtures.delete(root);
    }
  }
}

function scoreOf({ team1Score, team2Score }: WireSettlement, straight: boolean): { home: number; away: number } {
  return straight ? { home: team1Score, away: team2Score } : { home: team2Score, away: team1Score };
}
