// Who is barred, across ledgers. Bans are set in the home ledger, which numbers them as they change and knows how far each other ledger was told;
// the others know how far they were told. So nothing else has to be remembered: whoever writes next goes on from here.
import { MAIN_LEDGER } from '../ledger/shard.ts';

/** Where people cool off and are excluded, for all ledgers. */
export const HOME_LEDGER = MAIN_LEDGER;
/** Bans told at once. */
export const BANS_PER_COMMAND = 200;

/** Ends of a person's bans, ms; 0 where there is none. */
export type BanRow = readonly [ownerId: string, excludedUntil: number, selfExcludedUntil: number, coolOffUntil: number];

export interface BansDump {
  readonly changed: readonly (readonly [string, number])[];
  readonly followers: readonly (readonly [string, number])[];
  readonly last: number;
  readonly takenUpTo: number | null;
  readonly waits: boolean;
}

export class Bans {
  /** Number of each person's last change, the oldest first. Kept from the first follower on. */
  readonly #changed = new Map<string, number>();
  /** As many as there are ledgers: one that were refused for their number could never take a bet, and a name is little beside a ledger. */
  readonly #followers = new Map<string, number>();
  /** Followers that know all: asked after each commit. */
  #inStep = 0;
  #last = 0;
  /** Of a ledger that follows: what it was told; null before the first word from home. */
  takenUpTo: number | null = null;
  /** Opened to follow, and not told yet: nobody takes a risk here. */
  waits = false;

  /** Number of the last change, 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** How far a ledger was told, -1 when it was told nothing; undefined when it does not follow. */
  toldTo(ledgerId: string): number | undefined {
    return this.#followers.get(ledgerId);
  }

  /** Ledgers that do not know all yet. */
  *behind(): IterableIterator<string> {
    if (this.#inStep === this.#followers.size) return;
    for (const [ledgerId, told] of this.#followers) if (told < this.#last) yield ledgerId;
  }

  /** The people whose bans changed after `told`, the oldest change first, and the number of the last one among them. */
  after(told: number): { readonly owners: readonly string[]; readonly upTo: number } {
    const owners: string[] = [];
    for (const [ownerId, no] of this.#changed) {
      if (no <= told) continue;
      if (owners.length >= BANS_PER_COMMAND) return { owners, upTo: this.#changed.get(owners.at(-1) as string) as number };
      owners.push(ownerId);
    }
    return { owners, upTo: this.#last };
  }

  /** A ledger wants to know. `known` are all that have a ban: before the first follower nobody was numbered. */
  follow(ledgerId: string, known: Iterable<string>): void {
    const first = this.#followers.size === 0;
    this.#followers.set(ledgerId, -1);
    if (first) for (const ownerId of known) this.change(ownerId);
  }

  tell(ledgerId: string, upTo: number): void {
    this.#followers.set(ledgerId, upTo);
    if (upTo === this.#last) this.#inStep++;
  }

  /** A ban was set or lifted here. */
  change(ownerId: string): void {
    if (this.#followers.size === 0) return;
    this.#changed.delete(ownerId);
    this.#changed.set(ownerId, ++this.#last);
    this.#inStep = 0;
  }

  /** Null while the ledger neither tells nor is told: its snapshot is then what it was before there were such ledgers. */
  dump(): BansDump | null {
    const { takenUpTo, waits } = this;
    if (this.#followers.size === 0 && takenUpTo === null && !waits) return null;
    return { changed: [...this.#changed], followers: [...this.#followers], last: this.#last, takenUpTo, waits };
  }

  /** Fills an empty one. */
  load(dump: BansDump | undefined): void {
    if (!dump) return;
    for (const [ownerId, no] of dump.changed) this.#changed.set(ownerId, no);
    this.#last = dump.last;
    for (const [ledgerId, told] of dump.followers) this.tell(ledgerId, told);
    this.takenUpTo = dump.takenUpTo;
    this.waits = dump.waits;
  }
}
