// One recorded command log, and what its events must digest to.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RUN_LEDGER } from '#arena/replay.ts';
import { CHAIN_START, readChain } from '#engine/journal/chain-reader.ts';
import { recordedBatch } from '#engine/journal/command-log.ts';
import { ContentDigest } from '#engine/journal/digest.ts';
import type { PlatformContext } from '#roles/context.ts';
import { MAIN_SHARD } from '#roles/ledgers.ts';
import { runReplay } from '#roles/replay-run.ts';

const SEASON = join(import.meta.dirname, '..', '..', 'examples', 'season.csv');
const PLAY_MS_MAX = 60_000;

export interface Recorded {
  readonly file: string;
  readonly contentDigest: string;
  readonly events: number;
  readonly batches: number;
}

/** Replays the sample season and writes down what its writer was asked. */
export async function recordSeason(context: PlatformContext, file: string): Promise<Recorded> {
  const report = await runReplay(context, { files: [SEASON], bots: 20, seed: 11 });
  const run = await context.runs.find(report.runId);
  if (!run) throw new Error('the replay kept no run');
  const lines: string[] = [];
  const journal = await context.journal();
  for await (const block of readChain(journal, run.shard, CHAIN_START)) lines.push(JSON.stringify(recordedBatch(block)));
  await writeFile(file, lines.join('\n'));
  return { file, contentDigest: report.contentDigest, events: report.events, batches: lines.length };
}

/** Waits until the main chain has as many events of the run's ledger as were recorded; gives their digest. */
export async function playedDigest(context: PlatformContext, events: number): Promise<string> {
  const journal = await context.journal();
  for (const end = Date.now() + PLAY_MS_MAX; ; await sleep(200)) {
    const head = await journal.head(MAIN_SHARD);
    if ((head?.seq ?? 0) >= events) break;
    if (Date.now() > end) throw new Error(`${head?.seq ?? 0} of ${events} events after ${PLAY_MS_MAX} ms`);
  }
  await sleep(500); // what should not come would come now
  const digest = new ContentDigest(RUN_LEDGER);
  for await (const block of readChain(journal, MAIN_SHARD, CHAIN_START)) digest.addBlock(block);
  return digest.digest();
}
