// What is asked of the writer of a shard besides commands: things that only its memory knows. Asking changes nothing.

export interface Questions {
  /** A question as JSON text in, the answer as JSON text out. A rejected promise means that no writer answered in time. */
  ask(shard: number, question: string): Promise<string>;
}
