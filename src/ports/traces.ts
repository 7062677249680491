// Where the time of one price or one bet went, from process to process. What is not traced carries no traceparent, and then nobody spends
// anything on it: `follow` of nothing is null.

/** What is measured, and which end of a conversation it is. Names take no ids: those belong into the facts of a span. */
export const SPANS = {
  'ingest.receive': 'consumer', // from a supplier's frame to the bus
  'bus.produce': 'producer', // until the bus has the message
  'odds.process': 'consumer', // one fixture's part of a batch, until everybody is told
  'odds.commit': 'internal', // history and cache
  'gateway.push': 'consumer', // until the frame is handed to the last socket that had room for it
  'http.request': 'server',
  'command.send': 'client', // from the gateway through the door and back
  'writer.command': 'server', // waits, is decided, is committed
  'journal.append': 'internal', // the transaction of the command's block
  'project.fold': 'consumer', // until the read models have the block
} as const satisfies Record<string, 'consumer' | 'producer' | 'server' | 'client' | 'internal'>;
export type SpanName = keyof typeof SPANS;

/** Never a name, an e-mail or free text. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  /** W3C Trace Context: what follows from this carries it. */
  readonly traceparent: string;
  /** Only what was ended is told. `at`: when that was, ms; now without it. */
  end(facts?: Facts, at?: number): void;
}

export interface SpanStart {
  /** When it began, ms; now without it. */
  readonly since?: number;
}

export interface Traces {
  /** False where nothing is ever traced. */
  readonly on: boolean;
  /** The first span of a trace for a small share of calls, null for all others. `from`: the trace that a caller from outside is in; he decides for his own, within limits. */
  begin(name: SpanName, start?: SpanStart & { readonly from?: string | undefined }): Span | null;
  /** The next span of a trace that came from another part of this installation; null where there is none. */
  follow(traceparent: string | undefined, name: SpanName, start?: SpanStart): Span | null;
  /** Sends what is not sent yet, for a short time. */
  close(): Promise<void>;
}

export const noTraces: Traces = { on: false, begin: () => null, follow: () => null, close: () => Promise.resolve() };
