// The read models and the follower, in a thread of their own beside the writer; and the keeper of dead letters.
import { DeadLetterKeeper } from '#engine/bus/dead-letter-keeper.ts';
import { TOPICS_SENT } from '#engine/bus/message-table.ts';
import { type Lags, watchLags } from './projection-lag.ts';
import { ProjectorThread } from './projector-thread.ts';
import type { Running, Runtime } from '../runtime.ts';
import { startUpkeep } from './upkeep.ts';

/** How soon a new shard is among the figures, ms. */
const MEASURE_MS = 1_000;

export async function startProjectRole(runtime: Runtime): Promise<Running> {
  const { clock, database, deadLetters, log } = runtime.context;
  let stopping = false;
  const projector = new ProjectorThread(
    { url: database.url, shards: [], followed: [], inUse: true },
    {
      log,
      onExit: (code) => {
        if (!stopping) runtime.fail(`the projector thread ended with code ${code}`);
      },
      onSnapshot: ({ blockNo, shard, stateHash }) => {
        const own = runtime.writers.get(shard)?.stateHashAt(blockNo) ?? null;
        if (own === null) return log.debug('follower.not_compared', { shard, blockNo });
        if (own === stateHash) return log.info('follower.agrees', { shard, blockNo });
        runtime.writers.get(shard)?.distrust(`the follower folded block ${blockNo} to another state`);
      },
    },
  );
  runtime.projector = projector;
  const lags = watchLags(runtime);
  const measuring = setInterval(() => measure(runtime, projector, lags), MEASURE_MS);
  const upkeep = startUpkeep(runtime.context);
  const keeper = new DeadLetterKeeper({ bus: runtime.bus, letters: deadLetters, topics: TOPICS_SENT, clock, log });
  await keeper.start();
  return {
    async stop() {
      stopping = true;
      clearInterval(measuring);
      lags.stop();
      await keeper.stop();
      await upkeep.stop();
      await projector.stop();
    },
  };
}

function measure({ metrics, writers }: Runtime, projector: ProjectorThread, lags: Lags): void {
  for (const shard of projector.shards) {
    const behind = (): number => Math.max(0, (writers.get(shard)?.place?.seq ?? 0) - projector.seq(shard));
    metrics.gauge('palpite_projection_lag_seconds', () => lags.ms(shard) / 1000, { shard });
    metrics.gauge('palpite_projection_lag_events', behind, { shard });
  }
}
