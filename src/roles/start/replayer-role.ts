// Plays a recorded command log into the topic `commands`, to writers that run on recorded time.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { batchMessage, type RecordedBatch } from '#engine/journal/command-log.ts';
import { MAIN_SHARD } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';

export async function startReplayerRole(runtime: Runtime): Promise<Running> {
  const { environment, log } = runtime.context;
  const file = environment.RECORDING;
  if (file === undefined) throw new Error('the replayer needs RECORDING: a file made by `palpite journal commands`');
  if (environment.CLOCK !== 'recorded') throw new Error('the replayer needs CLOCK=recorded, here and where the writer runs');
  let stopped = false;
  const playing = (async () => {
    let n = 0;
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (stopped) return;
      if (line.trim() === '') continue;
      await runtime.bus.publish([batchMessage(MAIN_SHARD, ++n, JSON.parse(line) as RecordedBatch)]);
    }
    log.info('replayer.done', { file, batches: n });
  })();
  playing.catch((error: unknown) => runtime.fail(`the recording cannot be played: ${String(error)}`));
  return {
    async stop() {
      stopped = true;
      await playing.catch(() => undefined);
    },
  };
}
