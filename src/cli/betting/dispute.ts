// palpite dispute: disputes that wait, taking one up, deciding it.
import { type Command, InvalidArgumentError } from 'commander';
import { isOpen } from '#core/disputes/disputes.ts';
import { show } from '../session.ts';
import { act, type InLedger, inLedger, minor, withLedger, withReason } from './operator-call.ts';

const HELP = `
Examples:
  npx palpite dispute list
  npx palpite dispute review dsp_01J...
  npx palpite dispute decide dsp_01J... rejected --reason result_stands
  npx palpite dispute decide dsp_01J... upheld --goodwill 500 --reason late_price

To correct the market of an upheld dispute, use the API, or decide it with goodwill and \`npx palpite settlement correct\`.`;

interface Deciding extends InLedger {
  readonly reason: string;
  readonly goodwill?: number;
}

export function addDispute(program: Command): void {
  const dispute = program.command('dispute').description('disputes of settled bets').addHelpText('after', HELP);
  inLedger(dispute.command('list').description('disputes that wait')).action(list);
  inLedger(dispute.command('review').argument('<dispute>').description('take a dispute up')).action(
    (disputeId: string, options: InLedger) =>
      act(options, { cmd: { type: 'ReviewDispute', disputeId }, lane: 'facts', text: `${disputeId} is under review` }),
  );
  withReason(
    dispute
      .command('decide')
      .argument('<dispute>')
      .argument('<decision>', 'upheld or rejected', decision)
      .description('uphold or reject a dispute')
      .option('--goodwill <amount>', 'what the house pays, minor units', minor),
  ).action((disputeId: string, what: 'upheld' | 'rejected', options: Deciding) => {
    const goodwill = options.goodwill === undefined ? {} : { goodwillMinor: options.goodwill };
    const cmd = { type: 'DecideDispute', disputeId, decision: what, reason: options.reason, ...goodwill } as const;
    return act(options, { cmd, lane: 'facts', text: `${disputeId} is ${what}` });
  });
}

async function list(options: InLedger): Promise<void> {
  await withLedger(options, ({ disputes }) => {
    show((disputes.dump() ?? []).filter(isOpen), options.json === true, (rows) => {
      if (rows.length === 0) console.log('nothing waits');
      for (const d of rows) console.log(`${d.disputeId}  ${d.state}  ${d.betId}  ${d.marketId}  of ${d.holder}`);
    });
  });
}

function decision(text: string): string {
  if (text !== 'upheld' && text !== 'rejected') throw new InvalidArgumentError('must be upheld or rejected.');
  return text;
}
