// Asks the supplier about every bet that waits for it and publishes what it says. At least once: a bet that comes again is asked about again, and
// the supplier says the same. What it does not answer is left to the bus to bring again; nobody is asked to take a bet that is about to be given back.
import { type BetSupplier, type PlacedBet, type SupplierAnswer, SupplierAwayError } from '#ports/bet-supplier.ts';
import type { Bus, Message, Subscription } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import type { Log } from '#ports/log.ts';
import type { Metrics } from '#ports/metrics.ts';
import { OutageError } from '#ports/outage.ts';
import { Rest } from '#ports/rest.ts';
import { bodyOf } from '../bus/message-table.ts';

/** Body of `bet_confirmed`. */
export interface ConfirmedBet extends SupplierAnswer {
  readonly betId: string;
  readonly ledgerId: string;
}

export interface ConfirmerOptions {
  readonly bus: Bus;
  readonly supplier: BetSupplier;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Pauses between attempts, ms; after the last the bus brings the bet again. */
  readonly retryMs?: readonly number[];
}

const GROUP = 'confirmer';
const RETRY_MS = [300, 600, 900];
/** Bets asked about at once. */
const AT_ONCE = 32;
/** An answer needs this long to count, ms: later nobody is asked to take the bet. */
const ON_THE_WAY_MS = 500;

export class Confirmer {
  readonly #options: ConfirmerOptions;
  readonly #rest: Rest;
  #subscription: Subscription | null = null;

  constructor(options: ConfirmerOptions) {
    this.#options = options;
    this.#rest = new Rest(options.clock);
  }

  async start(): Promise<void> {
    this.#subscription = await this.#options.bus.subscribe('bet_placed', GROUP, (messages) => this.#handle(messages));
  }

  /** What was asked and not answered comes again to whoever is next. */
  async stop(): Promise<void> {
    this.#rest.end();
    await this.#subscription?.close();
  }

  async #handle(messages: readonly Message[]): Promise<void> {
    const waiting = messages.values();
    const failures: unknown[] = [];
    // Each takes the next until none is left: one slow answer holds up no other, and the batch has one end.
    const ask = async (): Promise<void> => {
      for (const message of waiting) await this.#answer(message).catch((error: unknown) => failures.push(error));
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, messages.length) }, ask));
    // What is wrong with one bet must not hide that the supplier is away for another, or the other way round: the bus sorts them one by one.
    const failure = failures.find((error) => !(error instanceof OutageError)) ?? failures[0];
    if (failure !== undefined) throw failure;
  }

  async #answer(message: Message): Promise<void> {
    const bet = bodyOf<PlacedBet>(message);
    const answer = await this.#ask(bet);
    this.#options.metrics?.count('palpite_supplier_answers_total', 1, { outcome: answer?.status ?? 'too_late' });
    if (answer) await this.#options.bus.publish([confirmedMessage({ betId: bet.betId, ledgerId: bet.ledgerId, ...answer })]);
  }

  /** Null: the bet is given back, and the supplier never heard of it. */
  async #ask(bet: PlacedBet): Promise<SupplierAnswer | null> {
    const { clock, log, retryMs = RETRY_MS, supplier } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        return clock.now() + ON_THE_WAY_MS < bet.answerBy ? await supplier.place(bet) : await supplier.find(bet.betId);
      } catch (error) {
        if (!(error instanceof SupplierAwayError)) throw error;
        const pauseMs = retryMs[attempt];
        if (pauseMs === undefined || this.#rest.ended) {
          log.warn('confirmer.supplier_away', { betId: bet.betId, error: error.message });
          throw new OutageError(`the supplier does not answer: ${error.message}`);
        }
        await this.#rest.for(pauseMs);
      }
    }
  }
}

export function confirmedMessage(answer: ConfirmedBet): Message {
  const { at, betId, ledgerId, providerRef, reason, status } = answer;
  const body = { betId, ledgerId, status, reason, providerRef, at };
  const id = `${betId}:${status}:${at}`;
  return { topic: 'bet_confirmed', key: betId, id, type: 'answer', v: 1, correlationId: betId, body: JSON.stringify(body) };
}
