// How a sport, a competition or everything settles what was not played to its end: showing it and saying it.
import { DEFAULT_RULES, type SettlementRuleChange } from '#core/settlement/rules/settlement-rules.ts';
import { zKeyHeaders, zMinSeqHeaders, zReceipt } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { askFor } from '../../questions/ask-for.ts';
import { submit, withoutGaps } from '../../submit.ts';
import { inLedger } from '../in-ledger.ts';
import { zRuleChange, zRulesOfLedger, zScopeParams } from './settlement-contract.ts';

const tags = ['settlements'];
const config = { scope: 'operate' } as const;

export function addSettlementRules(app: Api, deps: ApiDeps): void {
  const list = {
    tags,
    summary: 'How what is not played to its end is settled: what was set by scope, and what holds elsewhere',
    headers: zMinSeqHeaders,
    response: { 200: zRulesOfLedger },
  };
  app.get('/v1/operator/settlements/rules', { schema: list, config }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const { told } = await askFor({ request, reply, here }, 'settlementRules', {});
    return { defaults: DEFAULT_RULES, items: told };
  });

  const change = {
    tags,
    summary: 'Say how a sport (`fb`), a competition (`fb:E0`) or everything (`*`) settles what is not played to its end',
    description: 'The narrowest scope counts; null takes a rule away. What is settled already stays as it is.',
    params: zScopeParams,
    headers: zKeyHeaders,
    body: zRuleChange,
    response: { 200: zReceipt },
  };
  app.put('/v1/operator/settlements/rules/:scope', { schema: change, config }, async (request, reply) => {
    const rules: SettlementRuleChange = withoutGaps(request.body);
    const cmd = { type: 'SetSettlementRules', scope: request.params.scope, rules } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
}
