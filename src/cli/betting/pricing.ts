// palpite pricing: markets that the house prices by a rule, what the rule makes of the bets, and setting or ending one.
import { type Command, Option } from 'commander';
import { marketAt } from '#core/kernel/state.ts';
import { pricingState, type PricingState } from '#core/pricing/house-prices.ts';
import type { Pricing } from '#core/pricing/pricing-commands.ts';
import { show } from '../session.ts';
import { act, type InLedger, inLedger, minor, shareOf, whole, withLedger } from './operator-call.ts';

const RULES = ['market-maker', 'balance'] as const;
const HELP = `
market-maker: a logarithmic scoring rule; the house loses at most liquidity x ln(1 / least probability), whatever is bet.
balance: the stated probabilities, leaning against the liability by at most --shift.
Probabilities are of all selections and make one together; amounts are minor units, margins and shifts millionths.

Examples:
  npx palpite pricing set fb:E0:20240817:a:b/1x2 home=0.5 draw=0.3 away=0.2 \\
      --rule market-maker --liquidity 500000 --payout-max 100000 --margin 50000
  npx palpite pricing set q:politics:20261004:lula-2026:-/yesno yes=0.55 no=0.45 \\
      --rule balance --scale 200000 --shift 150000 --win-max 50000 --loss-max 400000 --margin 40000
  npx palpite pricing list
  npx palpite pricing show fb:E0:20240817:a:b/1x2
  npx palpite pricing end fb:E0:20240817:a:b/1x2             others price it again`;

export function addPricing(program: Command): void {
  const pricing = program.command('pricing').description('prices that the house makes by rule').addHelpText('after', HELP);
  inLedger(pricing.command('list').description('markets with a rule')).action(list);
  inLedger(
    pricing.command('show').argument('<market>').description('the rule of a market, its prices now, and what the house can lose'),
  ).action(one);
  inLedger(
    pricing
      .command('set')
      .argument('<market>')
      .argument('<probabilities...>', 'selection=probability of all selections, such as yes=0.55 no=0.45')
      .description('let the house price a market')
      .addOption(new Option('--rule <rule>', 'how').choices(RULES).makeOptionMandatory())
      .option('--margin <ppm>', 'millionths on top of the probabilities', whole, 0)
      .option('--liquidity <minor>', 'market-maker: how slowly prices move', minor)
      .option('--payout-max <minor>', 'market-maker: largest payout of one bet', minor)
      .option('--scale <minor>', 'balance: the liability at which a price leans most', minor)
      .option('--shift <ppm>', 'balance: how far a price leans', whole)
      .option('--win-max <minor>', 'balance: the most that one bet may win', minor)
      .option('--loss-max <minor>', 'balance: worst loss of the house', minor),
  ).action(set);
  inLedger(pricing.command('end').argument('<market>').description('price it by rule no longer')).action(
    (marketId: string, options: InLedger) =>
      act(options, {
        cmd: { type: 'SetPricing', marketId, pricing: null },
        lane: 'control',
        text: `${marketId} is no longer priced by rule`,
      }),
  );
}

interface SetOptions extends InLedger {
  readonly rule: (typeof RULES)[number];
  readonly margin: number;
  readonly liquidity?: number;
  readonly payoutMax?: number;
  readonly scale?: number;
  readonly shift?: number;
  readonly winMax?: number;
  readonly lossMax?: number;
}

async function list(options: InLedger): Promise<void> {
  await withLedger(options, (ledger) => {
    const found = [...ledger.pricing.keys()].map((row) => {
      const { marketId } = marketAt(ledger, row);
      return { marketId, ...(pricingState(ledger, marketId) as PricingState) };
    });
    show(found, options.json === true, (rows) => {
      if (rows.length === 0) console.log('no market has a rule');
      for (const { lossBoundMinor, marketId, pricing, worstLossMinor } of rows)
        console.log(`${marketId}  ${pricing?.rule}  loss ${worstLossMinor} of at most ${lossBoundMinor}`);
    });
  });
}

async function one(marketId: string, options: InLedger): Promise<void> {
  await withLedger(options, (ledger) => {
    const state = pricingState(ledger, marketId);
    if (!state)
      throw new Error(`${options.ledger} has no market ${marketId}; GET /v1/events/{id}/markets lists those of a fixture`);
    show({ marketId, ...state }, options.json === true, ({ lossBoundMinor, prices, pricing, worstLossMinor }) => {
      if (!pricing) {
        console.log(`${marketId} has no rule; the house can lose ${worstLossMinor}`);
        return;
      }
      console.log(`${marketId}  ${JSON.stringify(pricing)}`);
      for (const { maxStakeMinor, oddsMilli, selectionId } of prices)
        console.log(
          `  ${selectionId}  ${(oddsMilli / 1000).toFixed(3)}${maxStakeMinor === undefined ? '' : `  up to ${maxStakeMinor}`}`,
        );
      console.log(`the house can lose ${worstLossMinor} of at most ${lossBoundMinor}`);
    });
  });
}

async function set(marketId: string, pairs: string[], options: SetOptions, command: Command): Promise<void> {
  const rule = ruleOf(shareOf(pairs), options);
  if (typeof rule === 'string') command.error(`error: ${options.rule} needs ${rule}; --help has examples`, { exitCode: 2 });
  await act(options, {
    cmd: { type: 'SetPricing', marketId, pricing: rule as Pricing },
    lane: 'control',
    text: `${marketId} is priced by ${options.rule}`,
  });
}

/** The rule, or which options it lacks. */
function ruleOf(reference: Readonly<Record<string, number>>, options: SetOptions): Pricing | string {
  const { liquidity, lossMax, margin: marginPpm, payoutMax, rule, scale, shift, winMax } = options;
  if (rule === 'market-maker') {
    if (liquidity === undefined || payoutMax === undefined) return '--liquidity and --payout-max';
    return { rule, reference, marginPpm, liquidityMinor: liquidity, payoutMaxMinor: payoutMax };
  }
  if (scale === undefined || shift === undefined || winMax === undefined || lossMax === undefined)
    return '--scale, --shift, --win-max and --loss-max';
  return { rule, reference, marginPpm, scaleMinor: scale, shiftMaxPpm: shift, winMaxMinor: winMax, lossMaxMinor: lossMax };
}
