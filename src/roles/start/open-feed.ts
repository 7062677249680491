// A supplier of the environment as a feed, with what the alias table has to know before it speaks.
import { readFile } from 'node:fs/promises';
import { COMPETITIONS } from '#core/simulation/world.ts';
import type { IdStampRule } from '#engine/odds/normalise.ts';
import { seedAliases } from '#engine/odds/seed-aliases.ts';
import { ExchangeStreamFeed } from '#adapters/feeds/exchange-stream/exchange-stream-feed.ts';
import type { Credentials } from '#adapters/feeds/exchange-stream/session.ts';
import { readSubscription } from '#adapters/feeds/exchange-stream/settings.ts';
import { PolledFeed } from '#adapters/feeds/polled/polled-feed.ts';
import { RecordedFeed } from '#adapters/feeds/recorded/recorded-feed.ts';
import { SupplierFeed } from '#adapters/feeds/supplier/supplier-feed.ts';
import type { Alias, AliasKind } from '#ports/aliases.ts';
import type { Feed } from '#ports/feed.ts';
import type { Environment } from '../environment.ts';
import type { Runtime } from '../runtime.ts';
import { type SupplierChoice, SupplierError } from '../suppliers.ts';

export interface OpenedFeed {
  readonly feed: Feed;
  readonly idStamp: IdStampRule;
}

/** In-play prices are stale after ten seconds without a word: a supplier that is back must be heard well before. */
const BACK_OFF_MS = { first: 250, max: 4_000 };
const SIMULATED = new Set(COMPETITIONS.map(({ id }) => id));

export async function openFeed(runtime: Runtime, supplier: SupplierChoice): Promise<OpenedFeed> {
  if (supplier.kind === 'recorded') return openRecording(runtime, supplier);
  if (supplier.kind === 'exchange') return openExchange(runtime, supplier);
  const { clock, log } = runtime.context;
  const { book, feed: source, login, pollMs } = supplier;
  await seedAliases(runtime.aliases, source);
  const url = (): string | Promise<string> => supplier.url ?? simulatorUrl(runtime);
  if (supplier.kind === 'stream')
    return { feed: new SupplierFeed({ url, source, clock, log, backOffMs: BACK_OFF_MS }), idStamp: stampOf };
  const fairUse = pollMs === undefined ? {} : { pollMs };
  const feed = new PolledFeed({
    url,
    source,
    book,
    login,
    clock,
    log,
    metrics: runtime.metrics,
    fairUse,
    backOffMs: BACK_OFF_MS,
  });
  return { feed, idStamp: stampOf };
}

/** The simulated leagues repeat a pairing within a day, real ones never do. */
function stampOf(competition: string): 'day' | 'second' {
  return SIMULATED.has(competition) ? 'second' : 'day';
}

function openExchange({ context, metrics }: Runtime, { feed: source, host = '', port = 0 }: SupplierChoice): OpenedFeed {
  const { clock, environment, log } = context;
  const subscription = readSubscription(environment.EXCHANGE_SUBSCRIPTION);
  const credentials = (): Promise<Credentials> => credentialsOf(environment);
  const feed = new ExchangeStreamFeed({ host, port, credentials, subscription, source, clock, log, metrics });
  return { feed, idStamp: 'day' };
}

/** Sessions end, and are renewed in the file that holds them. */
async function credentialsOf(environment: Environment): Promise<Credentials> {
  const [appKey, session] = await Promise.all(
    (['EXCHANGE_APP_KEY', 'EXCHANGE_SESSION'] as const).map(async (name) => {
      const file = environment.files[name];
      const value = file === undefined ? environment[name] : (await readFile(file, 'utf8')).trim();
      if (!value) throw new SupplierError(`${name} is empty`);
      return value;
    }),
  );
  return { appKey: appKey as string, session: session as string };
}

/** A recording's readers spell our names already: the table says so. Its fixtures happen when it is played, as often as it is. */
async function openRecording(runtime: Runtime, supplier: SupplierChoice): Promise<OpenedFeed> {
  const { clock, log } = runtime.context;
  const { book, feed: source, path = '', speed = 1, windowMs } = supplier;
  const feed = await RecordedFeed.open({
    paths: [path],
    source,
    clock,
    log,
    speed,
    ...(windowMs === undefined ? {} : { windowMs }),
  });
  const books = feed.books();
  if (!books.has(book)) throw new SupplierError(`the recording has no prices of ${book}; it has: ${[...books].join(', ')}`);
  const { competitions, teams } = feed.names();
  const rows = (kind: AliasKind, names: ReadonlySet<string>): Alias[] =>
    [...names].map((name) => ({ source, kind, foreignId: name, ourId: name, swapped: false }));
  await runtime.aliases.add([...rows('competition', competitions), ...rows('team', teams)], 'system');
  return { feed, idStamp: 'second' };
}

/** The simulator of this process, or the one that another process runs. */
async function simulatorUrl({ context, supplierUrl: known }: Runtime): Promise<string> {
  const url = known ?? (await context.leases.addressOf('supplier'));
  if (!url) throw new Error('no supplier: start the supplier role somewhere, or set SUPPLIER_URL');
  return url;
}
