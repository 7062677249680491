// The commands of `npx palpite`: thin. Exit codes: 0 done, 1 it failed or found a fault, 2 the call was wrong.
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { explain } from '#roles/explain.ts';
import { addBackup } from './backup.ts';
import { addDeadLetters } from './dead-letters.ts';
import { addCombinable } from './betting/combinable.ts';
import { addConfirmation } from './betting/confirmation.ts';
import { addDispute } from './betting/dispute.ts';
import { addDesk } from './betting/desk.ts';
import { addJournal } from './journal.ts';
import { addLedger } from './ledger.ts';
import { addMaintain } from './maintain.ts';
import { addOperate } from './operate.ts';
import { addPlay } from './betting/play.ts';
import { addPoolCommands } from './betting/pools.ts';
import { addPricing } from './betting/pricing.ts';
import { addReplay } from './replay.ts';
import { addSettlement } from './betting/settlement.ts';

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
  addConfirmation(program);
  addPricing(program);
  addCombinable(program);
  addPlay(program);
  return program;
}

/** Runs one call and leaves its exit code in process.exitCode. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync(argv);
  } catch (error) {
    // Commander tells its own; one thrown by an action nobody has told.
    if (error instanceof InvalidArgumentError) console.error(`error: ${error.message} (run with --help for examples)`);
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      console.error(explain(error));
      process.exitCode = 1;
    }
  }
}
