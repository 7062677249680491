// The simulated supplier's answers to bets: mostly yes, sometimes no, some late, and, for tests, errors and silence. What it makes of a bet follows
// from its seed and the bet's name, and it keeps what it answered: asked again it says the same.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isId } from '#core/base/ids.ts';
import { makeRng } from '#core/base/rng.ts';
import type { Clock } from '#ports/clock.ts';

/** Shares are in millionths. What goes wrong on the wire is drawn anew each time. */
export interface SimulatedSupplierTerms {
  readonly seed: number;
  /** Bets it does not take. */
  readonly rejectPpm?: number;
  readonly latencyMs?: { readonly min: number; readonly max: number };
  /** Requests that get no answer although it took note of them, and that get a 503. */
  readonly silentPpm?: number;
  readonly failPpm?: number;
  readonly token?: string;
}

interface WireAnswer {
  readonly status: 'CONFIRMED' | 'REJECTED';
  readonly reason?: string;
  readonly providerRef: string;
  readonly at: number;
}

const PATH = /^\/bets\/(bet_[0-9A-Z]{26})$/;
/** One in five, as the older system's simulator did. */
const REJECT_PPM = 200_000;
const LATENCY_MS = { min: 50, max: 400 };
const BODY_BYTES_MAX = 16_384;
/** Answers it remembers; the oldest are forgotten first. */
const ANSWERS_MAX = 100_000;

export class SimulatedSupplier {
  /** Bets it was asked to place, each time it was. */
  asked = 0;
  readonly #terms: SimulatedSupplierTerms;
  readonly #clock: Clock;
  readonly #answers = new Map<string, WireAnswer>();
  readonly #wire: () => number;

  constructor(terms: SimulatedSupplierTerms, clock: Clock) {
    this.#terms = terms;
    this.#clock = clock;
    this.#wire = makeRng(terms.seed, 'confirmation wire');
  }

  /** Bets that it took. */
  get taken(): string[] {
    return [...this.#answers].filter(([, { status }]) => status === 'CONFIRMED').map(([betId]) => betId);
  }

  static answers(request: IncomingMessage): boolean {
    return PATH.test(request.url ?? '');
  }

  readonly handle: RequestListener = (request, response) => {
    void this.#handle(request, response).catch(() => response.destroy());
  };

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { failPpm = 0, latencyMs = LATENCY_MS, silentPpm = 0, token } = this.#terms;
    const betId = PATH.exec(request.url ?? '')?.[1];
    if (!isId('bet', betId) || (request.method !== 'PUT' && request.method !== 'GET')) return send(response, 404, {});
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) return send(response, 401, {});
    const body = await readBody(request);
    await new Promise<void>((done) => {
      const pauseMs = latencyMs.min + this.#wire() * (latencyMs.max - latencyMs.min);
      this.#clock.schedule(this.#clock.now() + pauseMs, done);
    });
    if (this.#hits(failPpm)) return send(response, 503, {});
    if (request.method === 'PUT' && !isBet(body)) return send(response, 400, {});
    const answer = request.method === 'PUT' ? this.#place(betId) : this.#answers.get(betId);
    if (this.#hits(silentPpm)) return;
    return answer ? send(response, 200, answer) : send(response, 404, {});
  }

  #place(betId: string): WireAnswer {
    this.asked++;
    const known = this.#answers.get(betId);
    if (known) return known;
    const { rejectPpm = REJECT_PPM, seed } = this.#terms;
    const rejected = makeRng(seed, betId)() * 1e6 < rejectPpm;
    const providerRef = `SUP-${betId.slice(-8)}`;
    const at = this.#clock.now();
    const answer: WireAnswer = rejected
      ? { status: 'REJECTED', reason: 'supplier_reject_mock', providerRef, at }
      : { status: 'CONFIRMED', providerRef, at };
    this.#answers.set(betId, answer);
    if (this.#answers.size > ANSWERS_MAX) this.#answers.delete(this.#answers.keys().next().value as string);
    return answer;
  }

  #hits(ppm: number): boolean {
    return ppm > 0 && this.#wire() * 1e6 < ppm;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) {
    text += String(part);
    if (text.length > BODY_BYTES_MAX) throw new Error('too large');
  }
  return text;
}

function isBet(text: string): boolean {
  try {
    const { legs, stakeMinor } = JSON.parse(text) as { legs?: unknown; stakeMinor?: unknown };
    return Array.isArray(legs) && legs.length > 0 && Number.isSafeInteger(stakeMinor) && (stakeMinor as number) > 0;
  } catch {
    return false;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
