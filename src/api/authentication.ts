// Before anything of a request is read: who asks, and does the key reach that far. Public routes ask nobody.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '#ports/identity.ts';
import type { Viewer } from '#ports/read-models.ts';
import type { Api, ApiDeps } from './deps.ts';
import { refused } from './problem.ts';

const BAD_KEYS_PER_MINUTE = 60;
const BEARER = /^Bearer ([\x21-\x7e]{1,200})$/i;

export function addAuthentication(app: Api, deps: ApiDeps): void {
  // Guessing is counted by address: the key itself is what is being guessed.
  const max = deps.options.badKeysPerMinute ?? BAD_KEYS_PER_MINUTE;
  const badKeys = app.createRateLimit({ max, timeWindow: 60_000, keyGenerator: (request) => `bad-key ${request.ip}` });
  app.addHook('onRequest', async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    const counted = await badKeys(request, { increment: false });
    if (!counted.isAllowed && counted.remaining === 0) throw refused('rate_limited', { retryAfterMs: counted.ttl });
    const principal = await principalOf(request, reply, deps);
    if (!principal) {
      await badKeys(request);
      reply.header('www-authenticate', 'Bearer realm="palpite"');
      throw refused('unauthorized', {}, 'send a valid key as Authorization: Bearer <key> or X-Api-Key: <key>');
    }
    // Stopping the house takes an operator as well as the scope.
    const allowed = principal.scopes.includes(scope) && (scope !== 'operate' || principal.role === 'operator');
    if (!allowed) throw refused('forbidden', {}, `this needs a key with the scope ${scope}`);
    request.principal = principal;
  });
}

/** The caller of a route that needs a scope. */
export function callerOf(request: FastifyRequest): Principal {
  if (!request.principal) throw refused('unauthorized');
  return request.principal;
}

export function viewerOf(request: FastifyRequest): Viewer {
  const { ownerId, role, scopes, tenantId } = callerOf(request);
  return { ownerId, tenantId, wholeTenant: isOperator({ role, scopes }) };
}

export function isOperator(principal: Pick<Principal, 'role' | 'scopes'>): boolean {
  return principal.role === 'operator' && principal.scopes.includes('operate');
}

async function principalOf(request: FastifyRequest, reply: FastifyReply, deps: ApiDeps): Promise<Principal | null> {
  const key = keyOf(request);
  if (key === null) {
    reply.header('www-authenticate', 'Bearer realm="palpite"');
    throw refused('unauthorized', {}, 'send a key as Authorization: Bearer <key> or X-Api-Key: <key>');
  }
  return deps.identity.authenticate(key);
}

/** Two keys at once are refused: which of them acts must not depend on who reads the request. */
export function keyOf(request: FastifyRequest): string | null {
  const { authorization } = request.headers;
  const header = request.headers['x-api-key'];
  if (authorization !== undefined && header !== undefined)
    throw refused('malformed', { path: '/headers/x-api-key' }, 'send one key, not two');
  if (header !== undefined) return typeof header === 'string' ? header : null;
  return authorization === undefined ? null : (BEARER.exec(authorization)?.[1] ?? null);
}

/** A key if there is a good one, for routes that are open to some without. */
export async function optionalPrincipal(request: FastifyRequest, deps: ApiDeps): Promise<Principal | null> {
  const key = keyOf(request);
  return key === null ? null : deps.identity.authenticate(key);
}
