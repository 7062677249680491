// Disputes: a bettor opens one on an own settled bet and follows it; an operator takes it up and decides it. The evidence is kept beside the
// journal, which has its hash, for the two sides to read; or it stays with who has it.
import { hash } from 'node:crypto';
import { disputeIdOf } from '#core/disputes/dispute-commands.ts';
import type { FastifyRequest } from 'fastify';
import { httpStatusOf } from '#core/base/refusal.ts';
import type { BetRow } from '#ports/read-models.ts';
import { callerOf, viewerOf } from '../../authentication.ts';
import { zKeyHeaders, zMinSeqHeaders, zReceipt } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { RefusedError, refused } from '../../problem.ts';
import { awaitProjection, giveToken } from '../../read-token.ts';
import { disputeWire } from '../../settlement-wire.ts';
import { keyOf, type Receipt, submit } from '../../submit.ts';
import { inLedger } from '../in-ledger.ts';
import {
  zDecideDispute,
  zDispute,
  zDisputePage,
  zDisputeParams,
  zDisputeQuery,
  zDisputeReceipt,
  zEvidence,
  zOpenDispute,
} from './settlement-contract.ts';

const tags = ['disputes'];

export function addDisputes(app: Api, deps: ApiDeps): void {
  addOpening(app, deps);
  addReading(app, deps);
  addEvidence(app, deps);
  addDeciding(app, deps);
}

function addOpening(app: Api, deps: ApiDeps): void {
  const schema = {
    tags,
    summary: 'Say that an own bet was settled wrongly',
    description:
      'Once a settlement, while it can still be corrected. Of a bet of several legs `marketId` names the one that was decided wrongly, also while others are open. Either `evidence` in words, which you and the operators can read afterwards and nobody else, or `evidenceHash`, the sha256 of whatever proves it and stays with you. The dispute is named after the key: `dsp_` and its 26 characters.',
    headers: zKeyHeaders,
    body: zOpenDispute,
    response: { 201: zDisputeReceipt },
  };
  app.post('/v1/disputes', { schema, config: { scope: 'bet' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const { betId, evidence, reason } = request.body;
    const evidenceHash = evidence === undefined ? request.body.evidenceHash : hash('sha256', evidence);
    if (evidenceHash === undefined || (evidence !== undefined && request.body.evidenceHash !== undefined))
      throw refused('malformed', { path: '/evidence' }, 'give evidence or evidenceHash, one of them');
    const { bet } = await here.readModels.bet(viewerOf(request), betId);
    if (!bet) throw refused('not_found', { path: '/betId' });
    const marketId = disputedMarket(bet, request.body.marketId);
    const cmd = { type: 'OpenDispute', betId, evidenceHash, marketId, reason } as const;
    const order = { cmd, lane: 'people', via: 'api' } as const;
    const send = () => submit(request, reply, here, order);
    const receipt = evidence === undefined ? await send() : await withEvidence(request, here, { evidence, evidenceHash, send });
    const disputeId = disputeIdOf(receipt.commandId);
    reply.code(201).header('location', `/v1/disputes/${disputeId}`);
    return { ...receipt, disputeId };
  });
}

function disputedMarket({ legs }: Pick<BetRow, 'legs'>, named: string | undefined): string {
  if (named === undefined && legs.length > 1)
    throw refused('malformed', { path: '/marketId' }, 'a bet of several legs: say which market was decided wrongly');
  const leg = named === undefined ? legs[0] : legs.find(({ marketId }) => marketId === named);
  if (!leg) throw refused('not_found', { path: '/marketId' });
  return leg.marketId;
}

/** The text is kept before the journal has its hash, so that no hash is without its text; what is refused takes it along, unless the same request came once more. */
async function withEvidence(
  request: FastifyRequest,
  deps: ApiDeps,
  of: { readonly evidence: string; readonly evidenceHash: string; readonly send: () => Promise<Receipt> },
): Promise<Receipt> {
  const name = { disputeId: disputeIdOf(keyOf(request, deps)), sha256: of.evidenceHash };
  const { tenantId } = callerOf(request);
  const at = deps.clock.now();
  const isNew = await deps.evidence.keep(name, { tenantId, at, text: of.evidence });
  try {
    return await of.send();
  } catch (error) {
    // An answer that is not known yet may still be a yes.
    const isRefused = error instanceof RefusedError && httpStatusOf(error.refusal.code) < 500;
    if (isNew && isRefused) await deps.evidence.drop(name, at);
    throw error;
  }
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

function addEvidence(app: Api, deps: ApiDeps): void {
  const schema = {
    tags,
    summary: 'What was written as evidence of a dispute: for who opened it, and for operators',
    params: zDisputeParams,
    headers: zMinSeqHeaders,
    response: { 200: zEvidence },
  };
  app.get('/v1/disputes/:id/evidence', { schema, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const viewer = viewerOf(request);
    const { id: disputeId } = request.params;
    const { items, seq } = await here.readModels.settlements.disputes(viewer, { disputeId }, { limit: 1, after: null });
    giveToken(reply, here.readModels.shard, seq);
    const sha256 = items[0]?.evidenceHash;
    if (sha256 === undefined) throw refused('not_found', { path: '/params/id' });
    const evidence = await here.evidence.read(viewer.tenantId, { disputeId, sha256 });
    if (evidence === null) throw refused('not_found', { path: '/params/id' }, 'no evidence is kept here, only its hash');
    return { disputeId, evidenceHash: sha256, evidence };
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
