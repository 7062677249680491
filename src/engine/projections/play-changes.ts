// Responsible play as rows: what a person may use of each window, what waits to be loosened, and until when he may not bet at all.
import type { NewEvent } from '#core/kernel/event.ts';

export type PlayEvent = NewEvent<
  'ExclusionSet' | 'PlayLimitSet' | 'PlayLimitWaits' | 'PlayLimitKept' | 'CoolOffSet' | 'BansTaken'
>;

/** One limit of a person as a batch leaves it; `limit` is undefined when the batch did not touch what binds. */
export interface PlayLimitChange {
  readonly ledgerId: string;
  readonly ownerId: string;
  readonly setBy: string;
  readonly kind: string;
  readonly period: string;
  limit: { readonly value: number | null } | undefined;
  waiting: { readonly value: number | null; readonly dueAt: number } | null;
}

/** Ends as a batch leaves them, ms; undefined when it did not touch them. */
export interface PlayBanChange {
  readonly ledgerId: string;
  readonly ownerId: string;
  coolOffUntil: number | undefined;
  excludedUntil: number | undefined;
  selfExcludedUntil: number | undefined;
}

export class PlayChanges {
  readonly limits = new Map<string, PlayLimitChange>();
  readonly bans = new Map<string, PlayBanChange>();

  add(e: PlayEvent): void {
    if (e.type === 'BansTaken') {
      for (const [ownerId, excludedUntil, selfExcludedUntil, coolOffUntil] of e.data.bans)
        Object.assign(this.#ban(e.ledgerId, ownerId), { excludedUntil, selfExcludedUntil, coolOffUntil });
    } else if (e.type === 'CoolOffSet') this.#ban(e.ledgerId, e.data.ownerId).coolOffUntil = e.data.until;
    else if (e.type === 'ExclusionSet') {
      const ban = this.#ban(e.ledgerId, e.data.ownerId);
      ban.excludedUntil = e.data.until;
      if (e.data.self) ban.selfExcludedUntil = e.data.until;
    } else this.#limit(e);
  }

  #limit(e: NewEvent<'PlayLimitSet' | 'PlayLimitWaits' | 'PlayLimitKept'>): void {
    const { by: setBy, kind, ownerId, period } = e.data;
    const { ledgerId } = e;
    const key = `${ledgerId} ${ownerId} ${setBy} ${kind} ${period}`;
    let change = this.limits.get(key);
    if (!change) {
      change = { ledgerId, ownerId, setBy, kind, period, limit: undefined, waiting: null };
      this.limits.set(key, change);
    }
    if (e.type === 'PlayLimitSet') change.limit = { value: e.data.value };
    change.waiting = e.type === 'PlayLimitWaits' ? { value: e.data.value, dueAt: e.data.dueAt } : null;
  }

  #ban(ledgerId: string, ownerId: string): PlayBanChange {
    const key = `${ledgerId} ${ownerId}`;
    let change = this.bans.get(key);
    if (!change) {
      change = { ledgerId, ownerId, coolOffUntil: undefined, excludedUntil: undefined, selfExcludedUntil: undefined };
      this.bans.set(key, change);
    }
    return change;
  }
}
