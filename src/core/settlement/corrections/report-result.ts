// A result where there is a rule: every source's word is kept, the rule says which of them decides each market, whoever says otherwise is recorded
// as a conflict, and a newer word of the deciding source that changes an outcome is a correction.
import { canonical } from '../../base/canonical.ts';
import { refuse } from '../../base/refusal.ts';
import { isToken } from '../../base/token.ts';
import { toldWithdrawals } from '../../bets/runners/withdraw-runner.ts';
import { plainPlacing, plainWithdrawn } from '../read-places.ts';
import type { Market } from '../../bets/market.ts';
import { PERIODS } from '../../catalog/market.ts';
import type { Result, Withdrawn } from '../../catalog/result.ts';
import type { Envelope } from '../../kernel/command.ts';
import { type Decision, event, isRefusal, type NewEvent } from '../../kernel/event.ts';
import { type Fixture, type LedgerState, marketAt } from '../../kernel/state.ts';
import { heardOf, isVoidForGood, postponed } from '../postponed.ts';
import { closedUndecided, outcomesOf, startedEvents } from '../declare.ts';
import { completedFor } from '../../pools/told-periods.ts';
import { abandonedRuleOf } from '../rules/declared-rule.ts';
import type { AbandonedRule } from '../rules/settlement-rules.ts';
import type { ResultRule } from './correction-commands.ts';
import type { Outcomes, Report } from './corrections.ts';
import { isDeclared } from './preview.ts';
import { type Cause, isSame, OPERATOR, resettle } from './resettle.ts';

export interface Opinion {
  readonly source: string;
  readonly outcomes: Outcomes;
}

/** To be called for a result that is well formed and newer than its source's last one. */
export function reportResult(
  ledger: LedgerState,
  cause: Cause,
  of: { fixture: Fixture; result: Result; rule: ResultRule },
): Decision {
  const { fixture, result, rule } = of;
  const { actor } = cause.envelope as Envelope;
  if ((result.source === OPERATOR) !== (actor.via === 'operator')) return refuse('forbidden', { path: '/result/source' });
  const { completedPeriods, eventId, places, scores, source, status, version, withdrawn } = result;
  if (completedPeriods.length > PERIODS.length || !completedPeriods.every((period) => isToken(period)))
    return refuse('malformed', { need: PERIODS.length, path: '/result/completedPeriods' });
  const plainScores = scores.map(({ away, home, period, stat }) => ({ away, home, period, stat }));
  const by = source === OPERATOR ? actor.ownerId : '';
  const runners = {
    ...(places === undefined ? {} : { places: places.map(plainPlacing) }),
    ...(withdrawn === undefined ? {} : { withdrawn: withdrawn.map(plainWithdrawn) }),
  };
  const report: Report = { completedPeriods: [...completedPeriods], scores: plainScores, source, status, version, ...runners };
  const reports = heardOf(fixture, status, ledger.corrections.reportsWith(eventId, report));
  const told = event(cause, 'ResultReported', {
    by,
    completedPeriods: report.completedPeriods,
    eventId,
    ...(runners.places ? { places: runners.places } : {}),
    scores: plainScores,
    source,
    status,
    version,
    ...(runners.withdrawn ? { withdrawn: runners.withdrawn } : {}),
  });
  const waits = postponed(ledger, cause, { fixture, result });
  if (waits) return [told, waits];
  const conflicts: [string, string][] = [];
  const moved: NewEvent[] = [];
  for (const row of fixture.markets) {
    const market = marketAt(ledger, row);
    const opinions = opinionsOn(market, reports, { rule, abandoned: abandonedRuleOf(ledger, market) });
    const decided = decidedBy(opinions, rule);
    const withdrawn = reports.find((one) => one.source === decided?.source)?.withdrawn;
    const { isStuck, news } = decideOn(ledger, cause, { market, decided, by, source, withdrawn });
    moved.push(...news);
    conflicts.push(
      ...conflictsOn(market, {
        opinions,
        counts: isStuck ? market.outcomes : (decided?.outcomes ?? null),
        source,
        isNews: news.length > 0,
      }),
    );
  }
  // Pools follow scores: one that counts and changes is told also when no market changes with it.
  const counts = countsOf(reports, rule);
  const before = countsOf(heardOf(fixture, status, ledger.corrections.reports.get(eventId) ?? []), rule);
  const isNew = counts !== null && (before === null || contentOf(counts) !== contentOf(before));
  const isShut = isVoidForGood(fixture) && source !== OPERATOR;
  const results =
    !isShut && (isNew || moved.length > 0 || !fixture.resulted)
      ? [resultedBy(ledger, cause, { eventId, report: counts ?? report }), ...moved]
      : [];
  const conflicted = conflicts.length > 0 ? [event(cause, 'ResultConflicted', { conflicts, eventId, source, version })] : [];
  return [told, ...results, ...conflicted];
}

/** The whole result that counts: the operator's, or the best one that enough of the sources named share. */
export function countsOf(reports: readonly Report[], rule: ResultRule): Report | null {
  const voices = reports
    .toSorted((a, b) => rankOf(a.source, rule) - rankOf(b.source, rule))
    .filter((r) => mayDecide(r.source, rule));
  for (const report of voices) {
    if (report.source === OPERATOR) return report;
    if (voices.filter((other) => contentOf(other) === contentOf(report)).length >= rule.agree) return report;
  }
  return null;
}

function contentOf({ completedPeriods, places = [], scores, status, withdrawn = [] }: Report): string {
  return canonical({
    completedPeriods: completedPeriods.toSorted(),
    places: places.map((placing) => canonical(placing)).sort(),
    scores: scores.map((score) => canonical(score)).sort(),
    status,
    withdrawn: withdrawn.map((one) => canonical(one)).sort(),
  });
}

function resultedBy(ledger: LedgerState, cause: Cause, { eventId, report }: { eventId: string; report: Report }): NewEvent {
  const { places, scores, source, status, version, withdrawn } = report;
  return event(cause, 'MarketResulted', {
    ...completedFor(ledger, eventId, report),
    eventId,
    ...(places === undefined ? {} : { places }),
    scores,
    source,
    status,
    version,
    ...(withdrawn === undefined ? {} : { withdrawn }),
  });
}

/** What each source that may speak says of a market, best first; the operator before all. Sources that say nothing of it are left out. */
export function opinionsOn(
  market: Pick<Market, 'selections' | 'terms'> & Partial<Pick<Market, 'payoutsMinor' | 'runners'>>,
  reports: readonly Report[],
  { abandoned, rule }: { readonly abandoned: AbandonedRule; readonly rule: ResultRule },
): Opinion[] {
  const opinions: Opinion[] = [];
  for (const report of reports.toSorted((a, b) => rankOf(a.source, rule) - rankOf(b.source, rule))) {
    const outcomes = outcomesOf(market, report, { abandoned });
    if (outcomes) opinions.push({ source: report.source, outcomes });
  }
  return opinions;
}

/** The opinion that counts: the operator's, or the best one that enough of the sources named share. */
export function decidedBy(opinions: readonly Opinion[], rule: ResultRule): Opinion | null {
  const voices = opinions.filter(({ source }) => mayDecide(source, rule));
  for (const opinion of voices) {
    if (opinion.source === OPERATOR) return opinion;
    if (voices.filter((other) => isSame(other.outcomes, opinion.outcomes)).length >= rule.agree) return opinion;
  }
  return null;
}

export function mayDecide(source: string, { sources }: ResultRule): boolean {
  return source === OPERATOR || sources.length === 0 || sources.includes(source);
}

/** Sources that are not named come after those that are, in the order in which they first spoke. */
function rankOf(source: string, { sources }: ResultRule): number {
  if (source === OPERATOR) return -1;
  const at = sources.indexOf(source);
  return at < 0 ? sources.length : at;
}

function decideOn(
  ledger: LedgerState,
  cause: Cause,
  of: { market: Market; decided: Opinion | null; by: string; source: string; withdrawn: readonly Withdrawn[] | undefined },
): { readonly news: readonly NewEvent[]; readonly isStuck: boolean } {
  const { by, decided, market, source, withdrawn } = of;
  const only = (news: readonly NewEvent[]) => ({ news, isStuck: false });
  if (!decided) return only(isDeclared(market) ? [] : closedUndecided(cause, market));
  if (!isDeclared(market))
    return only([...toldWithdrawals(cause, market, withdrawn), ...startedEvents(cause, market, decided.outcomes)]);
  if (ledger.corrections.markets.get(market.row)?.byHand === true && source !== OPERATOR) return { news: [], isStuck: true };
  const wish = { outcomes: decided.outcomes, by, source: decided.source, reason: 'result' };
  const corrected = resettle(ledger, cause, market, wish);
  if (!isRefusal(corrected)) return only(corrected);
  // Nothing to do, or it cannot be done any more: then the market stands against what counts, and people see that in the conflicts.
  return { news: [], isStuck: corrected.code === 'correction_closed' };
}

/** Who says otherwise than what counts, as far as this report has to do with it: [market, source]. */
function conflictsOn(
  market: Market,
  of: { opinions: readonly Opinion[]; counts: Outcomes | null; source: string; isNews: boolean },
): [string, string][] {
  const { isNews, opinions, source } = of;
  const counts = of.counts ?? opinions[0]?.outcomes ?? null;
  const others = opinions.filter(({ outcomes }) => counts && !isSame(outcomes, counts));
  // A report that agrees with what counts brings no conflict that was not recorded before, unless it made it count.
  return isNews || others.some((other) => other.source === source)
    ? others.map((other): [string, string] => [market.marketId, other.source])
    : [];
}
