// Which bet to take: the genes of every betting type. None of them sees money.
import { DEVIG_METHODS } from '../../signals/devig.ts';
import type { EnumGene, Gene, NumberGene, SetGene } from '../gene.ts';

export const BETTING_TYPES = [
  'value_bet_model_v1',
  'odds_range',
  'dropping_odds',
  'draw_hunter',
  'goal_machine',
  'favourite',
  'underdog',
  'over_25',
] as const;
export type BettingType = (typeof BETTING_TYPES)[number];

/** Full-time goals markets that a bot may look at. */
/** From the commonest on. */
export const BOT_MARKETS = ['1x2', 'ou', 'ah', 'dc', 'dnb', 'btts'] as const;
export type BotMarket = (typeof BOT_MARKETS)[number];
/** Who says what is fair: the consensus book, the reference book, or goal averages through a Poisson score model. */
export const FAIR_PROVIDERS = ['consensus', 'reference', 'goals'] as const;
export type FairProvider = (typeof FAIR_PROVIDERS)[number];
/** Longest window in which a price may drop, s: prices are remembered this long. */
export const DROP_WINDOW_S_MAX = 3_600;
/** Most matches a goal average may span. */
export const GOAL_WINDOW_MAX = 20;

/** An upper bound that stands at its limit moves in big steps, or it would never matter. */
const OPEN_ENDED = 2;

const BASE = '/genes/betting/params/';

function odds(name: 'min_odds' | 'max_odds', fallback: number, sigma = 0.15): NumberGene {
  const doc = name === 'min_odds' ? 'Shortest decimal odds taken.' : 'Longest decimal odds taken.';
  return { path: BASE + name, kind: 'number', min: 1.01, max: 1000, step: 0.01, default: fallback, mutate: 'log', sigma, doc };
}

function markets(...fallback: BotMarket[]): SetGene {
  const doc = 'Market types looked at: full time, goals.';
  return { path: `${BASE}markets`, kind: 'set', choices: BOT_MARKETS, default: fallback, mutate: 'pick', doc };
}

function choice(name: string, choices: readonly string[], doc: string): EnumGene {
  return { path: BASE + name, kind: 'enum', choices, default: choices[0] as string, mutate: 'pick', doc };
}

function number(name: string, spec: Omit<NumberGene, 'path' | 'kind'>, kind: 'int' | 'number' = 'number'): NumberGene {
  return { path: BASE + name, kind, ...spec };
}

const FAIR = choice('fair', FAIR_PROVIDERS, 'Whose prices, or whose goals, give the fair probability of a selection.');
const DEVIG = choice(
  'devig',
  ['power', ...DEVIG_METHODS.filter((m) => m !== 'power')],
  "How the margin is taken out of that book's prices.",
);
const ANY = markets(...BOT_MARKETS);

/** betting type -> its genes; `fair` and `devig` belong to all, because staking may need a probability too. */
export const BETTING_GENES: Readonly<Record<BettingType, readonly Gene[]>> = {
  value_bet_model_v1: [
    number('min_edge', {
      min: 0,
      max: 0.5,
      step: 0.001,
      default: 0.03,
      mutate: 'gauss',
      sigma: 0.01,
      doc: 'Least edge, fair probability x odds - 1.',
    }),
    odds('min_odds', 1.8),
    odds('max_odds', 15),
    markets('1x2', 'ah'),
    FAIR,
    DEVIG,
  ],
  odds_range: [
    odds('min_odds', 1.8),
    odds('max_odds', 2.4),
    choice('prefer', ['shortest', 'longest'], 'Which selection when several are in the range.'),
    ANY,
    FAIR,
    DEVIG,
  ],
  dropping_odds: [
    number('drop', {
      min: 0.005,
      max: 0.6,
      step: 0.005,
      default: 0.1,
      mutate: 'log',
      sigma: 0.3,
      doc: 'Least fall of a price from its highest in the window, as a share.',
    }),
    number(
      'within_s',
      { min: 10, max: DROP_WINDOW_S_MAX, step: 10, default: 300, mutate: 'log', sigma: 0.4, doc: 'Length of the window, s.' },
      'int',
    ),
    choice('watch', ['own', 'reference', 'consensus'], "Whose price must fall: the executed book's own, or another's."),
    odds('min_odds', 1.2),
    odds('max_odds', 15),
    ANY,
    FAIR,
    DEVIG,
  ],
  draw_hunter: [
    odds('min_odds', 3),
    odds('max_odds', 6),
    number('max_gap', {
      min: 0.05,
      max: 20,
      step: 0.05,
      default: 0.5,
      mutate: 'log',
      sigma: 0.3,
      doc: 'Largest difference between the home and away odds.',
    }),
    FAIR,
    DEVIG,
  ],
  goal_machine: [
    number('min_goal_average', {
      min: 0.5,
      max: 6,
      step: 0.05,
      default: 2.8,
      mutate: 'gauss',
      sigma: 0.2,
      doc: "Least mean of both teams' average goals a match, scored and conceded.",
    }),
    number(
      'window',
      {
        min: 2,
        max: GOAL_WINDOW_MAX,
        step: 1,
        default: 5,
        mutate: 'gauss',
        sigma: 2,
        doc: 'Matches in each average; fewer known: no bet.',
      },
      'int',
    ),
    choice('venue', ['same', 'all'], "same: the home team's home and the away team's away matches; all: any."),
    odds('min_odds', 1.7),
    odds('max_odds', 4),
    FAIR,
    DEVIG,
  ],
  favourite: [odds('min_odds', 1.01), odds('max_odds', 1000, OPEN_ENDED), ANY, FAIR, DEVIG],
  underdog: [odds('min_odds', 1.01), odds('max_odds', 1000, OPEN_ENDED), ANY, FAIR, DEVIG],
  over_25: [odds('min_odds', 1.01), odds('max_odds', 1000, OPEN_ENDED), FAIR, DEVIG],
};
