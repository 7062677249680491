// The read models and the follower, in a thread of their own beside the writer; and the keeper of dead letters.
import { DeadLetterKeeper } from '#engine/bus/dead-letter-keeper.ts';
import { bodyOf, TOPICS_SENT } from '#engine/bus/message-table.ts';
import type { EventBatch } from '#engine/journal/relay.ts';
import type { Handler, Subscription } from '#ports/bus.ts';
import { MAIN_SHARD } from '../ledgers.ts';
import { watchLag } from './projection-lag.ts';
import { ProjectorThread } from './projector-thread.ts';
import type { Running, Runtime } from '../runtime.ts';
import { startBackups } from '../backup/backup-schedule.ts';
import { watchBackups } from '../watch/backup-age.ts';
import { startStateCheck } from '../watch/state-check.ts';
import { watchDeadLetters } from '../watch/dead-letters.ts';
import { startUpkeep } from './upkeep.ts';

/** Read models that are further behind are measured by their lag, not by a trace, ms. */
const TRACED_FOLD_MS_MAX = 10_000;

export async function startProjectRole(runtime: Runtime): Promise<Running> {
  const { clock, database, deadLetters, log } = runtime.context;
  let stopping = false;
  const states = startStateCheck(runtime, MAIN_SHARD);
  const projector = new ProjectorThread(
    { url: database.url, shards: [MAIN_SHARD], followed: [MAIN_SHARD] },
    {
      log,
      onExit: (code) => {
        if (!stopping) runtime.fail(`the projector thread ended with code ${code}`);
      },
      onSnapshot: (snapshot) => states.saved(snapshot),
    },
  );
  runtime.projector = projector;
  const lag = watchLag(runtime, MAIN_SHARD);
  runtime.metrics.gauge('palpite_projection_lag_seconds', () => lag.ms / 1000, { shard: MAIN_SHARD });
  runtime.metrics.gauge('palpite_projection_lag_events', () => lag.events, { shard: MAIN_SHARD });
  const told = runtime.traces.on ? await traceFolds(runtime, projector) : null;
  const watches = [watchDeadLetters(runtime), watchBackups(runtime), startBackups(runtime.context), states];
  const upkeep = startUpkeep(runtime.context);
  const keeper = new DeadLetterKeeper({ bus: runtime.bus, letters: deadLetters, topics: TOPICS_SENT, clock, log });
  await keeper.start();
  return {
    async stop() {
      stopping = true;
      lag.stop();
      await told?.close();
      await Promise.all(watches.map((watch) => watch.stop()));
      await keeper.stop();
      await upkeep.stop();
      await projector.stop();
    },
  };
}

/** Where traces are on: measures until the events of a traced command are in the read models. It hears of them as gateways do; the projector itself reads the journal. */
function traceFolds({ bus, traces }: Runtime, projector: ProjectorThread): Promise<Subscription> {
  const hear: Handler = async (messages) => {
    for (const message of messages) {
      const span = traces.follow(message.traceparent, 'project.fold');
      if (!span) continue;
      const { events, firstSeq, shard } = bodyOf<EventBatch>(message);
      const lastSeq = firstSeq + events.split('\n').length - 1;
      void projector
        .reached(shard, lastSeq, TRACED_FOLD_MS_MAX)
        .then((reached) => span.end({ 'palpite.shard': shard, 'palpite.seq': lastSeq, 'palpite.reached': reached }));
    }
  };
  return bus.subscribe('events', 'project', hear, { broadcast: true });
}
