// A bet carries the 26 characters of the command that places it. Keys of commands are taken once for all time, so no bet ever has the name of
// another: not of one that ended long ago, nor of one in another ledger of the shard. The writer asks for it at its door, not decide(): journals
// from before this rule must be decided again to the same bytes.
import type { Command } from '../kernel/command.ts';

const BODY_AT = 'cmd_'.length;

/** Name of the bet that a command places. */
export function betIdOf(commandId: string): string {
  return `bet_${commandId.slice(BODY_AT)}`;
}

/** The command that may place a bet of this name. */
export function commandIdOf(betId: string): string {
  return `cmd_${betId.slice(BODY_AT)}`;
}

/** False for a bet of another name than its command's, of one leg or several. Anything else than a bet has none to be wrong. */
export function isNamedAfter(commandId: string, cmd: Command): boolean {
  return (cmd.type !== 'PlaceBet' && cmd.type !== 'PlaceMultiple') || cmd.betId === betIdOf(commandId);
}
