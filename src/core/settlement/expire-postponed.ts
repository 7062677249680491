// The timer of a postponed fixture: it was not played in time. Where a rule says whose word counts, it counts here too.
import type { Market } from '../bets/market.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import { isDeclared } from './corrections/preview.ts';
import { mayDecide } from './corrections/report-result.ts';
import { type Cause, closeOpen, OPERATOR } from './corrections/resettle.ts';
import { closedUndecided, startedEvents, voidOutcomes } from './declare.ts';

export function expirePostponed(ledger: LedgerState, cause: Cause, eventId: string): Decision {
  const fixture = ledger.fixtures.get(eventId);
  if (!fixture?.postponed || fixture.resulted) return [];
  const { source, version } = fixture.postponed;
  const isVoid = isAgreed(ledger, eventId);
  const waiting = fixture.markets.map((row) => marketAt(ledger, row)).filter((market) => !isDeclared(market));
  return [
    event(cause, 'PostponementEnded', { eventId, reason: isVoid ? 'expired' : 'disputed' }),
    event(cause, 'MarketResulted', { eventId, scores: [], source, status: 'postponed', version }),
    ...waiting.flatMap((market) => (isVoid ? voided(ledger, cause, market) : closedUndecided(cause, market))),
  ];
}

/** Enough of the sources that may decide say that it was postponed, or an operator does. */
function isAgreed({ corrections: { reports, rule } }: LedgerState, eventId: string): boolean {
  if (!rule) return true;
  const voices = (reports.get(eventId) ?? []).filter(({ source, status }) => status === 'postponed' && mayDecide(source, rule));
  return voices.length >= rule.agree || voices.some(({ source }) => source === OPERATOR);
}

/** As by hand: sources only disagree from then on. */
function voided(ledger: LedgerState, cause: Cause, market: Market): NewEvent[] {
  const { marketId } = market;
  return [
    ...closeOpen(ledger, cause, { market, by: '', reason: 'replaced' }),
    event(cause, 'SettlementOrdered', { by: '', marketId, reason: 'postponed' }),
    ...startedEvents(cause, market, voidOutcomes(market)),
  ];
}
