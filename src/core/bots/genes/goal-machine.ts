// goal_machine: backs over 2.5 goals when both teams' recent matches were rich in goals.
import type { BookPrice } from '../book-price.ts';
import type { GoalAverages, Venue } from '../goal-averages.ts';
import { pass, type Pass, plainPass } from '../input.ts';
import { missOf, type OddsBand, outOfBand } from './odds-band.ts';

const OVER = 0;
const NO_FIXTURE = plainPass('no_goal_average');

export interface GoalCondition {
  /** Least mean of the two averages, thousandths of a goal. */
  readonly minMilli: number;
  readonly window: number;
  readonly venue: Venue;
}

export class GoalMachine {
  readonly #band: OddsBand;
  readonly #condition: GoalCondition;
  readonly #goals: GoalAverages;

  constructor(band: OddsBand, condition: GoalCondition, goals: GoalAverages) {
    this.#band = band;
    this.#condition = condition;
    this.#goals = goals;
  }

  /**
   * no_goal_average: need = matches in the window, have = matches known of the team with fewer.
   * condition_not_met: need and have are thousandths of a goal.
   */
  pick(price: BookPrice): number | Pass {
    const over = price.oddsMilli[OVER] as number;
    if (over === 0 || missOf(this.#band, over) > 0) return outOfBand(this.#band, over);
    const { fixture } = price.market.event;
    if (fixture === null) return NO_FIXTURE;
    const condition = this.#condition;
    const home = this.#goals.average(fixture, 'home', condition);
    const away = this.#goals.average(fixture, 'away', condition);
    if (home === null || away === null) {
      const { venue, window } = condition;
      const have = Math.min(this.#goals.known(fixture, 'home', venue), this.#goals.known(fixture, 'away', venue));
      return pass('no_goal_average', window, have);
    }
    const have = Math.round((home.scored + home.conceded + away.scored + away.conceded) * 500);
    return have >= condition.minMilli ? OVER : pass('condition_not_met', condition.minMilli, have);
  }
}
