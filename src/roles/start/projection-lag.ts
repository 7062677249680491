// How far the read models are behind, shard by shard: known where writer and projector share this process, else asked of the database.
import type { Runtime } from '../runtime.ts';

const ASK_MS = 500;

export interface Lags {
  /** Age of the oldest committed block of a shard that is not projected, ms. */
  ms(shard: number): number;
  /** The largest. */
  readonly worstMs: number;
  stop(): void;
}

export function watchLags(runtime: Runtime): Lags {
  const { context } = runtime;
  let asked: ReadonlyMap<number, number> = new Map();
  let asking = false;
  const known = (shard: number): number | null =>
    runtime.writers.has(shard) ? (runtime.projector?.lagMs(shard, context.clock.now()) ?? null) : null;
  const ms = (shard: number): number => known(shard) ?? asked.get(shard) ?? 0;
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
    ms,
    get worstMs() {
      return Math.max(0, ...[...new Set([...asked.keys(), ...runtime.writers.keys()])].map(ms));
    },
    stop: () => clearInterval(timer),
  };
}
