// Bots of the caller's tenant: their DNA, and why each one bet or passed.
import { viewerOf } from '../../authentication.ts';
import { zBotPage, zBotParams, zDecisionPage, zDecisionQuery, zMinSeqHeaders, zPageQuery } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger } from '../in-ledger.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { refused } from '../../problem.ts';
import { awaitProjection, giveToken } from '../../read-token.ts';
import { botWire, decisionWire } from '../../wire.ts';

const tags = ['bots'];

export function addBots(app: Api, deps: ApiDeps): void {
  const list = { tags, summary: 'Your bots', querystring: zPageQuery, headers: zMinSeqHeaders, response: { 200: zBotPage } };
  app.get('/v1/bots', { schema: list, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const page = await here.readModels.bots(viewerOf(request), pageAsk(request.query, CURSORS.text));
    giveToken(reply, here.readModels.shard, page.seq);
    return sendPage(request, reply, page, botWire);
  });

  const decisions = {
    tags,
    summary: 'What a bot decided and why, newest first',
    params: zBotParams,
    querystring: zDecisionQuery,
    headers: zMinSeqHeaders,
    response: { 200: zDecisionPage },
  };
  app.get('/v1/bots/:id/decisions', { schema: decisions, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const ask = { botId: request.params.id, code: request.query.code };
    const page = await here.readModels.decisions(viewerOf(request), ask, pageAsk(request.query, CURSORS.number));
    if (!page) throw refused('not_found', { path: '/params/id' });
    giveToken(reply, here.readModels.shard, page.seq);
    return sendPage(request, reply, page, decisionWire);
  });
}
