// Bot evaluations per second over a season: every bot is asked about every executable price, every answer is a bet or a counted reason.
// The rate is the fast evaluator's (bots, memory, settlement of their bets; no ledger); the same population then goes through the real
// engine with gate, ledger and journal, and bets, reasons and balances must match.
import { readFile } from 'node:fs/promises';
import { population } from '#core/bots/random-dna.ts';
import type { Dna } from '#core/bots/dna.ts';
import { FastEvaluator } from '#arena/fast-evaluator.ts';
import { chooseTerms, type ReplayTerms } from '#arena/replay-terms.ts';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { readRecording, type Recording } from '#adapters/feeds/recording-reader.ts';
import { play } from '#roles/replay-run.ts';
import { silentLog } from '#ports/log.ts';
import { median, note } from './bench-database.ts';

const SAMPLE = new URL('../examples/season.csv', import.meta.url);
const BOTS = 1_000;
const COMPARED_BOTS = 50;
const ROUNDS = 7;

/** Options: `--file=<csv>` for another season, `--bots=<n>`. */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const file = valueOf(args, 'file');
  const bots = Number(valueOf(args, 'bots') ?? BOTS);
  const recording = readRecording([{ name: 'season.csv', bytes: await readFile(file ?? SAMPLE) }]);
  const terms = chooseTerms(recording.fixtures);
  const rates: number[] = [];
  let totals = { evaluations: 0, bets: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const fast = new FastEvaluator(population(round + 1, bots), terms);
    const started = performance.now();
    fast.run(recording.fixtures);
    const seconds = (performance.now() - started) / 1000;
    checkTotals(fast);
    totals = { evaluations: fast.runner.evaluations, bets: fast.bets };
    rates.push(totals.evaluations / seconds);
    note(`round ${round + 1}: ${Math.round(totals.evaluations / seconds)} evaluations/s, ${totals.bets} bets`);
  }
  const engine = await compareWithEngine(recording, terms, population(1, COMPARED_BOTS));
  return {
    evaluationsPerSecond: Math.round(median(rates)),
    rounds: rates.map(Math.round),
    bots,
    matches: recording.fixtures.length,
    ...totals,
    equalToEngine: true,
    enginePerSecond: engine,
  };
}

function reasonsOf(fast: FastEvaluator): Record<string, number> {
  const reasons: Record<string, number> = {};
  for (const bot of fast.runner.bots) for (const [code, n] of bot.reasons) reasons[code] = (reasons[code] ?? 0) + n;
  return Object.fromEntries(Object.entries(reasons).sort());
}

function checkTotals(fast: FastEvaluator): void {
  const reasons = reasonsOf(fast);
  const counted = Object.values(reasons).reduce((sum, n) => sum + n, 0);
  if (counted !== fast.runner.evaluations) throw new Error(`${fast.runner.evaluations} evaluations, ${counted} counted outcomes`);
  if ((reasons['bet'] ?? 0) !== fast.bets) throw new Error('bets decided are not bets placed');
  if (fast.settled !== fast.bets) throw new Error(`${fast.bets} bets, ${fast.settled} settled`);
}

/** Rate of the whole engine for the same work, after proving that it tells the same story. */
async function compareWithEngine(
  recording: Recording,
  terms: ReplayTerms,
  dna: readonly Dna[],
): Promise<{ evaluations: number; bets: number }> {
  const fast = new FastEvaluator(dna, terms);
  fast.run(recording.fixtures);
  const started = performance.now();
  const engine = await play({
    recording,
    terms,
    dna,
    shard: 1_000,
    journal: new MemoryJournal(),
    log: null,
    problems: silentLog,
  });
  const seconds = (performance.now() - started) / 1000;
  const same =
    JSON.stringify(reasonsOf(fast)) === JSON.stringify(engine.reasons) &&
    engine.bots.every((row) => fast.balanceMinor(row.botId) === terms.fundsMinor + row.profitMinor);
  if (!same || engine.settled !== engine.bets) throw new Error('the engine tells another story than the fast evaluator');
  return { evaluations: Math.round(engine.evaluations / seconds), bets: Math.round(engine.bets / seconds) };
}

function valueOf(args: readonly string[], name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}
