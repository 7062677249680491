// The odds pipeline: simulated supplier, ingest, processor, and the opener that tells the writer of fixtures and results.
import { startIngest } from '#engine/odds/ingest.ts';
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
  const supplier = await startSupplier({ port: environment.SUPPLIER_PORT, seed: environment.SEED, clock, log });
  runtime.supplierUrl = supplier.url;
  return { stop: () => supplier.close() };
}

export async function startIngestRole(runtime: Runtime): Promise<Running> {
  const { clock, log } = runtime.context;
  const { aliases, bus, odds: store, supplierUrl: url } = runtime;
  if (!url) throw new Error('the ingest role needs a supplier: start the supplier role too, or set SUPPLIER_URL');
  await seedAliases(aliases, SUPPLIER_FEED);
  const feed = new SupplierFeed({ url, source: SUPPLIER_FEED, clock, log });
  const ingest = await startIngest({ feed, source: SUPPLIER_FEED, idStamp: 'second', aliases, store, bus, clock, log });
  runtime.requestSnapshot = (eventId) => ingest.requestSnapshot(eventId);
  return { stop: () => ingest.stop() };
}

/** Two days of price history; the journal keeps the price of every bet for ever. */
const HISTORY_MS = 2 * 86_400_000;

export async function startOddsRole(runtime: Runtime): Promise<Running> {
  const { clock, log } = runtime.context;
  const { bus, odds: store } = runtime;
  const processor = await startOddsProcessor({
    bus,
    store,
    clock,
    log,
    historyMs: HISTORY_MS,
    onGap: (eventId) => runtime.requestSnapshot(eventId),
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
    submit: (encoded) => (runtime.writer ? runtime.writer.submit(encoded) : Promise.reject(new Error('no writer'))),
    putQuote: (quote) => runtime.writer?.putQuote(quote),
  });
  return { stop: () => opener.stop() };
}
