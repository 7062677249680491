// Entering a pool, leaving it, and the picks of an entry. Entering moves the stake into the pool's escrow, leaving moves it back.
import { isId } from '../base/ids.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import { posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import { actsFor } from '../risk/gate.ts';
import { gateEntry } from '../risk/gate-pool.ts';
import type { Pool } from './state/pool.ts';
import { type EnterPool, entryIdOf, type LeavePool, type SetPicks } from './pool-commands.ts';
import { PICK_GOALS_MAX } from './state/pool-entries.ts';
import { isOpen, mayPick } from './state/pool-phase.ts';

type Numbers = readonly (readonly [number, number, number])[];

export function enterPool(ledger: LedgerState, envelope: Envelope<EnterPool>, context: Context): Decision {
  const { actor, cmd, commandId } = envelope;
  if (!isId('pool', cmd.poolId)) return refuse('malformed', { path: '/poolId' });
  if (typeof cmd.holder !== 'string') return refuse('malformed', { path: '/holder' });
  const entry = gateEntry(ledger, { actor, cmd, now: context.now });
  if ('code' in entry) return entry;
  const { holder, pool, stakeMinor } = entry;
  const picks = cmd.picks === undefined ? [] : readPicks(pool, cmd.picks, context.now);
  if ('code' in picks) return picks;
  const cause = { envelope, context };
  const entryId = entryIdOf(commandId);
  const { poolId } = pool;
  const data = {
    entryId,
    holder: holder.id,
    ...(usesInvitation(pool, holder) ? { invitation: cmd.invitation as string } : {}),
    poolId,
    row: pool.entries.rows,
    ...(pool.market ? { selectionId: cmd.selectionId as string } : {}),
    units: cmd.units,
  };
  const stake = posting(holder.available, pool.escrow, stakeMinor, ledger.currency);
  const entered = event(cause, 'PoolEntered', data, [stake]);
  return picks.length > 0 ? [entered, event(cause, 'PicksSet', { entryId, holder: holder.id, picks, poolId })] : [entered];
}

export function leavePool(ledger: LedgerState, envelope: Envelope<LeavePool>, context: Context): Decision {
  const found = entryOf(ledger, envelope);
  if ('code' in found) return found;
  const { holder, pool, row } = found;
  if (!isOpen(pool, context.now)) return refuse('market_closed', { path: '/poolId' });
  if (pool.rules.leaveUntil === 'never') return refuse('forbidden', { path: '/entryId' });
  const stakeMinor = pool.entries.units(row) * pool.rules.unitMinor;
  const data = { entryId: envelope.cmd.entryId, holder: holder.id, poolId: pool.poolId };
  const back = posting(pool.escrow, holder.available, stakeMinor, ledger.currency);
  return [event({ envelope, context }, 'PoolLeft', data, [back])];
}

export function setPicks(ledger: LedgerState, envelope: Envelope<SetPicks>, context: Context): Decision {
  const found = entryOf(ledger, envelope);
  if ('code' in found) return found;
  const { holder, pool } = found;
  const picks = readPicks(pool, envelope.cmd.picks, context.now);
  if ('code' in picks) return picks;
  if (picks.length === 0) return refuse('malformed', { path: '/picks' });
  const data = { entryId: envelope.cmd.entryId, holder: holder.id, picks, poolId: pool.poolId };
  return [event({ envelope, context }, 'PicksSet', data)];
}

/** An entry that is still in, of somebody for whom the actor may act. */
function entryOf(
  ledger: LedgerState,
  { actor, cmd }: Envelope<LeavePool | SetPicks>,
): { readonly holder: Holder; readonly pool: Pool; readonly row: number } | Refusal {
  if (!isId('pool', cmd.poolId)) return refuse('malformed', { path: '/poolId' });
  if (!isId('ent', cmd.entryId)) return refuse('malformed', { path: '/entryId' });
  const pool = ledger.pools.find(cmd.poolId);
  if (!pool) return refuse('not_found', { path: '/poolId' });
  const row = pool.entries.find(cmd.entryId);
  const holder = row < 0 ? undefined : ledger.holders[pool.entries.holder(row)];
  if (!holder || !actsFor(actor, holder)) return refuse('not_found', { path: '/entryId' });
  return pool.entries.units(row) > 0 ? { holder, pool, row } : refuse('already_resolved', { path: '/entryId' });
}

/** Picks as numbers, in the order of the fixtures. */
function readPicks(pool: Pool, picks: unknown, now: number): Numbers | Refusal {
  if (!Array.isArray(picks) || picks.length > pool.fixtures.length || pool.market)
    return refuse('malformed', { path: '/picks', need: pool.market ? 0 : pool.fixtures.length });
  const read = new Map<number, readonly [number, number, number]>();
  for (const [i, pick] of (picks as unknown[]).entries()) {
    const [eventId, home, away] = Array.isArray(pick) && pick.length === 3 ? (pick as unknown[]) : [];
    if (!isGoals(home) || !isGoals(away)) return refuse('malformed', { path: `/picks/${i}`, need: PICK_GOALS_MAX });
    const fixture = pool.fixtures.findIndex((one) => one.eventId === eventId);
    if (fixture < 0) return refuse('not_found', { path: `/picks/${i}` });
    if (read.has(fixture)) return refuse('malformed', { path: `/picks/${i}` });
    if (!mayPick(pool, fixture, now)) return refuse('market_closed', { path: `/picks/${i}` });
    read.set(fixture, [fixture, home, away]);
  }
  return [...read.values()].sort(([a], [b]) => a - b);
}

function isGoals(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= PICK_GOALS_MAX;
}

function usesInvitation(pool: Pool, { ownerId }: Holder): boolean {
  if (pool.rules.visibility === 'public' || pool.ownerId === ownerId) return false;
  return (pool.owners.get(ownerId)?.units ?? 0) === 0;
}
