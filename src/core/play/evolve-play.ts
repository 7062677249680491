// Folds what people set for themselves into state. Limits, waits and ends are applied as stated.
import { unreachable } from '../base/assert.ts';
import { onBarred } from '../exchange/orders/pull-orders.ts';
import type { NewEvent } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import { type LimitKey, limitKey } from './play.ts';
import { onBansEvent } from './tell-bans.ts';

type BansEvent = NewEvent<'BansFollowed' | 'BansTaken' | 'BansTold'>;
export type PlayEvent = BansEvent | NewEvent<'PlayLimitSet' | 'PlayLimitWaits' | 'PlayLimitKept' | 'CoolOffSet'>;

/** Name of the timer that applies a loosening. */
export function waitKey(ownerId: string, key: LimitKey): string {
  return `play:${ownerId}:${key}`;
}

const PLAY_EVENTS: ReadonlySet<string> = new Set<PlayEvent['type']>([
  'PlayLimitSet',
  'PlayLimitWaits',
  'PlayLimitKept',
  'CoolOffSet',
  'BansFollowed',
  'BansTaken',
  'BansTold',
]);

/** True for what is responsible play's alone. */
export function isPlayEvent(e: NewEvent): e is PlayEvent {
  return PLAY_EVENTS.has(e.type);
}

export function onPlayEvent(ledger: LedgerState, e: PlayEvent): void {
  if (e.type === 'BansFollowed' || e.type === 'BansTaken' || e.type === 'BansTold') return onBansEvent(ledger, e);
  const person = ledger.play.enter(ledger, e.data.ownerId);
  if (e.type === 'CoolOffSet') {
    person.coolOffUntil = e.data.until;
    return onBanSet(ledger, e.data, e.at);
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
  onBanSet(ledger, e.data, e.at);
}

function onBanSet(ledger: LedgerState, { ownerId, until }: { ownerId: string; until: number }, at: number): void {
  ledger.bans.change(ownerId);
  if (until > at) onBarred(ledger, ownerId);
}
