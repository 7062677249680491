// What operators do with pools: open one that the house stands behind, void it, take a runner out, say who won.
import { poolIdOf } from '#core/pools/pool-commands.ts';
import { callerOf } from '../../authentication.ts';
import { zKeyHeaders } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { submit } from '../../submit.ts';
import { inLedger } from '../in-ledger.ts';
import { zOpenPool, zPoolParams, zPoolReceipt, zResolve, zScratch, zVoidPool } from './pool-contract.ts';
import { openPoolOf } from './pools.ts';

export function addPoolDesk(app: Api, deps: ApiDeps): void {
  const config = { scope: 'operate' } as const;
  const common = { tags: ['operator'], params: zPoolParams, headers: zKeyHeaders, response: { 200: zPoolReceipt } };
  const open = {
    tags: ['operator'],
    summary: 'Open a pool for a holder of your tenant',
    description: 'An operator may state starts, let the house pay a minus pool, and open pools on fixtures without a market.',
    headers: zKeyHeaders,
    body: zOpenPool,
    response: { 201: zPoolReceipt },
  };
  app.post('/v1/operator/pools', { schema: open, config }, async (request, reply) => {
    const cmd = openPoolOf(request.body, callerOf(request).ownerId);
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
    reply.code(201);
    return { ...receipt, poolId: poolIdOf(receipt.commandId) };
  });

  const whole = { ...common, summary: 'Give every stake of a pool back', body: zVoidPool };
  app.post('/v1/operator/pools/:id/void', { schema: whole, config }, async (request, reply) => {
    const poolId = request.params.id;
    const cmd = { type: 'VoidPool', poolId, reason: request.body.reason } as const;
    return { ...(await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' })), poolId };
  });

  const scratch = { ...common, summary: 'Take a runner out of a pool', body: zScratch };
  app.post('/v1/operator/pools/:id/scratch', { schema: scratch, config }, async (request, reply) => {
    const poolId = request.params.id;
    const cmd = { type: 'ScratchRunner', poolId, runner: request.body.runner } as const;
    return { ...(await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' })), poolId };
  });

  const resolve = { ...common, summary: 'Say who finished where in a pool', body: zResolve };
  app.post('/v1/operator/pools/:id/resolve', { schema: resolve, config }, async (request, reply) => {
    const poolId = request.params.id;
    const cmd = { type: 'ResolvePool', poolId, places: request.body.places } as const;
    return { ...(await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' })), poolId };
  });
}
