// Settling and correcting by hand: what it would do, doing it, and the second person's word. What a market allows, the writer decides.
import { viewerOf } from '../../authentication.ts';
import { zKeyHeaders, zMinSeqHeaders, zReceipt } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { askFor } from '../../questions/ask-for.ts';
import { awaitProjection, giveToken } from '../../read-token.ts';
import { submit } from '../../submit.ts';
import { factWire, previewWire, proposalWire } from '../../settlement-wire.ts';
import { inLedger } from '../in-ledger.ts';
import {
  zApprove,
  zPreview,
  zPreviewBody,
  zProposalParams,
  zProposals,
  zRecall,
  zReject,
  zRule,
  zSettle,
  zSettlementPage,
  zSettlementQuery,
} from './settlement-contract.ts';

const tags = ['settlements'];
const config = { scope: 'operate' } as const;

export function addSettlements(app: Api, deps: ApiDeps): void {
  addPreview(app, deps);
  addSettling(app, deps);
  addApproval(app, deps);
  addHistory(app, deps);
}

function addPreview(app: Api, deps: ApiDeps): void {
  const schema = {
    tags,
    summary: 'What settling or correcting a market would do',
    description:
      'Changes nothing. `outcomes` names each selection: won [1,1,0,1], lost [0,1,0,1], void [0,1,1,1]; null takes the settlement back.',
    headers: zMinSeqHeaders,
    body: zPreviewBody,
    response: { 200: zPreview },
  };
  app.post('/v1/operator/settlements/preview', { schema, config }, async (request, reply) => {
    const here = await inLedger(request, deps);
    return previewWire((await askFor({ request, reply, here }, 'preview', request.body)).told);
  });
}

function addSettling(app: Api, deps: ApiDeps): void {
  const common = { tags, headers: zKeyHeaders, response: { 200: zReceipt } };
  const settle = {
    ...common,
    summary: 'Settle a market by hand, or correct it when it is settled',
    description:
      'From then on no source decides it. With `previewHash` it is refused (`version_conflict`) when the market changed since that preview. ' +
      'What moves more than `approvalAboveMinor` becomes a proposal for another operator.',
    body: zSettle,
  };
  app.post('/v1/operator/settlements', { schema: settle, config }, async (request, reply) => {
    const { previewHash, ...rest } = request.body;
    const cmd = { type: 'SettleMarket', ...rest, ...(previewHash === undefined ? {} : { previewHash }) } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
  const recall = {
    ...common,
    summary: 'Bring back a settled market that left memory after its correction window',
    description:
      'It is read back from the journal, which takes as long as folding it: until then this answers `outcome_unknown`, to be asked again with the same key. ' +
      'Afterwards the market can be previewed, corrected and disputed for another window. `correction_closed`: it was on the exchange, had legs of other bets, ' +
      'or was paid before results could be corrected; `too_large`: it had more bets than can be recalled.',
    body: zRecall,
  };
  app.post('/v1/operator/settlements/recall', { schema: recall, config }, async (request, reply) => {
    const cmd = { type: 'RecallMarket', marketId: request.body.marketId } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
  const rule = {
    ...common,
    summary: 'Say which sources decide results, best first, and how many must agree',
    description:
      'It counts from the next word of any source about a fixture. What waits for sources that will not speak any more is settled by hand ' +
      '(`POST /v1/operator/settlements`); `kind=ResultReported` of the list shows what was said. A source that is not known yet may be named.',
    body: zRule,
  };
  app.put('/v1/operator/settlements/rule', { schema: rule, config }, async (request, reply) => {
    const cmd = { type: 'SetResultRule', ...request.body } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
}

function addApproval(app: Api, deps: ApiDeps): void {
  const common = { tags, params: zProposalParams, headers: zKeyHeaders, response: { 200: zReceipt } };
  const approve = {
    ...common,
    summary: 'Agree to what another operator or a source proposed',
    description: 'Refused for who proposed it (`second_person`), and when the market changed since (`version_conflict`).',
    body: zApprove,
  };
  app.post('/v1/operator/settlements/proposals/:id/approve', { schema: approve, config }, async (request, reply) => {
    const cmd = { type: 'ApproveSettlement', proposalId: request.params.id, previewHash: request.body.previewHash } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
  const reject = { ...common, summary: 'Reject a proposal', body: zReject };
  app.post('/v1/operator/settlements/proposals/:id/reject', { schema: reject, config }, async (request, reply) => {
    const cmd = { type: 'RejectSettlement', proposalId: request.params.id, reason: request.body.reason } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
}

function addHistory(app: Api, deps: ApiDeps): void {
  const list = {
    tags,
    summary: 'Who said and settled what, newest first',
    description:
      'Facts of the journal by market, fixture or kind; `kind=ResultConflicted` is the review list of sources that disagree.',
    querystring: zSettlementQuery,
    headers: zMinSeqHeaders,
    response: { 200: zSettlementPage },
  };
  app.get('/v1/operator/settlements', { schema: list, config }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const { eventId, kind, marketId } = request.query;
    const ask = pageAsk(request.query, CURSORS.number);
    const page = await here.readModels.settlements.settlements(viewerOf(request), { eventId, kind, marketId }, ask);
    giveToken(reply, here.readModels.shard, page.seq);
    return sendPage(request, reply, page, factWire);
  });
  const proposals = { tags, summary: 'What waits for a second person', headers: zMinSeqHeaders, response: { 200: zProposals } };
  app.get('/v1/operator/settlements/proposals', { schema: proposals, config }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const { items, seq } = await here.readModels.settlements.proposals(viewerOf(request));
    giveToken(reply, here.readModels.shard, seq);
    return { items: items.map(proposalWire) };
  });
}
