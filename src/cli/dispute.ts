// palpite dispute: disputes that wait, taking one up, deciding it.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isAmount } from '#core/base/money.ts';
import { isOpen } from '#core/disputes/disputes.ts';
import { isLedgerId, MAIN_LEDGER } from '#core/ledger/shard.ts';
import { readLedger } from '#roles/shards/ledger-state.ts';
import { type OperatorCommand, sendCommand } from '#roles/operator-commands.ts';
import { show, withContext } from './session.ts';

const HELP = `
Examples:
  npx palpite dispute list
  npx palpite dispute review dsp_01J...
  npx palpite dispute decide dsp_01J... rejected --reason result_stands
  npx palpite dispute decide dsp_01J... upheld --goodwill 500 --reason late_price

To correct the market of an upheld dispute, use the API, or decide it with goodwill and \`npx palpite settlement correct\`.`;

interface Options {
  readonly ledger: string;
  readonly json?: boolean;
  readonly reason: string;
  readonly goodwill?: number;
}

export function addDispute(program: Command): void {
  const dispute = program.command('dispute').description('disputes of settled bets').addHelpText('after', HELP);
  const common = (command: Command): Command =>
    command
      .addOption(new Option('--ledger <ledger>', 'another ledger than main').argParser(ledgerId).default(MAIN_LEDGER))
      .option('--json', 'print JSON');
  common(dispute.command('list').description('disputes that wait')).action(list);
  common(dispute.command('review').argument('<dispute>').description('take a dispute up')).action(
    (disputeId: string, options: Options) => act(options, { type: 'ReviewDispute', disputeId }, `${disputeId} is under review`),
  );
  common(dispute.command('decide').argument('<dispute>').argument('<decision>', 'upheld or rejected', decision))
    .description('uphold or reject a dispute')
    .option('--goodwill <amount>', 'what the house pays, minor units', minor)
    .option('--reason <word>', 'recorded in the journal', 'operator')
    .action((disputeId: string, what: 'upheld' | 'rejected', options: Options) => {
      const goodwill = options.goodwill === undefined ? {} : { goodwillMinor: options.goodwill };
      return act(
        options,
        { type: 'DecideDispute', disputeId, decision: what, reason: options.reason, ...goodwill },
        `${disputeId} is ${what}`,
      );
    });
}

async function list({ json, ledger }: Options): Promise<void> {
  await withContext(async (context) => {
    const all = (await readLedger(context, ledger)).disputes.dump() ?? [];
    show(all.filter(isOpen), json === true, (rows) => {
      if (rows.length === 0) console.log('nothing waits');
      for (const d of rows) console.log(`${d.disputeId}  ${d.state}  ${d.betId}  ${d.marketId}  of ${d.holder}`);
    });
  });
}

async function act(options: Options, cmd: OperatorCommand['cmd'], text: string): Promise<void> {
  await withContext(async (context) => {
    const { owner } = await context.keys.createOperator();
    const { ownerId, tenantId } = owner;
    const answer = await sendCommand(context, { cmd, lane: 'facts', ledgerId: options.ledger, ownerId, tenantId });
    show(answer, options.json === true, ({ result, seq }) => {
      if (result === 'done') console.log(`${text} (seq ${seq})`);
      else console.error(`refused: ${result.code}${result.path ? ` at ${result.path}` : ''}`);
    });
    if (answer.result !== 'done') process.exitCode = 1;
  });
}

function decision(text: string): string {
  if (text !== 'upheld' && text !== 'rejected') throw new InvalidArgumentError('must be upheld or rejected.');
  return text;
}

function ledgerId(text: string): string {
  if (!isLedgerId(text)) throw new InvalidArgumentError('must begin with a-z and have a-z, 0-9, _ and - only.');
  return text;
}

function minor(text: string): number {
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || !isAmount(value))
    throw new InvalidArgumentError('must be a positive whole number of minor units.');
  return value;
}
