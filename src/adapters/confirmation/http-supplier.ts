// The supplier's side over HTTP: PUT /bets/ID places a bet, or says again what was answered; GET /bets/ID only says it. Anything but a clear answer
// leaves open whether the supplier knows of the bet.
import { z } from 'zod';
import { type BetSupplier, type PlacedBet, type SupplierAnswer, SupplierAwayError } from '#ports/bet-supplier.ts';
import type { Clock } from '#ports/clock.ts';

export interface HttpSupplierOptions {
  readonly url: () => string | Promise<string>;
  readonly token?: string | undefined;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 3_000;
const ANSWER_BYTES_MAX = 16_384;
const TEXT_CHARS_MAX = 200;

const zAnswer = z.object({
  status: z.enum(['CONFIRMED', 'REJECTED']),
  reason: z.string().max(TEXT_CHARS_MAX).optional(),
  providerRef: z.string().max(TEXT_CHARS_MAX).optional(),
  at: z.int().min(0),
});

export class HttpSupplier implements BetSupplier {
  readonly #options: HttpSupplierOptions;

  constructor(options: HttpSupplierOptions) {
    this.#options = options;
  }

  async place(bet: PlacedBet): Promise<SupplierAnswer> {
    const { answerBy, betId, currency, legs, placedAt, stakeMinor } = bet; // not whose it is: that is none of the supplier's business
    const text = await this.#request(betId, { answerBy, currency, legs, placedAt, stakeMinor });
    if (text === null) throw new SupplierAwayError(`${betId}: status 404`);
    return answerOf(text, betId);
  }

  async find(betId: string): Promise<SupplierAnswer | null> {
    const text = await this.#request(betId, null);
    return text === null ? null : answerOf(text, betId);
  }

  /** The body of a 200, or null for a 404. */
  async #request(betId: string, body: unknown): Promise<string | null> {
    const { clock, timeoutMs = TIMEOUT_MS, token, url } = this.#options;
    const late = new AbortController();
    const cancel = clock.schedule(clock.now() + timeoutMs, () => late.abort());
    try {
      const base = new URL(await url());
      const response = await fetch(new URL(`${base.pathname.replace(/\/$/, '')}/bets/${betId}`, base), {
        method: body === null ? 'GET' : 'PUT',
        signal: late.signal,
        redirect: 'error', // the token goes nowhere else
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
      });
      const text = await readText(response);
      if (response.status === 200) return text;
      if (response.status === 404) return null;
      // It understood that the bet makes no sense to it, and will not understand it better the next time.
      if (response.status === 400 || response.status === 422) throw new UnreadableBetError(`${betId}: status ${response.status}`);
      throw new SupplierAwayError(`${betId}: status ${response.status}`);
    } catch (error) {
      if (error instanceof SupplierAwayError || error instanceof UnreadableBetError) throw error;
      const reason = late.signal.aborted ? `no answer within ${timeoutMs} ms` : String(error);
      throw new SupplierAwayError(`${betId}: ${reason}`, { cause: error });
    } finally {
      cancel();
    }
  }
}

/** The supplier refuses the request itself: a dead letter, for a person. */
export class UnreadableBetError extends Error {
  override readonly name = 'UnreadableBetError';
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > ANSWER_BYTES_MAX) throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function answerOf(text: string, betId: string): SupplierAnswer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SupplierAwayError(`${betId}: no JSON`);
  }
  const read = zAnswer.safeParse(value);
  if (!read.success) throw new SupplierAwayError(`${betId}: ${read.error.issues[0]?.message ?? 'unreadable'}`);
  const { at, providerRef, reason, status } = read.data;
  return {
    status: status === 'CONFIRMED' ? 'confirmed' : 'rejected',
    ...(reason === undefined ? {} : { reason }),
    ...(providerRef === undefined ? {} : { providerRef }),
    at,
  };
}
