// One leg's outcome in any market as exact fractions: return = stake * (won * odds + back).

export type Fraction = readonly [num: number, den: number];

export interface Outcome {
  readonly won: Fraction;
  /** Share of the stake returned besides. */
  readonly back: Fraction;
}

export const WON: Outcome = { won: [1, 1], back: [0, 1] };
export const LOST: Outcome = { won: [0, 1], back: [0, 1] };
export const PUSH: Outcome = { won: [0, 1], back: [1, 1] };
export const HALF_WON: Outcome = { won: [1, 2], back: [1, 2] };
export const HALF_LOST: Outcome = { won: [0, 1], back: [1, 2] };
