// Which of the supplier's fixtures are which of ours, for those that are still going on; and those that wait for a person.
import type { FixtureCard } from '#ports/feed.ts';
import { type Mapping, type NormaliserOptions, resolveCards } from './normalise.ts';

/** Fixtures that are over and may still be mentioned. */
const OVER_MAX = 20_000;
/** A fixture without an end, or one that waits for a person, is given up this long after its start, ms. */
const WAIT_MS_MAX = 86_400_000;

export class FixtureMap {
  readonly #options: NormaliserOptions & { readonly clock: { now(): number } };
  readonly #mappings = new Map<string, Mapping>();
  readonly #foreign = new Map<string, string>();
  /** By our id: going on. */
  readonly #live = new Set<string>();
  readonly #over: string[] = [];
  readonly #blocked = new Map<string, FixtureCard>();

  constructor(options: NormaliserOptions & { readonly clock: { now(): number } }) {
    this.#options = options;
  }

  get(foreignId: string): Mapping | undefined {
    return this.#mappings.get(foreignId);
  }

  foreignOf(eventId: string): string | undefined {
    return this.#foreign.get(eventId);
  }

  live(): Iterable<string> {
    return this.#live;
  }

  /** Takes up fixtures of ours that were matched before. */
  async recall(cards: readonly FixtureCard[]): Promise<void> {
    const { aliases, source } = this.#options;
    const ours = new Map(cards.map((card) => [card.eventId, card]));
    for (const { foreignId, ourId, source: from, swapped } of await aliases.findOurs([...ours.keys()])) {
      const card = ours.get(ourId);
      if (card && from === source) this.#put({ foreignId, eventId: ourId, swapped, card });
    }
  }

  /** Takes cards and the ids of what was mentioned; gives the mentioned ids about which nothing is known, not even a card. */
  async learn(cards: readonly FixtureCard[], mentioned: ReadonlySet<string>): Promise<{ unknown: string[] }> {
    const fresh = new Map(cards.filter((card) => !this.#isAsBefore(card)).map((card) => [card.eventId, card]));
    if (fresh.size > 0) {
      const found = await resolveCards(this.#options, [...fresh.values()], true);
      for (const card of fresh.values()) this.#keep(card, found.get(card.eventId));
    }
    const unknown = [...mentioned].filter((id) => !this.#mappings.has(id) && !this.#blocked.has(id));
    return { unknown };
  }

  /** Looks up again what waits for a person; gives the ids that are known now. */
  async recheck(): Promise<string[]> {
    const now = this.#options.clock.now();
    for (const [id, card] of this.#blocked) if (card.startAt + WAIT_MS_MAX < now) this.#blocked.delete(id);
    for (const mapping of this.#mappings.values()) if (mapping.card.startAt + WAIT_MS_MAX < now) this.over(mapping);
    if (this.#blocked.size === 0) return [];
    const cards = [...this.#blocked.values()];
    const found = await resolveCards(this.#options, cards, false);
    for (const card of cards) if (found.has(card.eventId)) this.#keep(card, found.get(card.eventId));
    return [...found.keys()];
  }

  /** The fixture has its result: it is no longer confirmed, but may be mentioned again. */
  over(mapping: Mapping): void {
    if (!this.#live.delete(mapping.eventId)) return;
    this.#over.push(mapping.foreignId);
    if (this.#over.length <= OVER_MAX) return;
    for (const foreignId of this.#over.splice(0, OVER_MAX / 2)) {
      const old = this.#mappings.get(foreignId);
      this.#mappings.delete(foreignId);
      if (old) this.#foreign.delete(old.eventId);
    }
  }

  #isAsBefore(card: FixtureCard): boolean {
    const { card: known } = this.#mappings.get(card.eventId) ?? {};
    if (known) return known.startAt === card.startAt;
    const waiting = this.#blocked.get(card.eventId);
    return waiting !== undefined && waiting.startAt === card.startAt && waiting.home === card.home && waiting.away === card.away;
  }

  #keep(card: FixtureCard, mapping: Mapping | undefined): void {
    if (!mapping) {
      this.#blocked.set(card.eventId, card);
      return;
    }
    this.#blocked.delete(card.eventId);
    this.#put(mapping);
  }

  #put(mapping: Mapping): void {
    this.#mappings.set(mapping.foreignId, mapping);
    this.#foreign.set(mapping.eventId, mapping.foreignId);
    this.#live.add(mapping.eventId);
  }
}
