// The house's own prices: which rule a market follows, and what it makes of the bets.
import { z } from 'zod';
import { AMOUNT_MINOR_MAX } from '#core/base/money.ts';
import { zCount, zKeyHeaders, zMinSeqHeaders, zReceipt, zTargetParams } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger } from '../in-ledger.ts';
import { refused } from '../../problem.ts';
import { awaitMinSeq, giveToken } from '../../read-token.ts';
import { submit } from '../../submit.ts';

const tags = ['desk'];
const config = { scope: 'operate' } as const;
const zPpm = z.number().int().nonnegative().max(1_000_000);
const zAmountAbove0 = z.number().int().min(1).max(AMOUNT_MINOR_MAX);
const zCommon = { reference: z.record(z.string().max(40), zPpm), marginPpm: zPpm };
const zPricing = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('market-maker'), liquidityMinor: zAmountAbove0, payoutMaxMinor: zAmountAbove0, ...zCommon }),
  z.strictObject({
    rule: z.literal('balance'),
    scaleMinor: zAmountAbove0,
    shiftMaxPpm: zPpm,
    winMaxMinor: zAmountAbove0,
    lossMaxMinor: zAmountAbove0,
    ...zCommon,
  }),
]);
const zSetPricing = z.strictObject({ pricing: zPricing.nullable() });
const zPricingState = z.object({
  marketId: z.string(),
  pricing: zPricing.nullable(),
  prices: z.array(z.object({ selectionId: z.string(), oddsMilli: z.number().int(), maxStakeMinor: z.number().int().optional() })),
  worstLossMinor: zCount,
  lossBoundMinor: zCount.nullable(),
});

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
    description: 'Only by a server beside the writer: others say `writer_moving`.',
    params: zTargetParams,
    headers: zMinSeqHeaders,
    response: { 200: zPricingState },
  };
  app.get('/v1/desk/markets/:id/pricing', { schema: read, config }, async (request, reply) => {
    const { live, readModels, ...here } = await inLedger(request, deps);
    await awaitMinSeq(request, { ...here, live, readModels }, () => Promise.resolve(live?.seq ?? 0));
    const seq = live?.seq ?? null;
    if (!live || seq === null) throw refused('writer_moving', { retryAfterMs: 500 });
    const state = live.pricing(request.params.id);
    if (!state) throw refused('not_found', { path: '/params/id' });
    giveToken(reply, readModels.shard, seq);
    return { marketId: request.params.id, ...state };
  });
}
