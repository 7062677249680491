// The wire of responsible play: limits, cool-off and exclusion, as contract.ts has the rest.
import { z } from 'zod';
import { AMOUNT_MINOR_MAX } from '#core/base/money.ts';
import { PERIODS } from '#core/play/calendar.ts';
import {
  COOL_OFF_HOURS_MAX,
  COOL_OFF_HOURS_MIN,
  EXCLUSION_DAYS_MAX,
  EXCLUSION_DAYS_MIN,
  FOR_GOOD,
  PLAY_KINDS,
} from '#core/play/play-commands.ts';
import { id, zCount, zTime } from '../../contract.ts';

const zName = { kind: z.enum(PLAY_KINDS), period: z.enum(PERIODS) };
export const zPlayLimitParams = z.strictObject(zName);
export const zPersonParams = z.strictObject({ id: id('usr') });
export const zPersonLimitParams = z.strictObject({ id: id('usr'), ...zName });
/** Minor units, for time minutes; null removes the limit. */
export const zSetPlayLimit = z.strictObject({ value: z.number().int().nonnegative().max(AMOUNT_MINOR_MAX).nullable() });
export const zCoolOff = z.strictObject({ hours: z.number().int().min(COOL_OFF_HOURS_MIN).max(COOL_OFF_HOURS_MAX) });
/** Null for good. */
export const zSelfExclude = z.strictObject({ days: z.number().int().min(EXCLUSION_DAYS_MIN).max(EXCLUSION_DAYS_MAX).nullable() });
/** Null lifts it. */
export const zExclude = z.strictObject({ until: z.iso.datetime().nullable() });

const zUsed = z.object({ deposit: z.number().int(), stake: z.number().int(), loss: z.number().int(), time: zCount });
export const zPlay = z.object({
  ownerId: z.string(),
  limits: z.array(
    z.object({
      ...zName,
      setBy: z.enum(['person', 'operator']),
      value: z.number().int().nullable(),
      waiting: z.object({ value: z.number().int().nullable(), dueAt: zTime }).nullable(),
    }),
  ),
  /** Of the windows of this moment; null where nothing is counted yet, and while nobody writes the ledger. */
  used: z.array(z.object({ period: z.enum(PERIODS), until: zTime, ...zUsed.shape })).nullable(),
  coolOffUntil: zTime.nullable(),
  excludedUntil: zTime.nullable(),
  forGood: z.boolean(),
  selfExcluded: z.boolean(),
});
/** True for an end that never comes. */
export function isForGood(until: number): boolean {
  return until >= FOR_GOOD;
}
