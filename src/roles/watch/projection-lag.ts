// How far the read models are behind, shard by shard: known where writer and projector share this process, else asked of the database.
import type { ProjectionLag } from '#adapters/postgres/database.ts';
import type { Runtime } from '../runtime.ts';
import type { ProjectorThread } from '../start/projector-thread.ts';

const ASK_MS = 500;

export interface Lags {
  /** Age of the oldest committed block of a shard that is not projected, ms. */
  ms(shard: number): number;
  /** Events of a shard that are not projected yet. */
  events(shard: number): number;
  stop(): void;
}

export function watchLags(runtime: Runtime): Lags {
  const { context } = runtime;
  let asked: ReadonlyMap<number, ProjectionLag> = new Map();
  let asking = false;
  const known = (shard: number): ProjectorThread | null => (runtime.writers.has(shard) ? runtime.projector : null);
  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      asked = await context.projectionLags();
    } catch (error) {
      context.log.warn('projection.lag_not_known', { error: String(error) });
    }
    asking = false;
  };
  const timer = setInterval(() => void ask(), ASK_MS);
  timer.unref();
  return {
    ms: (shard) => known(shard)?.lagMs(shard, context.clock.now()) ?? asked.get(shard)?.ms ?? 0,
    events(shard) {
      const projected = known(shard)?.seq(shard) ?? null;
      if (projected === null) return asked.get(shard)?.events ?? 0;
      return Math.max(0, (runtime.writers.get(shard)?.place?.seq ?? 0) - projected);
    },
    stop: () => clearInterval(timer),
  };
}
