// Responsible play as state: who has limits, which of them wait to be loosened, and what was used. A person is counted from his first limit on,
// and for ever: removing a limit and setting it again must not start a window anew.
import { assert } from '../base/assert.ts';
import type { NewEvent } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import type { Period } from './calendar.ts';
import { type CountedAccount, countEvent, countStake } from './count.ts';
import { Counters, type Window } from './counters.ts';
import { type PlayKind, type Setter, SETTERS } from './play-commands.ts';

/** `setter:kind:period`. */
export type LimitKey = `${Setter}:${PlayKind}:${Period}`;

export function limitKey(by: Setter, kind: PlayKind, period: Period): LimitKey {
  return `${by}:${kind}:${period}`;
}

export interface Waiting {
  readonly value: number | null;
  readonly dueAt: number;
}

export interface PlayPerson {
  readonly ownerId: string;
  readonly limits: Map<LimitKey, number>;
  readonly waiting: Map<LimitKey, Waiting>;
  readonly counters: Counters;
  /** End of the cool-off and of the person's own exclusion, ms; 0 when there was none. */
  coolOffUntil: number;
  selfExcludedUntil: number;
}

/** One person, keys in alphabetical order. */
export interface PlayPersonDump {
  readonly coolOffUntil: number;
  readonly lastActiveAt: number;
  readonly limits: readonly (readonly [LimitKey, number])[];
  readonly ownerId: string;
  readonly selfExcludedUntil: number;
  readonly waiting: readonly (readonly [LimitKey, Waiting])[];
  readonly windows: readonly Window[];
}

export class Play {
  readonly #people = new Map<string, PlayPerson>();
  /** Accounts of the people here, by path. */
  readonly #accounts = new Map<string, CountedAccount>();

  /** False while nobody is counted, which costs everybody else nothing. */
  get counts(): boolean {
    return this.#people.size > 0;
  }

  find(ownerId: string): PlayPerson | undefined {
    return this.#people.get(ownerId);
  }

  people(): IterableIterator<PlayPerson> {
    return this.#people.values();
  }

  /** The person's entry, made when there is none. */
  enter(ledger: LedgerState, ownerId: string): PlayPerson {
    const known = this.#people.get(ownerId);
    if (known) return known;
    const person = { ownerId, limits: new Map(), waiting: new Map(), counters: new Counters() };
    return this.#add(ledger, { ...person, coolOffUntil: 0, selfExcludedUntil: 0 });
  }

  /** A wallet was opened. */
  onHolder(holder: Holder): void {
    if (this.#people.has(holder.ownerId)) this.#watch(holder.id, holder.ownerId);
  }

  count(ledger: LedgerState, e: NewEvent): void {
    this.countAs(ledger, e, (ownerId) => this.#people.get(ownerId)?.counters ?? null);
  }

  /** As count(), into counters of the caller's choice. */
  countAs(ledger: LedgerState, e: NewEvent, countersOf: (ownerId: string) => Counters | null): void {
    const accountAt = (path: string): CountedAccount | undefined => this.#accounts.get(path);
    countEvent({ accountAt, countersOf, placedAt: (betId) => placedAtOf(ledger, betId) }, e);
  }

  /** count() for a bet that was read without its event. */
  countBet(person: Holder, stakeMinor: number, at: number): void {
    const account = this.#accounts.get(person.available);
    const counters = account && this.#people.get(account.ownerId)?.counters;
    if (!counters) return;
    counters.add('loss', stakeMinor, at);
    countStake(counters, account, stakeMinor, at);
  }

  /** Null while nobody ever set anything: the ledger's snapshot is then what it was before there was responsible play. */
  dump(): PlayPersonDump[] | null {
    if (this.#people.size === 0) return null;
    return [...this.#people.values()].map(({ coolOffUntil, counters, limits, ownerId, selfExcludedUntil, waiting }) => {
      const { lastActiveAt, windows } = counters;
      return { coolOffUntil, lastActiveAt, limits: [...limits], ownerId, selfExcludedUntil, waiting: [...waiting], windows };
    });
  }

  /** Fills an empty one; the ledger's holders are there. */
  load(ledger: LedgerState, dump: readonly PlayPersonDump[] | null | undefined): void {
    for (const { lastActiveAt, limits, waiting, windows, ...rest } of dump ?? []) {
      const counters = new Counters(windows, lastActiveAt);
      this.#add(ledger, { ...rest, limits: new Map(limits), waiting: new Map(waiting), counters });
    }
  }

  #add(ledger: LedgerState, person: PlayPerson): PlayPerson {
    const { ownerId } = person;
    assert(!this.#people.has(ownerId), () => `${ownerId} is there twice`);
    this.#people.set(ownerId, person);
    this.#watch(ownerId, ownerId); // his own wallet, also before it is opened
    for (const holder of ledger.holders) if (holder.ownerId === ownerId) this.#watch(holder.id, ownerId);
    return person;
  }

  #watch(holder: string, ownerId: string): void {
    const account = { ownerId, holder, own: holder === ownerId };
    this.#accounts.set(`player:${holder}:available`, account);
    this.#accounts.set(`player:${holder}:debt`, account);
  }
}

/** Of an open bet: single, each-way or of several legs. */
function placedAtOf({ bets, eachWay, multiples }: LedgerState, betId: string): number | undefined {
  for (const table of [bets, eachWay]) {
    const row = table.find(betId);
    if (row >= 0) return table.get(row).placedAt;
  }
  const bet = multiples.find(betId);
  return bet < 0 ? undefined : multiples.bets.placedAt[bet];
}

/** The limit that binds: the lower of the person's own and the operator's; null when there is none. */
export function bindingLimit(person: PlayPerson, kind: PlayKind, period: Period): number | null {
  let least: number | null = null;
  for (const by of SETTERS) {
    const value = person.limits.get(limitKey(by, kind, period));
    if (value !== undefined && (least === null || value < least)) least = value;
  }
  return least;
}
