// The API edge as one Fastify instance over ports: built here, listened to elsewhere. Order matters: headers, who asks, how often, then the route.
import { randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { addAuthentication } from './authentication.ts';
import type { Problem } from './contract.ts';
import type { Api, ApiDeps } from './deps.ts';
import { addOpenApi } from './openapi/openapi.ts';
import { internalProblem, problemOf, refusalIn, refused } from './problem.ts';
import { rateStore } from './limits/rate-store.ts';
import { addArena } from './routes/arena/arena.ts';
import { addCashOut } from './routes/betting/cash-out.ts';
import { addConfirmation } from './routes/desk/confirmation.ts';
import { addBets } from './routes/betting/bets.ts';
import { addBots } from './routes/arena/bots.ts';
import { addEvents } from './routes/events.ts';
import { addHealth } from './routes/health.ts';
import { addLedgers, addTransfers } from './routes/ledgers.ts';
import { addDisputes } from './routes/desk/disputes.ts';
import { addSettlementRules } from './routes/desk/settlement-rules.ts';
import { addSettlements } from './routes/desk/settlements.ts';
import { addOperator } from './routes/desk/operator.ts';
import { addPricing } from './routes/desk/pricing.ts';
import { addPlay } from './routes/play/play.ts';
import { addOrders } from './routes/betting/orders.ts';
import { addPoolDesk } from './routes/pools/pool-desk.ts';
import { addPools } from './routes/pools/pools.ts';
import { addPage } from './routes/page.ts';
import { addDesk } from './routes/desk/desk.ts';
import { addDeskLimits } from './routes/desk/limits.ts';
import { addRunners } from './routes/desk/runners.ts';
import { addReview } from './routes/desk/review.ts';
import { addRisk } from './routes/arena/risk.ts';
import { addWallet } from './routes/wallet.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { addPush, openPush } from './socket/push.ts';
import { answerClientError } from './hooks/client-errors.ts';
import { addStorableText } from './hooks/storable-text.ts';
import { addTraces } from './hooks/traced-requests.ts';

export const BODY_BYTES_MAX = 65_536;
const REQUEST_MS_MAX = 30_000;
const RATE_PER_MINUTE = 3_000;
const PUBLIC_RATE_PER_MINUTE = 600;
/** Longer than the longest id, percent-encoded. */
const PARAM_CHARS_MAX = 512;
const CORRELATION_ID = /^[A-Za-z0-9._-]{1,64}$/;

export async function buildServer(deps: ApiDeps): Promise<Api> {
  const { options } = deps;
  const app: Api = fastify({
    logger: false, // requests are logged through our own port
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    clientErrorHandler: answerClientError,
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    trustProxy: options.trustProxy ? [...options.trustProxy] : false,
    routerOptions: { maxParamLength: PARAM_CHARS_MAX, ignoreTrailingSlash: false },
    frameworkErrors: (error, request, reply) => answerError(deps, error, request, reply),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('principal', null);
  app.decorateRequest('correlationId', '');
  app.setErrorHandler<FastifyError>((error, request, reply) => answerError(deps, error, request, reply));
  addIdentification(app, deps);
  addStorableText(app);
  addTraces(app, deps);
  addSecurityHeaders(app);
  await addRateLimit(app, deps);
  const connections = await openPush(app, deps);
  addAuthentication(app, deps);
  await addOpenApi(app);
  addPush(app, deps, connections);
  addRoutes(app, deps);
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, () => {
    throw refused('not_found', { path: '' }, 'there is no such route; see /docs');
  });
  return app;
}

function addRoutes(app: Api, deps: ApiDeps): void {
  addEvents(app, deps);
  addWallet(app, deps);
  addBets(app, deps);
  addCashOut(app, deps);
  addOrders(app, deps);
  addPlay(app, deps);
  addPricing(app, deps);
  addPools(app, deps);
  addPoolDesk(app, deps);
  addLedgers(app, deps);
  addTransfers(app, deps);
  addBots(app, deps);
  addArena(app, deps);
  addRisk(app, deps);
  addOperator(app, deps);
  addReview(app, deps);
  addConfirmation(app, deps);
  addSettlements(app, deps);
  addSettlementRules(app, deps);
  addDisputes(app, deps);
  addDesk(app, deps);
  addDeskLimits(app, deps);
  addRunners(app, deps);
  addHealth(app, deps);
  addPage(app);
}

/** Every answer names its request; every request leaves one line and one measurement. */
function addIdentification(app: Api, deps: ApiDeps): void {
  app.addHook('onRequest', (request, reply, done) => {
    const given = request.headers['x-correlation-id'];
    request.correlationId = typeof given === 'string' && CORRELATION_ID.test(given) ? given : request.id;
    reply.header('x-request-id', request.id).header('x-correlation-id', request.correlationId);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    // The route's pattern, not the path: paths hold ids, and labels must stay few.
    const route = request.routeOptions.url ?? 'none';
    const { method } = request;
    const status = reply.statusCode;
    deps.metrics.observe('palpite_http_request_seconds', reply.elapsedTime / 1000, { method, route, status });
    const fields = {
      requestId: request.id,
      correlationId: request.correlationId,
      method,
      route,
      status,
      ms: Math.round(reply.elapsedTime),
    };
    deps.log.debug('http.request', { ...fields, ownerId: request.principal?.ownerId });
    done();
  });
}

/** After authentication, so that a principal is counted wherever it calls from. */
async function addRateLimit(app: Api, deps: ApiDeps): Promise<void> {
  const known = deps.options.ratePerMinute ?? RATE_PER_MINUTE;
  const unknown = deps.options.publicRatePerMinute ?? PUBLIC_RATE_PER_MINUTE;
  await app.register(rateLimit, {
    hook: 'preParsing',
    timeWindow: 60_000,
    ...(deps.rates ? { store: rateStore(deps.rates) } : { cache: 20_000 }),
    max: (request) => (request.principal ? known : unknown),
    keyGenerator: (request) => request.principal?.ownerId ?? request.ip,
    errorResponseBuilder: (_request, context) => refused('rate_limited', { need: context.max, retryAfterMs: context.ttl }),
  });
}

function answerError(deps: ApiDeps, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = refusalIn(error);
  const requestId = request.id;
  const problem = known ? problemOf(known.refusal, { requestId, detail: known.detail }) : internalProblem(requestId);
  deps.metrics.count('palpite_refusals_total', 1, { code: problem.code });
  if (!known) {
    const route = request.routeOptions?.url;
    deps.log.error('http.failed', {
      requestId,
      route,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
  sendProblem(reply, problem);
}

function sendProblem(reply: FastifyReply, problem: Problem): void {
  if (problem.retryAfterMs !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(problem.retryAfterMs / 1000)));
  reply.code(problem.status).header('content-type', 'application/problem+json; charset=utf-8');
  reply.serializer(String).send(JSON.stringify(problem));
}
