// Four bounded queues. Control overtakes everything; facts and timers have a reserved share; people come before bots, but bots are not starved.
import { LANES, type Envelope, type Lane } from '#core/kernel/command.ts';
import type { CommandKey } from './keys/command-key.ts';

export interface Waiting {
  readonly encoded: string;
  readonly envelope: Envelope;
  readonly key: CommandKey;
  readonly since: number;
  readonly answer: (encoded: string) => void;
  /** Up to where the journal was searched for its key, in vain. */
  checkedUpTo?: number;
  /** Deadline for a quote the writer has not seen yet, ms. */
  quoteDeadline?: number;
  /** What was read for its decision beforehand. */
  loaded?: unknown;
}

export interface LaneLimits {
  readonly capacity: Readonly<Record<Lane, number>>;
  /** Commands per block and lane. */
  readonly share: Readonly<Record<Lane, number>>;
}

export const DEFAULT_LANES: LaneLimits = {
  capacity: { control: 1_000, facts: 50_000, people: 50_000, bots: 50_000 },
  share: { control: 1_000, facts: 512, people: 1_024, bots: 512 },
};

export class Lanes {
  readonly #limits: LaneLimits;
  readonly #queues: Record<Lane, Queue>;

  constructor(limits: LaneLimits = DEFAULT_LANES) {
    this.#limits = limits;
    this.#queues = { control: new Queue(), facts: new Queue(), people: new Queue(), bots: new Queue() };
  }

  get size(): number {
    let size = 0;
    for (const lane of LANES) size += this.#queues[lane].size;
    return size;
  }

  /** False when the lane is full. */
  push(item: Waiting): boolean {
    const { lane } = item.envelope;
    if (this.#queues[lane].size >= this.#limits.capacity[lane]) return false;
    this.#queues[lane].push(item);
    return true;
  }

  /** When the oldest waiting command of a lane came, or Infinity. */
  oldestSince(lane: Lane): number {
    return this.#queues[lane].first()?.since ?? Number.POSITIVE_INFINITY;
  }

  /** Takes this block's commands of one lane. Shares left over by people go to bots and the other way round. */
  take(lane: Lane, spare = 0): Waiting[] {
    return this.#queues[lane].take(this.#limits.share[lane] + spare);
  }

  spareOf(lane: Lane, taken: number): number {
    return Math.max(0, this.#limits.share[lane] - taken);
  }

  drain(): Waiting[] {
    return LANES.flatMap((lane) => this.#queues[lane].take(Number.POSITIVE_INFINITY));
  }
}

/** FIFO without shifting: a head index into an array that is cut when half of it is spent. */
class Queue {
  #items: Waiting[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  first(): Waiting | undefined {
    return this.#items[this.#head];
  }

  push(item: Waiting): void {
    this.#items.push(item);
  }

  take(max: number): Waiting[] {
    const end = Math.min(this.#items.length, this.#head + max);
    const taken = this.#items.slice(this.#head, end);
    this.#head = end;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }
}
