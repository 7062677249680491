// palpite desk: fixtures, questions and prices by hand, suspensions, limits, and the liability board.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Refusal } from '#core/base/refusal.ts';
import { MARKET_LIMIT_NAMES } from '#core/desk/desk-commands.ts';
import { LIABILITY_LEVELS, type LiabilityLevel, liabilityBoard, selectionLiability } from '#core/desk/liability.ts';
import { betsInReview } from '#core/desk/review-bet.ts';
import { MARGIN_METHODS, type MarginMethod } from '#core/desk/make-prices.ts';
import type { Command as LedgerCommand } from '#core/kernel/command.ts';
import { MAIN_LEDGER } from '#core/ledger/shard.ts';
import type { PriceList } from '#engine/desk/desk-office.ts';
import type { PlatformContext } from '#roles/context.ts';
import { importDesk, openDesk, readLedgerState } from '#roles/desk.ts';
import { sendCommand } from '#roles/operator-commands.ts';
import { progressBar } from './progress.ts';
import { show, withContext } from './session.ts';

const HELP = `
Examples:
  npx palpite desk import season.csv --dry-run        what it would make; faults with line and column
  npx palpite desk question lula-2026 --competition politics --closes 2026-10-04T20:00:00Z \\
      --title "Will Lula be elected?" --probability 0.55 --margin 50000
  npx palpite desk price q:politics:20261004:lula-2026:-/yesno yes=1.75 no=2.05
  npx palpite desk withdraw q:politics:20261004:lula-2026:-/yesno --selection yes
  npx palpite desk suspend fb:E0                      a market, fixture, competition, sport, or '*' for everything
  npx palpite desk limit fb --stake 50000 --loss 2000000
  npx palpite desk factor usr_01J... 100000           a tenth of what others may bet; 0: nothing
  npx palpite desk liability --level fixture
  npx palpite desk bets                               bets that wait for a person; accept or reject them by id

A file for import is CSV with the columns sport, competition, home, away, startAt, title, market, odds (yes=1.90 no=1.95),
probabilities (yes=0.6 no=0.4), marginPpm, method, validUntil, or a JSON array. All of it is taken, or nothing.
Exit codes: 0 done, 1 refused or failed, and nothing was changed; 2 called wrongly.`;

export function addDesk(program: Command): void {
  const desk = program
    .command('desk')
    .description('the trading desk: offers by hand, suspensions, limits, liability')
    .addHelpText('after', HELP);
  addOffers(desk);
  addPrices(desk);
  addControls(desk);
  addLimits(desk);
  addBoard(desk);
  addReview(desk);
}

function addOffers(desk: Command): void {
  desk
    .command('import')
    .argument('<file>', '.csv or .json')
    .description('fixtures, questions and prices of a file')
    .option('--dry-run', 'check and change nothing')
    .option('--json', 'print JSON')
    .action(importFile);
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
    .addOption(new Option('--method <name>', 'how the margin is laid on').choices(MARGIN_METHODS).default('multiplicative'))
    .option('--json', 'print JSON')
    .action(question);
  desk
    .command('show')
    .argument('<event>', 'id of a fixture')
    .description('what the desk offers on a fixture')
    .option('--json', 'print JSON')
    .action(async (eventId: string, { json }: Json) => {
      await withContext(async (context) => {
        const changes = await openDesk(context).event(eventId);
        if (changes.length === 0) throw new Error(`the desk has no fixture ${eventId}`);
        show(changes, json === true, (rows) => {
          for (const change of rows)
            console.log(`${change.no}  ${new Date(change.at).toISOString()}  ${JSON.stringify(change[change.kind as never])}`);
        });
      });
    });
  desk
    .command('close')
    .argument('<event>', 'id of a fixture of the desk')
    .description('end all its prices for good')
    .option('--json', 'print JSON')
    .action(async (eventId: string, { json }: Json) => {
      await withOwner(async (context, { ownerId }) => {
        const refusal = await openDesk(context).close(eventId, ownerId);
        outcome(refusal ?? { eventId, closed: true }, json === true, () => `${eventId} is closed`);
      });
    });
}

interface Json {
  readonly json?: boolean;
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

interface QuestionOptions extends Json {
  readonly competition: string;
  readonly closes: number;
  readonly probability: number;
  readonly title: string;
  readonly sport: string;
  readonly margin: number;
  readonly method: MarginMethod;
}

async function question(home: string, options: QuestionOptions): Promise<void> {
  const { closes, competition, json, margin, method, probability: yes, sport, title } = options;
  const probabilities = { yes, no: Number((1 - yes).toFixed(9)) };
  const row = {
    sport,
    competition,
    home,
    away: '-',
    startAt: closes,
    title,
    market: 'yesno',
    probabilities,
    margin: { method, ppm: margin },
  };
  await withOwner(async (context, { ownerId }) => {
    const made = await openDesk(context).make([row], { by: ownerId });
    const fault = 'eventIds' in made ? null : (made[0]?.refusal ?? null);
    outcome(fault ?? made, json === true, () => ('marketIds' in made ? `${made.marketIds[0]} is open for prices` : ''));
  });
}

function addPrices(desk: Command): void {
  desk
    .command('price')
    .argument('<market>')
    .argument('<prices...>', 'selection=odds, such as yes=1.90')
    .description('the prices of a market from now on')
    .option('--margin <ppm>', "take the odds' own margin out and lay this one on", whole)
    .addOption(new Option('--method <name>', 'how').choices(MARGIN_METHODS).default('multiplicative'))
    .option('--in-play', 'the prices hold after the start')
    .option('--delay <ms>', 'bets wait so long', whole)
    .option('--until <time>', 'the prices end then, UTC', time)
    .option('--json', 'print JSON')
    .action(price);
  desk
    .command('withdraw')
    .argument('<market>')
    .option('--selection <id>', 'this one only')
    .description('take prices away; the market goes back to the supplier, if there is one')
    .option('--json', 'print JSON')
    .action(async (marketId: string, { json, selection }: Json & { selection?: string }) => {
      await withOwner(async (context, { ownerId }) => {
        const offer = await openDesk(context).withdraw(marketId, selection ?? null, ownerId);
        outcome(offer, json === true, () => `withdrawn from ${marketId}`);
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
    oddsMilli: Object.fromEntries(pairs.map(pair)),
    inPlay,
    ...(margin === undefined ? {} : { margin: { method, ppm: margin } }),
    ...(delay === undefined ? {} : { betDelayMs: delay }),
    ...(until === undefined ? {} : { validUntil: until }),
  };
  await withOwner(async (context, { ownerId }) => {
    const offer = await openDesk(context).price(marketId, list, ownerId);
    outcome(offer, json === true, () => {
      if ('code' in offer) return '';
      return `${marketId}: ${offer.prices.map(({ oddsMilli, selectionId }) => `${selectionId} ${(oddsMilli / 1000).toFixed(3)}`).join('  ')}`;
    });
  });
}

function addControls(desk: Command): void {
  for (const [name, type] of [
    ['suspend', 'SuspendMarket'],
    ['reopen', 'ReopenMarket'],
  ] as const) {
    desk
      .command(name)
      .argument('<target>', "a market, fixture, competition (fb:E0), sport (fb), or '*'")
      .description(name === 'suspend' ? 'take no bets, before any that waits' : 'take bets again')
      .option('--reason <word>', 'recorded in the journal', 'operator')
      .option('--ledger <ledger>', 'another than main', MAIN_LEDGER)
      .option('--json', 'print JSON')
      .action(async (target: string, { json, ledger, reason }: Json & { ledger: string; reason: string }) => {
        await send({ type, target, reason }, { ledger, json, text: `${target}: ${name}ed` });
      });
  }
}

type LimitOptions = Json & { ledger: string; clear?: boolean } & Partial<
    Record<'stake' | 'payout' | 'loss' | 'stakes' | 'owner' | 'review', number>
  >;

function addLimits(desk: Command): void {
  desk
    .command('limit')
    .argument('<target>', "a market, fixture, competition, sport, or '*'")
    .description('limits for each market of it, minor units')
    .option('--stake <minor>', 'largest stake of a bet', whole)
    .option('--payout <minor>', 'largest payout of a bet', whole)
    .option('--loss <minor>', 'worst loss of the house', whole)
    .option('--stakes <minor>', 'all open stakes together', whole)
    .option('--owner <minor>', "one person's open stakes", whole)
    .option('--review <minor>', 'larger stakes wait for a person', whole)
    .option('--clear', 'take all limits of the target away')
    .option('--ledger <ledger>', 'another than main', MAIN_LEDGER)
    .option('--json', 'print JSON')
    .action(async (target: string, { clear, json, ledger, loss, owner, payout, review, stake, stakes }: LimitOptions) => {
      const given = {
        lossMaxMinor: loss,
        ownerStakeMaxMinor: owner,
        payoutMaxMinor: payout,
        reviewAboveMinor: review,
        stakeMaxMinor: stake,
        stakesMaxMinor: stakes,
      };
      const limits = clear
        ? Object.fromEntries(MARKET_LIMIT_NAMES.map((name) => [name, null]))
        : Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      await send({ type: 'SetMarketLimits', target, limits }, { ledger, json, text: `limits of ${target} are set` });
    });
  desk
    .command('factor')
    .argument('<owner>', 'usr_ id')
    .argument('<ppm>', "share of a market's largest bet, millionths", whole)
    .description('how much a person may bet')
    .option('--ledger <ledger>', 'another than main', MAIN_LEDGER)
    .option('--json', 'print JSON')
    .action(async (ownerId: string, factorPpm: number, { json, ledger }: Json & { ledger: string }) => {
      await send(
        { type: 'SetBettorFactor', ownerId, factorPpm },
        { ledger, json, text: `${ownerId} bets up to ${factorPpm / 10_000} %` },
      );
    });
}

function addBoard(desk: Command): void {
  desk
    .command('liability')
    .argument('[market]', 'each outcome of this market')
    .description('what the house can lose, the fullest limit first')
    .addOption(new Option('--level <level>', 'a row for each').choices(LIABILITY_LEVELS).default('market'))
    .option('--limit <n>', 'rows', whole, 20)
    .option('--ledger <ledger>', 'another than main', MAIN_LEDGER)
    .option('--json', 'print JSON')
    .action(liability);
}

async function liability(
  market: string | undefined,
  { json, ledger, level, limit }: Json & { ledger: string; level: LiabilityLevel; limit: number },
): Promise<void> {
  await withContext(async (context) => {
    const state = await readLedgerState(context, ledger);
    if (!state) throw new Error(`there is no ledger ${ledger}`);
    if (market !== undefined) {
      const selections = selectionLiability(state, market);
      if (!selections) throw new Error(`${ledger} has no market ${market}`);
      show(selections, json === true, (rows) => console.table(rows));
      return;
    }
    show(liabilityBoard(state, level).slice(0, limit), json === true, (rows) => {
      if (rows.length === 0) console.log('no open bets');
      for (const row of rows)
        console.log(
          `${(row.fullPpm / 10_000).toFixed(1).padStart(6)} %  loss ${row.worstLossMinor} of ${row.limitMinor}  bets ${row.bets}  stakes ${row.stakesMinor}  ${row.target}`,
        );
    });
  });
}

function addReview(desk: Command): void {
  desk
    .command('bets')
    .description('bets that wait for a person, the first to end first')
    .option('--ledger <ledger>', 'another than main', MAIN_LEDGER)
    .option('--json', 'print JSON')
    .action(async ({ json, ledger }: Json & { ledger: string }) => {
      await withContext(async (context) => {
        const state = await readLedgerState(context, ledger);
        if (!state) throw new Error(`there is no ledger ${ledger}`);
        show(betsInReview(state), json === true, (rows) => {
          if (rows.length === 0) console.log('no bet waits');
          for (const { betId, dueAt, marketId, oddsMilli, selectionId, stakeMinor } of rows)
            console.log(
              `${betId}  ${stakeMinor} at ${oddsMilli / 1000}  until ${new Date(dueAt).toISOString()}  ${marketId} ${selectionId}`,
            );
        });
      });
    });
  for (const decision of ['accept', 'reject'] as const) {
    desk
      .command(decision)
      .argument('<bet>', 'bet_ id')
      .description(
        decision === 'accept' ? 'take a bet that waits, if its price is still good enough' : 'give a bet that waits back',
      )
      .option('--reason <word>', 'recorded in the journal', 'operator')
      .option('--ledger <ledger>', 'another than main', MAIN_LEDGER)
      .option('--json', 'print JSON')
      .action(async (betId: string, { json, ledger, reason }: Json & { ledger: string; reason: string }) => {
        await send({ type: 'ReviewBet', betId, decision, reason }, { ledger, json, text: `${betId} is ${decision}ed` });
      });
  }
}

async function send(
  cmd: LedgerCommand,
  { json, ledger, text }: { json: boolean | undefined; ledger: string; text: string },
): Promise<void> {
  await withOwner(async (context, owner) => {
    const answer = await sendCommand(context, { cmd, lane: 'control', ledgerId: ledger, ...owner });
    outcome(answer.result === 'done' ? answer : answer.result, json === true, () => `${text} (seq ${answer.seq})`);
  });
}

async function withOwner(
  use: (context: PlatformContext, owner: { ownerId: string; tenantId: string }) => Promise<void>,
): Promise<void> {
  await withContext(async (context) => {
    const { owner } = await context.keys.createOperator();
    await use(context, { ownerId: owner.ownerId, tenantId: owner.tenantId });
  });
}

function outcome(told: object | Refusal, json: boolean, text: () => string): void {
  const refusal = 'code' in told ? (told as Refusal) : null;
  show(told, json, () => {
    if (refusal) console.error(`refused: ${refusal.code}${refusal.path ? ` at ${refusal.path}` : ''}`);
    else console.log(text());
  });
  if (refusal) process.exitCode = 1;
}

function pair(text: string): [string, number] {
  const [, name, odds] = /^([^=\s]+)=(\d{1,4}(?:\.\d{1,3})?)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError(`${text} is not selection=odds, such as yes=1.90`);
  return [name, Math.round(Number(odds) * 1000)];
}

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('must be a whole number.');
  return Number(text);
}

function probability(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('must lie between 0 and 1.');
  return value;
}

function time(text: string): number {
  const at = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('must be a time in UTC such as 2026-12-31T18:00:00Z.');
  return at;
}
