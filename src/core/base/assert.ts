// Programmer errors crash; expected refusals are values (see refusal.ts).

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws when `condition` is false: a bug in Palpite, never bad input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never, what: string): never {
  throw new AssertionError(`unexpected ${what}: ${JSON.stringify(value)}`);
}
