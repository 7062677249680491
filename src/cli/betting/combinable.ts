// palpite combinable: which markets may not be legs of a bet of several.
import type { Command } from 'commander';
import { marketAt } from '#core/kernel/state.ts';
import { show } from '../session.ts';
import { act, type InLedger, inLedger, withLedger } from './operator-call.ts';

const HELP = `
Every market may be a leg of a bet of several until it is forbidden; two of one fixture never are. What was placed stands.

Examples:
  npx palpite combinable forbid fb:E0:20240817:a:b/1x2
  npx palpite combinable list                          markets that may not be combined
  npx palpite combinable allow fb:E0:20240817:a:b/1x2`;

export function addCombinable(program: Command): void {
  const combinable = program.command('combinable').description('legs that may be combined').addHelpText('after', HELP);
  inLedger(combinable.command('list').description('markets that may not be combined')).action(list);
  for (const [name, allowed] of [
    ['forbid', false],
    ['allow', true],
  ] as const) {
    inLedger(
      combinable
        .command(name)
        .argument('<market>')
        .description(allowed ? 'take it again as a leg of a bet of several' : 'take it no longer as a leg of a bet of several'),
    ).action((marketId: string, options: InLedger) =>
      act(options, {
        cmd: { type: 'SetCombinable', marketId, combinable: allowed },
        lane: 'control',
        text: `${marketId} may ${allowed ? '' : 'not '}be combined`,
      }),
    );
  }
}

async function list(options: InLedger): Promise<void> {
  await withLedger(options, (ledger) => {
    const markets = [...ledger.multiples.notCombinable].map((row) => marketAt(ledger, row).marketId).sort();
    show(markets, options.json === true, (rows) =>
      console.log(rows.length === 0 ? 'every market may be combined' : rows.join('\n')),
    );
  });
}
