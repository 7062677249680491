// The door of pools: which decision a command, a timer and a running score belong to.
import { unreachable } from '../base/assert.ts';
import type { Result } from '../catalog/result.ts';
import type { Command, Context, Envelope, Via } from '../kernel/command.ts';
import { type Decision, event } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import type { Cause } from './declare-pool.ts';
import { correctPool, reverseChunk } from './correct-pool.ts';
import { enterPool, leavePool, setPicks } from './enter-pool.ts';
import { inviteToPool, resolvePool, revokeInvitation, scratchRunner, voidPool } from './manage-pool.ts';
import { openPool } from './open-pool.ts';
import { payChunk } from './pay-pool.ts';
import type { Pool } from './state/pool.ts';
import type { PoolCommand } from './pool-commands.ts';
import { isOpen } from './state/pool-phase.ts';
import { carryOn, lockPool } from './score-pool.ts';

/** Which way in may send which command. */
export const POOL_WAYS: Record<PoolCommand['type'], readonly Via[]> = {
  OpenPool: ['api', 'operator'],
  EnterPool: ['api', 'bot'],
  LeavePool: ['api', 'bot'],
  SetPicks: ['api', 'bot'],
  InviteToPool: ['api', 'operator'],
  RevokePoolInvitation: ['api', 'operator'],
  VoidPool: ['operator'],
  ScratchRunner: ['operator', 'feed'],
  ResolvePool: ['operator'],
};

export function isPoolCommand(cmd: Command): cmd is PoolCommand {
  return Object.hasOwn(POOL_WAYS, cmd.type);
}

export function decidePool(ledger: LedgerState, envelope: Envelope<PoolCommand>, context: Context): Decision {
  const { cmd } = envelope;
  switch (cmd.type) {
    case 'OpenPool':
      return openPool(ledger, envelope as Envelope<typeof cmd>, context);
    case 'EnterPool':
      return enterPool(ledger, envelope as Envelope<typeof cmd>, context);
    case 'LeavePool':
      return leavePool(ledger, envelope as Envelope<typeof cmd>, context);
    case 'SetPicks':
      return setPicks(ledger, envelope as Envelope<typeof cmd>, context);
    case 'InviteToPool':
      return inviteToPool(ledger, envelope as Envelope<typeof cmd>, context);
    case 'RevokePoolInvitation':
      return revokeInvitation(ledger, envelope as Envelope<typeof cmd>, context);
    case 'VoidPool':
      return voidPool(ledger, envelope as Envelope<typeof cmd>, context);
    case 'ScratchRunner':
      return scratchRunner(ledger, envelope as Envelope<typeof cmd>, context);
    case 'ResolvePool':
      return resolvePool(ledger, envelope as Envelope<typeof cmd>, context);
    default:
      return unreachable(cmd, 'command of pools');
  }
}

/** The pool's timer: one step, after which it is set for the next. */
export function stepPool(ledger: LedgerState, cause: Cause, poolId: string): Decision {
  const pool = ledger.pools.find(poolId);
  return pool ? step(ledger, cause, pool) : [];
}

function step(ledger: LedgerState, cause: Cause, pool: Pool): Decision {
  switch (pool.status) {
    case 'open':
      return isOpen(pool, cause.context.now) ? [] : lockPool(ledger, cause, pool);
    case 'locked':
      return carryOn(ledger, cause, pool);
    case 'paying':
      return payChunk(ledger, cause, pool);
    case 'reversing':
      return reverseChunk(ledger, cause, pool);
    case 'closed':
      if (pool.stale) return correctPool(ledger, cause, pool);
      return [event(cause, 'PoolArchived', { poolId: pool.poolId })];
    default:
      return unreachable(pool.status, 'status of a pool');
  }
}

/** A running score is kept only for pools that follow the fixture, and only when it is another than before. */
export function scoreFixture(ledger: LedgerState, cause: Cause, result: Result): Decision {
  const { eventId, scores, source, status, version } = result;
  const follows = ledger.pools.followersOf(eventId).some(({ fixtures, market }) => {
    const seen = fixtures.find((fixture) => fixture.eventId === eventId)?.seen ?? null;
    return market === null && isNews(seen, result);
  });
  if (!follows) return [];
  const plain = scores.map(({ away, home, period, stat }) => ({ away, home, period, stat }));
  return [event(cause, 'FixtureScored', { eventId, scores: plain, source, status, version })];
}

function isNews(seen: Pool['fixtures'][number]['seen'], result: Result): boolean {
  if (seen === null) return true;
  if (seen.status !== 'live' || (seen.source === result.source && seen.version >= result.version)) return false;
  const text = ({ scores }: Pick<Result, 'scores'>): string =>
    scores.map(({ away, home, period, stat }) => `${period} ${stat} ${home} ${away}`).join();
  return text(seen) !== text(result);
}
