// The prices of the desk: set by hand from now on, or taken away.
import { type Command, Option } from 'commander';
import { MARGIN_METHODS, type MarginMethod } from '#core/desk/make-prices.ts';
import type { PriceList } from '#engine/desk/desk-office.ts';
import { openDesk } from '#roles/desk.ts';
import { type Json, oddsOf, outcome, telling, time, whole, withOwner } from './operator-call.ts';

export function addPrices(desk: Command): void {
  telling(
    desk
      .command('price')
      .argument('<market>')
      .argument('<prices...>', 'selection=odds, such as yes=1.90')
      .description('the prices of a market from now on')
      .option('--margin <ppm>', "take the odds' own margin out and lay this one on", whole)
      .addOption(new Option('--method <name>', 'how').choices(MARGIN_METHODS).default('multiplicative'))
      .option('--in-play', 'the prices hold after the start')
      .option('--delay <ms>', 'bets wait so long', whole)
      .option('--until <time>', 'the prices end then, UTC', time),
  ).action(price);
  telling(
    desk
      .command('withdraw')
      .argument('<market>')
      .option('--selection <id>', 'this one only')
      .description('take prices away; the market goes back to the supplier, if there is one'),
  ).action(async (marketId: string, { json, selection }: Json & { selection?: string }) => {
    await withOwner(async (context, { ownerId }) => {
      const offer = await openDesk(context).withdraw(marketId, selection ?? null, ownerId);
      outcome(offer, json, () => `withdrawn from ${marketId}`);
    });
  });
}

interface PriceOptions extends Json {
  readonly margin?: number;
  readonly method: MarginMethod;
  readonly inPlay?: boolean;
  readonly delay?: number;
  readonly until?: number;
}

async function price(marketId: string, pairs: string[], options: PriceOptions): Promise<void> {
  const { delay, inPlay = false, json, margin, method, until } = options;
  const list: PriceList = {
    oddsMilli: oddsOf(pairs),
    inPlay,
    ...(margin === undefined ? {} : { margin: { method, ppm: margin } }),
    ...(delay === undefined ? {} : { betDelayMs: delay }),
    ...(until === undefined ? {} : { validUntil: until }),
  };
  await withOwner(async (context, { ownerId }) => {
    const offer = await openDesk(context).price(marketId, list, ownerId);
    outcome(offer, json, () => {
      if ('code' in offer) return '';
      return `${marketId}: ${offer.prices.map(({ oddsMilli, selectionId }) => `${selectionId} ${(oddsMilli / 1000).toFixed(3)}`).join('  ')}`;
    });
  });
}
