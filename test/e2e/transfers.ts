// People who send money between ledgers through the API while things break: each transfer is sent again under its key until it is answered.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeId } from '#core/base/ids.ts';
import { makeRng, pickOne, randomInt, type Rng } from '#core/base/rng.ts';
import type { Bettor } from './bettors.ts';

const ANSWER_MS = 15_000;
const PAUSE_MS = 100;

export interface SentTransfer {
  readonly transferId: string;
  readonly from: string;
  readonly to: string;
  readonly amountMinor: number;
  readonly at: number;
}

export class TransferLoad {
  readonly accepted: SentTransfer[] = [];
  readonly refused = new Map<string, number>();
  repeated = 0;
  readonly #url: string;
  readonly #ledgers: readonly string[];
  readonly #rng: Rng;
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(url: string, ledgers: readonly string[], seed: number) {
    this.#url = url;
    this.#ledgers = ledgers;
    this.#rng = makeRng(seed, 'transfers');
  }

  start(people: readonly Bettor[]): void {
    this.#running = Promise.all(people.map((person) => this.#run(person)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Time until one that was sent from this ledger after now is accepted, ms. */
  async nextFrom(ledger: string, withinMs: number): Promise<number> {
    const from = performance.now();
    while (!this.accepted.some((sent) => sent.at > from && sent.from === ledger)) {
      if (performance.now() - from > withinMs) throw new Error(`nothing was accepted in ${ledger} within ${withinMs} ms`);
      await sleep(20);
    }
    return performance.now() - from;
  }

  async #run(person: Bettor): Promise<void> {
    while (!this.#stopped) {
      const from = pickOne(this.#rng, this.#ledgers);
      const to = pickOne(
        this.#rng,
        this.#ledgers.filter((ledger) => ledger !== from),
      );
      await this.#send(person, from, { toLedger: to, amountMinor: randomInt(this.#rng, 1, 500) });
      await sleep(PAUSE_MS);
    }
  }

  async #send(person: Bettor, from: string, body: { toLedger: string; amountMinor: number }): Promise<void> {
    const key = makeId('cmd', Date.now(), randomBytes(10));
    for (;;) {
      const answer = await this.#post(person, from, { key, body: JSON.stringify(body) });
      if (answer.transferId !== undefined) {
        const { amountMinor, toLedger: to } = body;
        this.accepted.push({ transferId: answer.transferId, from, to, amountMinor, at: performance.now() });
        return;
      }
      if (answer.code !== undefined) return void this.refused.set(answer.code, (this.refused.get(answer.code) ?? 0) + 1);
      this.repeated++;
      await sleep(100);
    }
  }

  async #post(
    { apiKey }: Bettor,
    ledger: string,
    of: { key: string; body: string },
  ): Promise<{ transferId?: string; code?: string }> {
    try {
      const answer = await fetch(`${this.#url}/v1/transfers`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': of.key,
          'palpite-ledger': ledger,
        },
        body: of.body,
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (answer.status >= 500 || answer.status === 429) return {};
      return (await answer.json()) as { transferId?: string; code?: string };
    } catch {
      return {};
    }
  }
}
