// The odds pipeline: simulated supplier, ingest, processor, and the opener that tells the writer of fixtures and results.
import { startIngest } from '#engine/odds/ingest.ts';
import { readSnapshotRequest, snapshotRequest } from '#engine/odds/messages.ts';
import { startMarketOpener } from '#engine/odds/market-opener.ts';
import { startOddsProcessor } from '#engine/odds/odds-processor.ts';
import { SupplierFeed } from '#adapters/feeds/supplier/supplier-feed.ts';
import { startSupplier } from '#adapters/feeds/supplier/supplier-server.ts';
import { seedAliases } from '#engine/odds/seed-aliases.ts';
import { EXECUTABLE_BOOK, SUPPLIER_FEED } from '../books.ts';
import { MAIN_LEDGER } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';

export async function startSupplierRole(runtime: Runtime): Promise<Running> {
  const { clock, environment, log } = runtime.context;
  const { INTERNAL_HOST: host, SEED: seed, SUPPLIER_PORT: port } = environment;
  const supplier = await startSupplier({ host, port, seed, clock, log });
  runtime.supplierUrl = supplier.url;
  return { address: supplier.url, stop: () => supplier.close() };
}

export async function startIngestRole(runtime: Runtime): Promise<Running> {
  const { clock, log } = runtime.context;
  const { aliases, bus, odds: store } = runtime;
  await seedAliases(aliases, SUPPLIER_FEED);
  const feed = new SupplierFeed({ url: () => supplierUrl(runtime), source: SUPPLIER_FEED, clock, log, backOffMs: BACK_OFF_MS });
  const ingest = await startIngest({
    feed,
    source: SUPPLIER_FEED,
    idStamp: 'second',
    aliases,
    store,
    bus,
    clock,
    log,
    traces: runtime.traces,
  });
  const requests = await bus.subscribe('snapshot_requests', 'ingest', async (messages) => {
    for (const message of messages) ingest.requestSnapshot(readSnapshotRequest(message).eventId);
  });
  return {
    async stop() {
      await requests.close();
      await ingest.stop();
    },
  };
}

/** In-play prices are stale after ten seconds without a word: a supplier that is back must be heard well before. */
const BACK_OFF_MS = { first: 250, max: 4_000 };

/** The one that was set, the simulator of this process, or the one that another process runs. */
async function supplierUrl({ context, supplierUrl: known }: Runtime): Promise<string> {
  const url = known ?? (await context.leases.addressOf('supplier'));
  if (!url) throw new Error('no supplier: start the supplier role somewhere, or set SUPPLIER_URL');
  return url;
}

export async function startOddsRole(runtime: Runtime): Promise<Running> {
  const { clock, log } = runtime.context;
  const { bus, odds: store } = runtime;
  const processor = await startOddsProcessor({
    bus,
    store,
    hot: runtime.caches.hot,
    clock,
    log,
    historyMs: 0, // the upkeep of the read models deletes old prices, with everything else that has a lifetime
    metrics: runtime.metrics,
    traces: runtime.traces,
    onGap: (eventId, feed) => {
      const request = snapshotRequest({ eventId, feed }, `${feed}:${eventId}:${clock.now()}`);
      bus
        .publish([request])
        .catch((error: unknown) => log.warn('odds.snapshot_not_requested', { eventId, error: String(error) }));
    },
  });
  return { stop: () => processor.stop() };
}

export async function startOpenerRole(runtime: Runtime): Promise<Running> {
  const { clock, keys, log } = runtime.context;
  const { owner } = await keys.createOperator();
  const opener = await startMarketOpener({
    bus: runtime.bus,
    store: runtime.odds,
    clock,
    log,
    ledgerId: MAIN_LEDGER,
    tenantId: owner.tenantId,
    books: new Set([EXECUTABLE_BOOK]),
    submit: (encoded) => runtime.commands.submit(encoded),
  });
  return { stop: () => opener.stop() };
}
