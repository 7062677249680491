// An odds processor on one database that reads a log, for the crash test: dies at the point it is told, or ends when the log does.
import { openDatabase } from '#adapters/postgres/database.ts';
import { PostgresOddsStore } from '#adapters/postgres/odds-store.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { onFailpoint } from '#engine/failpoint.ts';
import { startOddsProcessor } from '#engine/odds/odds-processor.ts';
import type { OddsEffect } from '#ports/odds-store.ts';
import { LogBus } from './log-bus.ts';

export interface OddsOrders {
  readonly url: string;
  readonly dir: string;
  /** Where to die, and at which pass; '' for nowhere. */
  readonly point: string;
  readonly pass: number;
}

const { dir, pass, point, url } = JSON.parse(process.env['CRASH_ORDERS'] ?? '{}') as OddsOrders;
const NEVER = 1e12;

let passes = 0;
function reach(name: string): void {
  if (name === point && ++passes >= pass) process.kill(process.pid, 'SIGKILL');
}
onFailpoint(reach);

/** One more point, which few batches pass: a result is stored, and nobody knows. */
class Store extends PostgresOddsStore {
  override async commit(effect: OddsEffect): Promise<void> {
    await super.commit(effect);
    if (effect.results.length > 0) reach('after-result');
  }
}

const database = await openDatabase({ url, dataDir: '', log: () => undefined, migrate: false, poolSize: 2 });
const bus = new LogBus(dir);
const processor = await startOddsProcessor({
  bus,
  store: new Store(database.pool),
  clock: new SystemClock(),
  stale: { preMatchMs: NEVER, inPlayMs: NEVER }, // only what the log says changes a price
});
await bus.ended;
await processor.stop();
await database.close();
