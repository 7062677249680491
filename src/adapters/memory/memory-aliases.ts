// The alias table and review queue in memory, for tests and runs without a database.
import type { Alias, AliasKind, Aliases, Unmatched } from '#ports/aliases.ts';

export class MemoryAliases implements Aliases {
  readonly queued = new Map<string, Unmatched & { times: number; resolved: boolean }>();
  readonly #rows = new Map<string, Alias>();

  find(source: string, asked: readonly { kind: AliasKind; foreignId: string }[]): Promise<Alias[]> {
    return Promise.resolve(asked.flatMap(({ foreignId, kind }) => this.#rows.get(keyOf(source, kind, foreignId)) ?? []));
  }

  findOurs(eventIds: readonly string[]): Promise<Alias[]> {
    return Promise.resolve([...this.#rows.values()].filter((row) => row.kind === 'fixture' && eventIds.includes(row.ourId)));
  }

  add(aliases: readonly Alias[]): Promise<void> {
    for (const row of aliases) {
      const key = keyOf(row.source, row.kind, row.foreignId);
      if (!this.#rows.has(key)) this.#rows.set(key, row);
    }
    return Promise.resolve();
  }

  ourIds(kind: AliasKind): Promise<string[]> {
    return Promise.resolve([...new Set([...this.#rows.values()].filter((row) => row.kind === kind).map((row) => row.ourId))]);
  }

  queue(items: readonly Unmatched[]): Promise<void> {
    for (const item of items) {
      const key = keyOf(item.source, item.kind, item.foreignId);
      const known = this.queued.get(key);
      if (known) known.times++;
      else this.queued.set(key, { ...item, times: 1, resolved: false });
    }
    return Promise.resolve();
  }

  /** What a person does in the review queue. */
  resolve(item: Pick<Unmatched, 'source' | 'kind' | 'foreignId'>, ourId: string, swapped = false): void {
    const { foreignId, kind, source } = item;
    const queued = this.queued.get(keyOf(source, kind, foreignId));
    if (queued) queued.resolved = true;
    this.#rows.set(keyOf(source, kind, foreignId), { source, kind, foreignId, ourId, swapped });
  }
}

function keyOf(source: string, kind: AliasKind, foreignId: string): string {
  return JSON.stringify([source, kind, foreignId]);
}
