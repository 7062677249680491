// The simulated league: which fixtures there are and when. All of it is a function of (seed, epochAt, pace), so that a supplier that was
// restarted tells the same story as one that never stopped.
import { assert } from '../base/assert.ts';

export interface Pace {
  /** A whole match of 90 minutes lasts this long, ms. */
  readonly matchMs: number;
  readonly kickOffEveryMs: number;
  /** A fixture is priced from this long before its kick-off, ms. */
  readonly aheadMs: number;
  readonly preMatchStepMs: number;
  readonly inPlayStepMs: number;
  /** Markets are suspended for this long after a goal, ms. */
  readonly suspendMs: number;
  readonly betDelayMs: number;
}

/** Short matches: a bet on the next kick-off is settled within 95 s; about 19 fixtures are priced at any time. */
export const DEFAULT_PACE: Pace = {
  matchMs: 75_000,
  kickOffEveryMs: 20_000,
  aheadMs: 300_000,
  preMatchStepMs: 6_000,
  inPlayStepMs: 2_000,
  suspendMs: 3_000,
  betDelayMs: 1_000,
};

export interface World {
  readonly seed: number;
  /** Kick-off of fixture 0, ms. Fixtures before it do not exist. */
  readonly epochAt: number;
  readonly pace: Pace;
}

export interface SimulatedTeam {
  /** Our id. */
  readonly id: string;
  /** As the supplier spells it. */
  readonly supplierName: string;
}

export interface Pairing {
  readonly competition: SimulatedTeam;
  readonly home: SimulatedTeam;
  readonly away: SimulatedTeam;
}

const LEAGUES: readonly (readonly [id: string, supplierName: string, teams: string])[] = [
  [
    'S1',
    'Sim Premier Div.',
    'Harbour C.|harbour-city;Northbridge Utd|northbridge-united;Alder Vale|alder-vale;Kingsmere FC|kingsmere;St Brannoc|st-brannoc;' +
      'Wharfside Ath.|wharfside-athletic;Eastholm|eastholm;Redcliffe Rgrs|redcliffe-rangers;Oakhurst T.|oakhurst-town;' +
      'Millbrook Wand.|millbrook-wanderers;Thornbury Alb.|thornbury-albion;Lakeside Vict.|lakeside-victoria',
  ],
  [
    'S2',
    'Liga Simulada',
    'CD Monte Claro|monte-claro;Ribeira SC|ribeira;Atl. Serrano|atletico-serrano;Porto Velho EC|porto-velho;Real Almedina|real-almedina;' +
      'Dep. Valverde|deportivo-valverde;U. Costa Azul|uniao-costa-azul;Estrela do Sul|estrela-do-sul;Campo Lindo|campo-lindo;' +
      'Sp. Lagoa|sporting-lagoa;Racing Pinar|racing-pinar;Vila Nova FC|vila-nova',
  ],
];

export const COMPETITIONS: readonly SimulatedTeam[] = LEAGUES.map(([id, supplierName]) => ({ id, supplierName }));
export const TEAMS: readonly (readonly SimulatedTeam[])[] = LEAGUES.map(([, , teams]) =>
  teams.split(';').map((team) => {
    const [supplierName = '', id = ''] = team.split('|');
    return { id, supplierName };
  }),
);

export function kickOffAt(world: World, index: number): number {
  return world.epochAt + index * world.pace.kickOffEveryMs;
}

/** First and last index of the fixtures that are priced at `at`: opened, and not over yet. Empty (first > last) before the world begins. */
export function pricedFixtures(world: World, at: number): { first: number; last: number } {
  return { first: firstNotOver(world, at), last: lastOpened(world, at) };
}

/** The first fixture whose match ends after `at`. */
export function firstNotOver(world: World, at: number): number {
  const { kickOffEveryMs, matchMs } = world.pace;
  return Math.max(0, Math.floor((at - matchMs - world.epochAt) / kickOffEveryMs) + 1);
}

export function lastOpened(world: World, at: number): number {
  const { aheadMs, kickOffEveryMs } = world.pace;
  return Math.floor((at + aheadMs - world.epochAt) / kickOffEveryMs);
}

/** Who plays in fixture `index`: leagues in turn, each a double round robin by the circle method, then again from the start. */
export function pairingOf(index: number): Pairing {
  assert(Number.isSafeInteger(index) && index >= 0, () => `no fixture ${index}`);
  const league = index % LEAGUES.length;
  const teams = TEAMS[league] as readonly SimulatedTeam[];
  const half = teams.length / 2;
  const rounds = teams.length - 1;
  const turn = Math.floor(index / LEAGUES.length);
  const match = turn % half;
  const round = Math.floor(turn / half) % rounds;
  const leg = Math.floor(turn / (half * rounds)) % 2;
  const one = match === 0 ? rounds : (round + match) % rounds;
  const two = (round - match + rounds) % rounds;
  const atHome = (match + round + leg) % 2 === 0;
  const competition = COMPETITIONS[league] as SimulatedTeam;
  return { competition, home: teams[atHome ? one : two] as SimulatedTeam, away: teams[atHome ? two : one] as SimulatedTeam };
}
