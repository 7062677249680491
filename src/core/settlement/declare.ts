// The declaration of a market: what each selection comes to, by a result or by hand. The bets are paid afterwards in chunks by a timer.
import { readOutcomeName } from '../bets/live-handicap.ts';
import type { Market } from '../bets/market.ts';
import type { Result } from '../catalog/result.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { event, type NewEvent, type OutcomeNumbers } from '../kernel/event.ts';
import { declaredNames, placePart } from '../bets/runners/runners.ts';
import { PUSH } from './outcome.ts';
import type { AbandonedRule } from './rules/settlement-rules.ts';
import { type LegTerms, settleLeg } from './settle-leg.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/** What a result must tell to decide a market. */
export type Telling = Pick<Result, 'status' | 'scores' | 'completedPeriods' | 'places' | 'withdrawn'>;

/** Outcomes of all that is declared of a market, named in alphabetical order; null when the result does not decide one of them. */
export function outcomesOf(
  market: Pick<Market, 'selections' | 'terms'> & Partial<Pick<Market, 'payoutsMinor' | 'runners'>>,
  result: Telling,
  rules: { readonly abandoned: AbandonedRule },
): Record<string, OutcomeNumbers> | null {
  const { runners, selections, terms } = market;
  const field = runners || terms.type === 'cs' ? { selections, ...fieldOf(market, result) } : {};
  const leg: LegTerms = { ...terms, ...field, abandoned: rules.abandoned };
  const outcomes: Record<string, OutcomeNumbers> = {};
  for (const name of declaredNames(market)) {
    const [named, selectionId] = selections.includes(name) ? [leg, name] : behindName(leg, market, name);
    const outcome = settleLeg(named, selectionId, result as Result);
    if (outcome === 'undecided') return null;
    outcomes[name] = [...outcome.won, ...outcome.back];
  }
  return outcomes;
}

/** The terms of what is no selection of its own: a place part, or a side of a handicap at a lead. */
function behindName(leg: LegTerms, { runners }: Partial<Pick<Market, 'runners'>>, name: string): [LegTerms, selectionId: string] {
  const struck = leg.type === 'ah' ? readOutcomeName(name) : null;
  if (struck) return [{ ...leg, lead: struck.lead }, struck.selectionId];
  return [{ ...leg, places: runners?.eachWay?.places ?? 1 }, name.slice(placePart('').length)];
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
export function voidOutcomes(market: Pick<Market, 'payoutsMinor' | 'selections' | 'runners'>): Record<string, OutcomeNumbers> {
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
