// Errors for people: what is wrong and how to mend it, without a stack unless PALPITE_STACK is set.
import type { Next, Refusal } from '#core/base/refusal.ts';
import { titleOf } from '#api/problem.ts';

/** The message of an expected error, or name and message of an unexpected one. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const mend = 'mend' in error && typeof error.mend === 'string' ? `\n${error.mend}` : '';
  if (process.env['PALPITE_STACK']) return `${error.stack ?? error.message}${mend}`;
  return `${error.message}${mend}`;
}

const MENDS: Readonly<Record<Next, string>> = {
  fix: 'Correct that and call again; --help has examples.',
  retry: 'Call again: nothing is wrong with the call.',
  wait: 'Wait until that is over, or change it first, and call again.',
  requote: 'Look at the price as it is now and call again.',
  'ask-person': 'This needs somebody else, or other rights: see PALPITE_KEY, and `npx palpite settlement list` for what waits.',
};

/** What a ledger refused, where the fault is, and what to do about it. */
export function explainRefusal({ code, have, need, next, path }: Refusal): string {
  const at = path === undefined ? '' : ` at ${path}`;
  const bounds = [have === undefined ? '' : `have ${have}`, need === undefined ? '' : `need ${need}`].filter(Boolean).join(', ');
  return `refused: ${code}${at}${bounds === '' ? '' : ` (${bounds})`}\n${titleOf(code)}. ${MENDS[next]}`;
}
