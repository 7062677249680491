// A holder's money: the balance from the writer where it runs here, otherwise from the read models, and every entry behind it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, viewerOf } from '../authentication.ts';
import { zEntryPage, zEntryQuery, zHolderQuery, zMinSeqHeaders, zWallet } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { inLedger } from './in-ledger.ts';
import { CURSORS, pageAsk, sendPage } from '../paging.ts';
import { RefusedError, refused } from '../problem.ts';
import { askFor } from '../questions/ask-for.ts';
import { awaitProjection, giveToken } from '../read-token.ts';
import { walletWire, entryWire } from '../wire.ts';

const tags = ['wallet'];

export function addWallet(app: Api, deps: ApiDeps): void {
  const one = {
    tags,
    summary: 'Balance of yourself or of a bot of yours',
    querystring: zHolderQuery,
    headers: zMinSeqHeaders,
    response: { 200: zWallet },
  };
  app.get('/v1/wallet', { schema: one, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const holder = request.query.holder ?? callerOf(request).ownerId;
    const live = await liveWallet(request, reply, here, holder);
    if (live) return walletWire(live);
    await awaitProjection(request, here);
    const page = await here.readModels.wallets(viewerOf(request), holder, { limit: 1, after: null });
    const row = page.items[0];
    if (!row) throw refused('not_found', { path: '/query/holder' }, 'no money has reached this wallet yet');
    giveToken(reply, here.readModels.shard, page.seq);
    return walletWire(row);
  });

  const entries = {
    tags,
    summary: 'Every movement of that money, newest first',
    querystring: zEntryQuery,
    headers: zMinSeqHeaders,
    response: { 200: zEntryPage },
  };
  app.get('/v1/wallet/entries', { schema: entries, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const holder = request.query.holder ?? callerOf(request).ownerId;
    const page = await here.readModels.entries(viewerOf(request), holder, pageAsk(request.query, CURSORS.number2));
    giveToken(reply, here.readModels.shard, page.seq);
    return sendPage(request, reply, page, entryWire);
  });
}

/** Null when the writer is elsewhere, or has no such wallet to show to the caller. */
async function liveWallet(request: FastifyRequest, reply: FastifyReply, here: ApiDeps, holder: string) {
  if (!here.questions.isHere(here.readModels.shard)) return null;
  try {
    return (await askFor({ request, reply, here }, 'wallet', { holder })).told;
  } catch (error) {
    const code = error instanceof RefusedError ? error.refusal.code : null;
    if (code === 'not_found' || code === 'writer_moving') return null;
    throw error;
  }
}
