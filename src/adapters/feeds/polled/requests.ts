// One request of a polled supplier: in its turn, with a limit of time and of size, and an answer that is either as agreed or refused.
import type { Clock } from '#ports/clock.ts';
import type { Pacer } from './pacer.ts';
import { type AnswerOf, ANSWERS, type Endpoint, PATHS, SPORT_ID } from './wire.ts';

export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface RequestOptions {
  readonly url: () => string | Promise<string>;
  readonly login: Login | undefined;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
}

/** Why there is no answer to go on with. `lost`: the supplier does not know the `since` it was given. */
export type Why = 'unreachable' | 'timeout' | 'limited' | 'status' | 'too_big' | 'malformed' | 'lost';

export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly why: Why;
  /** How long the supplier asked to be left alone, ms. */
  readonly retryAfterMs: number;

  constructor(why: Why, message: string, retryAfterMs = 0) {
    super(message);
    this.why = why;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface Ask<E extends Endpoint> {
  readonly endpoint: E;
  /** Changes since then; everything without it. */
  readonly since?: number;
  /** Shortest time between two requests of this kind, ms. */
  readonly everyMs: number;
}

/** A supplier that wants longer silence than this is asked again after it all the same, ms. */
const RETRY_AFTER_MS_MAX = 600_000;
const RETRY_AFTER_MS_DEFAULT = 5_000;
/** What a request says of itself when nothing has changed since. */
const NOTHING = { leagues: { leagues: [] }, fixtures: { league: [] }, odds: { leagues: [] }, settled: { leagues: [] } } as const;

/** Asks, and gives the checked answer with the moment at which it was asked for: whatever it says was true then or later. */
export async function request<E extends Endpoint>(
  options: RequestOptions & { readonly pacer: Pacer },
  ask: Ask<E>,
  stop: AbortSignal,
): Promise<{ answer: AnswerOf<E>; askedAt: number }> {
  const { clock, pacer } = options;
  await pacer.turn(`${ask.endpoint}:${ask.since === undefined ? 'snapshot' : 'delta'}`, ask.everyMs, stop);
  const askedAt = clock.now();
  try {
    const text = await fetchText(options, ask, stop);
    return { answer: readAnswer(text, ask), askedAt };
  } catch (error) {
    if (error instanceof RequestError && error.retryAfterMs > 0) pacer.silence(clock.now() + error.retryAfterMs);
    throw error;
  }
}

async function fetchText<E extends Endpoint>(options: RequestOptions, ask: Ask<E>, stop: AbortSignal): Promise<string> {
  const { bodyBytesMax, clock, login, timeoutMs } = options;
  const late = new AbortController();
  const cancel = clock.schedule(clock.now() + timeoutMs, () => late.abort());
  try {
    const response = await fetch(await addressOf(options, ask), {
      signal: AbortSignal.any([stop, late.signal]),
      redirect: 'error', // the password goes nowhere else
      headers: { accept: 'application/json', ...(login ? { authorization: basic(login) } : {}) },
    });
    if (response.status === 204) return '';
    if (response.status !== 200) {
      await response.body?.cancel();
      throw refusal(response, ask, clock.now());
    }
    return await readBody(response, bodyBytesMax);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    if (late.signal.aborted) throw new RequestError('timeout', `${ask.endpoint}: no answer within ${timeoutMs} ms`);
    throw new RequestError('unreachable', `${ask.endpoint}: ${reasonOf(error)}`);
  } finally {
    cancel();
  }
}

async function addressOf<E extends Endpoint>({ url }: RequestOptions, { endpoint, since }: Ask<E>): Promise<URL> {
  const base = new URL(await url());
  const address = new URL(`${base.pathname.replace(/\/$/, '')}${PATHS[endpoint]}`, base);
  address.searchParams.set('sportId', String(SPORT_ID));
  if (endpoint === 'odds') address.searchParams.set('oddsFormat', 'Decimal');
  if (since !== undefined) address.searchParams.set('since', String(since));
  return address;
}

function refusal(response: Response, { endpoint, since }: Ask<Endpoint>, now: number): RequestError {
  const { status } = response;
  const retryAfterMs = retryAfter(response.headers.get('retry-after'), now);
  if (status === 429)
    return new RequestError('limited', `${endpoint}: too many requests`, retryAfterMs ?? RETRY_AFTER_MS_DEFAULT);
  if (since !== undefined && (status === 400 || status === 410))
    return new RequestError('lost', `${endpoint}: since=${since} is not known`);
  return new RequestError('status', `${endpoint}: status ${status}`, retryAfterMs ?? 0);
}

/** Seconds or a date, RFC 9110 section 10.2.3; null when it says neither. */
export function retryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? '';
  if (!/^\d+$|[a-z]/i.test(text)) return null; // Date.parse takes 1.5 for a day
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.max(0, Math.min(RETRY_AFTER_MS_MAX, ms));
}

async function readBody(response: Response, bytesMax: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    // Leaving the loop cancels the rest.
    if (size > bytesMax) throw new RequestError('too_big', `an answer of more than ${bytesMax} bytes`);
    parts.push(part);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
}

function readAnswer<E extends Endpoint>(text: string, { endpoint, since }: Ask<E>): AnswerOf<E> {
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new RequestError('malformed', `${endpoint}: no JSON`);
  }
  // No change since then: an empty answer, or an empty object.
  const nothing = since !== undefined && typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  const read = ANSWERS[endpoint].safeParse(nothing ? { last: since, ...NOTHING[endpoint] } : value);
  if (read.success) return read.data as AnswerOf<E>;
  const { message, path } = read.error.issues[0] ?? { message: 'unreadable', path: [] };
  throw new RequestError('malformed', `${endpoint}: ${path.join('.')}: ${message}`);
}

function basic({ password, user }: Login): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? `${String(error)} (${cause.message})` : String(error);
}
