// A fixture that is postponed: its markets wait, as long as the ledger's rule says from the planned start on, for it to be played. Then they are
// void for good: a match that is played later is another one to those who bet.
import type { Result } from '../catalog/result.ts';
import type { NewEvent } from '../kernel/event.ts';
import { event } from '../kernel/event.ts';
import { type Fixture, type LedgerState, marketAt } from '../kernel/state.ts';
import type { Report } from './corrections/corrections.ts';
import type { Cause } from './corrections/resettle.ts';
import { postponedKey } from './timer-keys.ts';

export interface PostponedEvents {
  /** Undecided markets are void at `until`, unless a result comes first. */
  FixturePostponed: { eventId: string; source: string; until: number; version: number };
  /** `disputed`: the time is over, and too few of the sources that may decide say that it was postponed. */
  PostponementEnded: { eventId: string; reason: 'disputed' | 'expired' | 'played' };
}

/** The event that makes a fixture wait; null when this result says nothing of the kind, or the time to wait is over: then it is a result like any. */
export function postponed(ledger: LedgerState, cause: Cause, of: { fixture: Fixture; result: Result }): NewEvent | null {
  const { fixture, result } = of;
  const { eventId, source, status, version } = result;
  const startAt = plannedStart(ledger, fixture);
  if (status !== 'postponed' || fixture.resulted || startAt === null) return null;
  const until = startAt + ledger.rules.over(eventId).postponedMs;
  return cause.context.now < until ? event(cause, 'FixturePostponed', { eventId, source, until, version }) : null;
}

/** When the first bets on the fixture expected it; null where there is nothing to decide. */
function plannedStart(ledger: LedgerState, { eventId, markets }: Fixture): number | null {
  const followed = ledger.pools.followersOf(eventId).flatMap(({ fixtures }) => fixtures);
  const starts = [...markets.map((row) => marketAt(ledger, row)), ...followed.filter((one) => one.eventId === eventId)];
  return starts.length === 0 ? null : Math.min(...starts.map(({ startAt }) => startAt));
}

/** It is played after all: a running score has come. */
export function endedByPlay(cause: Cause, fixture: Fixture): NewEvent[] {
  const { eventId } = fixture;
  return isWaiting(fixture) ? [event(cause, 'PostponementEnded', { eventId, reason: 'played' })] : [];
}

/** Reports that have a say when one of this status comes: while a fixture is waited for, whoever called it postponed is silent as soon as it is played. */
export function heardOf(fixture: Fixture, status: Result['status'], reports: readonly Report[]): readonly Report[] {
  return isWaiting(fixture) && status !== 'postponed' ? played(reports) : reports;
}

/** Void, whatever sources say from now on. */
export function isVoidForGood({ postponed: wait }: Fixture): boolean {
  return wait?.isVoid === true;
}

function isWaiting({ postponed: wait }: Fixture): boolean {
  return wait !== undefined && !wait.isVoid;
}

export function onPostponed(ledger: LedgerState, e: NewEvent<keyof PostponedEvents>): void {
  const { eventId } = e.data;
  const fixture = ledger.fixtures.get(eventId) as Fixture;
  if (e.type === 'FixturePostponed') {
    const { source, until, version } = e.data;
    fixture.resultVersions.set(source, version);
    fixture.postponed = { source, version };
    ledger.timers.set(postponedKey(eventId), until);
    return;
  }
  if (e.data.reason === 'played') return endWait(ledger, fixture, 'live');
  ledger.timers.delete(postponedKey(eventId));
  if (e.data.reason === 'expired' && fixture.postponed) fixture.postponed = { ...fixture.postponed, isVoid: true };
  else delete fixture.postponed;
}

/** Something else than time ends it. What was played is not postponed: reports that say so are forgotten. */
export function endWait(ledger: LedgerState, fixture: Fixture, status: Result['status']): void {
  if (!isWaiting(fixture)) return;
  const { eventId } = fixture;
  delete fixture.postponed;
  ledger.timers.delete(postponedKey(eventId));
  const { reports } = ledger.corrections;
  const told = reports.get(eventId);
  if (!told || status === 'postponed') return;
  const left = played(told);
  if (left.length > 0) reports.set(eventId, left);
  else reports.delete(eventId);
}

function played(reports: readonly Report[]): Report[] {
  return reports.filter(({ status }) => status !== 'postponed');
}
