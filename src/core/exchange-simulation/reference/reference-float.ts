// The arithmetic of the reference simulator: binary floats rounded to two decimals, ties to the even digit. Only reference mode may use it;
// its figures are compared with, never paid.

/** A matched part: when, at what price, how much. */
export type Match = [at: number, price: number, size: number];

/** `round(x, 2)` of the reference: correctly rounded from the exact binary value, a tie goes to the even digit. */
export function round2(x: number): number {
  const hundredfold = x * 100;
  const nearest = Math.round(hundredfold);
  // Far from a tie the product's own rounding error cannot change the answer.
  if (Math.abs(Math.abs(hundredfold - nearest) - 0.5) > 1e-4) return nearest / 100;
  const eighths = x * 8;
  // A tie can only be a binary fraction: an odd number of eighths (.125, .375, ...).
  if (Number.isInteger(eighths) && Math.abs(eighths % 2) === 1) {
    const below = Math.floor(hundredfold);
    return (below % 2 === 0 ? below : below + 1) / 100;
  }
  return Number(x.toFixed(2));
}

/** Matched size and average price, both to two decimals; zero for nothing. */
export function averageOf(matched: readonly Match[]): { size: number; price: number } {
  let value = 0;
  let size = 0;
  for (const match of matched) {
    value += match[1] * match[2];
    size += match[2];
  }
  return size === 0 || value === 0 ? { size: 0, price: 0 } : { size: round2(size), price: round2(value / size) };
}
