// The read models and the follower, in a thread of their own beside the writer; and the keeper of dead letters.
import { DeadLetterKeeper } from '#engine/bus/dead-letter-keeper.ts';
import { bodyOf, TOPICS_SENT } from '#engine/bus/message-table.ts';
import type { EventBatch } from '#engine/journal/relay.ts';
import type { Handler, Subscription } from '#ports/bus.ts';
import { type Lags, watchLags } from '../watch/projection-lag.ts';
import { ProjectorThread } from './projector-thread.ts';
import type { Running, Runtime } from '../runtime.ts';
import { startBackups } from '../backup/backup-schedule.ts';
import { watchBackups } from '../watch/backup-age.ts';
import { startStateCheck } from '../watch/state-check.ts';
import { watchDeadLetters } from '../watch/dead-letters.ts';
import { startUpkeep } from './upkeep.ts';

/** How soon a new shard is among the figures, ms. */
const MEASURE_MS = 1_000;
/** Read models that are further behind are measured by their lag, not by a trace, ms. */
const TRACED_FOLD_MS_MAX = 10_000;

export async function startProjectRole(runtime: Runtime): Promise<Running> {
  const { clock, database, deadLetters, log } = runtime.context;
  let stopping = false;
  const states = startStateCheck(runtime);
  const projector = new ProjectorThread(
    { url: database.url, shards: [], followed: [], inUse: true },
    {
      log,
      onExit: (code) => {
        if (!stopping) runtime.fail(`the projector thread ended with code ${code}`);
      },
      onSnapshot: (snapshot) => states.saved(snapshot.shard, snapshot),
    },
  );
  runtime.projector = projector;
  const lags = watchLags(runtime);
  const measuring = setInterval(() => measure(runtime, projector, lags), MEASURE_MS);
  const told = runtime.traces.on ? await traceFolds(runtime, projector) : null;
  const watches = [watchDeadLetters(runtime), watchBackups(runtime), startBackups(runtime.context), states];
  const upkeep = startUpkeep(runtime.context);
  const keeper = new DeadLetterKeeper({ bus: runtime.bus, letters: deadLetters, topics: TOPICS_SENT, clock, log });
  await keeper.start();
  return {
    async stop() {
      stopping = true;
      clearInterval(measuring);
      lags.stop();
      await told?.close();
      await Promise.all(watches.map((watch) => watch.stop()));
      await keeper.stop();
      await upkeep.stop();
      await projector.stop();
    },
  };
}

function measure({ metrics }: Runtime, projector: ProjectorThread, lags: Lags): void {
  for (const shard of projector.shards) {
    metrics.gauge('palpite_projection_lag_seconds', () => lags.ms(shard) / 1000, { shard });
    metrics.gauge('palpite_projection_lag_events', () => lags.events(shard), { shard });
  }
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
