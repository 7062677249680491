// palpite replay: a recorded season through the real engine.
import { type Command, InvalidArgumentError } from 'commander';
import { SingleBar } from 'cli-progress';
import { formatMinor } from '#core/base/money.ts';
import { DEVIG_METHODS, type DevigMethod } from '#core/signals/devig.ts';
import { type ReplayReport, runReplay } from '#roles/replay-run.ts';
import { show, withContext } from './session.ts';

interface Options {
  readonly bots: number;
  readonly seed: number;
  readonly book?: string;
  readonly devig?: DevigMethod;
  readonly latency?: number;
  readonly json?: boolean;
}

const HELP = `
Examples:
  npx palpite replay examples/season.csv
  npx palpite replay E0_2324.csv E0_2425.csv --bots 200 --seed 7
  npx palpite replay odds_snapshots.csv results.csv --json > report.json

A small made-up season comes with the project: examples/season.csv. Real ones come from
football-data.co.uk (main leagues and "extra" leagues); price histories in the columns
ts_utc, match, kickoff_utc, bookmaker, market, outcome, point, price are read as well,
together with a results file.

Prices can be bet at only within their stated window, results come after the match, and no bot
ever sees a later fact. CLV is the odds taken against another book's fair closing price, less what
betting everything blindly in the same odds band gets.`;

export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('replay recorded seasons: bots bet with play money at the prices of their time')
    .argument('<file...>', 'recordings (CSV)')
    .option('--bots <n>', 'size of the population', whole(1, 10_000), 50)
    .option('--seed <n>', 'seed of the population', whole(0, 2 ** 32 - 1), 1)
    .option('--book <name>', 'book to bet at (default: the best-covered one, B365 first)')
    .option('--devig <method>', `margin removal for the close: ${DEVIG_METHODS.join(', ')}`, devigMethod)
    .option('--latency <ms>', 'time between a decision and its bet', whole(0, 60_000))
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(async (files: string[], options: Options) => {
      await withContext(async (context) => {
        const bar = progressBar(options.json !== true);
        const { book, bots, devig, latency: latencyMs, seed } = options;
        const report = await runReplay(context, { files, bots, seed, book, devig, latencyMs, onProgress: bar.update }).finally(
          bar.stop,
        );
        show(report, options.json === true, print);
        if (!report.journalVerified || !report.rebuiltEqual || report.settled !== report.bets) process.exitCode = 1;
      });
    });
}

function print(report: ReplayReport): void {
  const { terms } = report;
  for (const problem of report.problems.slice(0, 10)) console.error(`${problem.file}:${problem.line}: ${problem.message}`);
  if (report.problems.length > 10) console.error(`... and ${report.problems.length - 10} more faults in the files`);
  console.log(
    `${report.matches} matches, ${report.bots.length} bots, ${report.evaluations} decisions, ${report.bets} bets, ${report.seconds} s`,
  );
  const header = ['#', 'bot', 'strategy', 'bets', 'profit', 'yield', 'CLV', 'CLV 95 %', 'drawdown'];
  const rows = report.bots.map((b, i) => [
    String(i + 1),
    b.botId.slice(-8),
    b.strategy,
    String(b.bets),
    formatMinor(b.profitMinor, 'PLAY'),
    percent(b.yieldPpm),
    b.clvPpm === null ? '-' : percent(b.clvPpm),
    b.clvCi95 ? `${percent(b.clvCi95[0])}..${percent(b.clvCi95[1])}` : '-',
    percent(b.maxDrawdownPpm),
  ]);
  console.log(table([header, ...rows]));
  console.log(
    `Terms: bets at ${terms.execBook}, ${terms.windowMs / 1000} s window, ${terms.latencyMs} ms latency, ${terms.liquidity} liquidity; ` +
      `CLV against ${terms.closeBooks.join(' then ')} closing, ${terms.devig} de-vig, over blind bets of the same book and odds band.`,
  );
  const refused = Object.entries(report.refusals).map(([code, n]) => `${code} ${n}`);
  console.log(
    `Refused: ${refused.join(', ') || 'none'}. Settled ${report.settled} of ${report.bets}. Ledger sums: ${JSON.stringify(report.ledgerSum)}.`,
  );
  console.log(
    `Journal ${report.journalVerified ? 'verified' : 'BROKEN'}, ${report.events} events; rebuilt state ${report.rebuiltEqual ? 'equal' : 'DIFFERENT'}. Run ${report.runId}, digest ${report.contentDigest}.`,
  );
}

function percent(ppm: number): string {
  return `${(ppm / 10_000).toFixed(2)} %`;
}

function table(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) => row.map((cell, i) => (i === 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '))
    .join('\n');
}

function progressBar(wanted: boolean): { update: (done: number, total: number) => void; stop: () => void } {
  if (!wanted || !process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: 'replaying {bar} {percentage}% | {value}/{total} moments | {eta_formatted} left',
    clearOnComplete: true,
  });
  let started = false;
  return {
    update(done, total) {
      if (!started) bar.start(total, done);
      started = true;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

/** Reads a whole number within bounds. */
function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}.`);
    return value;
  };
}

function devigMethod(text: string): DevigMethod {
  const method = DEVIG_METHODS.find((name) => name === text);
  if (!method) throw new InvalidArgumentError(`must be one of ${DEVIG_METHODS.join(', ')}.`);
  return method;
}
