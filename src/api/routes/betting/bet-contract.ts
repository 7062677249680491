// The wire of bets: one leg or several in one body, told apart by `system`, as contract.ts has the rest.
import { z } from 'zod';
import { ODDS_MILLI_MAX, ODDS_MILLI_MIN } from '#core/base/odds.ts';
import { LEGS_MAX, SYSTEMS } from '#core/bets/multiples/systems.ts';
import { ODDS_POLICIES } from '#core/bets/odds-policy.ts';
import {
  id,
  page,
  zAmount,
  zCount,
  zEachWay,
  zHolder,
  zLead,
  zMarketId,
  zMinor,
  zMoney,
  zSelectionId,
  zTime,
} from '../../contract.ts';

const zMinOdds = z.number().int().min(ODDS_MILLI_MIN).max(ODDS_MILLI_MAX);
const zQuoteSeq = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const zOddsPolicy = z.enum(ODDS_POLICIES).default('better');
const zLeg = z.strictObject({ marketId: zMarketId, selectionId: zSelectionId });

const zSingle = z.strictObject({
  system: z.literal('single').optional(),
  betId: id('bet').optional(),
  legs: z.array(zLeg).min(1).max(LEGS_MAX),
  stakeMinor: zAmount,
  minOddsMilli: zMinOdds,
  oddsPolicy: zOddsPolicy,
  quoteSeq: zQuoteSeq,
  /** Two bets of `stakeMinor` each, on the win and on a place. */
  eachWay: z.literal(true).optional(),
  holder: zHolder.optional(),
});
const zSeveral = z.strictObject({
  system: z.enum(SYSTEMS),
  betId: id('bet').optional(),
  legs: z
    .array(zLeg.extend({ minOddsMilli: zMinOdds, quoteSeq: zQuoteSeq }))
    .min(2)
    .max(LEGS_MAX),
  stakePerLineMinor: zAmount,
  oddsPolicy: zOddsPolicy,
  holder: zHolder.optional(),
});
export const zPlaceBet = z.discriminatedUnion('system', [zSingle, zSeveral]);
export type SingleBody = z.infer<typeof zSingle>;
export type SeveralBody = z.infer<typeof zSeveral>;
export type PlaceBetBody = SingleBody | SeveralBody;

/** What a decided leg came to: the share won at the price, and the share of the stake returned besides. */
const zLegOutcome = z.object({
  result: z.enum(['won', 'lost', 'void', 'half-won', 'half-lost', 'part']),
  won: z.tuple([z.number(), z.number()]),
  back: z.tuple([z.number(), z.number()]),
});
const zQuoteSeen = z.object({ seq: zCount, source: z.string(), ageMs: z.number().int() });
export const zBet = z.object({
  betId: z.string(),
  holder: z.string(),
  legs: z.array(
    z.object({
      marketId: z.string(),
      selectionId: z.string(),
      lead: zLead,
      oddsMilli: z.number().int(),
      /** Of a bet of several legs: the price each took, and what it came to once it is decided. */
      quote: zQuoteSeen.optional(),
      outcome: zLegOutcome.nullable().optional(),
    }),
  ),
  stake: zMoney,
  /** All that came back, cash-outs included. */
  return: zMoney.nullable(),
  status: z.string(),
  reason: z.string().nullable(),
  /** Null for several legs: each has its own. */
  quote: zQuoteSeen.nullable(),
  placedAt: zTime,
  settledAt: zTime.nullable(),
  cashedOut: z.object({ stake: zMoney, amount: zMoney }).nullable(),
  system: z.enum(['single', ...SYSTEMS]),
  lines: zCount,
  /** Terms of the place part; the stake is that of both parts. Null for other bets. */
  eachWay: zEachWay.nullable(),
});
export const zBetPage = page(zBet);
/** One bet, with what it had returned before each correction of its market. */
export const zWholeBet = zBet.extend({ corrections: z.array(z.object({ at: zTime, return: zMoney })) });

/** What a bet would be at the prices of this moment. */
export const zBetPreview = z.object({
  system: z.enum(['single', ...SYSTEMS]),
  lines: zCount,
  stakeMinor: zMinor,
  /** With every leg won; null while a leg has no price, where it is beyond what can be paid, and each way: the market has the terms. */
  maxReturnMinor: zMinor.nullable(),
  legs: z.array(
    z.object({
      marketId: z.string(),
      selectionId: z.string(),
      /** As the market's newest quote says; `none` without one. */
      status: z.enum(['open', 'suspended', 'closed', 'none']),
      oddsMilli: z.number().int().nullable(),
      quoteSeq: zCount.nullable(),
      inPlay: z.boolean(),
      betDelayMs: zCount,
    }),
  ),
});
export const zCombinable = z.strictObject({ combinable: z.boolean() });
