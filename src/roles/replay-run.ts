// One replay from files to report: reads the recording, runs it on a journal of its own, then proves what it reports.
import { basename, dirname, join } from 'node:path';
import { population } from '#core/bots/random-dna.ts';
import type { Dna } from '#core/bots/dna.ts';
import { initialShard } from '#core/kernel/state.ts';
import { evolve } from '#core/evolve.ts';
import { CHAIN_START, eventsOf, readChain } from '#engine/journal/chain-reader.ts';
import { ContentDigest } from '#engine/journal/digest.ts';
import { stateHash } from '#engine/state/snapshot.ts';
import { Writer } from '#engine/writer.ts';
import { DecisionWriter } from '#arena/decision-writer.ts';
import { Replay, RUN_LEDGER, RUN_TENANT } from '#arena/replay.ts';
import { chooseTerms, type ReplayTerms, type TermsWanted } from '#arena/replay-terms.ts';
import type { ScoreRow } from '#arena/score.ts';
import { VirtualClock } from '#adapters/memory/virtual-clock.ts';
import { bytesIfThere, bytesOfFile } from '#adapters/feeds/recorded/recording-file.ts';
import { readRecording, type Recording, type RecordingFile } from '#adapters/feeds/recording-reader.ts';
import type { DecisionLog } from '#ports/decision-log.ts';
import type { Journal } from '#ports/journal.ts';
import { type Log, silentLog } from '#ports/log.ts';
import { type LineProblem, RecordingError, refusalOf } from '#ports/recording.ts';
import type { PlatformContext } from './context.ts';

export interface ReplayRequest extends TermsWanted {
  readonly files: readonly string[];
  readonly bots: number;
  readonly seed: number;
  /** Instead of a seeded population. */
  readonly dna?: readonly Dna[];
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ReplayReport {
  readonly runId: string;
  readonly files: readonly { name: string; layout: string; rows: number }[];
  readonly terms: ReplayTerms;
  readonly seed: number;
  readonly matches: number;
  readonly bets: number;
  readonly refusals: Record<string, number>;
  readonly settled: number;
  readonly evaluations: number;
  readonly reasons: Record<string, number>;
  readonly events: number;
  readonly ledgerSum: Record<string, number>;
  readonly journalVerified: boolean;
  readonly rebuiltEqual: boolean;
  readonly contentDigest: string;
  readonly stateHash: string;
  readonly seconds: number;
  readonly problems: readonly LineProblem[];
  readonly bots: readonly ScoreRow[];
}

/** Histories that know no scores: their results are in a file beside them, which is taken along when it was not named. */
const SCORELESS = /wc2026_(?:odds_snapshots|bestprice_history)\.csv$/;
const RESULTS = 'wc2026_results.csv';

export async function readFiles(paths: readonly string[]): Promise<Recording> {
  const files: RecordingFile[] = await Promise.all(
    paths.map(async (path) => ({ name: basename(path), bytes: await bytesOfFile(path) })),
  );
  let missing = '';
  for (const path of paths) {
    if (!SCORELESS.test(path) || files.some(({ name }) => name === RESULTS)) continue;
    const bytes = await bytesIfThere(join(dirname(path), RESULTS));
    if (bytes) files.push({ name: RESULTS, bytes });
    else missing = path;
  }
  const recording = readRecording(files);
  if (missing !== '' && !recording.files.some(({ layout }) => layout === 'results'))
    throw new RecordingError(
      `${missing} has prices and no scores: put its results beside it as ${join(dirname(missing), RESULTS)}, or name a results file too`,
    );
  return recording;
}

/** Throws a RecordingError with what was found amiss when no bet is possible on any match. */
export function requirePrices({ files, fixtures, problems }: Recording): void {
  if (fixtures.some(({ captures }) => captures.some(({ inPlay, quotes }) => !inPlay && quotes.length > 0))) return;
  const read = files.map(({ layout, name }) => `${name} (${layout})`).join(', ');
  const why = fixtures.length === 0 ? 'there is no match' : 'no match has a price before kick-off';
  throw refusalOf(`nothing to replay: ${why} in ${read}`, problems);
}

export async function runReplay(context: PlatformContext, request: ReplayRequest): Promise<ReplayReport> {
  const started = performance.now();
  const recording = await readFiles(request.files);
  requirePrices(recording);
  const terms = chooseTerms(recording.fixtures, request);
  const dna = request.dna ?? population(request.seed, request.bots);
  const run = await context.runs.create('replay', { files: recording.files, terms, seed: request.seed, bots: dna.length });
  const journal = await context.journal();
  const log = context.decisionLog(RUN_TENANT);
  const played = await play({
    recording,
    terms,
    dna,
    shard: run.shard,
    journal,
    log,
    problems: context.log,
    onProgress: request.onProgress,
  });
  const proof = await prove(journal, run.shard, played.stateHash);
  const report: ReplayReport = {
    runId: run.runId,
    files: recording.files,
    terms,
    seed: request.seed,
    matches: recording.fixtures.length,
    ...played,
    ...proof,
    seconds: Math.round(performance.now() - started) / 1000,
    problems: recording.problems,
  };
  await context.runs.finish(run.runId, { ...report, problems: recording.problems.length });
  return report;
}

interface Play {
  readonly recording: Recording;
  readonly terms: ReplayTerms;
  readonly dna: readonly Dna[];
  readonly shard: number;
  readonly journal: Journal;
  readonly log: DecisionLog | null;
  readonly problems: Log;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export async function play(of: Play): Promise<Played> {
  const clock = new VirtualClock(0);
  const sheets = of.log ? new DecisionWriter(of.log, of.shard) : null;
  let replay: Replay | null = null;
  const writer = new Writer(
    {
      shard: of.shard,
      lease: { holder: `replay ${of.shard}`, address: '', ttlMs: 3_600_000 },
      keysMax: 200_000,
      onCommit: (block) => replay?.scores.committed(block, () => (replay as Replay).ledger),
    },
    { journal: of.journal, snapshots: null, clock, log: of.problems ?? silentLog },
  );
  await writer.start();
  const { dna: population, onProgress, recording, terms } = of;
  replay = new Replay({
    fixtures: recording.fixtures,
    population,
    terms,
    writer,
    clock,
    ...(sheets ? { onSheet: (sheet) => sheets.add(sheet) } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  await replay.run();
  await sheets?.flush();
  const hash = stateHash(writer.state as Parameters<typeof stateHash>[0]);
  const ledgerSum: Record<string, number> = {};
  for (const [currency, sum] of replay.ledger.accounts.sums()) ledgerSum[currency] = Number(sum);
  await writer.stop();
  return { ...countsOf(replay), ledgerSum, stateHash: hash };
}

type Played = Pick<
  ReplayReport,
  'bets' | 'refusals' | 'settled' | 'evaluations' | 'reasons' | 'ledgerSum' | 'stateHash' | 'bots'
>;

function countsOf(replay: Replay): Omit<Played, 'ledgerSum' | 'stateHash'> {
  const reasons: Record<string, number> = {};
  for (const bot of replay.runner.bots) for (const [code, n] of bot.reasons) reasons[code] = (reasons[code] ?? 0) + n;
  const { scores, runner } = replay;
  return {
    bets: scores.accepted,
    refusals: Object.fromEntries([...scores.refusals].sort()),
    settled: scores.settled,
    evaluations: runner.evaluations,
    reasons: Object.fromEntries(Object.entries(reasons).sort()),
    bots: scores.rows(),
  };
}

type Proof = Pick<ReplayReport, 'journalVerified' | 'rebuiltEqual' | 'contentDigest' | 'events'>;

/** Reads the stored journal back: every link checked, the state folded again from nothing, the content digested. */
async function prove(journal: Journal, shard: number, expected: string): Promise<Proof> {
  const state = initialShard();
  const digest = new ContentDigest(RUN_LEDGER);
  const blocks = readChain(journal, shard, CHAIN_START);
  let events = 0;
  for (;;) {
    const step = await blocks.next();
    if (step.done) {
      const head = await journal.head(shard);
      const journalVerified = head?.hash === step.value.hash && head.blockNo === step.value.blockNo;
      return { journalVerified, rebuiltEqual: stateHash(state) === expected, contentDigest: digest.digest(), events };
    }
    digest.addBlock(step.value);
    for (const event of eventsOf(step.value)) {
      evolve(state, event);
      events++;
    }
  }
}
