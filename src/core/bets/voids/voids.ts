// The doors of what gives stakes back and of markets with runners: one into decide(), one into evolve().
import { unreachable } from '../../base/assert.ts';
import type { Command, Context, Envelope } from '../../kernel/command.ts';
import type { Decision, NewEvent } from '../../kernel/event.ts';
import type { LedgerState } from '../../kernel/state.ts';
import type { EachWayEvents } from '../each-way/each-way-events.ts';
import { onEachWayPlaced } from '../each-way/place-each-way.ts';
import { onRunnerWithdrawn, withdrawRunner } from '../runners/withdraw-runner.ts';
import { onVoidingStarted, voidBets, voidMarket } from './void-bets.ts';
import { onBetsVoided } from './void-chunk.ts';
import type { VoidCommand, VoidEvents } from './void-commands.ts';

const COMMANDS: Readonly<Record<VoidCommand['type'], true>> = { VoidBets: true, VoidMarket: true, WithdrawRunner: true };

export function isVoidCommand(cmd: Command): cmd is VoidCommand {
  return Object.hasOwn(COMMANDS, cmd.type);
}

export function decideVoids(ledger: LedgerState, envelope: Envelope<VoidCommand>, context: Context): Decision {
  const { cmd } = envelope;
  switch (cmd.type) {
    case 'VoidBets':
      return voidBets(ledger, envelope as Envelope<typeof cmd>, context);
    case 'VoidMarket':
      return voidMarket(ledger, envelope as Envelope<typeof cmd>, context);
    case 'WithdrawRunner':
      return withdrawRunner(ledger, envelope as Envelope<typeof cmd>, context);
    default:
      return unreachable(cmd, 'command');
  }
}

export type VoidEvent = NewEvent<keyof VoidEvents | keyof EachWayEvents>;

/** The compiler asks for every one of them. */
const TYPES: Readonly<Record<VoidEvent['type'], true>> = {
  EachWayPlaced: true,
  BetsVoided: true,
  VoidingStarted: true,
  RunnerWithdrawn: true,
};

export function isVoidEvent(e: NewEvent): e is VoidEvent {
  return Object.hasOwn(TYPES, e.type);
}

export function evolveVoids(ledger: LedgerState, e: VoidEvent): void {
  switch (e.type) {
    case 'EachWayPlaced':
      return onEachWayPlaced(ledger, e);
    case 'BetsVoided':
      return onBetsVoided(ledger, e);
    case 'VoidingStarted':
      return onVoidingStarted(ledger, e);
    case 'RunnerWithdrawn':
      return onRunnerWithdrawn(ledger, e);
    default:
      return unreachable(e, 'event');
  }
}
