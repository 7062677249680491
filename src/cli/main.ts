// `npx palpite <command>`: thin. Exit codes: 0 done, 1 it failed or found a fault, 2 the call was wrong.
import { Command, CommanderError } from 'commander';
import { addBackup } from './backup.ts';
import { addDeadLetters } from './dead-letters.ts';
import { addDispute } from './dispute.ts';
import { addDesk } from './desk.ts';
import { addJournal } from './journal.ts';
import { addLedger } from './ledger.ts';
import { addMaintain } from './maintain.ts';
import { addOperate } from './operate.ts';
import { addPoolCommands } from './pools.ts';
import { addReplay } from './replay.ts';
import { addSettlement } from './settlement.ts';
import { explain } from '#roles/explain.ts';

export function buildProgram(): Command {
  const program = new Command('palpite');
  program
    .description('A self-hosted market arena: bots, bets, one exact ledger.')
    .version('0.1.0')
    .exitOverride()
    .showHelpAfterError('(run with --help for examples)');
  addReplay(program);
  addJournal(program);
  addOperate(program);
  addLedger(program);
  addDesk(program);
  addPoolCommands(program);
  addMaintain(program);
  addBackup(program);
  addDeadLetters(program);
  addSettlement(program);
  addDispute(program);
  return program;
}

try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(explain(error));
    process.exitCode = 1;
  }
}
