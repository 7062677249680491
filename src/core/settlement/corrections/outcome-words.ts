// Outcomes as people name them at the command line.
import type { OutcomeNumbers } from '../../kernel/event.ts';
import { HALF_LOST, HALF_WON, LOST, type Outcome, PUSH, WON } from '../outcome.ts';

const WORDS: Readonly<Record<string, Outcome>> = { won: WON, lost: LOST, void: PUSH, half_won: HALF_WON, half_lost: HALF_LOST };
export const OUTCOME_WORDS: readonly string[] = Object.keys(WORDS);

/** `home=won` and so on as outcomes by selection; null when one of them is not of that form or names a selection again. */
export function outcomesFromWords(words: readonly string[]): Record<string, OutcomeNumbers> | null {
  const outcomes: Record<string, OutcomeNumbers> = {};
  for (const word of words) {
    const [selection = '', name = '', ...more] = word.split('=');
    const outcome = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
    if (!outcome || selection === '' || more.length > 0 || Object.hasOwn(outcomes, selection)) return null;
    outcomes[selection] = [...outcome.won, ...outcome.back];
  }
  return outcomes;
}
