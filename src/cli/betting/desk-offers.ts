// What the desk makes: fixtures, questions and races, by hand or from a file, and what becomes of a race's runners.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type EachWayTerms, readEachWayText } from '#core/bets/runners/stated-market.ts';
import { MARGIN_METHODS, type MarginMethod } from '#core/desk/make-prices.ts';
import type { DeskRow } from '#ports/desk-book.ts';
import { importDesk, openDesk } from '#roles/desk.ts';
import { progressBar } from '../progress.ts';
import { show, withContext } from '../session.ts';
import {
  act,
  type InLedger,
  inLedger,
  type Json,
  oddsOf,
  outcome,
  probability,
  telling,
  time,
  whole,
  withOwner,
} from './operator-call.ts';

const RACE_MARKETS = ['win', 'place', 'outright'] as const;

export function addOffers(desk: Command): void {
  telling(
    desk
      .command('import')
      .argument('<file>', '.csv or .json')
      .description('fixtures, questions, races and prices of a file')
      .option('--dry-run', 'check and change nothing'),
  ).action(importFile);
  telling(
    desk
      .command('question')
      .argument('<name>', 'short name: letters, digits and -')
      .description('a yes/no question with its price')
      .requiredOption('--competition <name>', 'what it belongs to')
      .requiredOption('--closes <time>', 'when it closes, UTC', time)
      .requiredOption('--probability <p>', 'of yes', probability)
      .option('--title <text>', 'the question', '')
      .option('--sport <word>', 'as the first word of its id', 'q')
      .option('--margin <ppm>', 'millionths on top', whole, 0)
      .addOption(marginMethod()),
  ).action(question);
  telling(
    desk
      .command('race')
      .argument('<name>', 'short name, such as its time: letters, digits and -')
      .argument('<prices...>', 'runner=odds of all that run, such as asti=2.5')
      .description('a race, or another market of it, with its runners and prices')
      .requiredOption('--competition <name>', 'the course or the tournament')
      .requiredOption('--starts <time>', 'when it starts, UTC', time)
      .option('--sport <word>', 'as the first word of its id', 'hr')
      .addOption(new Option('--market <type>', 'what is bet on').choices(RACE_MARKETS).default('win'))
      .option('--places <n>', 'how many win: of a place market', whole)
      .option('--each-way <terms>', 'part of the odds and places of each-way bets, such as "1/4 3"', eachWay)
      .option('--title <text>', 'its name for people', '')
      .option('--margin <ppm>', "take the odds' own margin out and lay this one on", whole)
      .addOption(marginMethod()),
  ).action(race);
  addNonRunner(desk);
  addFixture(desk);
}

function addNonRunner(desk: Command): void {
  inLedger(
    desk
      .command('non-runner')
      .argument('<market>', 'of a race')
      .argument('<runner>')
      .description('withdraw a runner: its bets are void, others pay the deduction; the market is suspended until it is reopened')
      .option('--price <odds>', 'its price when it was withdrawn: the table says the deduction', odds)
      .option('--deduction <ppm>', 'share of the winnings, millionths, instead of --price', whole)
      .option('--at <time>', 'when it was withdrawn, UTC (default: now)', time),
  ).action((marketId: string, selectionId: string, options: NonRunnerOptions) => {
    const { at = Date.now(), deduction, price } = options;
    const terms = {
      ...(price === undefined ? {} : { priceMilli: price }),
      ...(deduction === undefined ? {} : { deductionPpm: deduction }),
    };
    return act(options, {
      cmd: { type: 'WithdrawRunner', marketId, selectionId, at, ...terms },
      lane: 'control',
      text: `${selectionId} does not run; ${marketId} is suspended`,
    });
  });
}

type NonRunnerOptions = InLedger & { readonly price?: number; readonly deduction?: number; readonly at?: number };

function addFixture(desk: Command): void {
  telling(desk.command('show').argument('<event>', 'id of a fixture').description('what the desk offers on a fixture')).action(
    async (eventId: string, { json }: Json) => {
      await withContext(async (context) => {
        const changes = await openDesk(context).event(eventId);
        if (changes.length === 0)
          throw new Error(`the desk has no fixture ${eventId}; GET /v1/desk/fixtures lists them, and \`desk import\` makes them`);
        show(changes, json === true, (rows) => {
          for (const change of rows)
            console.log(`${change.no}  ${new Date(change.at).toISOString()}  ${JSON.stringify(change[change.kind as never])}`);
        });
      });
    },
  );
  telling(
    desk
      .command('close')
      .argument('<event>', 'id of a fixture of the desk')
      .argument('[places...]', 'of a race: who finished first, second ...; those that tied with commas between them')
      .description('end all its prices for good, and say how a race ended')
      .option('--unplaced <runners>', 'took part without a place, with commas between them', names, []),
  ).action(async (eventId: string, places: string[], { json, unplaced }: Json & { unplaced: string[] }) => {
    await withOwner(async (context, { ownerId }) => {
      const finish = places.length + unplaced.length > 0 ? { places: places.map(names), unplaced } : undefined;
      const refusal = await openDesk(context).close(eventId, ownerId, finish);
      outcome(
        refusal ?? { eventId, closed: true },
        json,
        () => `${eventId} is closed${finish ? ', and its markets are being settled' : ''}`,
      );
    });
  });
}

function names(text: string): string[] {
  return text.split(',').filter((name) => name !== '');
}

async function importFile(file: string, { dryRun = false, json }: Json & { dryRun?: boolean }): Promise<void> {
  await withOwner(async (context, { ownerId }) => {
    const bar = progressBar(json !== true, 'rows');
    const report = await importDesk(openDesk(context), {
      file,
      by: ownerId,
      dryRun,
      onProgress: (stage, done, total) => bar.update(stage, done, total),
    }).finally(() => bar.stop());
    show(report, json === true, (told) => {
      if (told.ok) {
        const { eventIds, marketIds } = told.made;
        console.log(
          `${dryRun ? 'would make' : 'made'} ${eventIds.length} fixtures and ${marketIds.length} markets of ${told.rows} rows`,
        );
      } else
        for (const fault of told.faults)
          console.error(`${file}:${fault.line}${fault.column === '' ? '' : `: ${fault.column}`}: ${fault.message}`);
    });
    if (!report.ok) process.exitCode = 1;
  });
}

interface OfferOptions extends Json {
  readonly competition: string;
  readonly title: string;
  readonly sport: string;
  readonly method: MarginMethod;
}

async function question(
  home: string,
  options: OfferOptions & { readonly closes: number; readonly probability: number; readonly margin: number },
): Promise<void> {
  const { closes, competition, margin, method, probability: yes, sport, title } = options;
  await make(options, {
    sport,
    competition,
    home,
    away: '-',
    startAt: closes,
    title,
    market: 'yesno',
    probabilities: { yes, no: Number((1 - yes).toFixed(9)) },
    margin: { method, ppm: margin },
  });
}

interface RaceOptions extends OfferOptions {
  readonly starts: number;
  readonly market: (typeof RACE_MARKETS)[number];
  readonly places?: number;
  readonly eachWay?: EachWayTerms;
  readonly margin?: number;
}

async function race(home: string, pairs: string[], options: RaceOptions): Promise<void> {
  const { competition, eachWay: terms, margin, market, method, places, sport, starts, title } = options;
  await make(options, {
    sport,
    competition,
    home,
    away: '-',
    startAt: starts,
    title,
    market,
    oddsMilli: oddsOf(pairs),
    places,
    eachWay: terms,
    ...(margin === undefined ? {} : { margin: { method, ppm: margin } }),
  });
}

async function make({ json }: Json, row: DeskRow): Promise<void> {
  await withOwner(async (context, { ownerId }) => {
    const made = await openDesk(context).make([row], { by: ownerId });
    const fault = 'eventIds' in made ? null : (made[0]?.refusal ?? null);
    outcome(fault ?? made, json, () => ('marketIds' in made ? `${made.marketIds[0]} is open for prices` : ''));
  });
}

function marginMethod(): Option {
  return new Option('--method <name>', 'how the margin is laid on').choices(MARGIN_METHODS).default('multiplicative');
}

function eachWay(text: string): EachWayTerms {
  const terms = readEachWayText(text);
  if (!terms) throw new InvalidArgumentError('must be a part of the odds and places, such as "1/4 3".');
  return terms;
}

function odds(text: string): number {
  return oddsOf([`price=${text}`])['price'] as number;
}
