// People who bet through the API while things break: each bet is sent again under its key until it is answered, and every answer is kept.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeId } from '#core/base/ids.ts';
import { betIdOf } from '#core/bets/bet-id.ts';
import { makeRng, pickOne, type Rng } from '#core/base/rng.ts';
import type { PlatformContext } from '#roles/context.ts';
import { EXECUTABLE_BOOK } from '#roles/books.ts';
import { sendCommand } from '#roles/operator-commands.ts';

const FUNDS_MINOR = 100_000_000;
const STAKE_MINOR = 100;
/** A market's prices are asked for again after this long, ms. */
const PRICES_MS = 1_000;
const ANSWER_MS = 15_000;
/** Between two bets of one person: in minutes nobody may come to the number of open bets that a person may have. */
const PAUSE_MS = 250;

export interface Bettor {
  readonly ownerId: string;
  readonly apiKey: string;
}

/** Players with a wallet each. */
export async function makeBettors(context: PlatformContext, count: number): Promise<Bettor[]> {
  const { owner } = await context.keys.createOperator();
  const bettors: Bettor[] = [];
  for (let i = 0; i < count; i++) {
    const { apiKey, ownerId } = await context.keys.createPlayer(owner.tenantId, `bettor ${i}`);
    const { tenantId } = owner;
    const cmd = { type: 'IssueFunds', holder: ownerId, ownerId, tenantId, amountMinor: FUNDS_MINOR } as const;
    const answer = await sendCommand(context, { cmd, lane: 'people', ownerId: owner.ownerId, tenantId });
    if (answer.result !== 'done') throw new Error(`no funds: ${answer.result.code}`);
    bettors.push({ ownerId, apiKey });
  }
  return bettors;
}

export interface Price {
  readonly marketId: string;
  readonly selectionId: string;
  readonly oddsMilli: number;
  readonly quoteSeq: number;
}

export class Load {
  /** Bets that were acknowledged. */
  readonly accepted: { betId: string; holder: string; at: number }[] = [];
  /** Refusals with their codes. */
  readonly refused = new Map<string, number>();
  /** Times a bet was sent again because its outcome was not known. */
  repeated = 0;
  readonly #url: string;
  readonly #ledger: Record<string, string>;
  readonly #rng: Rng;
  #prices: Price[] = [];
  #pricesAt = 0;
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  /** `ledger` when it is not main. */
  constructor(url: string, seed: number, ledger?: string) {
    this.#url = url;
    this.#ledger = ledger === undefined ? {} : { 'palpite-ledger': ledger };
    this.#rng = makeRng(seed, 'bettors');
  }

  start(bettors: readonly Bettor[]): void {
    this.#running = Promise.all(bettors.map((bettor) => this.#bet(bettor)));
  }

  /** Sends nothing new and waits until all that was sent is answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Resolves with the time until a bet that was sent after now is accepted, ms. */
  async nextAccepted(withinMs: number): Promise<number> {
    const from = performance.now();
    while (!this.accepted.some(({ at }) => at > from)) {
      if (performance.now() - from > withinMs) throw new Error(`no bet was accepted within ${withinMs} ms`);
      await sleep(20);
    }
    return performance.now() - from;
  }

  async #bet(bettor: Bettor): Promise<void> {
    while (!this.#stopped) {
      const price = await this.#price();
      if (!price) await sleep(200);
      else {
        await this.#place(bettor, price);
        await sleep(PAUSE_MS);
      }
    }
  }

  async #price(): Promise<Price | null> {
    if (performance.now() - this.#pricesAt > PRICES_MS) {
      this.#pricesAt = performance.now();
      await this.#askPrices().catch(() => undefined);
    }
    return this.#prices.length > 0 ? pickOne(this.#rng, this.#prices) : null;
  }

  async #askPrices(): Promise<void> {
    const prices: Price[] = [];
    for (const eventId of await scheduledEvents(this.#url, 10)) prices.push(...(await openPrices(this.#url, eventId)));
    this.#prices = prices;
  }

  async #place(bettor: Bettor, price: Price): Promise<void> {
    const now = Date.now();
    const key = makeId('cmd', now, randomBytes(10));
    const betId = betIdOf(key);
    const { marketId, oddsMilli, quoteSeq, selectionId } = price;
    const minOddsMilli = Math.max(1_001, Math.floor(oddsMilli / 2));
    const body = JSON.stringify({ betId, legs: [{ marketId, selectionId }], stakeMinor: STAKE_MINOR, minOddsMilli, quoteSeq });
    for (;;) {
      const answer = await this.#send(bettor, key, body);
      if (answer === 'done') return void this.accepted.push({ betId, holder: bettor.ownerId, at: performance.now() });
      if (answer !== 'unknown') {
        this.refused.set(answer, (this.refused.get(answer) ?? 0) + 1);
        return;
      }
      this.repeated++;
      await sleep(100);
    }
  }

  async #send(bettor: Bettor, key: string, body: string): Promise<string> {
    try {
      const answer = await fetch(`${this.#url}/v1/bets`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${bettor.apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': key,
          ...this.#ledger,
        },
        body,
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (answer.status === 201) return 'done';
      const { code } = (await answer.json()) as { code?: string };
      if (answer.status >= 500) return 'unknown';
      return answer.status === 429 ? 'unknown' : (code ?? `http ${answer.status}`);
    } catch {
      return 'unknown';
    }
  }
}

/** Ids of fixtures that have not begun, by start. */
export async function scheduledEvents(url: string, limit: number): Promise<string[]> {
  const { items } = await get<{ items: { eventId: string }[] }>(`${url}/v1/events?limit=${limit}&status=scheduled`);
  return items.map(({ eventId }) => eventId);
}

/** Prices of a fixture that bets can be placed at before it begins. */
export async function openPrices(url: string, eventId: string): Promise<Price[]> {
  const { items } = await get<{ items: OddsItem[] }>(`${url}/v1/events/${eventId}/odds`);
  const open = items.filter(({ inPlay, source, status }) => status === 'open' && !inPlay && source === EXECUTABLE_BOOK);
  return open.flatMap(({ marketId, prices, quoteSeq }) => prices.map((price) => ({ marketId, quoteSeq, ...price })));
}

async function get<T>(url: string): Promise<T> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return (await answer.json()) as T;
}

interface OddsItem {
  readonly marketId: string;
  readonly quoteSeq: number;
  readonly status: string;
  readonly inPlay: boolean;
  readonly source: string;
  readonly prices: readonly { selectionId: string; oddsMilli: number }[];
}
