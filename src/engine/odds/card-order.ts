// Keeps a fixture's card from going back for those who hear it over the bus, where what was said once may come again much later.
import type { FixtureCard } from '#ports/feed.ts';

/** Fixtures remembered; the one that was told longest ago goes first. */
const FIXTURES_MAX = 20_000;

export class CardOrder {
  readonly #saidAt = new Map<string, number>();

  /** False when a card that was said later is known. */
  isNewest({ eventId, saidAt = 0 }: FixtureCard): boolean {
    if (saidAt < (this.#saidAt.get(eventId) ?? 0)) return false;
    this.#saidAt.delete(eventId);
    this.#saidAt.set(eventId, saidAt);
    if (this.#saidAt.size > FIXTURES_MAX) this.#saidAt.delete(this.#saidAt.keys().next().value as string);
    return true;
  }
}
