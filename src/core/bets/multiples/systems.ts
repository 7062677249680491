// The systems a bet of several legs can be: which of its combinations are lines. Every line has the same stake, and all lines of a bet
// are combinations of at least `smallest` of its legs: full cover takes all sizes from there up, an accumulator only the largest.

export const SYSTEMS = [
  'accumulator',
  'double',
  'treble',
  'trixie',
  'patent',
  'yankee',
  'lucky15',
  'canadian',
  'lucky31',
  'heinz',
  'lucky63',
] as const;
export type System = (typeof SYSTEMS)[number];

/** Legs of the longest accumulator. */
export const LEGS_MAX = 20;
const LEGS_MIN = 2;

/** Legs that a full-cover system has, and its smallest lines. */
const FULL_COVER: Record<Exclude<System, 'accumulator'>, readonly [legs: number, smallest: number]> = {
  double: [2, 2],
  treble: [3, 3],
  trixie: [3, 2],
  patent: [3, 1],
  yankee: [4, 2],
  lucky15: [4, 1],
  canadian: [5, 2],
  lucky31: [5, 1],
  heinz: [6, 2],
  lucky63: [6, 1],
};

export function isSystem(value: unknown): value is System {
  return (SYSTEMS as readonly unknown[]).includes(value);
}

/** Fewest and most legs of a system. */
export function legsOf(system: System): readonly [min: number, max: number] {
  if (system === 'accumulator') return [LEGS_MIN, LEGS_MAX];
  const [legs] = FULL_COVER[system];
  return [legs, legs];
}

/** Legs in the smallest lines of a system with so many legs. */
export function smallestLine(system: System, legs: number): number {
  return system === 'accumulator' ? legs : FULL_COVER[system][1];
}

/** How many bets it is: all combinations of at least `smallest` legs. */
export function linesOf(system: System, legs: number): number {
  let lines = 0;
  for (let size = smallestLine(system, legs), of = combinations(legs, size); size <= legs; size++) {
    lines += of;
    of = (of * (legs - size)) / (size + 1);
  }
  return lines;
}

function combinations(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i;
  return count;
}
