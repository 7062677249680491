// A holder's money: the balance from the writer where it runs here, otherwise from the read models, and every entry behind it.
import type { FastifyRequest } from 'fastify';
import { callerOf, viewerOf } from '../authentication.ts';
import { zEntryPage, zEntryQuery, zHolderQuery, zMinSeqHeaders, zWallet } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { inLedger } from './in-ledger.ts';
import { CURSORS, pageAsk, sendPage } from '../paging.ts';
import { refused } from '../problem.ts';
import { awaitMinSeq, awaitProjection, giveToken } from '../read-token.ts';
import { walletWire, entryWire } from '../wire.ts';
import type { LiveWallet } from '../live-ledger.ts';

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
    const live = await liveWallet(request, here, holder);
    if (live) {
      giveToken(reply, here.readModels.shard, live.seq);
      return walletWire(live.wallet);
    }
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

/** The writer's wallet of this holder, as far as the viewer may see it; null when the writer is elsewhere or does not know it. */
async function liveWallet(
  request: FastifyRequest,
  deps: ApiDeps,
  holder: string,
): Promise<{ wallet: LiveWallet; seq: number } | null> {
  const { live } = deps;
  if (live?.seq === null || live === null) return null;
  await awaitMinSeq(request, deps, () => Promise.resolve(live.seq ?? 0));
  const seq = live.seq;
  const wallet = live.wallet(holder);
  if (seq === null || wallet === null) return null;
  const viewer = viewerOf(request);
  const visible = wallet.tenantId === viewer.tenantId && (viewer.wholeTenant || wallet.ownerId === viewer.ownerId);
  if (!visible) throw refused('not_found', { path: '/query/holder' });
  return { wallet, seq };
}
