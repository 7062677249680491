// Staking plans: how much to put on a selection that somebody else picked. Floats may size a stake; it is cut to whole minor units.
// A progression (martingale, fibonacci) moves in the order in which bets settle; a returned stake (push, void) leaves it where it is.
import { mulDiv } from '../../base/money.ts';
import { unreachable } from '../../base/assert.ts';
import type { Genes } from '../dna.ts';
import { numberIn, type Params, ppmIn } from '../gene.ts';
import { pass, type Pass, plainPass } from '../input.ts';
import { edgePpm } from './value-bet.ts';

const PPM = 1_000_000;
const NO_FAIR_PRICE = plainPass('no_fair_price');

export interface StakeQuestion {
  readonly oddsMilli: number;
  /** Fair probability of the selection, or null. */
  readonly fair: number | null;
  readonly availableMinor: number;
  /** Equity without the bot's own profit: what it was given. */
  readonly capitalMinor: number;
  /** Where the progression stands. */
  readonly step: number;
}

export interface StakePlan {
  /** Minor units before any cap, whole and not negative, or why nothing can be staked. */
  stake(question: StakeQuestion): number | Pass;
  /** The progression after a settled bet: profit below zero is a loss (also a half-loss), above zero a win. */
  next(step: number, profitMinor: number): number;
}

export function compileStakePlan(genes: Genes['math']): StakePlan {
  switch (genes.type) {
    case 'flat':
      return new Flat(genes.params);
    case 'kelly_criterion':
      return new Kelly(genes.params);
    case 'martingale':
      return new Martingale(genes.params);
    case 'fibonacci':
      return new Fibonacci(genes.params);
    default:
      return unreachable(genes.type, 'staking plan');
  }
}

class Flat implements StakePlan {
  readonly #unitPpm: number;

  constructor(params: Params) {
    this.#unitPpm = ppmIn(params, 'unit_percent');
  }

  stake({ capitalMinor }: StakeQuestion): number {
    return mulDiv(capitalMinor, this.#unitPpm, PPM, 'floor');
  }

  next(): number {
    return 0;
  }
}

/**
 * Kelly (1956): f = (p o - 1) / (o - 1) of the balance maximises the growth of its logarithm; a fraction of it is staked.
 * With p the break-even probability this also holds where the stake may come back (a push only thins out the bets);
 * for quarter lines it is an approximation.
 */
class Kelly implements StakePlan {
  readonly #fraction: number;
  readonly #capPpm: number;

  constructor(params: Params) {
    this.#fraction = numberIn(params, 'fraction');
    this.#capPpm = ppmIn(params, 'max_stake_percent');
  }

  stake({ availableMinor, fair, oddsMilli }: StakeQuestion): number | Pass {
    if (fair === null) return NO_FAIR_PRICE;
    const edge = fair * oddsMilli - 1000;
    if (!(edge > 0)) return pass('edge_too_small', 1, edgePpm(fair, oddsMilli));
    const share = (edge / (oddsMilli - 1000)) * this.#fraction;
    return Math.min(Math.floor(share * availableMinor), mulDiv(availableMinor, this.#capPpm, PPM, 'floor'));
  }

  next(): number {
    return 0;
  }
}

/** unit x factor^losses in a row; after `max_steps` losses it starts again at one unit. */
class Martingale implements StakePlan {
  readonly #unitPpm: number;
  readonly #factor: number;
  readonly #maxSteps: number;

  constructor(params: Params) {
    this.#unitPpm = ppmIn(params, 'unit_percent');
    this.#factor = numberIn(params, 'factor');
    this.#maxSteps = numberIn(params, 'max_steps');
  }

  stake({ capitalMinor, step }: StakeQuestion): number {
    return Math.floor(mulDiv(capitalMinor, this.#unitPpm, PPM, 'floor') * this.#factor ** step);
  }

  next(step: number, profitMinor: number): number {
    if (profitMinor === 0) return step;
    return profitMinor > 0 || step + 1 >= this.#maxSteps ? 0 : step + 1;
  }
}

/** unit x 1 1 2 3 5 8 ...: one place up after a loss, two down after a win; past `max_steps` places it starts again. */
class Fibonacci implements StakePlan {
  readonly #unitPpm: number;
  readonly #maxSteps: number;

  constructor(params: Params) {
    this.#unitPpm = ppmIn(params, 'unit_percent');
    this.#maxSteps = numberIn(params, 'max_steps');
  }

  stake({ capitalMinor, step }: StakeQuestion): number {
    return mulDiv(capitalMinor, this.#unitPpm, PPM, 'floor') * fibonacci(step);
  }

  next(step: number, profitMinor: number): number {
    if (profitMinor === 0) return step;
    if (profitMinor > 0) return Math.max(0, step - 2);
    return step + 1 >= this.#maxSteps ? 0 : step + 1;
  }
}

/** 1, 1, 2, 3, 5 ... for 0, 1, 2, 3, 4 ... */
function fibonacci(place: number): number {
  let [current, following] = [1, 1];
  for (let i = 0; i < place; i++) [current, following] = [following, current + following];
  return current;
}
