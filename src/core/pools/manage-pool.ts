// Invitations by the creator, and what operators do with a pool: void it, take a runner out, say who won.
import { canonical } from '../base/canonical.ts';
import { isId } from '../base/ids.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import type { Actor, Context, Envelope } from '../kernel/command.ts';
import { type Decision, event } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import { declareRefund } from './declare-pool.ts';
import { INVITATION_USES_MAX, type Pool, POOL_INVITATIONS_MAX } from './state/pool.ts';
import type { InviteToPool, ResolvePool, RevokePoolInvitation, ScratchRunner, VoidPool } from './pool-commands.ts';
import { isOpen } from './state/pool-phase.ts';

const SHA256 = /^[0-9a-f]{64}$/;

export function inviteToPool(ledger: LedgerState, envelope: Envelope<InviteToPool>, context: Context): Decision {
  const { invitation, poolId, until, usesMax } = envelope.cmd;
  const pool = ownPool(ledger, envelope.actor, poolId);
  if ('code' in pool) return pool;
  if (typeof invitation !== 'string' || !SHA256.test(invitation)) return refuse('malformed', { path: '/invitation' });
  if (!Number.isSafeInteger(usesMax) || usesMax < 1 || usesMax > INVITATION_USES_MAX)
    return refuse('malformed', { path: '/usesMax', need: INVITATION_USES_MAX });
  if (!Number.isSafeInteger(until) || until <= context.now) return refuse('malformed', { path: '/until', need: context.now });
  if (!isOpen(pool, context.now)) return refuse('market_closed', { path: '/poolId' });
  if (pool.invitations.has(invitation)) return refuse('already_resolved', { path: '/invitation' });
  const have = pool.invitations.size;
  if (have >= POOL_INVITATIONS_MAX) return refuse('limit_user', { need: POOL_INVITATIONS_MAX, have });
  return [event({ envelope, context }, 'PoolInvited', { invitation, poolId, until, usesMax })];
}

export function revokeInvitation(ledger: LedgerState, envelope: Envelope<RevokePoolInvitation>, context: Context): Decision {
  const { invitation, poolId } = envelope.cmd;
  const pool = ownPool(ledger, envelope.actor, poolId);
  if ('code' in pool) return pool;
  const known = pool.invitations.get(invitation);
  if (!known) return refuse('not_found', { path: '/invitation' });
  if (known.revoked) return refuse('already_resolved', { path: '/invitation' });
  return [event({ envelope, context }, 'PoolInvitationRevoked', { invitation, poolId })];
}

export function voidPool(ledger: LedgerState, envelope: Envelope<VoidPool>, context: Context): Decision {
  const { poolId, reason } = envelope.cmd;
  const pool = poolOf(ledger, poolId);
  if ('code' in pool) return pool;
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  if (!isUndeclared(pool)) return refuse('already_resolved', { path: '/poolId' });
  return [declareRefund(ledger, { envelope, context }, pool, reason)];
}

export function scratchRunner(ledger: LedgerState, envelope: Envelope<ScratchRunner>, context: Context): Decision {
  const { poolId, runner } = envelope.cmd;
  const pool = poolOf(ledger, poolId);
  if ('code' in pool) return pool;
  const { market } = pool;
  const number = market && market.bet !== 'catalogue' ? market.runners.indexOf(runner) : -1;
  if (number < 0) return refuse('not_found', { path: '/runner' });
  if (!isUndeclared(pool) || pool.scratched.includes(number)) return refuse('already_resolved', { path: '/runner' });
  return [event({ envelope, context }, 'PoolScratched', { poolId, runner })];
}

export function resolvePool(ledger: LedgerState, envelope: Envelope<ResolvePool>, context: Context): Decision {
  const { places, poolId } = envelope.cmd;
  const pool = poolOf(ledger, poolId);
  if ('code' in pool) return pool;
  const fault = faultInPlaces(pool, places);
  if (fault) return fault;
  const named = places.map((group) => [...group]);
  // Of a paid pool another finish is a correction.
  const isNews = pool.status === 'closed' ? canonical(pool.places) !== canonical(named) : isUndeclared(pool) && !pool.places;
  if (!isNews) return refuse('already_resolved', { path: '/poolId' });
  return [event({ envelope, context }, 'PoolResulted', { places: named, poolId })];
}

function faultInPlaces({ market, scratched }: Pool, places: unknown): Refusal | null {
  if (!market) return refuse('forbidden', { path: '/poolId' });
  if (!Array.isArray(places) || places.length === 0) return refuse('malformed', { path: '/places' });
  const seen = new Set<number>();
  for (const [i, group] of (places as unknown[]).entries()) {
    if (!Array.isArray(group) || group.length === 0) return refuse('malformed', { path: `/places/${i}` });
    for (const name of group as unknown[]) {
      const runner = typeof name === 'string' ? market.runners.indexOf(name) : -1;
      if (runner < 0 || seen.has(runner) || scratched.includes(runner)) return refuse('malformed', { path: `/places/${i}` });
      seen.add(runner);
    }
  }
  // Without a second nobody can have named the first two in order.
  const least = market.bet === 'exacta' ? 2 : 1;
  return seen.size < least ? refuse('malformed', { path: '/places', need: least }) : null;
}

/** A pool that the actor runs: its creator, or an operator. */
function ownPool(ledger: LedgerState, actor: Actor, poolId: unknown): Pool | Refusal {
  const pool = poolOf(ledger, poolId);
  if ('code' in pool || actor.via === 'operator') return pool;
  const isOwn = actor.ownerId === pool.ownerId && actor.tenantId === pool.tenantId;
  return isOwn ? pool : refuse('not_found', { path: '/poolId' });
}

function poolOf(ledger: LedgerState, poolId: unknown): Pool | Refusal {
  if (!isId('pool', poolId)) return refuse('malformed', { path: '/poolId' });
  return ledger.pools.find(poolId) ?? refuse('not_found', { path: '/poolId' });
}

function isUndeclared({ status }: Pool): boolean {
  return status === 'open' || status === 'locked';
}
