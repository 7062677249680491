// Errors for people: what is wrong and how to mend it, without a stack unless PALPITE_STACK is set.

/** The message of an expected error, or name and message of an unexpected one. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const mend = 'mend' in error && typeof error.mend === 'string' ? `\n${error.mend}` : '';
  if (process.env['PALPITE_STACK']) return `${error.stack ?? error.message}${mend}`;
  return `${error.message}${mend}`;
}
