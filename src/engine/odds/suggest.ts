// A suggestion for the person who matches names: the likest of our ids by shared letter pairs (Dice 1945). Only ever shown, never used.

/** Below this likeness nothing is suggested. */
const LIKENESS_MIN = 0.4;

export function nearest(name: string, ids: readonly string[]): string | null {
  let best: string | null = null;
  let bestLikeness = LIKENESS_MIN;
  const pairs = pairsOf(name);
  for (const id of ids) {
    const likeness = dice(pairs, pairsOf(id));
    if (likeness > bestLikeness) {
      best = id;
      bestLikeness = likeness;
    }
  }
  return best;
}

/** 2 |A and B| / (|A| + |B|), as sets of letter pairs. */
function dice(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let both = 0;
  for (const pair of a) if (b.has(pair)) both++;
  return a.size + b.size === 0 ? 0 : (2 * both) / (a.size + b.size);
}

function pairsOf(name: string): Set<string> {
  const plain = name
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim();
  const pairs = new Set<string>();
  for (const word of plain.split(' ')) for (let i = 0; i + 1 < word.length; i++) pairs.add(word.slice(i, i + 2));
  return pairs;
}
