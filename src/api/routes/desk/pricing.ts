// The house's own prices: which rule a market follows, and what it makes of the bets.
import { zKeyHeaders, zMinSeqHeaders, zReceipt, zTargetParams } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { askFor } from '../../questions/ask-for.ts';
import { submit } from '../../submit.ts';
import { inLedger } from '../in-ledger.ts';
import { zPricingState, zSetPricing } from './desk-contract.ts';

const tags = ['desk'];
const config = { scope: 'operate' } as const;
export function addPricing(app: Api, deps: ApiDeps): void {
  const set = {
    tags,
    summary: 'Let the house price a market by a rule, or no longer',
    description:
      'market-maker: a logarithmic scoring rule, whose loss is at most liquidity * ln(1 / least reference). balance: the reference, leaning against ' +
      'the liability by at most shiftMaxPpm. Probabilities and margin are ppm, amounts minor units; the bound of the loss becomes the limit of the market.',
    params: zTargetParams,
    headers: zKeyHeaders,
    body: zSetPricing,
    response: { 200: zReceipt },
  };
  app.put('/v1/desk/markets/:id/pricing', { schema: set, config }, async (request, reply) => {
    const cmd = { type: 'SetPricing', marketId: request.params.id, pricing: request.body.pricing } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'control', via: 'operator' });
  });

  const read = {
    tags,
    summary: 'The rule of a market, the prices it makes now, and what the house can lose',
    params: zTargetParams,
    headers: zMinSeqHeaders,
    response: { 200: zPricingState },
  };
  app.get('/v1/desk/markets/:id/pricing', { schema: read, config }, async (request, reply) => {
    const here = await inLedger(request, deps);
    return (await askFor({ request, reply, here }, 'pricing', { marketId: request.params.id })).told;
  });
}
