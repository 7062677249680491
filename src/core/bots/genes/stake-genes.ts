// How much to stake and when to stop: the genes of the staking plans and of the risk block. None of them picks.
import type { Gene, NumberGene } from '../gene.ts';

export const MATH_TYPES = ['flat', 'kelly_criterion', 'martingale', 'fibonacci'] as const;
export type MathType = (typeof MATH_TYPES)[number];

const BASE = '/genes/math/params/';
const RISK = '/genes/risk/';

const UNIT: NumberGene = {
  path: `${BASE}unit_percent`,
  kind: 'number',
  min: 0.0005,
  max: 0.1,
  step: 0.0005,
  default: 0.01,
  mutate: 'log',
  sigma: 0.3,
  doc: 'The unit stake as a share of the capital the bot was given (equity without its own profit).',
};

function stepsMax(fallback: number, doc: string): NumberGene {
  return { path: `${BASE}max_steps`, kind: 'int', min: 1, max: 12, step: 1, default: fallback, mutate: 'gauss', sigma: 1, doc };
}

function cap(base: string): NumberGene {
  const doc = 'Largest stake as a share of the available balance.';
  const range = { min: 0.001, max: 0.25, step: 0.001, default: 0.05 };
  return { path: `${base}max_stake_percent`, kind: 'number', ...range, mutate: 'log', sigma: 0.3, doc };
}

export const MATH_GENES: Readonly<Record<MathType, readonly Gene[]>> = {
  flat: [UNIT],
  kelly_criterion: [
    {
      path: `${BASE}fraction`,
      kind: 'number',
      min: 0.01,
      max: 1,
      step: 0.01,
      default: 0.25,
      mutate: 'log',
      sigma: 0.3,
      doc: 'Share of the full Kelly stake.',
    },
    cap(BASE),
  ],
  martingale: [
    UNIT,
    {
      path: `${BASE}factor`,
      kind: 'number',
      min: 1.1,
      max: 3,
      step: 0.1,
      default: 2,
      mutate: 'gauss',
      sigma: 0.2,
      doc: 'The stake is multiplied by this after each lost bet and returns to one unit after a win.',
    },
    stepsMax(5, 'Lost bets in a row after which it starts again at one unit.'),
  ],
  fibonacci: [UNIT, stepsMax(8, 'Places up the series 1 1 2 3 5 ... after which it starts again at one unit.')],
};

/** The risk block. Nobody can loosen drawdown_pause beyond half. */
export const RISK_GENES: readonly NumberGene[] = [
  cap(RISK),
  {
    path: `${RISK}stop_loss_daily`,
    kind: 'number',
    min: 0.01,
    max: 0.5,
    step: 0.01,
    default: 0.1,
    mutate: 'log',
    sigma: 0.3,
    doc: 'No more bets on a UTC day on which settled bets lost this share of the equity the day began with.',
  },
  {
    path: `${RISK}max_open_bets`,
    kind: 'int',
    min: 1,
    max: 500,
    step: 1,
    default: 5,
    mutate: 'log',
    sigma: 0.4,
    doc: 'Open bets at once, sent ones included.',
  },
  {
    path: `${RISK}drawdown_pause`,
    kind: 'number',
    min: 0.05,
    max: 0.5,
    step: 0.01,
    default: 0.5,
    mutate: 'log',
    sigma: 0.2,
    doc: 'The bot pauses until a person resumes it when equity is this share below its peak.',
  },
];
