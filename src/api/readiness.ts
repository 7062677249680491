// May this process take traffic? Each check answers within a second or counts as failed; nothing here changes anything.
import type { Log } from '#ports/log.ts';

export interface CheckResult {
  readonly ok: boolean;
  readonly detail: string;
}

export interface ReadinessCheck {
  readonly name: string;
  check(): Promise<CheckResult>;
}

export interface Readiness {
  readonly status: 'ready' | 'not_ready';
  readonly draining: boolean;
  readonly checks: readonly (CheckResult & { readonly name: string })[];
}

export const CHECK_MS_MAX = 1_000;

export async function readiness(checks: readonly ReadinessCheck[], draining: boolean, log: Log): Promise<Readiness> {
  const results = await Promise.all(checks.map(async (check) => ({ name: check.name, ...(await judged(check, log)) })));
  const ready = !draining && results.every((result) => result.ok);
  return { status: ready ? 'ready' : 'not_ready', draining, checks: results };
}

/** Something that answers at all: a database, a bus. */
export function answers(name: string, ask: () => Promise<unknown>): ReadinessCheck {
  return { name, check: async () => (await ask(), { ok: true, detail: 'answers' }) };
}

/** The database has exactly the schema that this program ships. */
export function schemaIsCurrent(
  read: () => Promise<{ state: string; databaseVersion: number; shippedVersion: number }>,
): ReadinessCheck {
  return {
    name: 'schema',
    async check() {
      const { databaseVersion, shippedVersion, state } = await read();
      return { ok: state === 'current', detail: `${state}: database ${databaseVersion}, program ${shippedVersion}` };
    },
  };
}

export function writerIsWriting(status: () => string | Promise<string>): ReadinessCheck {
  return {
    name: 'writer',
    async check() {
      const detail = await status();
      return { ok: detail === 'writing', detail };
    },
  };
}

/** Who writes the other ledgers. One that is without a writer for a moment is told, and keeps nobody from those that are written. */
export function shardsAreWritten(
  look: () => Promise<{ readonly shards: readonly { readonly shard: number; readonly holder: string | null }[] }>,
): ReadinessCheck {
  return {
    name: 'shards',
    async check() {
      const { shards } = await look();
      const without = shards.filter(({ holder }) => holder === null).map(({ shard }) => shard);
      const all = `${shards.length - without.length} of ${shards.length} are written`;
      return {
        ok: without.length < shards.length,
        detail: without.length === 0 ? all : `${all}; without a writer: ${without.join(', ')}`,
      };
    },
  };
}

/** The read models follow closely enough. */
export function lagIsSmall(lagMs: () => number | Promise<number>, maxMs: number): ReadinessCheck {
  return {
    name: 'projection_lag',
    async check() {
      const lag = await lagMs();
      return { ok: lag <= maxMs, detail: `${Math.round(lag)} ms of at most ${maxMs} ms` };
    },
  };
}

/** The disk of the database has room for bets. */
export function diskHasRoom(disk: { readonly low: boolean; readonly freeBytes: number | null }): ReadinessCheck {
  return {
    name: 'disk',
    check: () => {
      const free = disk.freeBytes === null ? 'not watched' : `${Math.round(disk.freeBytes / 1024 ** 2)} MiB free`;
      return Promise.resolve({ ok: !disk.low, detail: disk.low ? `${free}: bets are refused` : free });
    },
  };
}

async function judged(check: ReadinessCheck, log: Log): Promise<CheckResult> {
  const { promise, resolve } = Promise.withResolvers<CheckResult>();
  const timer = setTimeout(() => resolve({ ok: false, detail: `no answer within ${CHECK_MS_MAX} ms` }), CHECK_MS_MAX);
  try {
    return await Promise.race([check.check(), promise]);
  } catch (error) {
    // The reason may name hosts and users: it belongs in the log, not in the answer.
    log.warn('readiness.check_failed', { check: check.name, error: String(error) });
    return { ok: false, detail: 'failed' };
  } finally {
    clearTimeout(timer);
  }
}
