// How many goals each team scored and conceded in its last matches, from results as they became known.
// A later version of a result replaces the earlier one; a result taken back disappears.
import type { Result } from '../catalog/result.ts';
import type { FixtureFact } from './input.ts';
import { GOAL_WINDOW_MAX } from './genes/betting-genes.ts';

export type Side = 'home' | 'away';
export type Venue = 'same' | 'all';
export interface Goals {
  readonly scored: number;
  readonly conceded: number;
}

interface Match {
  readonly eventId: string;
  readonly side: Side;
  scored: number;
  conceded: number;
}
/** Running sums over a list of matches: sums[i] covers the first i, so that any last N cost two reads. */
interface Sums {
  readonly scored: number[];
  readonly conceded: number[];
}
interface Team {
  matches: Match[];
  all: Sums;
  home: Sums;
  away: Sums;
}
interface Known {
  readonly source: string;
  version: number;
}

/** Matches kept per team: enough for the longest window at home and away. */
const MATCHES_MAX = GOAL_WINDOW_MAX * 4;

export class GoalAverages {
  /** Moves with every change. */
  version = 0;
  readonly #teams = new Map<string, Team>();
  readonly #known = new Map<string, Known>();

  /** The first source to finish a fixture owns it; others are not heard. False when nothing changed. */
  take(fixture: FixtureFact, result: Result): boolean {
    const known = this.#known.get(result.eventId);
    if (known && (known.source !== result.source || result.version <= known.version)) return false;
    const score = result.status === 'finished' ? result.scores.find((s) => s.period === 'ft' && s.stat === 'goals') : undefined;
    if (!known && !score) return false;
    if (known) known.version = result.version;
    else this.#known.set(result.eventId, { source: result.source, version: result.version });
    this.#put(
      teamKey(fixture, 'home'),
      { eventId: result.eventId, side: 'home' },
      score && { scored: score.home, conceded: score.away },
    );
    this.#put(
      teamKey(fixture, 'away'),
      { eventId: result.eventId, side: 'away' },
      score && { scored: score.away, conceded: score.home },
    );
    this.version++;
    return true;
  }

  /** No later version of this result will come. */
  settle(eventId: string): void {
    this.#known.delete(eventId);
  }

  /** Matches known of one side of a fixture, in the venue asked for. */
  known(fixture: FixtureFact, side: Side, venue: Venue): number {
    const team = this.#teams.get(teamKey(fixture, side));
    return team ? (venue === 'all' ? team.all : team[side]).scored.length - 1 : 0;
  }

  /** Mean goals a match over the last `window` matches of one side; null when fewer are known. */
  average(fixture: FixtureFact, side: Side, options: { readonly window: number; readonly venue: Venue }): Goals | null {
    const team = this.#teams.get(teamKey(fixture, side));
    if (!team) return null;
    const { scored, conceded } = options.venue === 'all' ? team.all : team[side];
    const last = scored.length - 1;
    const { window } = options;
    if (last < window) return null;
    return {
      scored: ((scored[last] as number) - (scored[last - window] as number)) / window,
      conceded: ((conceded[last] as number) - (conceded[last - window] as number)) / window,
    };
  }

  #put(key: string, place: Pick<Match, 'eventId' | 'side'>, goals: Goals | undefined): void {
    let team = this.#teams.get(key);
    if (!team) this.#teams.set(key, (team = { matches: [], all: emptySums(), home: emptySums(), away: emptySums() }));
    const at = team.matches.findIndex((match) => match.eventId === place.eventId);
    if (at >= 0) {
      if (goals) Object.assign(team.matches[at] as Match, goals);
      else team.matches.splice(at, 1);
    } else if (goals) {
      team.matches.push({ ...place, ...goals });
    }
    if (team.matches.length > MATCHES_MAX) team.matches.splice(0, team.matches.length - MATCHES_MAX);
    team.all = sumsOf(team.matches);
    team.home = sumsOf(team.matches.filter((match) => match.side === 'home'));
    team.away = sumsOf(team.matches.filter((match) => match.side === 'away'));
  }
}

/** Teams of one name in two competitions are two teams. */
function teamKey(fixture: FixtureFact, side: Side): string {
  return `${fixture.competition}\n${fixture[side]}`;
}

function emptySums(): Sums {
  return { scored: [0], conceded: [0] };
}

function sumsOf(matches: readonly Match[]): Sums {
  const sums = emptySums();
  matches.forEach((match, i) => {
    sums.scored.push((sums.scored[i] as number) + match.scored);
    sums.conceded.push((sums.conceded[i] as number) + match.conceded);
  });
  return sums;
}
