// The desk's book in memory, for tests.
import { type DeskBook, type DeskChange, type DeskFact, type DeskFixture, eventIdOf, nameOf } from '#ports/desk-book.ts';

export class MemoryDeskBook implements DeskBook {
  readonly #changes: DeskChange[] = [];

  append(facts: readonly DeskFact[], { at, by }: { readonly at: number; readonly by: string }): Promise<number> {
    for (const fact of facts) this.#changes.push({ ...fact, no: this.#changes.length + 1, at, by });
    return Promise.resolve(this.#changes.length);
  }

  changesAfter(no: number, limit: number): Promise<DeskChange[]> {
    return Promise.resolve(this.#changes.slice(no, no + limit));
  }

  event(eventId: string): Promise<DeskChange[]> {
    return Promise.resolve(this.#newest().filter((change) => eventIdOf(change) === eventId));
  }

  offers(eventIds: readonly string[]): Promise<DeskChange[]> {
    return Promise.resolve(this.#newest().filter((change) => change.kind === 'offer' && eventIds.includes(change.offer.eventId)));
  }

  expiring(): Promise<DeskChange[]> {
    return Promise.resolve(this.#newest().filter((change) => change.kind === 'offer' && change.offer.validUntil !== null));
  }

  fixtures(from: number, limit: number): Promise<DeskFixture[]> {
    const fixtures = this.#newest().flatMap((change) => (change.kind === 'fixture' ? [change.fixture] : []));
    return Promise.resolve(
      fixtures
        .filter((fixture) => fixture.startAt >= from)
        .sort((a, b) => a.startAt - b.startAt || (a.eventId < b.eventId ? -1 : 1))
        .slice(0, limit),
    );
  }

  #newest(): DeskChange[] {
    return [...new Map(this.#changes.map((change) => [`${eventIdOf(change)} ${nameOf(change)}`, change])).values()];
  }
}
