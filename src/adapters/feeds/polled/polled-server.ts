// The simulated supplier's polled side: the same world as its stream, over HTTP, with a login if one is set, fair-use limits, and the ways in
// which such a supplier fails, for tests.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BookTerms } from '#core/simulation/book-price.ts';
import type { World } from '#core/simulation/world.ts';
import type { Clock } from '#ports/clock.ts';
import type { Login } from './requests.ts';
import { tellFixtures, tellLeagues, tellOdds, tellSettled } from './polled-story.ts';
import { type Endpoint, PATHS } from './wire.ts';

export interface Asked {
  readonly endpoint: Endpoint;
  readonly since: number | null;
  /** How many requests of this endpoint came before, by snapshot and delta. */
  readonly n: number;
  readonly at: number;
}

/** Ways to fail. `repeated`: what this endpoint answered last, once more; `past`: what it answered some time ago. `lost`: the cursor moves on, but the changes are not told. */
export type Fault =
  | { readonly status: number; readonly retryAfter?: string }
  | 'hang'
  | 'truncated'
  | 'garbage'
  | 'huge'
  | 'repeated'
  | 'past'
  | 'lost';

export interface PolledSupplierOptions {
  readonly world: World;
  readonly book: BookTerms;
  readonly clock: Clock;
  readonly login?: Login | undefined;
  readonly faults?: (asked: Asked) => Fault | null;
  /** Requests that one second may have; more are refused with 429. */
  readonly perSecondMax?: number;
  /** A `since` older than this is not known any more, ms. */
  readonly keptMs?: number;
}

/** The polled side's own book: another opinion than the stream's. */
export const POLLED_BOOK: BookTerms = { name: 'simB', margin: 0.045, noise: 0.04 };
const PER_SECOND_MAX = 20;
const KEPT_MS = 3_600_000;
const ANSWERS_KEPT = 4;
const HUGE_BYTES = 80 * 1024 * 1024;

export class PolledSupplier {
  /** What was asked, oldest first; the last thousands of it. */
  readonly asked: Asked[] = [];
  readonly #options: PolledSupplierOptions;
  /** By endpoint, the last of them. */
  readonly #answers = new Map<Endpoint, string[]>();
  readonly #seconds: number[] = [];

  constructor(options: PolledSupplierOptions) {
    this.#options = options;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://supplier');
    const endpoint = (Object.keys(PATHS) as Endpoint[]).find((one) => PATHS[one] === url.pathname);
    if (!endpoint || request.method !== 'GET') return refuse(response, 404, 'NOT_FOUND');
    if (!this.#knows(request)) return refuse(response, 401, 'UNAUTHORIZED');
    const since = url.searchParams.has('since') ? Number(url.searchParams.get('since')) : null;
    const { clock, keptMs = KEPT_MS } = this.#options;
    const now = clock.now();
    const asked = this.#note(endpoint, since, now);
    const fault = this.#options.faults?.(asked) ?? null;
    if (fault) return this.#fail(response, fault, { endpoint, since, now });
    if (!this.#allows(now)) return refuse(response, 429, 'TOO_MANY_REQUESTS', '1');
    if (since !== null && !(since <= now && (endpoint === 'settled' || since >= now - keptMs)))
      return refuse(response, 400, 'INVALID_SINCE');
    this.#answer(response, endpoint, this.#tell(endpoint, since, now));
  }

  #knows(request: IncomingMessage): boolean {
    const { login } = this.#options;
    if (!login) return true;
    return request.headers.authorization === `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
  }

  #note(endpoint: Endpoint, since: number | null, at: number): Asked {
    const n = this.asked.filter((one) => one.endpoint === endpoint && (one.since === null) === (since === null)).length;
    const asked = { endpoint, since, n, at };
    this.asked.push(asked);
    if (this.asked.length > 5_000) this.asked.splice(0, 1_000);
    return asked;
  }

  #allows(now: number): boolean {
    const { perSecondMax = PER_SECOND_MAX } = this.#options;
    while (this.#seconds.length > 0 && (this.#seconds[0] as number) <= now - 1_000) this.#seconds.shift();
    if (this.#seconds.length >= perSecondMax) return false;
    this.#seconds.push(now);
    return true;
  }

  #tell(endpoint: Endpoint, since: number | null, now: number): string {
    const span = { since, now };
    if (endpoint === 'leagues') return JSON.stringify(tellLeagues());
    if (endpoint === 'fixtures') return JSON.stringify(tellFixtures(this.#options, span));
    if (endpoint === 'odds') return JSON.stringify(tellOdds(this.#options, span));
    return JSON.stringify(tellSettled(this.#options, span));
  }

  #answer(response: ServerResponse, endpoint: Endpoint, text: string): void {
    const answers = this.#answers.get(endpoint) ?? [];
    this.#answers.set(endpoint, [...answers, text].slice(-ANSWERS_KEPT));
    send(response, text);
  }

  #fail(response: ServerResponse, fault: Fault, of: { endpoint: Endpoint; since: number | null; now: number }): void {
    const { endpoint, now, since } = of;
    const text = this.#tell(endpoint, since, now);
    if (fault === 'hang') return;
    if (fault === 'garbage') return send(response, text.replaceAll('"id"', '"ID"').replace('"last"', '"LAST"'));
    if (fault === 'repeated') return send(response, this.#answers.get(endpoint)?.at(-1) ?? text);
    if (fault === 'past') return send(response, this.#answers.get(endpoint)?.[0] ?? text);
    if (fault === 'lost') return send(response, JSON.stringify({ last: now, league: [], leagues: [] }));
    if (fault === 'huge') return sendHuge(response);
    if (fault === 'truncated') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.write(text.slice(0, Math.ceil(text.length / 2)), () => response.destroy());
      return;
    }
    refuse(response, fault.status, 'FAULT', fault.retryAfter);
  }
}

/** The polled side alone, on a port of its own. */
export async function startPolledSupplier(
  options: PolledSupplierOptions & { readonly port: number; readonly host?: string },
): Promise<{ readonly url: string; readonly supplier: PolledSupplier; close(): Promise<void> }> {
  const supplier = new PolledSupplier(options);
  const server = createServer((request, response) => supplier.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address}:${port}`,
    supplier,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function refuse(response: ServerResponse, status: number, code: string, retryAfter?: string): void {
  response.writeHead(status, { 'content-type': 'application/json', ...(retryAfter ? { 'retry-after': retryAfter } : {}) });
  response.end(JSON.stringify({ code }));
}

/** Spaces without end, as far as the reader lets it. */
function sendHuge(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const part = Buffer.alloc(65_536, ' ');
  let left = HUGE_BYTES;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= part.length;
      if (!response.write(part)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}
