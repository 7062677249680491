// The switches of the house. A halt is one press and takes no body; a resume names its reason.
import { callerOf, isOperator } from '../../authentication.ts';
import { zHalt, zHaltParams, zMinSeqHeaders, zOptionalKeyHeaders, zReceipt, zResume, zRisk } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger, LEDGER_HEADER } from '../in-ledger.ts';
import { refused } from '../../problem.ts';
import { awaitMinSeq, giveToken } from '../../read-token.ts';
import { submit } from '../../submit.ts';
import { money } from '../../wire.ts';

const tags = ['risk'];

export function addRisk(app: Api, deps: ApiDeps): void {
  const read = {
    tags,
    summary: 'What is halted; for operators also exposure and limits',
    description: 'Of the ledger `main` only, and only by a server beside its writer: others say `writer_moving`.',
    headers: zMinSeqHeaders,
    response: { 200: zRisk },
  };
  app.get('/v1/risk', { schema: read, config: { scope: 'read' } }, async (request, reply) => {
    const { ledgerId, live, readModels } = await inLedger(request, deps);
    if (ledgerId !== deps.ledgerId)
      throw refused('malformed', { path: `/headers/${LEDGER_HEADER}` }, `only ${deps.ledgerId} is told of here`);
    await awaitMinSeq(request, { ...deps, readModels }, () => Promise.resolve(live?.seq ?? 0));
    const seq = live?.seq ?? null;
    const risk = live?.risk() ?? null;
    if (seq === null || risk === null) throw refused('writer_moving', { retryAfterMs: 500 });
    giveToken(reply, readModels.shard, seq);
    const { currency, halted, houseMinor, limits, markets, openBets, worstLossMinor } = risk;
    const house = { balance: money(houseMinor, currency), worstLoss: money(worstLossMinor, currency), openBets, markets };
    const all = isOperator(callerOf(request));
    return {
      shard: readModels.shard,
      seq,
      halted: [...halted],
      house: all ? house : null,
      limits: all ? { ...limits } : null,
    };
  });

  const config = { scope: 'operate' } as const;
  const common = { tags, params: zHaltParams, headers: zOptionalKeyHeaders, response: { 200: zReceipt } };
  const halt = { ...common, summary: 'Halt all bets, all bots or all trading', body: zHalt };
  app.post('/v1/risk/:scope/halt', { schema: halt, config }, async (request, reply) => {
    const cmd = { type: 'Halt', scope: request.params.scope, reason: request.body?.reason ?? 'operator' } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'control', via: 'operator' });
  });

  const resume = { ...common, summary: 'Undo a halt', body: zResume };
  app.post('/v1/risk/:scope/resume', { schema: resume, config }, async (request, reply) => {
    const cmd = { type: 'Resume', scope: request.params.scope, reason: request.body.reason } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'control', via: 'operator' });
  });
}
