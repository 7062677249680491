// A non-runner: bets on it are voided in chunks, the market is suspended until it is re-formed, and each bet struck before is paid less by
// Rule 4. "Before" is the order of the journal, never a clock: the withdrawal moves the count of suspensions that every open bet carries.
import { isOddsMilli } from '../../base/odds.ts';
import { type Refusal, refuse } from '../../base/refusal.ts';
import type { Withdrawn } from '../../catalog/result.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import { onRunnerGone } from '../../exchange/runners/withdraw.ts';
import { type Decision, event, type EventData, type NewEvent } from '../../kernel/event.ts';
import { type LedgerState, marketOf } from '../../kernel/state.ts';
import { exposeAnew } from '../exposure.ts';
import type { Market } from '../market.ts';
import { beginSweep, voidKey } from '../voids/sweep.ts';
import type { WithdrawRunner } from '../voids/void-commands.ts';
import { deductionAt, type DeductionRules, isPpm, TATTERSALLS } from './deductions.ts';
import { isWithdrawn, runnersOf } from './runners.ts';

export const WITHDRAWAL = 'withdrawal';

export function withdrawRunner(ledger: LedgerState, envelope: Envelope<WithdrawRunner>, context: Context): Decision {
  const { at, marketId, priceMilli, selectionId } = envelope.cmd;
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  if (!market) return refuse('not_found', { path: '/marketId' });
  if (market.runners === undefined) return refuse('malformed', { path: '/marketId' });
  const selection = market.selections.indexOf(selectionId);
  if (selection < 0) return refuse('not_found', { path: '/selectionId' });
  if (market.outcomes !== null || isWithdrawn(market.runners, selection))
    return refuse('already_resolved', { path: '/selectionId' });
  if (!Number.isSafeInteger(at) || at < 0) return refuse('malformed', { path: '/at' });
  const deductionPpm = readDeduction(market.runners.deductions ?? TATTERSALLS, envelope.cmd);
  if (typeof deductionPpm === 'object') return deductionPpm;
  const reduction = readReduction(market, envelope.cmd);
  if ('code' in reduction) return reduction;
  const { factors, reductionPpm } = reduction;
  const price = priceMilli === undefined ? {} : { priceMilli };
  const data = {
    bets: market.bets,
    deductionPpm,
    ...(factors === undefined ? {} : { factors }),
    marketId,
    ...price,
    ...(reductionPpm === undefined ? {} : { reductionPpm }),
    selectionId,
    withdrawnAt: at,
  };
  const withdrawn = event({ envelope, context }, 'RunnerWithdrawn', data);
  // The prices of the others still count with it: nothing may be struck on them before the market is re-formed and reopened.
  if (market.status !== 'open') return [withdrawn];
  return [withdrawn, event({ envelope, context }, 'MarketSuspended', { marketId, reason: WITHDRAWAL })];
}

function readDeduction(rules: DeductionRules, { deductionPpm, priceMilli }: WithdrawRunner): number | Refusal {
  if ((deductionPpm === undefined) === (priceMilli === undefined)) return refuse('malformed', { path: '/priceMilli' });
  if (deductionPpm !== undefined)
    return isPpm(deductionPpm) && deductionPpm <= rules.capPpm
      ? deductionPpm
      : refuse('malformed', { need: rules.capPpm, path: '/deductionPpm' });
  return isOddsMilli(priceMilli) ? deductionAt(rules, priceMilli) : refuse('malformed', { path: '/priceMilli' });
}

/** The exchange's reduction factors, plain and in canonical order. */
function readReduction(
  market: Market,
  { factors, reductionPpm }: WithdrawRunner,
): { factors?: Record<string, number>; reductionPpm?: number } | Refusal {
  if (reductionPpm !== undefined && !isPpm(reductionPpm)) return refuse('malformed', { path: '/reductionPpm' });
  const reduction = reductionPpm === undefined ? {} : { reductionPpm };
  if (factors === undefined) return reduction;
  if (typeof factors !== 'object' || factors === null) return refuse('malformed', { path: '/factors' });
  const read: Record<string, number> = {};
  for (const name of Object.keys(factors).sort()) {
    const ppm = factors[name];
    if (!market.selections.includes(name) || !isPpm(ppm)) return refuse('malformed', { path: '/factors' });
    read[name] = ppm;
  }
  return { ...reduction, factors: read };
}

/** Withdrawals that only the result tells of, as events before the market is declared. */
export function toldWithdrawals(cause: Cause, market: Market, told: readonly Withdrawn[] | undefined): NewEvent[] {
  const { bets, marketId, runners, selections } = market;
  if (!runners || !told) return [];
  return told
    .filter(({ participantId }) => selections.includes(participantId) && !isWithdrawn(runners, selections.indexOf(participantId)))
    .map(({ at, deductionPpm, participantId }) =>
      event(cause, 'RunnerWithdrawn', {
        bets,
        byTime: true,
        deductionPpm,
        marketId,
        selectionId: participantId,
        withdrawnAt: at,
      }),
    );
}

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/**
 * What matched prices on the exchange lose: the factor that was stated, else what the runner's price says of its chance, else what Rule 4 takes.
 * Of one that only the result tells of nothing is known: bets on it are void, and that is all.
 */
function factorOf({ byTime, deductionPpm, priceMilli, reductionPpm }: EventData['RunnerWithdrawn']): number {
  if (byTime) return 0;
  return reductionPpm ?? (priceMilli === undefined ? deductionPpm : Math.floor(1_000_000_000 / priceMilli));
}

export function onRunnerWithdrawn(ledger: LedgerState, e: NewEvent<'RunnerWithdrawn'>): void {
  const { bets, byTime, deductionPpm, marketId, selectionId, withdrawnAt } = e.data;
  const market = marketOf(ledger, marketId) as Market;
  const selection = market.selections.indexOf(selectionId);
  market.suspensions++;
  const suspensions = byTime ? null : market.suspensions;
  const late = e.at > withdrawnAt ? { toldAt: e.at } : {};
  runnersOf(market).withdrawals.push({ selection, deductionPpm, withdrawnAt, suspensions, ...late });
  exposeAnew(ledger, market);
  // Suspended with all of its sport or not: it reopens when somebody says so of the market itself.
  ledger.desk.release(market.row);
  onRunnerGone(ledger, market, { selection, factorPpm: factorOf(e.data), ownPpm: e.data.factors ?? {}, at: e.at });
  if (bets === 0) return;
  beginSweep(ledger, market, { reason: WITHDRAWAL, wish: { selection } });
  ledger.timers.set(voidKey(marketId), e.at);
}
