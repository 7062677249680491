// The declaration of a market: what each selection comes to, by a result or by hand. The bets are paid afterwards in chunks by a timer.
import type { Market } from '../bets/market.ts';
import type { Result } from '../catalog/result.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { event, type NewEvent, type OutcomeNumbers } from '../kernel/event.ts';
import { declaredNames, placePart } from '../bets/runners/runners.ts';
import { PUSH } from './outcome.ts';
import { type LegTerms, settleLeg } from './settle-leg.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/** What a result must tell to decide a market. */
export type Telling = Pick<Result, 'status' | 'scores' | 'completedPeriods' | 'places' | 'withdrawn'>;

/** Outcomes of all that is declared of a market, named in alphabetical order; null when the result does not decide one of them. */
export function outcomesOf(
  market: Pick<Market, 'selections' | 'terms'> & Partial<Pick<Market, 'runners'>>,
  result: Telling,
): Record<string, OutcomeNumbers> | null {
  const { runners, selections, terms } = market;
  const leg: LegTerms = runners || terms.type === 'cs' ? { ...terms, selections, ...fieldOf(market, result) } : terms;
  const outcomes: Record<string, OutcomeNumbers> = {};
  for (const name of declaredNames(market)) {
    const outcome = selections.includes(name)
      ? settleLeg(leg, name, result as Result)
      : settleLeg({ ...leg, places: runners?.eachWay?.places ?? 1 }, name.slice(placePart('').length), result as Result);
    if (outcome === 'undecided') return null;
    outcomes[name] = [...outcome.won, ...outcome.back];
  }
  return outcomes;
}

/** Withdrawn runners give their stakes back whoever told of them. */
function fieldOf(market: Pick<Market, 'selections'> & Partial<Pick<Market, 'runners'>>, result: Telling): Partial<LegTerms> {
  const { runners, selections } = market;
  if (!runners) return {};
  const withdrawn = new Set(runners.withdrawals.map(({ selection }) => selections[selection] as string));
  for (const { participantId } of result.withdrawn ?? []) withdrawn.add(participantId);
  return { places: runners.places, withdrawn };
}

/** Every stake goes back. */
export function voidOutcomes(market: Pick<Market, 'selections' | 'runners'>): Record<string, OutcomeNumbers> {
  return Object.fromEntries(declaredNames(market).map((name) => [name, [...PUSH.won, ...PUSH.back] as OutcomeNumbers]));
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
