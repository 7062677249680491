// What an operator does by hand: play money for a wallet, and suspending or reopening a market or all markets of a fixture.
import { callerOf, viewerOf } from '../../authentication.ts';
import { zGrant, zHalt, zKeyHeaders, zOptionalKeyHeaders, zReceipt, zTargetParams } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger } from '../in-ledger.ts';
import { refused } from '../../problem.ts';
import { submit } from '../../submit.ts';

const tags = ['operator'];
const config = { scope: 'operate' } as const;

export function addOperator(app: Api, deps: ApiDeps): void {
  const grant = {
    tags,
    summary: 'Give play money to a person or a bot of your tenant',
    headers: zKeyHeaders,
    body: zGrant,
    response: { 201: zReceipt },
  };
  app.post('/v1/operator/grants', { schema: grant, config }, async (request, reply) => {
    const { amountMinor, holder } = request.body;
    const ownerId = await deps.readModels.ownerOf(viewerOf(request), holder);
    if (ownerId === null) throw refused('not_found', { path: '/holder' });
    const cmd = { type: 'IssueFunds', holder, ownerId, tenantId: callerOf(request).tenantId, amountMinor } as const;
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'operator' });
    reply.code(201);
    return receipt;
  });

  const common = { tags, params: zTargetParams, headers: zOptionalKeyHeaders, body: zHalt, response: { 200: zReceipt } };
  const changes = [
    {
      path: 'suspend',
      type: 'SuspendMarket',
      summary: 'Suspend a market, or all of a fixture, competition, sport, or everything (`*`)',
    },
    {
      path: 'reopen',
      type: 'ReopenMarket',
      summary: 'Reopen a suspended market, or all of a fixture, competition, sport, or everything (`*`)',
    },
  ] as const;
  for (const { path, summary, type } of changes) {
    app.post(`/v1/operator/markets/:id/${path}`, { schema: { ...common, summary }, config }, async (request, reply) => {
      const cmd = { type, target: request.params.id, reason: request.body?.reason ?? 'operator' } as const;
      return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'control', via: 'operator' });
    });
  }
}
