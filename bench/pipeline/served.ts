// The served side of `bench pipeline`: the roles `ingest` and `odds` as a process of ours runs them, with the ports that its environment chooses.
import { pinoLog } from '#adapters/system/pino-log.ts';
import { openContext } from '#roles/context.ts';
import { readEnvironment } from '#roles/environment.ts';
import { makeRuntime, type Running, type Runtime } from '#roles/runtime.ts';
import { startIngestRole, startOddsRole } from '#roles/start/odds-roles.ts';
import type { Kept, ServedAsk, ServedCounts } from './scene.ts';

const STARTS: Readonly<Record<string, (runtime: Runtime) => Promise<Running>>> = { odds: startOddsRole, ingest: startIngestRole };

const environment = readEnvironment();
const log = pinoLog(environment.LOG_LEVEL);
const runtime = await makeRuntime(await openContext({ environment, log, migrate: false }), (reason) => {
  throw new Error(reason);
});
const running: Running[] = [];
for (const name of process.argv.slice(2)) running.push(await (STARTS[name] as (typeof STARTS)[string])(runtime));
process.on('message', (ask: ServedAsk) => void answer(ask));
process.once('SIGTERM', () => void stop());
process.once('disconnect', () => process.exit(1));
process.send?.({});

async function answer(ask: ServedAsk): Promise<void> {
  if (ask.ask === 'cpu') process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss } satisfies ServedCounts);
  else process.send?.((await Promise.all(ask.eventIds.map(keptOf))).flat());
}

/** What the keeper has put, read as a gateway reads: it is told that nothing is missing, so that all there is shows. */
async function keptOf(eventId: string): Promise<Kept[]> {
  const { hot } = runtime.caches;
  const { place } = await hot.read(eventId);
  if (place !== null) await hot.fill(eventId, [], place);
  const { quotes } = await hot.read(eventId);
  return (quotes ?? []).map(({ quote: { marketId, prices, sourceVersion } }) => ({ marketId, prices, sourceVersion }));
}

async function stop(): Promise<void> {
  for (const role of running.reverse()) await role.stop();
  process.exit(0); // also with what a profile of this process is written by
}
