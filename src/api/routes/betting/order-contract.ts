// The wire of the exchange: orders, books and what operators do there, as contract.ts has the rest.
import { z } from 'zod';
import { ODDS_MILLI_MAX, ODDS_MILLI_MIN } from '#core/base/odds.ts';
import { ORDER_KINDS, PERSISTENCES, SIDES } from '#core/exchange/book/orders.ts';
import { BET_DELAY_MS_MAX } from '#core/exchange/terms.ts';
import {
  id,
  page,
  zAmount,
  zCount,
  zEntryQuery,
  zHolder,
  zMarketId,
  zMinor,
  zMoney,
  zReceipt,
  zSelectionId,
  zTime,
} from '../../contract.ts';

const zPriceMilli = z.number().int().min(ODDS_MILLI_MIN).max(ODDS_MILLI_MAX);
export const zPlaceOrder = z.strictObject({
  orderId: id('ord').optional(),
  holder: zHolder.optional(),
  marketId: zMarketId,
  selectionId: zSelectionId,
  side: z.enum(SIDES),
  kind: z.enum(ORDER_KINDS).default('limit'),
  priceMilli: zPriceMilli.nullable(),
  sizeMinor: zAmount,
  persistence: z.enum(PERSISTENCES).default('lapse'),
  timeInForce: z.enum(['rest', 'fill-or-kill']).default('rest'),
  minFillMinor: zAmount.optional(),
  ifMarketVersion: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).optional(),
});
export const zOrderParams = z.strictObject({ id: id('ord') });
export const zCancelOrder = z.strictObject({ sizeMinor: zAmount.optional() }).nullish();
export const zReplaceOrder = z.strictObject({ priceMilli: zPriceMilli, newOrderId: id('ord').optional() });
export const zOrderReceipt = zReceipt.extend({ orderId: z.string() });
export const zOrderQuery = zEntryQuery.extend({
  status: z.enum(['pending', 'open', 'complete']).optional(),
  marketId: zMarketId.optional(),
});
export const zOrder = z.object({
  orderId: z.string(),
  holder: z.string(),
  marketId: z.string(),
  selectionId: z.string(),
  side: z.string(),
  kind: z.string(),
  persistence: z.string(),
  priceMilli: z.number().int().nullable(),
  size: zMoney,
  matched: zMoney,
  averagePriceMilli: z.number().int().nullable(),
  ended: zMoney,
  status: z.string(),
  reason: z.string().nullable(),
  placedAt: zTime,
});
export const zOrderPage = page(zOrder);
export const BOOK_DEPTH_MAX = 100;
export const zBookQuery = z.strictObject({ depth: z.coerce.number().int().min(1).max(BOOK_DEPTH_MAX).default(10) });
const zLevel = z.object({ priceMilli: z.number().int(), sizeMinor: zMinor, orders: zCount });
export const zBook = z.object({
  marketId: z.string(),
  status: z.string(),
  /** Moves with every change of the market that matters to orders. */
  version: zCount,
  inPlay: z.boolean(),
  betDelayMs: zCount,
  ladder: z.string(),
  commissionPpm: zCount,
  selections: z.array(
    z.object({
      selectionId: z.string(),
      /** What a backer gets: resting lay orders, highest price first. */
      availableToBack: z.array(zLevel),
      /** What a layer gets: resting back orders, lowest price first. */
      availableToLay: z.array(zLevel),
      startingPriceMilli: z.number().int().nullable(),
    }),
  ),
});
export const zOpenExchange = z.strictObject({
  commissionPpm: zCount.optional(),
  ladder: z.string().max(40).optional(),
  onSuspend: z.enum(['lapse', 'keep']).optional(),
  selfTrade: z.enum(['cancel-oldest', 'cancel-newest']).optional(),
  spLiabilityMinMinor: zAmount.optional(),
  stakeMinMinor: zAmount.optional(),
  stakeStepMinor: zAmount.optional(),
});
export const zTurnInPlay = z.strictObject({ betDelayMs: z.number().int().nonnegative().max(BET_DELAY_MS_MAX) });
