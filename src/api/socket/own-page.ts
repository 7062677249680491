// Pages of other hosts may not open sockets or streams. Browsers always send Origin; programs do not, and they prove who they are with a key.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiDeps } from '../deps.ts';
import { refused } from '../problem.ts';

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

export function mustBeOwnPage({ options }: ApiDeps): Hook {
  const allowed = options.origins ?? [];
  return (request, _reply, done) => {
    if (isOwnPage(request, allowed)) done();
    else done(refused('forbidden', { path: '/headers/origin' }, 'this page may not listen here'));
  };
}

function isOwnPage(request: FastifyRequest, allowed: readonly string[]): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  try {
    return new URL(origin).host === request.headers.host;
  } catch {
    return false;
  }
}
