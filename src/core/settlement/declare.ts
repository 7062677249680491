// The declaration of a market: what each selection comes to, by a result or by hand. The bets are paid afterwards in chunks by a timer.
import type { Market } from '../bets/market.ts';
import type { Result } from '../catalog/result.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { event, type NewEvent, type OutcomeNumbers } from '../kernel/event.ts';
import { settleLeg } from './settle-leg.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/** Outcomes of all selections, named in alphabetical order; null when the result does not decide one of them. */
export function outcomesOf(
  market: Pick<Market, 'selections' | 'terms'>,
  result: Pick<Result, 'status' | 'scores' | 'completedPeriods'>,
): Record<string, OutcomeNumbers> | null {
  const outcomes: Record<string, OutcomeNumbers> = {};
  for (const selection of [...market.selections].sort()) {
    const outcome = settleLeg(market.terms, selection, result as Result);
    if (outcome === 'undecided') return null;
    outcomes[selection] = [...outcome.won, ...outcome.back];
  }
  return outcomes;
}

/** The events that declare a market; one without bets is settled at once. */
export function startedEvents(
  cause: Cause,
  { bets, marketId }: Pick<Market, 'bets' | 'marketId'>,
  outcomes: Readonly<Record<string, OutcomeNumbers>>,
): NewEvent[] {
  const started = event(cause, 'SettlementStarted', { bets, marketId, outcomes });
  if (bets > 0) return [started];
  return [started, event(cause, 'SettlementFinished', { bets: 0, marketId, returnedMinor: 0, stakedMinor: 0 })];
}

/** What waits for a person, closed to new bets. */
export function closedUndecided(cause: Cause, { marketId, status }: Pick<Market, 'marketId' | 'status'>): NewEvent[] {
  return status === 'closed' ? [] : [event(cause, 'MarketClosed', { marketId, reason: 'undecided' })];
}
