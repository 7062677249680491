// What a result's event tells pools beside the scores. Only where a pool asks: other events stay as they are.
import { isToken } from '../base/token.ts';
import type { Result } from '../catalog/result.ts';
import type { LedgerState } from '../kernel/state.ts';

/** What pools need of an abandoned fixture beside its scores: which periods were played to their end. */
export function completedFor(
  ledger: LedgerState,
  eventId: string,
  { completedPeriods, status }: Pick<Result, 'completedPeriods' | 'status'>,
): { completedPeriods?: readonly string[] } {
  const asks = status === 'abandoned' && ledger.pools.followersOf(eventId).length > 0;
  return asks ? { completedPeriods: [...completedPeriods].filter((period) => isToken(period)) } : {};
}
