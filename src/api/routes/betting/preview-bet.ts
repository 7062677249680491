// What a bet would be at the prices of this moment: its lines, its whole stake and the most that it can return. Nothing is held by it.
import { mulDiv } from '#core/base/money.ts';
import { legFactor, multiplePayout } from '#core/bets/multiples/multiple-payout.ts';
import { linesOf } from '#core/bets/multiples/systems.ts';
import { parseMarketId } from '#core/catalog/market.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { WON } from '#core/settlement/outcome.ts';
import type { z } from 'zod';
import type { PlaceBetBody, zBetPreview } from './bet-contract.ts';

export type Preview = z.infer<typeof zBetPreview>;

/** `quotesOf` gives the newest quotes of a fixture. */
export async function previewBet(body: PlaceBetBody, quotesOf: (eventId: string) => Promise<readonly Quote[]>): Promise<Preview> {
  const legs = await Promise.all(body.legs.map((leg) => previewLeg(leg, quotesOf)));
  const odds = legs.map(({ oddsMilli }) => oddsMilli);
  if ('stakeMinor' in body) {
    const { stakeMinor } = body;
    const [price = null] = odds;
    if (body.eachWay) return { system: 'single', lines: 2, stakeMinor: 2 * stakeMinor, maxReturnMinor: null, legs };
    const maxReturnMinor =
      price === null ? null : payable(BigInt(stakeMinor) * BigInt(price), () => mulDiv(stakeMinor, price, 1000, 'floor'));
    return { system: 'single', lines: 1, stakeMinor, maxReturnMinor, legs };
  }
  const { stakePerLineMinor, system } = body;
  const lines = linesOf(system, legs.length);
  const factors = odds.filter((price) => price !== null).map((price) => legFactor(price, WON));
  const most = factors.length < legs.length ? null : multiplePayout({ system, stakePerLineMinor, factors }, 'floor');
  const maxReturnMinor = most === null ? null : payable(most, () => Number(most));
  return { system, lines, stakeMinor: lines * stakePerLineMinor, maxReturnMinor, legs };
}

function payable(value: bigint, amount: () => number): number | null {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? null : amount();
}

async function previewLeg(
  { marketId, selectionId }: PlaceBetBody['legs'][number],
  quotesOf: (eventId: string) => Promise<readonly Quote[]>,
): Promise<Preview['legs'][number]> {
  const quotes = (await quotesOf(parseMarketId(marketId)?.eventId ?? '')).filter((quote) => quote.marketId === marketId);
  let quote: Quote | null = null;
  for (const one of quotes) if (quote === null || one.quoteSeq > quote.quoteSeq) quote = one;
  if (!quote) return { marketId, selectionId, status: 'none', oddsMilli: null, quoteSeq: null, inPlay: false, betDelayMs: 0 };
  const { betDelayMs, inPlay, prices, quoteSeq, status } = quote;
  const oddsMilli = prices.find((price) => price.selectionId === selectionId)?.oddsMilli ?? null;
  return { marketId, selectionId, status, oddsMilli, quoteSeq, inPlay, betDelayMs };
}
