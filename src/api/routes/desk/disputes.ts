// Disputes: a bettor opens one on an own settled bet and follows it; an operator takes it up and decides it. The evidence stays with who has it:
// here goes its hash.
import { disputeIdOf } from '#core/disputes/dispute-commands.ts';
import { viewerOf } from '../../authentication.ts';
import { zKeyHeaders, zMinSeqHeaders, zReceipt } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { refused } from '../../problem.ts';
import { awaitProjection, giveToken } from '../../read-token.ts';
import { disputeWire } from '../../settlement-wire.ts';
import { submit } from '../../submit.ts';
import { inLedger } from '../in-ledger.ts';
import {
  zDecideDispute,
  zDispute,
  zDisputePage,
  zDisputeParams,
  zDisputeQuery,
  zDisputeReceipt,
  zOpenDispute,
} from './settlement-contract.ts';

const tags = ['disputes'];

export function addDisputes(app: Api, deps: ApiDeps): void {
  addOpening(app, deps);
  addReading(app, deps);
  addDeciding(app, deps);
}

function addOpening(app: Api, deps: ApiDeps): void {
  const schema = {
    tags,
    summary: 'Say that an own bet was settled wrongly',
    description:
      'Once a settlement, while it can still be corrected. `evidenceHash` is the sha256 of whatever proves it. The dispute is named after the key: `dsp_` and its 26 characters.',
    headers: zKeyHeaders,
    body: zOpenDispute,
    response: { 201: zDisputeReceipt },
  };
  app.post('/v1/disputes', { schema, config: { scope: 'bet' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const { betId, evidenceHash, reason } = request.body;
    const { bet } = await here.readModels.bet(viewerOf(request), betId);
    const marketId = bet?.legs[0]?.marketId;
    if (marketId === undefined) throw refused('not_found', { path: '/betId' });
    const cmd = { type: 'OpenDispute', betId, evidenceHash, marketId, reason } as const;
    const receipt = await submit(request, reply, here, { cmd, lane: 'people', via: 'api' });
    const disputeId = disputeIdOf(receipt.commandId);
    reply.code(201).header('location', `/v1/disputes/${disputeId}`);
    return { ...receipt, disputeId };
  });
}

function addReading(app: Api, deps: ApiDeps): void {
  const list = {
    tags,
    summary: 'Disputes of yourself and your bots, of everybody for operators, newest first',
    querystring: zDisputeQuery,
    headers: zMinSeqHeaders,
    response: { 200: zDisputePage },
  };
  app.get('/v1/disputes', { schema: list, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const ask = pageAsk(request.query, CURSORS.number);
    const page = await here.readModels.settlements.disputes(viewerOf(request), { state: request.query.state }, ask);
    giveToken(reply, here.readModels.shard, page.seq);
    return sendPage(request, reply, page, disputeWire);
  });
  const one = { tags, summary: 'A dispute', params: zDisputeParams, headers: zMinSeqHeaders, response: { 200: zDispute } };
  app.get('/v1/disputes/:id', { schema: one, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const page = { limit: 1, after: null };
    const { items, seq } = await here.readModels.settlements.disputes(viewerOf(request), { disputeId: request.params.id }, page);
    giveToken(reply, here.readModels.shard, seq);
    if (!items[0]) throw refused('not_found', { path: '/params/id' });
    return disputeWire(items[0]);
  });
}

function addDeciding(app: Api, deps: ApiDeps): void {
  const config = { scope: 'operate' } as const;
  const common = { tags, params: zDisputeParams, headers: zKeyHeaders, response: { 200: zReceipt } };
  const review = { ...common, summary: 'Take a dispute up: it then waits for its decision' };
  app.post('/v1/operator/disputes/:id/review', { schema: review, config }, async (request, reply) => {
    const cmd = { type: 'ReviewDispute', disputeId: request.params.id } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
  const decide = {
    ...common,
    summary: 'Uphold or reject a dispute',
    description:
      'Upheld with one of the two: `goodwillMinor`, which the house pays, or `outcomes`, to which the market is corrected.',
    body: zDecideDispute,
  };
  app.post('/v1/operator/disputes/:id/decide', { schema: decide, config }, async (request, reply) => {
    const { decision, goodwillMinor, outcomes, reason } = request.body;
    const cmd = {
      type: 'DecideDispute',
      decision,
      disputeId: request.params.id,
      reason,
      ...(goodwillMinor === undefined ? {} : { goodwillMinor }),
      ...(outcomes === undefined ? {} : { outcomes }),
    } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
}
