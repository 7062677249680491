// Takes the bookmaker's margin out of a price list. Floats: the result may guide a decision, never a payment.
// With q_i = 1 / odds_i and booksum B = sum q_i, each method gives p_i that sum to 1 in the order of the odds:
//   multiplicative  p_i = q_i / B
//   power           p_i = q_i ^ k, k such that the sum is 1 (Clarke, Kovalchik & Ingram 2017; Vovk & Zhdanov 2009)
//   shin            p_i = (sqrt(z^2 + 4 (1 - z) q_i^2 / B) - z) / (2 (1 - z)), z = share of informed money such that the
//                   sum is 1 (Shin 1993; this form: Jullien & Salanie 1994, Strumbelj 2014)
// Both equations are convex in the unknown and start left of the root, where Newton's steps approach without overshooting.

export type DevigMethod = 'multiplicative' | 'power' | 'shin';
export const DEVIG_METHODS: readonly DevigMethod[] = ['multiplicative', 'power', 'shin'];

/** Newton steps at most; 4 to 8 are usual. */
const STEPS_MAX = 60;
/** Newton has arrived when a step is smaller: the error left is of the order of its square. */
const STEP_MIN = 1e-9;
/** Solved when the powers sum to 1 this closely; the scaling afterwards takes the rest. */
const SUM_WITHIN = 1e-11;
/** A booksum this close to 1 has no margin to take out. */
const FAIR_WITHIN = 1e-12;

/**
 * Fair probabilities, or null when the prices are not a market (fewer than two, or one not above 1.000) or cannot be solved.
 * A booksum below 1 (an arbitrage or a misprint) is scaled up by `multiplicative` and `power`; `shin` answers null,
 * since no share of informed money explains it.
 */
export function fairProbabilities(oddsMilli: readonly number[], method: DevigMethod): number[] | null {
  const fair = oddsMilli.map(() => 0.5); // doubles from the start
  return fairProbabilitiesInto(oddsMilli, method, fair) ? fair : null;
}

/** The same without allocating: writes into `fair` (at least as long as the odds); on false its content means nothing. */
export function fairProbabilitiesInto(oddsMilli: readonly number[], method: DevigMethod, fair: number[] | Float64Array): boolean {
  const count = oddsMilli.length;
  if (count < 2) return false;
  let booksum = 0;
  for (let i = 0; i < count; i++) {
    const odds = oddsMilli[i] as number;
    if (!(odds > 1000) || odds === Infinity) return false;
    const q = 1000 / odds;
    fair[i] = q;
    booksum += q;
  }
  if (method === 'multiplicative') return scale(fair, count, booksum);
  if (method === 'power') return power(fair, count, booksum);
  return shin(fair, count, booksum);
}

function scale(fair: number[] | Float64Array, count: number, sum: number): boolean {
  for (let i = 0; i < count; i++) fair[i] = (fair[i] as number) / sum;
  return true;
}

let logs = new Float64Array(64); // working space, kept between calls

/** Root of f(k) = ln sum q^k, which falls and is convex. Starts at k = 1 for an overround, at k = 0 (f = ln n) below it. */
function power(fair: number[] | Float64Array, count: number, booksum: number): boolean {
  if (logs.length < count) logs = new Float64Array(count);
  for (let i = 0; i < count; i++) logs[i] = Math.log(fair[i] as number);
  let k = booksum >= 1 ? 1 : 0;
  for (let step = 0; step < STEPS_MAX; step++) {
    let sum = 0;
    let slope = 0;
    for (let i = 0; i < count; i++) {
      const log = logs[i] as number;
      const p = Math.exp(k * log);
      fair[i] = p;
      sum += p;
      slope += p * log;
    }
    if (Math.abs(sum - 1) <= SUM_WITHIN) return scale(fair, count, sum);
    k -= (Math.log(sum) * sum) / slope;
  }
  return false;
}

/**
 * Root of g(z) = sum sqrt(z^2 + 4 (1 - z) a_i) - 2 - (n - 2) z with a_i = q_i^2 / B, below the spurious root z = 1.
 * Every summand is convex in z and g(0) = 2 sqrt(B) - 2 >= 0.
 */
function shin(fair: number[] | Float64Array, count: number, booksum: number): boolean {
  if (Math.abs(booksum - 1) <= FAIR_WITHIN) return scale(fair, count, booksum);
  if (booksum < 1) return false;
  let z = 0;
  for (let step = 0; step < STEPS_MAX; step++) {
    let value = -2 - (count - 2) * z;
    let slope = 2 - count;
    for (let i = 0; i < count; i++) {
      const q = fair[i] as number;
      const a = (q * q) / booksum;
      const root = Math.sqrt(z * z + 4 * (1 - z) * a);
      value += root;
      slope += (z - 2 * a) / root;
    }
    const move = -value / slope;
    z += move;
    if (!(z >= 0 && z < 1)) return false;
    if (Math.abs(move) > STEP_MIN) continue;
    let total = 0;
    for (let i = 0; i < count; i++) {
      const q = fair[i] as number;
      total += fair[i] = (Math.sqrt(z * z + (4 * (1 - z) * q * q) / booksum) - z) / (2 * (1 - z));
    }
    return scale(fair, count, total);
  }
  return false;
}
