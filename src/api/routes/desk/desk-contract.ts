// The wire of the desk: fixtures and questions made by hand, their prices, limits, and the liability board.
import { z } from 'zod';
import { AMOUNT_MINOR_MAX } from '#core/base/money.ts';
import { ODDS_MILLI_MAX, ODDS_MILLI_MIN } from '#core/base/odds.ts';
import { BANDS_MAX } from '#core/bets/runners/deductions.ts';
import { DIVISOR_MAX, PLACES_MAX, SELECTIONS_MAX, SELECTIONS_MIN } from '#core/bets/runners/stated-market.ts';
import { FACTOR_PPM_MAX } from '#core/desk/desk-commands.ts';
import { LIABILITY_LEVELS } from '#core/desk/liability.ts';
import { MARGIN_METHODS, MARGIN_PPM_MAX } from '#core/desk/make-prices.ts';
import {
  id,
  PAGE_LIMIT,
  PAGE_LIMIT_MAX,
  page,
  zCount,
  zLead,
  zMarketId,
  zMinor,
  zPageQuery,
  zPrice,
  zSelectionId,
  zTime,
} from '../../contract.ts';

/** Rows of one request; more come in several, or by the command line. */
const ROWS_MAX = 500;
const zOdds = z.number().int().min(ODDS_MILLI_MIN).max(ODDS_MILLI_MAX);
const zOddsBySelection = z.record(zSelectionId, zOdds);
const zProbabilities = z.record(zSelectionId, z.number().gt(0).lt(1));
const zMargin = z.strictObject({ method: z.enum(MARGIN_METHODS), ppm: z.number().int().min(0).max(MARGIN_PPM_MAX) });
const zPpm = z.number().int().min(0).max(1_000_000);
const zDeductions = z.strictObject({
  /** Shortest prices first: [highest price of the band, share of the winnings]. */
  bands: z.array(z.tuple([zOdds, zPpm])).max(BANDS_MAX),
  capPpm: zPpm,
  waivedPpm: zPpm,
});
/** What a market of its own selections is opened with. */
export const zStated = z.strictObject({
  /** Participants, or scores: for `win`, `place`, `outright` and `cs`. */
  selections: z.array(zSelectionId).min(SELECTIONS_MIN).max(SELECTIONS_MAX).optional(),
  places: z.number().int().min(1).max(PLACES_MAX).optional(),
  eachWay: z
    .strictObject({ divisor: z.number().int().min(1).max(DIVISOR_MAX), places: z.number().int().min(1).max(PLACES_MAX) })
    .optional(),
  deductions: zDeductions.optional(),
});

export const zDeskRow = zStated.extend({
  sport: z.string().max(20),
  competition: z.string().max(60),
  home: z.string().max(60),
  away: z.string().max(60).default('-'),
  startAt: zTime,
  title: z.string().max(300).optional(),
  market: z.string().max(40).optional(),
  oddsMilli: zOddsBySelection.optional(),
  probabilities: zProbabilities.optional(),
  margin: zMargin.optional(),
  validUntil: zTime.optional(),
});
export const zDeskMake = z.strictObject({ items: z.array(zDeskRow).min(1).max(ROWS_MAX), dryRun: z.boolean().default(false) });
export const zDeskMade = z.object({
  eventIds: z.array(z.string()),
  marketIds: z.array(z.string()),
  /** Null after a dry run. */
  change: zCount.nullable(),
});
export const zDeskFixture = z.object({
  eventId: z.string(),
  sport: z.string(),
  competition: z.string(),
  home: z.string(),
  away: z.string(),
  startAt: zTime,
  title: z.string(),
});
export const zDeskFixtureQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT),
  startFrom: zTime.optional(),
});
export const zDeskFixtures = z.object({ items: z.array(zDeskFixture) });
export const zDeskOffer = z.object({
  marketId: z.string(),
  prices: z.array(zPrice),
  margin: z.object({ method: z.string(), ppm: z.number().int() }).nullable(),
  inPlay: z.boolean(),
  betDelayMs: zCount,
  validUntil: zTime.nullable(),
  /** What a market of its own selections is opened with. */
  stated: zStated.optional(),
});
export const zDeskEvent = zDeskFixture.extend({ closed: z.boolean(), markets: z.array(zDeskOffer) });
export const zDeskPrices = zStated.extend({
  oddsMilli: zOddsBySelection.optional(),
  probabilities: zProbabilities.optional(),
  margin: zMargin.optional(),
  inPlay: z.boolean().optional(),
  betDelayMs: z.number().int().min(0).max(60_000).optional(),
  validUntil: zTime.optional(),
});
const zGroup = z.array(zSelectionId).min(1).max(SELECTIONS_MAX);
/** Of a race: who finished first, second ..., those that tied together, and who took part without a place. */
export const zDeskClose = z
  .strictObject({ places: z.array(zGroup).max(SELECTIONS_MAX), unplaced: z.array(zSelectionId).max(SELECTIONS_MAX).optional() })
  .nullish();
export const zDeskMarketParams = z.strictObject({ id: zMarketId });
export const zWithdrawQuery = z.strictObject({ selectionId: zSelectionId.optional() });

const zLimit = z.number().int().min(0).max(AMOUNT_MINOR_MAX).nullable().optional();
export const zMarketLimits = z.strictObject({
  stakeMaxMinor: zLimit,
  payoutMaxMinor: zLimit,
  lossMaxMinor: zLimit,
  stakesMaxMinor: zLimit,
  ownerStakeMaxMinor: zLimit,
  reviewAboveMinor: zLimit,
});
const zAnyTarget = z.string().min(1).max(160);
export const zDeskTargetParams = z.strictObject({ target: zAnyTarget });
export const zTargetLimits = z.object({ target: z.string(), limits: z.record(z.string(), zMinor) });
export const zLimitsPage = page(zTargetLimits);
export const zFactor = z.strictObject({ factorPpm: z.number().int().min(0).max(FACTOR_PPM_MAX) });
export const zBettorParams = z.strictObject({ id: id('usr') });

export const zLiabilityQuery = zPageQuery.extend({ level: z.enum(LIABILITY_LEVELS).default('market') });
export const zLiabilityRow = z.object({
  target: z.string(),
  bets: zCount,
  stakesMinor: zMinor,
  payoutMinor: zMinor,
  worstLossMinor: zMinor,
  limitMinor: zMinor,
  fullPpm: zMinor,
});
export const zLiabilityPage = page(zLiabilityRow);
export const zSelectionLiability = z.object({
  selectionId: z.string(),
  bets: zCount,
  stakesMinor: zMinor,
  payoutMinor: zMinor,
  resultMinor: zMinor,
});
export const zMarketLiability = z.object({ marketId: z.string(), selections: z.array(zSelectionLiability) });

export const zBetInReview = z.object({
  betId: z.string(),
  holder: z.string(),
  ownerId: z.string(),
  legs: z.array(z.object({ marketId: z.string(), selectionId: z.string(), lead: zLead, oddsMilli: zMinor })),
  /** Null of a bet on one selection. */
  system: z.string().nullable(),
  eachWay: z.boolean(),
  /** All that the bet holds. */
  stakeMinor: zMinor,
  placedAt: zTime,
  dueAt: zTime,
});
export const zBetsInReview = page(zBetInReview);
export const zReviewBet = z.strictObject({
  decision: z.enum(['accept', 'reject']),
  reason: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be one word of a-z, 0-9, _ and -')
    .default('operator'),
});

const zAmountAbove0 = z.number().int().min(1).max(AMOUNT_MINOR_MAX);
const zCommonRule = { reference: z.record(z.string().max(40), zPpm), marginPpm: zPpm };
const zPricing = z.discriminatedUnion('rule', [
  z.strictObject({
    rule: z.literal('market-maker'),
    liquidityMinor: zAmountAbove0,
    payoutMaxMinor: zAmountAbove0,
    ...zCommonRule,
  }),
  z.strictObject({
    rule: z.literal('balance'),
    scaleMinor: zAmountAbove0,
    shiftMaxPpm: zPpm,
    winMaxMinor: zAmountAbove0,
    lossMaxMinor: zAmountAbove0,
    ...zCommonRule,
  }),
]);
export const zSetPricing = z.strictObject({ pricing: zPricing.nullable() });
export const zPricingState = z.object({
  marketId: z.string(),
  pricing: zPricing.nullable(),
  prices: z.array(z.object({ selectionId: z.string(), oddsMilli: z.number().int(), maxStakeMinor: z.number().int().optional() })),
  worstLossMinor: zCount,
  lossBoundMinor: zCount.nullable(),
});
