// The odds pipeline: simulated supplier, ingest, processor, and the opener that tells the writer of fixtures and results.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestListener } from 'node:http';
import { type Ingest, startIngest } from '#engine/odds/ingest.ts';
import { readSnapshotRequest, snapshotRequest } from '#engine/odds/messages.ts';
import { type MarketOpener, startMarketOpener } from '#engine/odds/market-opener.ts';
import { startOddsProcessor } from '#engine/odds/odds-processor.ts';
import { SimulatedSupplier } from '#adapters/confirmation/simulated-supplier.ts';
import { POLLED_BOOK, PolledSupplier } from '#adapters/feeds/polled/polled-server.ts';
import { DeskFeed } from '#adapters/feeds/desk/desk-feed.ts';
import { DESK_FEED } from '#ports/desk-book.ts';
import { startSupplier } from '#adapters/feeds/supplier/supplier-server.ts';
import { EXECUTABLE_BOOK } from '../books.ts';
import { MAIN_LEDGER } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';
import { lineOf, suppliersOf } from '../suppliers.ts';
import { openFeed } from './open-feed.ts';

/** The simulator: a stream, and on the same port another book to be polled, and answers to bets. */
export async function startSupplierRole(runtime: Runtime): Promise<Running> {
  const { clock, environment, log } = runtime.context;
  const { INTERNAL_HOST: host, SEED: seed, SUPPLIER_PORT: port } = environment;
  let polled: PolledSupplier | null = null;
  const answers = new SimulatedSupplier({ seed }, clock);
  const http: RequestListener = (request, response) => {
    if (SimulatedSupplier.answers(request)) return answers.handle(request, response);
    return polled ? polled.handle(request, response) : void response.writeHead(503).end();
  };
  const supplier = await startSupplier({ host, port, seed, clock, log, http });
  polled = new PolledSupplier({ world: supplier.world, book: POLLED_BOOK, clock });
  runtime.supplierUrl = supplier.url;
  return { address: supplier.url, stop: () => supplier.close() };
}

/** One reading for each supplier. */
export async function startIngestRole(runtime: Runtime): Promise<Running> {
  const { clock, environment, log } = runtime.context;
  const { aliases, bus, odds: store } = runtime;
  const ingests: { readonly feed: string; readonly ingest: Ingest }[] = [];
  const ports = { aliases, store, bus, clock, log, traces: runtime.traces };
  for (const supplier of suppliersOf(environment)) {
    const { feed: source } = supplier;
    const { feed, idStamp } = await openFeed(runtime, supplier);
    ingests.push({ feed: source, ingest: await startIngest({ feed, source, idStamp, ...ports }) });
  }
  // The desk's own prices come in like any supplier's.
  const feed = new DeskFeed({
    book: runtime.desk,
    aliases,
    clock,
    sells: lineOf(suppliersOf(environment)) ? DESK_FEED : EXECUTABLE_BOOK,
  });
  ingests.push({ feed: DESK_FEED, ingest: await startIngest({ feed, source: DESK_FEED, idStamp: 'day', ...ports }) });
  const requests = await bus.subscribe('snapshot_requests', 'ingest', async (messages) => {
    for (const message of messages) {
      const { eventId, feed: wanted } = readSnapshotRequest(message);
      for (const { feed, ingest } of ingests) if (wanted === undefined || wanted === feed) ingest.requestSnapshot(eventId);
    }
  });
  return {
    async stop() {
      await requests.close();
      await Promise.all(ingests.map(({ ingest }) => ingest.stop()));
    },
  };
}

export async function startOddsRole(runtime: Runtime): Promise<Running> {
  const { clock, environment, log } = runtime.context;
  const { bus, odds: store } = runtime;
  const line = lineOf(suppliersOf(environment));
  const processor = await startOddsProcessor({
    bus,
    store,
    hot: runtime.caches.hot,
    clock,
    log,
    ...(line ? { line } : {}),
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
  const openers = new Map<string, MarketOpener>();
  const open = async (ledgerId: string): Promise<void> => {
    const opener = await startMarketOpener({
      bus: runtime.bus,
      store: runtime.odds,
      clock,
      log,
      ledgerId,
      tenantId: owner.tenantId,
      books: new Set([EXECUTABLE_BOOK]),
      submit: (encoded) => runtime.commands.submit(encoded),
    });
    openers.set(ledgerId, opener);
  };
  await open(MAIN_LEDGER);
  let stopped = false;
  const watching = (async () => {
    for (; !stopped; await sleep(LEDGERS_MS)) {
      try {
        for (const { ledgerId, markets } of await runtime.context.ledgers())
          if (markets && !stopped && !openers.has(ledgerId)) await open(ledgerId);
      } catch (error) {
        log.warn('opener.ledgers_not_read', { error: String(error) });
      }
    }
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      await Promise.all([...openers.values()].map((opener) => opener.stop()));
    },
  };
}

/** How often ledgers are looked for that were opened meanwhile, ms. */
const LEDGERS_MS = 500;
