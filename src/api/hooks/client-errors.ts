// What is no HTTP request never comes to a route: answered on the bare socket, as the same problem details as everything else.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ReasonCode } from '#core/base/refusal.ts';
import { problemOf, refused } from '../problem.ts';

const FAULTS: Readonly<Record<string, readonly [status: number, code: ReasonCode, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'too_large', 'the header fields are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'malformed', 'the request did not come whole in time'],
};
const OTHER = [400, 'malformed', 'this is no HTTP request that is served here'] as const;

export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  // Behind a request that is under way, this would be read as its answer, and say that nothing happened: who asked must ask again.
  if (isAnswering(socket) || !socket.writable) return void socket.destroy();
  const [status, code, detail] = FAULTS[error.code ?? ''] ?? OTHER;
  const { refusal } = refused(code, { path: '' });
  const body = JSON.stringify({ ...problemOf(refusal, { requestId: randomUUID(), detail }), status });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

/** As Node's own handler of such errors finds out. */
function isAnswering(socket: Socket): boolean {
  return Boolean((socket as { readonly _httpMessage?: unknown })._httpMessage);
}
