// The read models and the follower, in a thread of their own beside the writer; and the keeper of dead letters.
import { DeadLetterKeeper } from '#engine/bus/dead-letter-keeper.ts';
import { TOPICS_SENT } from '#engine/bus/message-table.ts';
import { MAIN_SHARD } from '../ledgers.ts';
import { watchLag } from './projection-lag.ts';
import { ProjectorThread } from './projector-thread.ts';
import type { Running, Runtime } from '../runtime.ts';
import { startUpkeep } from './upkeep.ts';

export async function startProjectRole(runtime: Runtime): Promise<Running> {
  const { clock, database, deadLetters, log } = runtime.context;
  let stopping = false;
  const projector = new ProjectorThread(
    { url: database.url, shards: [MAIN_SHARD], followed: [MAIN_SHARD] },
    {
      log,
      onExit: (code) => {
        if (!stopping) runtime.fail(`the projector thread ended with code ${code}`);
      },
      onSnapshot: ({ blockNo, shard, stateHash }) => {
        const own = runtime.writer?.stateHashAt(blockNo) ?? null;
        if (own === null) return log.debug('follower.not_compared', { shard, blockNo });
        if (own === stateHash) return log.info('follower.agrees', { shard, blockNo });
        runtime.writer?.distrust(`the follower folded block ${blockNo} to another state`);
      },
    },
  );
  runtime.projector = projector;
  const lag = watchLag(runtime, MAIN_SHARD);
  runtime.metrics.gauge('palpite_projection_lag_seconds', () => lag.ms / 1000, { shard: MAIN_SHARD });
  runtime.metrics.gauge(
    'palpite_projection_lag_events',
    () => Math.max(0, (runtime.writer?.place?.seq ?? 0) - projector.seq(MAIN_SHARD)),
    {
      shard: MAIN_SHARD,
    },
  );
  const upkeep = startUpkeep(runtime.context);
  const keeper = new DeadLetterKeeper({ bus: runtime.bus, letters: deadLetters, topics: TOPICS_SENT, clock, log });
  await keeper.start();
  return {
    async stop() {
      stopping = true;
      lag.stop();
      await keeper.stop();
      await upkeep.stop();
      await projector.stop();
    },
  };
}
