// The way to the writer of a ledger, wherever it runs.

export interface Commands {
  /**
   * An encoded envelope in, an encoded answer out once it is durable. A rejected promise means that the outcome is unknown.
   * `traceparent`: the trace that it is part of, if it is part of one.
   */
  submit(encoded: string, traceparent?: string): Promise<string>;
}
