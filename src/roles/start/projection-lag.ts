// How far the read models are behind: known where writer and projector share this process, else asked of the database.
import type { Runtime } from '../runtime.ts';
import type { ProjectorThread } from './projector-thread.ts';

const ASK_MS = 500;

export interface Lag {
  /** Age of the oldest committed block that is not projected, ms. */
  readonly ms: number;
  /** Events that are not projected yet. */
  readonly events: number;
  stop(): void;
}

export function watchLag(runtime: Runtime, shard: number): Lag {
  const { context } = runtime;
  const known = (): ProjectorThread | null => (runtime.writer ? runtime.projector : null);
  let asked = { ms: 0, events: 0 };
  let asking = false;
  const ask = async (): Promise<void> => {
    if (known() || asking) return;
    asking = true;
    try {
      asked = await context.projectionLag(shard);
    } catch (error) {
      context.log.warn('projection.lag_not_known', { error: String(error) });
    }
    asking = false;
  };
  const timer = setInterval(() => void ask(), ASK_MS);
  timer.unref();
  return {
    get ms() {
      return known()?.lagMs(shard, context.clock.now()) ?? asked.ms;
    },
    get events() {
      const projected = known()?.seq(shard) ?? null;
      return projected === null ? asked.events : Math.max(0, (runtime.writer?.place?.seq ?? 0) - projected);
    },
    stop: () => clearInterval(timer),
  };
}
