// The gate for pool entries: who may enter, with how much. Leaving never passes here: it lowers risk, also while all is halted.
import { AMOUNT_MINOR_MAX } from '../base/money.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Actor } from '../kernel/command.ts';
import { availableMinor, holderOf, type LedgerState } from '../kernel/state.ts';
import { type Holder, isBot } from '../ledger/holder.ts';
import { type Pool, POOL_LEAVES_PER_OWNER_MAX, selectionOf } from '../pools/state/pool.ts';
import type { EnterPool } from '../pools/pool-commands.ts';
import { runnersOf } from '../pools/arithmetic/pool-finish.ts';
import { isOpen } from '../pools/state/pool-phase.ts';
import { POOL_ENTRIES_MAX } from '../pools/state/pool-rules.ts';
import { actsFor, type Approved, barredFrom } from './gate.ts';
import { overDay, shutOut } from './gate-bettor.ts';

export interface EntryToMake {
  readonly cmd: EnterPool;
  readonly holder: Holder;
  readonly pool: Pool;
  /** 0 of a bolão. */
  readonly selection: number;
  readonly stakeMinor: number;
}

interface Asking {
  readonly actor: Actor;
  readonly cmd: EnterPool;
  readonly now: number;
}

export function gateEntry(ledger: LedgerState, { actor, cmd, now }: Asking): Approved<EntryToMake> | Refusal {
  const holder = holderOf(ledger, cmd.holder);
  if (!holder || !actsFor(actor, holder)) return refuse('not_found', { path: '/holder' });
  const pool = ledger.pools.find(cmd.poolId);
  if (!pool) return refuse('not_found', { path: '/poolId' });
  const barred = barredFrom(ledger, holder, now);
  if (barred) return barred;
  const shut = shutOut(ledger, holder.ownerId, '/units');
  if (shut) return shut;
  const uninvited = uninvitedTo(pool, holder, { cmd, now });
  if (uninvited) return uninvited;
  if (!isOpen(pool, now)) return refuse('market_closed', { path: '/poolId' });
  if (isBot(holder) && !pool.bots) return refuse('forbidden', { path: '/holder' });
  const selection = selectionFor(pool, cmd);
  if (typeof selection !== 'number') return selection;
  const stakeMinor = cmd.units * pool.rules.unitMinor;
  const { ownerId } = holder;
  const tooMuch =
    overLimit(ledger, pool, cmd) ??
    tooMany(pool, holder, cmd.units) ??
    overDay(ledger, { ownerId, riskMinor: stakeMinor, now }) ??
    tooDear(ledger, holder, stakeMinor);
  if (tooMuch) return tooMuch;
  return { cmd, holder, pool, selection, stakeMinor } as Approved<EntryToMake>;
}

/** An invitation makes a member; who has an entry and the creator need none. To others a pool by invitation is not there. */
function uninvitedTo(pool: Pool, holder: Holder, { cmd, now }: Pick<Asking, 'cmd' | 'now'>): Refusal | null {
  if (pool.rules.visibility === 'public' || pool.ownerId === holder.ownerId) return null;
  if ((pool.owners.get(holder.ownerId)?.units ?? 0) > 0) return null;
  const invitation = cmd.invitation === undefined ? undefined : pool.invitations.get(cmd.invitation);
  if (!invitation) return refuse('not_found', { path: cmd.invitation === undefined ? '/poolId' : '/invitation' });
  const over = invitation.revoked || invitation.until <= now || invitation.uses >= invitation.usesMax;
  return over ? refuse('offer_expired', { path: '/invitation' }) : null;
}

function selectionFor(pool: Pool, { selectionId, units }: EnterPool): number | Refusal {
  if (!Number.isSafeInteger(units) || units < 1) return refuse('step_invalid', { path: '/units' });
  if (!pool.market) {
    if (selectionId !== undefined) return refuse('malformed', { path: '/selectionId' });
    return units === 1 ? 0 : refuse('step_invalid', { path: '/units', need: 1, have: units });
  }
  const selection = selectionOf(pool.market, selectionId);
  if (selection < 0) return refuse('not_found', { path: '/selectionId' });
  const isOut = runnersOf(pool.market, selection).some((runner) => pool.scratched.includes(runner));
  return isOut ? refuse('selection_withdrawn', { path: '/selectionId' }) : selection;
}

function overLimit(ledger: LedgerState, pool: Pool, { units }: EnterPool): Refusal | null {
  const { stakeMaxMinor, stakeMinMinor } = ledger.limits;
  const have = units * pool.rules.unitMinor;
  const path = '/units';
  if (have < stakeMinMinor) return refuse('stake_below_min', { need: stakeMinMinor, have, path });
  // Beyond exact integers it is beyond every limit.
  if (have > stakeMaxMinor) return refuse('stake_above_max', { need: stakeMaxMinor, path });
  const inPool = ledger.accounts.balance(pool.escrow, ledger.currency);
  if (inPool + have > AMOUNT_MINOR_MAX) return refuse('limit_market', { need: AMOUNT_MINOR_MAX, path });
  return null;
}

function tooMany(pool: Pool, holder: Holder, units: number): Refusal | null {
  const { made, units: had } = pool.owners.get(holder.ownerId) ?? { made: 0, units: 0 };
  const need = pool.rules.maxUnitsPerOwner;
  if (had + units > need) return refuse('limit_user', { need, have: had + units, path: '/units' });
  const madeMax = need + POOL_LEAVES_PER_OWNER_MAX;
  if (made >= madeMax) return refuse('limit_user', { need: madeMax, have: made });
  const { rows } = pool.entries;
  return rows >= POOL_ENTRIES_MAX ? refuse('limit_market', { need: POOL_ENTRIES_MAX, have: rows }) : null;
}

function tooDear(ledger: LedgerState, holder: Holder, need: number): Refusal | null {
  const have = availableMinor(ledger, holder);
  return have < need ? refuse('insufficient_funds', { need, have }) : null;
}
