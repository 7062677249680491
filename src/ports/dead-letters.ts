// Messages that could not be handled, kept where an operator finds them until somebody decides.
import type { Message } from './bus.ts';

/** `waiting` for a decision; `replay`: to be sent again by the running server; `replayed`: sent; `dropped`: not wanted. */
export const LETTER_STATES = ['waiting', 'replay', 'replayed', 'dropped'] as const;
export type LetterState = (typeof LETTER_STATES)[number];

export interface NewLetter {
  /** The group that could not handle it. */
  readonly group: string;
  readonly reason: string;
  readonly message: Message;
}

export interface KeptLetter extends NewLetter {
  readonly id: number;
  /** Last time it came, ms. */
  readonly receivedAt: number;
  /** How often it came. */
  readonly times: number;
  readonly state: LetterState;
  readonly changedAt: number;
}

export interface LetterQuery {
  readonly state?: LetterState;
  readonly topic?: string;
  readonly limit: number;
  /** Letters with a greater id than this. */
  readonly after?: number;
}

export class LetterStateError extends Error {
  override readonly name = 'LetterStateError';
}

export interface DeadLetters {
  /** Keeps each letter once per group, however often it comes; one that was replayed and came back waits again. */
  keep(letters: readonly NewLetter[]): Promise<void>;
  /** Ascending by id. */
  list(query: LetterQuery): Promise<readonly KeptLetter[]>;
  /** How many wait for a decision, by the topic of their message. */
  waiting(): Promise<ReadonlyMap<string, number>>;
  find(id: number): Promise<KeptLetter | null>;
  /** Marks all of them or, when one does not exist or is not in a state that allows it, none: throws LetterStateError. */
  mark(ids: readonly number[], to: 'replay' | 'dropped'): Promise<void>;
  /** After they were sent. */
  replayed(ids: readonly number[]): Promise<void>;
  /** Removes letters decided longer ago than `ageMs`, at most `limit`; gives their number. */
  prune(ageMs: number, limit: number): Promise<number>;
}
