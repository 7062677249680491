// palpite journal verify|show|commands|rebuild: looks at the chain, proves it, and rebuilds what is folded from it.
import { type Command, InvalidArgumentError } from 'commander';
import { CHAIN_START, ChainBrokenError, eventsOf, readChain } from '#engine/journal/chain-reader.ts';
import { recordedBatch } from '#engine/journal/command-log.ts';
import { rebuildProjections, verifyJournal, type VerifyReport } from '#roles/journal-tools.ts';
import { MAIN_SHARD } from '#roles/ledgers.ts';
import { show, withContext } from './session.ts';

const HELP = `
Examples:
  npx palpite journal verify                  every link, hash and sum of every chain; --shard 7: of one
  npx palpite journal verify --decide         and every decision of this engine's version decided again from its stored context
  npx palpite journal verify --run run_01...  the chain of one replay
  npx palpite journal show --from 1200 --limit 20
  npx palpite journal rebuild                 folds the read models again from the first block

verify exits with 1 and names shard, block and seq of the first place that does not hold.`;

interface Where {
  readonly run?: string;
  readonly shard?: number;
  readonly json?: boolean;
}

export function addJournal(program: Command): void {
  const journal = program.command('journal').description('verify, show or rebuild from the journal').addHelpText('after', HELP);
  const common = (command: Command): Command =>
    command
      .option('--run <id>', 'the chain of a run')
      .option('--shard <n>', 'the chain of a shard', whole)
      .option('--json', 'print JSON');
  common(journal.command('verify').description('check every link, hash, sum and exported head'))
    .option(
      '--decide',
      'decide every command again from its stored context, where this version of the engine decided it; others count as skipped',
    )
    .action(verify);
  common(journal.command('show').description('print events'))
    .option('--from <seq>', 'first seq', whole, 1)
    .option('--limit <n>', 'how many', whole, 50)
    .action(showEvents);
  common(
    journal.command('commands').description('print the commands, batch by batch: a log that the replayer role plays'),
  ).action(showCommands);
  common(journal.command('rebuild').description('fold state and read models again from the first block')).action(rebuild);
}

async function verify(options: Where & { decide?: boolean }): Promise<void> {
  await withContext(async (context) => {
    const one = options.run !== undefined || options.shard !== undefined;
    const inUse = (await context.shards.view()).shards.map(({ shard }) => shard);
    const chains = one || inUse.length === 0 ? [await shardOf(context, options)] : inUse;
    const reports: ({ shard: number } & VerifyReport)[] = [];
    for (const shard of chains) {
      const report = { shard, ...(await verifyJournal(context, shard, { decideAgain: options.decide === true })) };
      if (options.shard !== undefined && report.blocks === 0)
        throw new Error(`nothing is written on shard ${shard}; in use: ${inUse.join(', ') || 'none'}`);
      reports.push(report);
      if (options.json !== true) tell(report);
    }
    const ok = reports.every((report) => report.ok);
    if (options.json === true) show(reports.length === 1 ? reports[0] : { ok, chains: reports }, true, () => undefined);
    if (!ok) process.exitCode = 1;
  });
}

function tell(r: { shard: number } & VerifyReport): void {
  if (r.ok)
    console.log(`shard ${r.shard}: ${r.blocks} blocks, ${r.events} events, ${r.heads} exported heads: all hold. Head ${r.head}.`);
  else console.error(`shard ${r.fault?.shard}, block ${r.fault?.blockNo}, seq ${r.fault?.seq}: ${r.fault?.what}`);
}

async function showEvents(options: Where & { from: number; limit: number }): Promise<void> {
  await withContext(async (context) => {
    const shard = await shardOf(context, options);
    const journal = await context.journal();
    let left = options.limit;
    for (let blockNo = await context.blockOfSeq(shard, options.from); left > 0;) {
      const blocks = await journal.read(shard, blockNo, 16);
      if (blocks.length === 0) return;
      for (const block of blocks) {
        eventsOf(block).forEach((event, i) => {
          const seq = block.firstSeq + i;
          if (seq >= options.from && left-- > 0) console.log(JSON.stringify({ seq, block: block.blockNo, ...event }));
        });
        blockNo = block.blockNo + 1;
      }
    }
  });
}

async function showCommands(options: Where): Promise<void> {
  await withContext(async (context) => {
    const journal = await context.journal();
    const shard = await shardOf(context, options);
    for await (const block of readChain(journal, shard, CHAIN_START)) console.log(JSON.stringify(recordedBatch(block)));
  });
}

async function rebuild(options: Where): Promise<void> {
  await withContext(async (context) => {
    const shard = await shardOf(context, options);
    try {
      const report = await rebuildProjections(context, shard);
      show(report, options.json === true, (r) =>
        console.log(
          `shard ${shard}: ${r.events} events folded in ${r.seconds} s (${r.eventsPerSecond}/s), read models at seq ${r.seq}, state ${r.stateHash}`,
        ),
      );
    } catch (error) {
      if (!(error instanceof ChainBrokenError)) throw error;
      console.error(error.message);
      process.exitCode = 1;
    }
  });
}

async function shardOf(context: Parameters<Parameters<typeof withContext>[0]>[0], where: Where): Promise<number> {
  if (where.run === undefined) return where.shard ?? MAIN_SHARD;
  const run = await context.runs.find(where.run);
  if (!run) throw new Error(`there is no run ${where.run}; \`npx palpite runs list\` shows those that are kept`);
  return run.shard;
}

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('must be a whole number.');
  return Number(text);
}
