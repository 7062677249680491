// Whether an error says that a dependency is away for now. Work that failed so is waited for and tried again; it is no fault of the message,
// and must not end among the dead letters.

/** Of Node's sockets and name look-ups. */
const SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
]);
/** SQLSTATE: connection lost, no room for another connection, server shutting down, crashed or starting. */
const SQL_STATES = /^(?:08...|53300|57P0[1-3])$/;
/** pg gives no code to these. */
const MESSAGES = /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;
/** Errors of our own adapters that are raised when a server does not answer. */
const NAMES = new Set(['KafkaError', 'OutageError']);

/** What is needed does not answer for now, and it is no server of its own: work that was begun is left to be delivered again. */
export class OutageError extends Error {
  override readonly name = 'OutageError';
}

export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.some(isOutage)) return true;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (SYSTEM_CODES.has(code) || SQL_STATES.test(code))) return true;
  return NAMES.has(error.name) || MESSAGES.test(error.message) || isOutage(error.cause);
}
