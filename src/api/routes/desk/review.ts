// The review queue: what a supplier calls by a name that our alias table does not know. A person answers, once.
import { isEventId } from '#core/catalog/market.ts';
import { callerOf } from '../../authentication.ts';
import { zResolve, zReviewPage, zReviewParams, zReviewQuery } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { refused } from '../../problem.ts';
import { reviewWire } from '../../wire.ts';

const tags = ['review'];
const config = { scope: 'operate' } as const;

export function addReview(app: Api, deps: ApiDeps): void {
  const list = {
    tags,
    summary: 'What waits for a person to match it',
    querystring: zReviewQuery,
    response: { 200: zReviewPage },
  };
  app.get('/v1/review', { schema: list, config }, async (request, reply) => {
    const page = await deps.review.list(request.query.resolved === 'true', pageAsk(request.query, CURSORS.number));
    return sendPage(request, reply, page, reviewWire);
  });

  const resolve = {
    tags,
    summary: 'Match it with ours, or ignore it',
    params: zReviewParams,
    body: zResolve,
    response: { 204: {} },
  };
  app.post('/v1/review/:id/resolve', { schema: { ...resolve, response: {} }, config }, async (request, reply) => {
    const { body } = request;
    // Fixtures, teams and competitions share one spelling of ids; only fixtures have colons in them.
    if (body.resolution === 'alias' && body.ourId.includes(':') && !isEventId(body.ourId))
      throw refused('malformed', { path: '/ourId' });
    const resolution = body.resolution === 'ignore' ? ('ignored' as const) : { alias: body.ourId, swapped: body.swapped };
    const done = await deps.review.resolve(request.params.id, resolution, callerOf(request));
    if (done !== 'resolved') throw refused(done, { path: '/params/id' });
    return reply.code(204).send();
  });
}
