// What only the writer's memory knows of one market: its order books, the house's rule and risk on it, and what settling it would do.
import { z } from 'zod';
import { refuse } from '#core/base/refusal.ts';
import { selectionLiability } from '#core/desk/liability.ts';
import type { PriceQueues } from '#core/exchange/book/price-queues.ts';
import type { ExchangeMarket } from '#core/exchange/exchange.ts';
import { NO_TICK } from '#core/exchange/ladder.ts';
import { marketOf } from '#core/kernel/state.ts';
import { pricingState } from '#core/pricing/house-prices.ts';
import { preview as previewOf } from '#core/settlement/corrections/preview.ts';
import { faultInOutcomes } from '#core/settlement/corrections/settle-market.ts';
import { BOOK_DEPTH_MAX, zBook } from '../routes/betting/order-contract.ts';
import { zMarketLiability, zPricingState } from '../routes/desk/desk-contract.ts';
import { zPreviewBody } from '../routes/desk/settlement-contract.ts';
import { question } from './question.ts';

export type Book = z.infer<typeof zBook>;
export type BookLevel = Book['selections'][number]['availableToBack'][number];

const zMarket = z.object({ marketId: z.string() });

/** The best `depth` prices on each side of every selection; null when the market has no exchange. */
export const book = question({
  for: 'anybody',
  ask: zMarket.extend({ depth: z.int().min(1).max(BOOK_DEPTH_MAX) }),
  told: zBook.nullable(),
  tell(ledger, { depth, marketId }) {
    const market = marketOf(ledger, marketId);
    const x = market && ledger.exchange.markets.get(market.row);
    if (!x) return null;
    const { betDelayMs, inPlay, terms, version } = x;
    return {
      marketId,
      status: market.status,
      version,
      inPlay,
      betDelayMs,
      ladder: terms.ladder,
      commissionPpm: terms.commissionPpm,
      selections: x.books.map((sides, selection) => ({
        selectionId: market.selections[selection] as string,
        availableToBack: levelsOf(x, sides.lays, depth),
        availableToLay: levelsOf(x, sides.backs, depth),
        startingPriceMilli: x.startingPrices[selection] || null,
      })),
    };
  },
});

/** How the house prices a market by itself. */
export const pricing = question({
  for: 'operators',
  ask: zMarket,
  told: zPricingState,
  tell(ledger, { marketId }) {
    const state = pricingState(ledger, marketId);
    if (!state) return refuse('not_found', { path: '/params/id' });
    const { pricing: rule } = state;
    return { ...state, marketId, pricing: rule && { ...rule, reference: { ...rule.reference } } };
  },
});

/** What each outcome costs the house. */
export const marketLiability = question({
  for: 'operators',
  ask: zMarket,
  told: zMarketLiability,
  tell(ledger, { marketId }) {
    const selections = selectionLiability(ledger, marketId);
    return selections ? { marketId, selections } : refuse('not_found', { path: '/params/id' });
  },
});

const zMinor = z.int();
const zChange = z.object({ holder: z.string(), changeMinor: zMinor });

/** What settling or correcting a market would do now. */
export const preview = question({
  for: 'operators',
  ask: zPreviewBody,
  told: z.object({
    currency: z.string(),
    needsApproval: z.boolean(),
    preview: z.object({
      marketId: z.string(),
      previewHash: z.string(),
      correction: z.boolean(),
      bets: z.int(),
      stakedMinor: zMinor,
      returnedNowMinor: zMinor,
      returnedAfterMinor: zMinor,
      houseNowMinor: zMinor,
      houseAfterMinor: zMinor,
      movedMinor: zMinor,
      debts: z.array(z.object({ holder: z.string(), debtMinor: zMinor })).readonly(),
      debtsMinor: zMinor,
      winners: z.array(zChange).readonly(),
      losers: z.array(zChange).readonly(),
    }),
  }),
  tell(ledger, { marketId, outcomes }) {
    const market = marketOf(ledger, marketId);
    if (!market) return refuse('not_found', { path: '/marketId' });
    const fault = faultInOutcomes(market, outcomes);
    if (fault) return refuse(fault.code, { ...fault, path: fault.path ?? '/outcomes' });
    const found = previewOf(ledger, market, outcomes);
    return { preview: found, currency: ledger.currency, needsApproval: found.movedMinor > ledger.limits.approvalAboveMinor };
  },
});

function levelsOf(x: ExchangeMarket, queues: PriceQueues, depth: number): BookLevel[] {
  const levels: BookLevel[] = [];
  for (let tick = queues.best; tick !== NO_TICK && levels.length < depth; tick = queues.after(tick)) {
    levels.push({ priceMilli: x.ladder.milliOf(tick), sizeMinor: queues.sizeAt(tick), orders: queues.countAt(tick) });
  }
  return levels;
}
