// Programmer errors crash; expected refusals are values (see refusal.ts).

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * Throws when `condition` is false: a bug in Palpite, never bad input. A message that is put together is given as a function:
 * built on every call, one of them made JSON of every posting for nobody to read.
 */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === 'string' ? message : message());
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never, what: string): never {
  throw new AssertionError(`unexpected ${what}: ${JSON.stringify(value)}`);
}
