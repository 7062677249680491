// palpite desk: fixtures, races, questions and prices by hand, suspensions, limits, and the liability board.
import { type Command, Option } from 'commander';
import { type ReferredBet, referredBets } from '#core/confirmation/referred-bets.ts';
import { MARKET_LIMIT_NAMES } from '#core/desk/desk-commands.ts';
import { LIABILITY_LEVELS, type LiabilityLevel, liabilityBoard, selectionLiability } from '#core/desk/liability.ts';
import { show } from '../session.ts';
import { addOffers } from './desk-offers.ts';
import { addPrices } from './desk-prices.ts';
import { act, type InLedger, inLedger, leadText, whole, withLedger, withReason } from './operator-call.ts';

const HELP = `
Examples:
  npx palpite desk import season.csv --dry-run        what it would make; faults with line and column
  npx palpite desk question lula-2026 --competition politics --closes 2026-10-04T20:00:00Z \\
      --title "Will Lula be elected?" --probability 0.55 --margin 50000
  npx palpite desk race 1500 asti=2.5 bay=3 colt=6.5 --competition ascot --starts 2026-08-17T14:00:00Z --each-way "1/4 3"
  npx palpite desk race 1500 asti=1.4 bay=1.6 colt=2.5 --competition ascot --starts 2026-08-17T14:00:00Z --market place --places 2
  npx palpite desk non-runner hr:ascot:20260817:1500:-/win bay --price 3.0
  npx palpite desk close hr:ascot:20260817:1500:- asti colt          asti won before colt; bay,colt for a dead heat
  npx palpite desk price q:politics:20261004:lula-2026:-/yesno yes=1.75 no=2.05
  npx palpite desk withdraw q:politics:20261004:lula-2026:-/yesno --selection yes
  npx palpite desk suspend fb:E0                      a market, fixture, competition, sport, or '*' for everything
  npx palpite desk limit fb --stake 50000 --loss 2000000
  npx palpite desk factor usr_01J... 100000           a tenth of what others may bet; 0: nothing
  npx palpite desk liability --level fixture
  npx palpite desk bets                               bets that wait for a person; accept or reject them by id

A file for import is CSV with the columns sport, competition, home, away, startAt, title, market, odds (yes=1.90 no=1.95),
probabilities (yes=0.6 no=0.4), marginPpm, method, validUntil, and of a race selections (asti bay colt), places and eachWay (1/4 3),
or a JSON array of the items of POST /v1/desk/fixtures. All of it is taken, or nothing.
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

type WithReason = InLedger & { readonly reason: string };

function addControls(desk: Command): void {
  for (const [name, type, past] of [
    ['suspend', 'SuspendMarket', 'suspended'],
    ['reopen', 'ReopenMarket', 'reopened'],
  ] as const) {
    withReason(
      desk
        .command(name)
        .argument('<target>', "a market, fixture, competition (fb:E0), sport (fb), or '*'")
        .description(name === 'suspend' ? 'take no bets, before any that waits' : 'take bets again'),
    ).action((target: string, options: WithReason) =>
      act(options, { cmd: { type, target, reason: options.reason }, lane: 'control', text: `${target}: ${past}` }),
    );
  }
}

type LimitOptions = InLedger & { clear?: boolean } & Partial<
    Record<'stake' | 'payout' | 'loss' | 'stakes' | 'owner' | 'review', number>
  >;

function addLimits(desk: Command): void {
  inLedger(
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
      .option('--clear', 'take all limits of the target away'),
  ).action((target: string, options: LimitOptions) => {
    const { clear, loss, owner, payout, review, stake, stakes } = options;
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
    return act(options, {
      cmd: { type: 'SetMarketLimits', target, limits },
      lane: 'control',
      text: `limits of ${target} are set`,
    });
  });
  inLedger(
    desk
      .command('factor')
      .argument('<owner>', 'usr_ id')
      .argument('<ppm>', "share of a market's largest bet, millionths", whole)
      .description('how much a person may bet'),
  ).action((ownerId: string, factorPpm: number, options: InLedger) =>
    act(options, {
      cmd: { type: 'SetBettorFactor', ownerId, factorPpm },
      lane: 'control',
      text: `${ownerId} bets up to ${factorPpm / 10_000} %`,
    }),
  );
}

function addBoard(desk: Command): void {
  inLedger(
    desk
      .command('liability')
      .argument('[market]', 'each outcome of this market')
      .description('what the house can lose, the fullest limit first')
      .addOption(new Option('--level <level>', 'a row for each').choices(LIABILITY_LEVELS).default('market'))
      .option('--limit <n>', 'rows', whole, 20),
  ).action(liability);
}

async function liability(
  market: string | undefined,
  options: InLedger & { level: LiabilityLevel; limit: number },
): Promise<void> {
  const { json, ledger, level, limit } = options;
  await withLedger(options, (state) => {
    if (market !== undefined) {
      const selections = selectionLiability(state, market);
      if (!selections) throw new Error(`${ledger} has no market ${market}; \`npx palpite desk liability\` shows those with bets`);
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

/** A bet of several legs has a line for each. */
function textOf({ betId, dueAt, eachWay, legs, stakeMinor, system }: ReferredBet): string {
  const kind = system ?? (eachWay ? 'each way' : 'single');
  const lines = legs.map((leg) => `  ${leg.marketId} ${leg.selectionId} at ${leg.oddsMilli / 1000}${leadText(leg)}`);
  return [`${betId}  ${stakeMinor} ${kind}  until ${new Date(dueAt).toISOString()}`, ...lines].join('\n');
}

function addReview(desk: Command): void {
  inLedger(desk.command('bets').description('bets that wait for a person, the first to end first')).action((options: InLedger) =>
    withLedger(options, (state) => {
      show(referredBets(state, 'desk'), options.json === true, (rows) => {
        if (rows.length === 0) console.log('no bet waits');
        for (const row of rows) console.log(textOf(row));
      });
    }),
  );
  for (const decision of ['accept', 'reject'] as const) {
    withReason(
      desk
        .command(decision)
        .argument('<bet>', 'bet_ id')
        .description(
          decision === 'accept' ? 'take a bet that waits, if its price is still good enough' : 'give a bet that waits back',
        ),
    ).action((betId: string, options: WithReason) =>
      act(options, {
        cmd: { type: 'ReviewBet', betId, decision, reason: options.reason },
        lane: 'control',
        text: `${betId} is ${decision}ed`,
      }),
    );
  }
}
