// Brings dead letters from the bus to where operators see them, and sends again what they marked. Both at least once: a letter is kept once
// however often it comes, and what is sent again may come twice, as everything on the bus may.
import { type Bus, type DeadLetterBody, deadLetterTopic, type Message, type Subscription } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeadLetters, NewLetter } from '#ports/dead-letters.ts';
import type { Log } from '#ports/log.ts';
import { Rest } from '#ports/rest.ts';

export interface KeeperOptions {
  readonly bus: Bus;
  readonly letters: DeadLetters;
  readonly topics: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** How often it looks for letters to send again, ms. */
  readonly pollMs?: number;
}

const GROUP = 'dead_letters';
const POLL_MS = 1_000;
/** Between attempts to store letters while the database does not answer, ms. */
const RETRY_MS = 1_000;
/** Letters sent again at once. */
const PAGE = 100;
/** What was decided is kept for this long, ms, and removed this many at once. */
const DECIDED_MS = 30 * 86_400_000;
const PRUNE_PAGE = 1_000;
const PRUNE_MS = 600_000;

export class DeadLetterKeeper {
  readonly #options: KeeperOptions;
  readonly #rest: Rest;
  #subscriptions: Subscription[] = [];
  #polling: Promise<void> | null = null;
  #pruneAt = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#rest = new Rest(options.clock);
  }

  async start(): Promise<void> {
    const { bus, topics } = this.#options;
    const keep = (messages: readonly Message[]): Promise<void> => this.#keep(messages.map(letterOf));
    this.#subscriptions = await Promise.all(topics.map((topic) => bus.subscribe(deadLetterTopic(topic), GROUP, keep)));
    this.#polling = this.#poll();
  }

  async stop(): Promise<void> {
    this.#rest.end();
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
    await this.#polling;
  }

  /** A dead letter has nowhere else to go: it waits for the database. */
  async #keep(letters: readonly NewLetter[]): Promise<void> {
    for (;;) {
      try {
        await this.#options.letters.keep(letters);
        return;
      } catch (error) {
        this.#options.log.error('dead_letters.not_kept', { count: letters.length, error: String(error) });
        if (this.#rest.ended) throw error;
        await this.#rest.for(RETRY_MS);
      }
    }
  }

  async #poll(): Promise<void> {
    const { clock, log, pollMs = POLL_MS } = this.#options;
    while (!this.#rest.ended) {
      try {
        while (!this.#rest.ended && (await this.#replay()) === PAGE);
        if (clock.now() >= this.#pruneAt) await this.#prune();
      } catch (error) {
        log.warn('dead_letters.not_replayed', { error: String(error) });
      }
      await this.#rest.for(pollMs);
    }
  }

  async #replay(): Promise<number> {
    const { bus, letters, log } = this.#options;
    const marked = await letters.list({ state: 'replay', limit: PAGE });
    if (marked.length === 0) return 0;
    await bus.publish(marked.map(({ message }) => message));
    await letters.replayed(marked.map(({ id }) => id));
    log.info('dead_letters.replayed', { count: marked.length });
    return marked.length;
  }

  async #prune(): Promise<void> {
    const { clock, letters } = this.#options;
    if ((await letters.prune(DECIDED_MS, PRUNE_PAGE)) < PRUNE_PAGE) this.#pruneAt = clock.now() + PRUNE_MS;
  }
}

/** What a dead letter is about; one that cannot be read is kept as it came. */
function letterOf(message: Message): NewLetter {
  try {
    const body = JSON.parse(message.body) as Partial<DeadLetterBody>;
    if (message.type === 'dead_letter' && isMessage(body.message) && typeof body.reason === 'string')
      return { group: String(body.group), reason: body.reason, message: body.message };
  } catch {
    // below
  }
  return { group: '', reason: 'not a dead letter', message };
}

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  const { body, correlationId, id, key, topic, type, v } = value as Record<string, unknown>;
  return [body, correlationId, id, key, topic, type].every((part) => typeof part === 'string') && typeof v === 'number';
}
