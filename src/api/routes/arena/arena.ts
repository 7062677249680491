// The leaderboard: every bot of the ledger by profit, with the doubt that belongs to its yield. No key is needed, and no owner is named.
import { zLeaderPage, zPageQuery } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger } from '../in-ledger.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { leaderWire } from '../../wire.ts';

export function addArena(app: Api, deps: ApiDeps): void {
  const schema = { tags: ['arena'], summary: 'Bots by profit', querystring: zPageQuery, response: { 200: zLeaderPage } };
  app.get('/v1/arena/leaderboard', { schema }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const page = await here.readModels.leaderboard(pageAsk(request.query, CURSORS.number));
    return sendPage(request, reply, page, leaderWire);
  });
}
