// Time is an input: the engine asks this port, core is handed the answer.

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Calls `fire` once at or soon after `at`; the returned function cancels it. */
  schedule(at: number, fire: () => void): () => void;
}
