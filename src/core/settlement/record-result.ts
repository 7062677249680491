// RecordResult: declares every market of the fixture once; the bets are paid afterwards in chunks by a timer.
import { type Refusal, refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import { type PeriodScore, RESULT_STATUSES, type Result } from '../catalog/result.ts';
import type { Context, Envelope, RecordResult } from '../kernel/command.ts';
import { type Decision, event, isRefusal, type NewEvent } from '../kernel/event.ts';
import { type Fixture, type LedgerState, marketAt } from '../kernel/state.ts';
import { endedByPlay, postponed } from './postponed.ts';
import { mayDecide, reportResult } from './corrections/report-result.ts';
import { toldWithdrawals } from '../bets/runners/withdraw-runner.ts';
import { faultInPlaces, faultInWithdrawn, plainPlacing, plainWithdrawn } from './read-places.ts';
import { closedUndecided, outcomesOf, startedEvents } from './declare.ts';
import { scoreFixture } from '../pools/decide-pools.ts';
import { completedFor } from '../pools/told-periods.ts';

export function recordResult(ledger: LedgerState, envelope: Envelope<RecordResult>, context: Context): Decision {
  const { result } = envelope.cmd;
  const fault = faultIn(result);
  if (fault) return fault;
  const fixture = ledger.fixtures.get(result.eventId);
  if (!fixture) return refuse('not_found', { path: '/result/eventId' });
  const last = fixture.resultVersions.get(result.source) ?? -1;
  const { rule } = ledger.corrections;
  if (rule) {
    if (result.version <= last) return refuse('already_resolved', { need: last + 1, have: result.version });
    const cause = { envelope, context };
    return result.status === 'live'
      ? playing(ledger, cause, { fixture, result })
      : reportResult(ledger, cause, { fixture, result, rule });
  }
  if ((fixture.resulted && !hasUndecided(ledger, fixture)) || result.version <= last)
    return refuse('already_resolved', { need: last + 1, have: result.version });
  if (result.status === 'live') return playing(ledger, { envelope, context }, { fixture, result });
  const waits = postponed(ledger, { envelope, context }, { fixture, result });
  if (waits) return [waits];
  const { eventId, places, scores, source, status, version, withdrawn } = result;
  const plainScores = scores.map(({ away, home, period, stat }) => ({ away, home, period, stat }));
  const cause = { envelope, context };
  const resulted = {
    ...completedFor(ledger, eventId, result),
    eventId,
    ...(places === undefined ? {} : { places: places.map(plainPlacing) }),
    scores: plainScores,
    source,
    status,
    version,
    ...(withdrawn === undefined ? {} : { withdrawn: withdrawn.map(plainWithdrawn) }),
  };
  const events: NewEvent[] = [event(cause, 'MarketResulted', resulted)];
  const rules = ledger.rules.over(eventId);
  for (const row of fixture.markets) {
    const market = marketAt(ledger, row);
    if (market.status === 'settling' || market.status === 'settled') continue;
    const outcomes = outcomesOf(market, result, rules);
    if (outcomes) events.push(...toldWithdrawals(cause, market, withdrawn), ...startedEvents(cause, market, outcomes));
    else events.push(...closedUndecided(cause, market));
  }
  return events;
}

function playing(
  ledger: LedgerState,
  cause: { envelope: Envelope; context: Context },
  { fixture, result }: { fixture: Fixture; result: Result },
): Decision {
  const scored = scoreFixture(ledger, cause, result);
  const { rule } = ledger.corrections;
  if (isRefusal(scored) || (rule && !mayDecide(result.source, rule))) return scored;
  return [...endedByPlay(cause, fixture), ...scored];
}

/** Scores of one result: five periods of three statistics, with room for more. */
const SCORES_MAX = 64;

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
