// The wire of pools. Rules are read by the writer, field by field, with the path of what is wrong; here only their outline is held.
import { z } from 'zod';
import { POOL_FIXTURES_MAX, POOL_RUNNERS_MAX, INVITATION_USES_MAX } from '#core/pools/state/pool.ts';
import { PICK_GOALS_MAX } from '#core/pools/state/pool-entries.ts';
import { UNITS_PER_OWNER_MAX } from '#core/pools/state/pool-rules.ts';
import {
  id,
  page,
  zCount,
  zHolder,
  zMarketId,
  zMinor,
  zMoney,
  zPageQuery,
  zReceipt,
  zSelectionId,
  zTime,
} from '../../contract.ts';

const zEventId = z.string().min(3).max(128);
/** Runner, stage: one word. */
const zWord = z.string().min(1).max(64);
const zStart = zTime.optional();
const zRules = z.record(z.string().max(40), z.unknown());
export const zOpenPool = z.strictObject({
  /** Whose wallet gets the creator's fee; the caller's own when not stated. */
  holder: zHolder.optional(),
  rules: zRules,
  bots: z.boolean().optional(),
  fixtures: z
    .array(z.strictObject({ eventId: zEventId, stage: zWord.optional(), startAt: zStart }))
    .min(1)
    .max(POOL_FIXTURES_MAX)
    .optional(),
  market: z
    .union([
      z.strictObject({ marketId: zMarketId, startAt: zStart }),
      z.strictObject({
        bet: z.enum(['win', 'place', 'exacta']),
        eventId: zEventId,
        places: z.number().int().min(1).max(POOL_RUNNERS_MAX).optional(),
        runners: z.array(zWord).min(2).max(POOL_RUNNERS_MAX),
        startAt: zStart,
      }),
    ])
    .optional(),
  carryFrom: id('pool').optional(),
});
const zGoals = z.number().int().min(0).max(PICK_GOALS_MAX);
const zPicks = z.array(z.strictObject({ eventId: zEventId, home: zGoals, away: zGoals })).max(POOL_FIXTURES_MAX);
/** Made by who invites, before sending: only its sha256 goes further than this edge. */
const zToken = z.string().regex(/^[A-Za-z0-9_-]{22,86}$/, 'must be 22 to 86 characters of A-Z, a-z, 0-9, _ and -');
export const zEnterPool = z.strictObject({
  holder: zHolder.optional(),
  units: z.number().int().min(1).max(UNITS_PER_OWNER_MAX).default(1),
  selectionId: zSelectionId.max(130).optional(),
  picks: zPicks.optional(),
  invitation: zToken.optional(),
});
export const zSetPicks = z.strictObject({ picks: zPicks.min(1) });
export const zInvite = z.strictObject({ token: zToken, usesMax: z.number().int().min(1).max(INVITATION_USES_MAX), until: zTime });
export const zPoolParams = z.strictObject({ id: id('pool') });
export const zPoolEntryParams = z.strictObject({ id: id('pool'), entryId: id('ent') });
const zHash = z.string().regex(/^[0-9a-f]{64}$/, 'must be the sha256 of a token, hex');
export const zInvitationParams = z.strictObject({ id: id('pool'), invitation: zHash });
export const zPoolQuery = zPageQuery.extend({
  status: z.enum(['open', 'locked', 'paying', 'closed']).optional(),
  kind: z.enum(['parimutuel', 'bolao']).optional(),
  eventId: zEventId.optional(),
  mine: z.enum(['true', 'false']).optional(),
});
export const zVoidPool = z.strictObject({ reason: zWord });
export const zScratch = z.strictObject({ runner: zWord });
export const zResolve = z.strictObject({
  places: z.array(z.array(zWord).min(1).max(POOL_RUNNERS_MAX)).min(1).max(POOL_RUNNERS_MAX),
});

export const zPoolReceipt = zReceipt.extend({ poolId: z.string() });
export const zPoolEntryReceipt = zPoolReceipt.extend({ entryId: z.string() });
export const zInvitationReceipt = zPoolReceipt.extend({ invitation: z.string() });
const zScore = z.object({ home: zCount, away: zCount });
export const zPool = z.object({
  poolId: z.string(),
  holder: z.string(),
  kind: z.string(),
  visibility: z.string(),
  status: z.string(),
  entries: zCount,
  gross: zMoney.nullable(),
  paid: zMoney,
  openedAt: zTime,
  lockAt: zTime,
  closedAt: zTime.nullable(),
  bots: z.boolean(),
  rules: z.record(z.string(), z.unknown()),
});
export const zPoolPage = page(zPool);
export const zPoolWhole = zPool.extend({
  market: z.object({ bet: z.string(), marketId: z.string().optional(), places: zCount, runners: z.array(z.string()) }).nullable(),
  carryIn: zMoney,
  scratched: z.array(z.string()),
  fixtures: z.array(
    z.object({
      eventId: z.string(),
      stage: z.string().nullable(),
      startAt: zTime,
      /** unknown, running, final or void: points of a running one are provisional. */
      phase: z.string(),
      score: zScore.nullable(),
      picksUntil: zTime,
    }),
  ),
  /** Totals, dividends or prizes as they were declared; null before. */
  declared: z.record(z.string(), z.unknown()).nullable(),
});
const zPick = z.object({ eventId: z.string(), home: zCount, away: zCount });
export const zPoolEntry = z.object({
  entryId: z.string(),
  holder: z.string(),
  units: zCount,
  selectionId: z.string().nullable(),
  stake: zMoney,
  enteredAt: zTime,
  points: zCount,
  paid: zMoney,
  left: z.boolean(),
  /** Of others: those of fixtures whose picks are locked. */
  picks: z.array(zPick),
});
export const zPoolEntryPage = page(zPoolEntry);
export const zRankingRow = z.object({
  rank: zCount,
  entryId: z.string(),
  holder: z.string(),
  own: z.boolean(),
  points: zCount,
  paid: zMoney,
});
export const zRanking = page(zRankingRow);
export const zBoard = z.object({
  currency: z.string(),
  grossMinor: zMinor,
  takeoutMinor: zMinor,
  creatorFeeMinor: zMinor,
  netMinor: zMinor,
  selections: z.array(z.object({ selectionId: z.string(), units: zCount, dividendMinor: zMinor })),
});
export const zInvitations = page(
  z.object({ invitation: z.string(), usesMax: zCount, uses: zCount, until: zTime, revoked: z.boolean() }),
);
