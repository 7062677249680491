// What only the writer's memory knows of an open bet: what it can be cashed out for, judged by the rules by which the offer will be when it is taken.
import { z } from 'zod';
import { refuse } from '#core/base/refusal.ts';
import { heldBet } from '#core/bets/held-bet.ts';
import { offerCashOut } from '#core/cash-out/cash-out-bet.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { LedgerState } from '#core/kernel/state.ts';
import { maySee, question } from './question.ts';

const zScore = z.object({ home: z.number(), away: z.number() });
/** All of a quote that a price is taken from. */
const zQuote = z.object({
  marketId: z.string(),
  quoteSeq: z.int(),
  status: z.enum(['open', 'suspended', 'closed']),
  inPlay: z.boolean(),
  betDelayMs: z.number(),
  prices: z.array(z.object({ selectionId: z.string(), oddsMilli: z.int() })),
  source: z.string(),
  sourceEpoch: z.number(),
  sourceVersion: z.number(),
  observedAt: z.number(),
  confirmedAt: z.number(),
  score: zScore.optional(),
});

/** `quotes` are those that the asker knows of the bet's markets, and of that of the places. */
export const cashOut = question({
  for: 'owners',
  ask: z.object({
    betId: z.string(),
    part: z.object({ stakeMinor: z.int().optional(), portionPpm: z.int().optional() }),
    now: z.int().nonnegative(),
    quotes: z.array(zQuote),
  }),
  told: z.object({
    holder: z.string(),
    ofMinor: z.int(),
    stakeMinor: z.int(),
    amountMinor: z.int(),
    quoteSeq: z.int(),
    delayMs: z.number(),
    currency: z.string(),
    /** How long the offer holds, ms. */
    offerMs: z.int(),
  }),
  tell(ledger, { betId, now, part, quotes }, viewer) {
    const holder = holderOfBet(ledger, betId);
    if (!holder) return refuse('already_resolved', { path: '/params/id' });
    if (!maySee(viewer, holder)) return refuse('not_found', { path: '/params/id' });
    const context = { now, quotes: quotes as readonly Quote[], marks: [], engineVersion: '' };
    const offer = offerCashOut(ledger, context, { betId, part });
    return 'code' in offer ? offer : { ...offer, currency: ledger.currency, offerMs: ledger.limits.cashOutOfferMs };
  },
});

function holderOfBet(ledger: LedgerState, betId: string) {
  const held = heldBet(ledger, betId);
  if (held) return ledger.holders[held.holder];
  const row = ledger.multiples.find(betId);
  return row < 0 ? undefined : ledger.holders[ledger.multiples.bets.holder[row] as number];
}
