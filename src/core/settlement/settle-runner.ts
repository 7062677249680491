// Who came where, as an outcome: k places shared by n runners pay k / n of the stake. Places come from a result and are never guessed.
import type { Placing, Result } from '../catalog/result.ts';
import { LOST, type Outcome, WON } from './outcome.ts';

/**
 * Outcome of a runner when the first `places` win. Undecided while the result names too few: all places that pay must be filled, or every
 * runner of the field be told of.
 */
export function settleRunner(
  participantId: string,
  of: { places: number; field: readonly string[] },
  result: Result,
): Outcome | 'undecided' {
  const told = result.places ?? [];
  if (!isDecided(told, of)) return 'undecided';
  const placing = told.find((one) => one.participantId === participantId);
  if (!placing || placing.place === 0) return LOST;
  // A dead heat that reaches beyond the last paying place shares only what is left of them.
  const left = of.places - (placing.place - 1);
  if (left <= 0) return LOST;
  return left >= placing.tied ? WON : { won: [left, placing.tied], back: [0, 1] };
}

function isDecided(told: readonly Placing[], { field, places }: { places: number; field: readonly string[] }): boolean {
  const filled = told.filter(({ place }) => place > 0).length;
  if (filled >= places) return true;
  return told.length > 0 && field.every((runner) => told.some((one) => one.participantId === runner));
}
