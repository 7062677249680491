// What is asked of the writer of a shard besides commands: things that only its memory knows. Asking changes nothing.

export interface Questions {
  /** A question as JSON text in, the answer as JSON text out, wherever the writer is. Rejected with UnansweredError when none answers in time. */
  ask(shard: number, question: string): Promise<string>;
  /** True while the shard's writer is in this process, so that asking it costs no way. */
  isHere(shard: number): boolean;
}

/** Nobody writes the shard at the moment, or its writer has no time for this question. */
export class UnansweredError extends Error {
  override readonly name = 'UnansweredError';
  readonly code: 'writer_moving' | 'busy';

  constructor(code: 'writer_moving' | 'busy', message: string) {
    super(message);
    this.code = code;
  }
}
