// A result that is corrected after a pool was declared. Within the window everything is taken back into the escrow, chunk by chunk, what is spent
// becoming debt, and the pool is declared again; after it the house pays those who would have got more, where the rules say so.
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { holderOf, HOUSE, type LedgerState, ROUNDING } from '../kernel/state.ts';
import { type Posting, posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import { recordDebts } from '../settlement/corrections/debts.ts';
import { type Cause, POOL_FEES } from './declare-pool.ts';
import { PAY_CHUNK_ENTRIES, PAY_CHUNK_ROWS } from './pay-pool.ts';
import { carryOf, type Pool } from './state/pool.ts';

/** Of a closed pool whose result is another than it was paid by. */
export function correctPool(ledger: LedgerState, cause: Cause, pool: Pool): Decision {
  const { poolId, rules } = pool;
  if (cause.context.now >= pool.closedAt + rules.correctionWindowMs) {
    if (rules.afterWindow === 'stands') return [event(cause, 'PoolUncorrected', { poolId, reason: 'window_over' })];
    return [event(cause, 'PoolReversing', { mode: 'difference', poolId })];
  }
  const missing = accountGone(ledger, pool);
  if (missing) return [event(cause, 'PoolUncorrected', { poolId, reason: missing })];
  return [event(cause, 'PoolReversing', { mode: 'reverse', poolId })];
}

/** Takes back what was paid; with the last entry also fees, breakage and what was carried. */
export function reverseChunk(ledger: LedgerState, cause: Cause, pool: Pool): Decision {
  const { entries: all, poolId } = pool;
  const entries: [string, string, number][] = [];
  const postings: Posting[] = [];
  const taken = new Map<Holder, number>();
  const take = (holder: Holder, amountMinor: number): void => {
    taken.set(holder, (taken.get(holder) ?? 0) + amountMinor);
    postings.push(posting(holder.available, pool.escrow, amountMinor, ledger.currency));
  };
  const end = Math.min(all.rows, pool.cursor + PAY_CHUNK_ROWS);
  let row = pool.cursor;
  for (; row < end && entries.length < PAY_CHUNK_ENTRIES; row++) {
    const paidMinor = all.paidMinor(row);
    if (paidMinor === 0) continue;
    const holder = ledger.holders[all.holder(row)] as Holder;
    entries.push([all.idOf(row), holder.id, paidMinor]);
    take(holder, paidMinor);
  }
  const events: NewEvent[] = [];
  const reclaimed = event(cause, 'PoolReclaimed', { entries, next: row, poolId }, [...postings]);
  if (row < all.rows) return withDebts(ledger, cause, taken, [reclaimed]);
  postings.length = 0;
  const creator = holderOf(ledger, pool.holder);
  if (creator && pool.declared && pool.declared.creatorFeeMinor > 0) take(creator, pool.declared.creatorFeeMinor);
  events.push(reclaimed, event(cause, 'PoolReversed', { poolId }, [...postings, ...takenBack(ledger, pool)]));
  return withDebts(ledger, cause, taken, events);
}

function withDebts(
  ledger: LedgerState,
  cause: Cause,
  taken: ReadonlyMap<Holder, number>,
  events: readonly NewEvent[],
): readonly NewEvent[] {
  const debts = recordDebts(ledger, cause, taken);
  return debts ? [debts, ...events] : events;
}

/** What the declaration posted, the other way round; what the house had added goes back last. */
function takenBack(ledger: LedgerState, pool: Pool): Posting[] {
  const { declared, escrow } = pool;
  if (!declared) return [];
  const moves: [from: string, to: string, amountMinor: number][] = [
    [POOL_FEES, escrow, declared.takeoutMinor],
    [HOUSE, escrow, declared.breakageMinor],
    [carryOf(pool.poolId), escrow, declared.carriedMinor],
    [ROUNDING, escrow, declared.roundingMinor],
    [escrow, HOUSE, declared.topUpMinor],
  ];
  return moves.filter(([, , amount]) => amount > 0).map(([from, to, amount]) => posting(from, to, amount, ledger.currency));
}

/** Money that is not the pool's any more cannot be taken back: another pool has what was carried, or the fees were paid out. */
function accountGone(ledger: LedgerState, { declared, poolId }: Pool): string | null {
  if (!declared) return null;
  const { accounts, currency } = ledger;
  if (accounts.balance(carryOf(poolId), currency) < declared.carriedMinor) return 'carry_taken';
  return accounts.balance(POOL_FEES, currency) < declared.takeoutMinor ? 'fees_paid_out' : null;
}
