// Who writes which shard. Every writer process sees the same rows and comes to the same division, so that nobody has to lead: free shards go one
// by one to whoever has least, and nobody keeps two more than another. The lowest shard of a process, `main` for one of them, never moves.
import type { ShardsView } from '#ports/shards.ts';

export interface Share {
  /** Free shards that are this process's to take. */
  readonly take: readonly number[];
  /** Shards that it is to give up for others. */
  readonly give: readonly number[];
}

interface Part {
  readonly writer: string;
  readonly shards: number[];
}

export function fairShare(me: string, view: ShardsView): Share {
  const parts = new Map<string, Part>();
  for (const writer of [...view.writers, me].toSorted()) parts.set(writer, { writer, shards: [] });
  const free: number[] = [];
  for (const { holder, shard } of view.shards.toSorted((a, b) => a.shard - b.shard)) {
    if (holder === null) free.push(shard);
    else parts.get(holder)?.shards.push(shard); // else somebody's who shares with nobody: a command line
  }
  const all = [...parts.values()];
  const take: number[] = [];
  for (const shard of free) {
    const { shards, writer } = least(all);
    shards.push(shard);
    if (writer === me) take.push(shard);
  }
  const give: number[] = [];
  for (;;) {
    const [from, to] = [most(all), least(all)];
    if (from.shards.length - to.shards.length < 2) break;
    from.shards.sort((a, b) => a - b);
    const shard = from.shards.pop() as number;
    to.shards.push(shard);
    if (from.writer === me) give.push(shard);
  }
  return { take: take.filter((shard) => !give.includes(shard)), give: give.filter((shard) => !take.includes(shard)) };
}

function least(parts: readonly Part[]): Part {
  return parts.reduce((a, b) => (b.shards.length < a.shards.length ? b : a));
}

function most(parts: readonly Part[]): Part {
  return parts.reduce((a, b) => (b.shards.length > a.shards.length ? b : a));
}
