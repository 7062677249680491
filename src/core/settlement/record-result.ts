// RecordResult: declares every market of the fixture once; the bets are paid afterwards in chunks by a timer.
import { type Refusal, refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import { type PeriodScore, RESULT_STATUSES, type Result } from '../catalog/result.ts';
import type { Market } from '../bets/market.ts';
import type { Runners } from '../bets/runners/runners.ts';
import type { Context, Envelope, RecordResult } from '../kernel/command.ts';
import { type Decision, event, type EventData, type NewEvent, type OutcomeNumbers } from '../kernel/event.ts';
import { type Fixture, type LedgerState, marketAt } from '../kernel/state.ts';
import { type Outcome, PUSH } from './outcome.ts';
import { faultInPlaces, faultInWithdrawn, plainPlacing, plainWithdrawn } from './read-places.ts';
import { type LegTerms, settleLeg } from './settle-leg.ts';
import { scoreFixture } from '../pools/decide-pools.ts';

export function recordResult(ledger: LedgerState, envelope: Envelope<RecordResult>, context: Context): Decision {
  const { result } = envelope.cmd;
  const fault = faultIn(result);
  if (fault) return fault;
  const fixture = ledger.fixtures.get(result.eventId);
  if (!fixture) return refuse('not_found', { path: '/result/eventId' });
  const last = fixture.resultVersions.get(result.source) ?? -1;
  if ((fixture.resulted && !hasUndecided(ledger, fixture)) || result.version <= last)
    return refuse('already_resolved', { need: last + 1, have: result.version });
  if (result.status === 'live') return scoreFixture(ledger, { envelope, context }, result);
  const { eventId, places, scores, source, status, version, withdrawn } = result;
  const plainScores = scores.map(({ away, home, period, stat }) => ({ away, home, period, stat }));
  const cause = { envelope, context };
  const resulted = {
    eventId,
    ...(places === undefined ? {} : { places: places.map(plainPlacing) }),
    scores: plainScores,
    source,
    status,
    version,
    ...(withdrawn === undefined ? {} : { withdrawn: withdrawn.map(plainWithdrawn) }),
  };
  const events: NewEvent[] = [event(cause, 'MarketResulted', resulted)];
  for (const row of fixture.markets) {
    const market = marketAt(ledger, row);
    if (market.status === 'settling' || market.status === 'settled') continue;
    events.push(...declare(cause, market, result));
  }
  return events;
}

/** Scores of one result: five periods of three statistics, with room for more. */
const SCORES_MAX = 64;

/** Name of the timer that pays a market's bets chunk by chunk. */
export function settleKey(marketId: string): string {
  return `settle:${marketId}`;
}

function declare(cause: { envelope: Envelope; context: Context }, market: Market, result: Result): NewEvent[] {
  const { marketId, runners } = market;
  const declared = runners === undefined ? declareLegs(market, result) : declareRunners(market, runners, result);
  // What the result does not decide waits for a person, closed to new bets.
  if (declared === null)
    return market.status === 'closed' ? [] : [event(cause, 'MarketClosed', { marketId, reason: 'undecided' })];
  return startSettlement(cause, market, declared);
}

/** Ends a market whose every stake goes back. */
export function voidDeclaration(cause: { envelope: Envelope; context: Context }, market: Market, reason: string): NewEvent[] {
  const outcomes = outcomesOf(market.selections, () => PUSH) as Record<string, OutcomeNumbers>;
  return startSettlement(cause, market, { outcomes, ...(market.runners?.eachWay ? { placed: outcomes } : {}), reason });
}

type Declared = Omit<EventData['SettlementStarted'], 'bets' | 'marketId'>;

function startSettlement(cause: { envelope: Envelope; context: Context }, market: Market, declared: Declared): NewEvent[] {
  const { bets, marketId } = market;
  const { outcomes, placed, reason, withdrawn } = declared;
  const started = event(cause, 'SettlementStarted', {
    bets,
    marketId,
    outcomes,
    ...(placed === undefined ? {} : { placed }),
    ...(reason === undefined ? {} : { reason }),
    ...(withdrawn === undefined ? {} : { withdrawn }),
  });
  if (bets > 0) return [started];
  return [started, event(cause, 'SettlementFinished', { bets: 0, marketId, returnedMinor: 0, stakedMinor: 0 })];
}

function declareLegs({ selections, terms }: Market, result: Result): Declared | null {
  const leg: LegTerms = terms.type === 'cs' ? { ...terms, selections } : terms;
  const outcomes = outcomesOf(selections, (selection) => settleLeg(leg, selection, result));
  return outcomes && { outcomes };
}

/** Withdrawn runners give their stakes back whoever told of them, and the place parts of each-way bets have outcomes of their own. */
function declareRunners({ selections, terms }: Market, runners: Runners, result: Result): Declared | null {
  const known = new Set(runners.withdrawals.map(({ selection }) => selections[selection] as string));
  const told = (result.withdrawn ?? []).filter(({ participantId: id }) => selections.includes(id) && !known.has(id));
  const withdrawn = new Set([...known, ...told.map(({ participantId }) => participantId)]);
  const settled = (places: number): Record<string, OutcomeNumbers> | null =>
    outcomesOf(selections, (selection) => settleLeg({ ...terms, places, selections, withdrawn }, selection, result));
  const outcomes = settled(runners.places);
  const placed = runners.eachWay ? settled(runners.eachWay.places) : undefined;
  if (outcomes === null || placed === null) return null;
  const late = told.map(({ at, deductionPpm, participantId }) => ({ at, deductionPpm, selectionId: participantId }));
  return { outcomes, ...(placed ? { placed } : {}), ...(late.length > 0 ? { withdrawn: late } : {}) };
}

function outcomesOf(
  selections: readonly string[],
  settle: (selection: string) => Outcome | 'undecided',
): Record<string, OutcomeNumbers> | null {
  const outcomes: Record<string, OutcomeNumbers> = {};
  for (const selection of [...selections].sort()) {
    const outcome = settle(selection);
    if (outcome === 'undecided') return null;
    outcomes[selection] = [...outcome.won, ...outcome.back];
  }
  return outcomes;
}

function faultIn(result: Result): Refusal | null {
  if (typeof result !== 'object' || result === null) return refuse('malformed', { path: '/result' });
  if (!RESULT_STATUSES.includes(result.status)) return refuse('malformed', { path: '/result/status' });
  if (!Number.isSafeInteger(result.version) || result.version < 0) return refuse('malformed', { path: '/result/version' });
  if (!Array.isArray(result.scores) || !Array.isArray(result.completedPeriods))
    return refuse('malformed', { path: '/result/scores' });
  if (!isToken(result.source)) return refuse('malformed', { path: '/result/source' });
  if (result.scores.length > SCORES_MAX) return refuse('malformed', { path: '/result/scores', need: SCORES_MAX });
  for (const [i, score] of (result.scores as readonly (Partial<PeriodScore> | null)[]).entries()) {
    if (!score || !isToken(score.period) || !isToken(score.stat)) return refuse('malformed', { path: `/result/scores/${i}` });
    if (!isCount(score.home) || !isCount(score.away)) return refuse('malformed', { path: `/result/scores/${i}` });
  }
  return faultInPlaces(result.places) ?? faultInWithdrawn(result.withdrawn);
}

/** Markets that an earlier result left open: a later one may still decide them, and only them. */
function hasUndecided(ledger: LedgerState, fixture: Fixture): boolean {
  return fixture.markets.some((row) => marketAt(ledger, row).outcomes === null);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 1000;
}
