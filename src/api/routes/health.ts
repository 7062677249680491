// For machines that watch this one: alive, ready, measured, which version. /healthz touches nothing at all.
import type { FastifyRequest } from 'fastify';
import { isOperator, optionalPrincipal } from '../authentication.ts';
import { zHealth, zReadiness, zVersion } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { refused } from '../problem.ts';
import { readiness } from '../readiness.ts';

export const API_VERSION = '1.0.0';
const tags = ['health'];
const config = { rateLimit: false } as const;
const LOCAL = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

export function addHealth(app: Api, deps: ApiDeps): void {
  const alive = { tags, summary: 'This process answers', response: { 200: zHealth } };
  app.get('/healthz', { schema: alive, config }, () => ({ status: 'alive' as const }));

  const ready = { tags, summary: 'This process can take traffic', response: { 200: zReadiness, 503: zReadiness } };
  app.get('/readyz', { schema: ready, config }, async (_request, reply) => {
    const state = await readiness(deps.readiness, deps.draining(), deps.log);
    return reply.code(state.status === 'ready' ? 200 : 503).send({ ...state, checks: [...state.checks] });
  });

  const version = { tags, summary: 'What runs here', response: { 200: zVersion } };
  app.get('/version', { schema: version }, () => ({
    name: 'palpite',
    version: deps.options.version,
    api: API_VERSION,
    node: process.version,
  }));

  app.get('/metrics', { schema: { tags, summary: 'Prometheus text format' }, config }, async (request, reply) => {
    if (!(await maySeeMetrics(request, deps))) throw refused('forbidden', {}, 'from other machines an operator key is needed');
    const { contentType, text } = await deps.metrics.export();
    return reply.type(contentType).send(text);
  });
}

/** A request that a proxy on this machine passed on does not come from this machine. */
async function maySeeMetrics(request: FastifyRequest, deps: ApiDeps): Promise<boolean> {
  if (deps.options.metricsOpen === true) return true;
  const { headers, socket } = request;
  const forwarded = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined;
  if (!forwarded && LOCAL.has(socket.remoteAddress ?? '')) return true;
  const principal = await optionalPrincipal(request, deps);
  return principal !== null && isOperator(principal);
}
