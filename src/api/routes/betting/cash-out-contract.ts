// The wire of cash-outs, as contract.ts has the rest. An offer is taken up as it was given: changed in any part it is none of ours.
import { z } from 'zod';
import { id, zAmount, zCount, zHolder, zReceipt, zTime } from '../../contract.ts';

const MILLION = 1_000_000;

/** How much is to be given up: a part of the stake in minor units or in millionths; all of it without either. */
const zPart = {
  stakeMinor: z.coerce.number().pipe(zAmount).optional(),
  portionPpm: z.coerce.number().int().min(1).max(MILLION).optional(),
};
export const zOfferQuery = z.strictObject(zPart).refine(oneOfThem, { message: 'give stakeMinor or portionPpm, not both' });
export const zOfferBody = z
  .strictObject({ stakeMinor: zAmount.optional(), portionPpm: z.number().int().min(1).max(MILLION).optional() })
  .refine(oneOfThem, { message: 'give stakeMinor or portionPpm, not both' })
  .nullish();

export const zCashOutOffer = z.strictObject({
  offerId: id('offer'),
  ledgerId: z.string().min(1).max(64),
  betId: id('bet'),
  holder: zHolder,
  /** The stake of the bet now, each way of both parts. */
  ofMinor: zAmount,
  /** What is given up of it, and for how much. */
  stakeMinor: zAmount,
  amountMinor: zAmount,
  currency: z.string().min(1).max(8),
  /** Of several legs: of the first that is open. */
  quoteSeq: zCount,
  /** In play: how long the cash-out waits and is then judged again; of several legs, the longest delay. */
  delayMs: zCount,
  expiresAt: zTime,
  keyId: z.string().min(1).max(32),
  signature: z.string().min(1).max(64),
});
export type CashOutOffer = z.infer<typeof zCashOutOffer>;

export const zCashOutReceipt = zReceipt.extend({
  betId: z.string(),
  offerId: z.string(),
  /** Pending: it waits for its delay. The bet tells how that ended. */
  status: z.enum(['cashed_out', 'pending']),
});

function oneOfThem({ portionPpm, stakeMinor }: { stakeMinor?: number | undefined; portionPpm?: number | undefined }): boolean {
  return portionPpm === undefined || stakeMinor === undefined;
}
