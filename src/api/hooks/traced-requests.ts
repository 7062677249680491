// Traces of requests. A caller's W3C traceparent is joined when he records his trace himself; every answer of a traced request names its span.
import { noTraces } from '#ports/traces.ts';
import type { Api, ApiDeps } from '../deps.ts';

/** Asked every few seconds by machines, and no part of anybody's way. */
const UNTRACED = new Set(['/healthz', '/readyz', '/metrics']);

export function addTraces(app: Api, { traces = noTraces }: ApiDeps): void {
  app.decorateRequest('span', null);
  if (!traces.on) return;
  app.addHook('onRequest', (request, reply, done) => {
    const { traceparent } = request.headers;
    if (!UNTRACED.has(request.routeOptions.url ?? ''))
      request.span = traces.begin('http.request', { from: typeof traceparent === 'string' ? traceparent : undefined });
    if (request.span) reply.header('traceparent', request.span.traceparent);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    request.span?.end({
      'http.request.method': request.method,
      'http.route': request.routeOptions.url ?? 'none',
      'http.response.status_code': reply.statusCode,
      'palpite.correlation_id': request.correlationId,
    });
    done();
  });
}
