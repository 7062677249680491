// Folds what people set for themselves into state. Limits, waits and ends are applied as stated.
import { unreachable } from '../base/assert.ts';
import type { NewEvent } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import { type LimitKey, limitKey } from './play.ts';

type PlayEvent = NewEvent<'PlayLimitSet' | 'PlayLimitWaits' | 'PlayLimitKept' | 'CoolOffSet'>;

/** Name of the timer that applies a loosening. */
export function waitKey(ownerId: string, key: LimitKey): string {
  return `play:${ownerId}:${key}`;
}

/** Name of the timer that takes a barred person's orders off the exchange. */
export function barKey(ownerId: string): string {
  return `bar:${ownerId}`;
}

export function onPlayEvent(ledger: LedgerState, e: PlayEvent): void {
  const person = ledger.play.enter(ledger, e.data.ownerId);
  if (e.type === 'CoolOffSet') {
    person.coolOffUntil = e.data.until;
    return endOrders(ledger, e);
  }
  const key = limitKey(e.data.by, e.data.kind, e.data.period);
  switch (e.type) {
    case 'PlayLimitSet':
      if (e.data.value === null) person.limits.delete(key);
      else person.limits.set(key, e.data.value);
      person.waiting.delete(key);
      return ledger.timers.delete(waitKey(person.ownerId, key));
    case 'PlayLimitWaits':
      person.waiting.set(key, { value: e.data.value, dueAt: e.data.dueAt });
      return ledger.timers.set(waitKey(person.ownerId, key), e.data.dueAt);
    case 'PlayLimitKept':
      person.waiting.delete(key);
      return ledger.timers.delete(waitKey(person.ownerId, key));
    default:
      return unreachable(e, 'event');
  }
}

export function onExclusionSet(ledger: LedgerState, e: NewEvent<'ExclusionSet'>): void {
  const { ownerId, self, until } = e.data;
  if (until === 0) ledger.exclusions.delete(ownerId);
  else ledger.exclusions.set(ownerId, until);
  if (self) ledger.play.enter(ledger, ownerId).selfExcludedUntil = until;
  endOrders(ledger, e);
}

/** Bets that stand do stand; what is still unmatched is taken back, in chunks by timer. */
function endOrders(ledger: LedgerState, e: NewEvent<'ExclusionSet' | 'CoolOffSet'>): void {
  const { ownerId, until } = e.data;
  if (until > e.at && hasOrders(ledger, ownerId)) ledger.timers.set(barKey(ownerId), e.at);
}

function hasOrders(ledger: LedgerState, ownerId: string): boolean {
  return ledger.holders.some((holder, row) => holder.ownerId === ownerId && ledger.exchange.openOrdersOf(row) > 0);
}
