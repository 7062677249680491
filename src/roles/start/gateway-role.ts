// The API edge: REST, sockets, the page, health and metrics.
import { derivedOfferKey, type OfferKey, OfferKeys, readOfferKeys } from '#adapters/auth/offer-keys.ts';
import { PostgresReadModels } from '#adapters/postgres/reads/read-models-public.ts';
import { migrationStatus } from '#adapters/postgres/schema/migrate.ts';
import { MIGRATIONS_DIR } from '#adapters/postgres/database.ts';
import { answers, diskHasRoom, lagIsSmall, schemaIsCurrent, shardsAreWritten, writerIsWriting } from '#api/readiness.ts';
import { buildServer } from '#api/server.ts';
import { feedHub } from '#api/socket/feed-hub.ts';
import { hotFirst } from '#api/socket/hot-first.ts';
import { LiveHub } from '#api/live/live-hub.ts';
import { OddsHub } from '#api/socket/odds-hub.ts';
import { EXECUTABLE_BOOK } from '../books.ts';
import type { Environment } from '../environment.ts';
import { internalToken } from './internal-token.ts';
import { DeskOffice } from '#engine/desk/desk-office.ts';
import { MAIN_LEDGER, MAIN_SHARD } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';
import { watchDisk } from './disk-watch.ts';
import { watchLags } from '../watch/projection-lag.ts';

const LAG_MS_MAX = 10_000;

export async function startGatewayRole(runtime: Runtime): Promise<Running> {
  const { context } = runtime;
  const { clock, database, environment, log } = context;
  const readModels = new PostgresReadModels(database.pool, { shard: MAIN_SHARD, ledgerId: MAIN_LEDGER });
  const lags = watchLags(runtime);
  const disk = await watchDisk(runtime);
  const odds = new OddsHub(hotFirst(runtime.caches.hot, (eventId) => readModels.odds(eventId)));
  const updates = await feedHub(runtime.bus, odds, runtime.traces);
  const events = new LiveHub();
  const journal = await events.feed(runtime.bus);
  const app = await buildServer({
    ledgerId: MAIN_LEDGER,
    commands: runtime.commands,
    questions: runtime.questions,
    useShard: (shard) => context.shards.use(shard),
    identity: context.keys,
    readModels,
    review: context.review,
    evidence: runtime.evidence,
    desk: new DeskOffice({ book: runtime.desk, odds: runtime.odds, clock }),
    odds,
    events,
    offers: new OfferKeys(await offerKeys(environment)),
    rates: runtime.caches.rates,
    readiness: [
      answers('database', () => database.pool.query('SELECT 1')),
      schemaIsCurrent(() => migrationStatus(database.pool, { dir: MIGRATIONS_DIR })),
      writerIsWriting(async () => runtime.writer?.status ?? ((await context.writerAddress(MAIN_SHARD)) ? 'writing' : 'gone')),
      shardsAreWritten(() => context.shards.view()),
      lagIsSmall(() => lags.ms(MAIN_SHARD), LAG_MS_MAX),
      diskHasRoom(disk),
    ],
    draining: () => runtime.draining,
    metrics: runtime.metrics,
    traces: runtime.traces,
    log,
    clock,
    options: {
      version: runtime.version,
      executableBook: EXECUTABLE_BOOK,
      trustProxy: listOf(environment.TRUST_PROXY),
      origins: listOf(environment.ALLOWED_ORIGINS),
    },
  });
  await app.listen({ host: environment.HOST, port: environment.PORT });
  log.info('gateway.listening', { address: `http://${environment.HOST}:${environment.PORT}` });
  return {
    async stop() {
      await Promise.all([updates.close(), journal.close()]);
      await app.close();
      lags.stop();
      disk.stop();
    },
  };
}

/** All processes have the same: those that are set, or one that follows from the token they share. */
async function offerKeys(environment: Environment): Promise<readonly OfferKey[]> {
  const keys = environment.OFFER_KEYS === undefined ? null : readOfferKeys(environment.OFFER_KEYS);
  return keys ?? [derivedOfferKey(await internalToken(environment))];
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
