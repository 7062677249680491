// The switches of the house. A halt is one press and takes no body; a resume names its reason.
import { zHalt, zHaltParams, zMinSeqHeaders, zOptionalKeyHeaders, zReceipt, zResume, zRisk } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger } from '../in-ledger.ts';
import { askFor } from '../../questions/ask-for.ts';
import { submit } from '../../submit.ts';
import { money } from '../../wire.ts';

const tags = ['risk'];

export function addRisk(app: Api, deps: ApiDeps): void {
  const read = {
    tags,
    summary: 'What is halted; for operators also exposure and limits',
    headers: zMinSeqHeaders,
    response: { 200: zRisk },
  };
  app.get('/v1/risk', { schema: read, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const { seq, told } = await askFor({ request, reply, here }, 'risk', {});
    const { halted, house } = told;
    const { shard } = here.readModels;
    if (!house) return { shard, seq, halted, house, limits: null };
    const { currency, houseMinor, limits, markets, openBets, worstLossMinor } = house;
    const figures = { balance: money(houseMinor, currency), worstLoss: money(worstLossMinor, currency), openBets, markets };
    return { shard, seq, halted, house: figures, limits };
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
