// Waiting messages in lanes by key. A lane that is being worked on gives nothing more until it is released: that is what keeps order per key,
// also while members come and go.
import { hashText, type Rng } from '#core/base/rng.ts';
import type { Message } from '#ports/bus.ts';

/** Like the partitions of a topic. */
export const LANES = 64;

export interface TakenBatch {
  readonly messages: readonly Message[];
  readonly lanes: ReadonlySet<number>;
}

/** How much is taken at once. */
export interface Portion {
  readonly messages: number;
  /** Of their bodies, characters; a single message may be larger. */
  readonly chars: number;
}

interface Waiting {
  readonly message: Message;
  /** Place in the order of arrival over all lanes. */
  readonly n: number;
}

interface Lane {
  items: Waiting[];
  head: number;
  busy: boolean;
}

export class KeyQueues {
  readonly #lanes: Lane[] = Array.from({ length: LANES }, () => ({ items: [], head: 0, busy: false }));
  #size = 0;
  #chars = 0;
  #n = 0;

  /** Waiting and being worked on. */
  get size(): number {
    return this.#size;
  }

  /** Of the bodies of what waits or is being worked on. */
  get chars(): number {
    return this.#chars;
  }

  push(message: Message): void {
    (this.#lanes[laneOf(message.key)] as Lane).items.push({ message, n: this.#n++ });
    this.#size++;
    this.#chars += message.body.length;
  }

  hasFree(mine: (lane: number) => boolean): boolean {
    return this.#lanes.some((lane, i) => !lane.busy && lane.items.length > lane.head && mine(i));
  }

  /** What the member's free lanes hold, each lane in order: what came first goes first, or lanes in an order drawn from `rng`. */
  take(max: Portion, mine: (lane: number) => boolean, rng: Rng | null): TakenBatch {
    const free = Array.from({ length: LANES }, (_, i) => i).filter((i) => !(this.#lanes[i] as Lane).busy && mine(i));
    if (rng) shuffle(free, rng);
    const messages: Message[] = [];
    const lanes = new Set<number>();
    let chars = 0;
    while (messages.length < max.messages) {
      const i = rng ? free.find((one) => this.#firstOf(one) !== undefined) : this.#oldest(free);
      const message = i === undefined ? undefined : this.#firstOf(i)?.message;
      if (i === undefined || !message || (messages.length > 0 && chars + message.body.length > max.chars)) break;
      const lane = this.#lanes[i] as Lane;
      lane.head++;
      messages.push(message);
      chars += message.body.length;
      lanes.add(i);
    }
    for (const i of lanes) (this.#lanes[i] as Lane).busy = true;
    return { messages, lanes };
  }

  #oldest(lanes: readonly number[]): number | undefined {
    let oldest: number | undefined;
    let first = Number.POSITIVE_INFINITY;
    for (const i of lanes) {
      const n = this.#firstOf(i)?.n ?? Number.POSITIVE_INFINITY;
      if (n >= first) continue;
      oldest = i;
      first = n;
    }
    return oldest;
  }

  #firstOf(i: number): Waiting | undefined {
    const { head, items } = this.#lanes[i] as Lane;
    return items[head];
  }

  /** The batch is done but for `undone`, which goes back to the front of its lanes. */
  release(batch: TakenBatch, undone: readonly Message[]): void {
    this.#size -= batch.messages.length - undone.length;
    this.#chars -= charsOf(batch.messages) - charsOf(undone);
    for (const i of batch.lanes) {
      const lane = this.#lanes[i] as Lane;
      const back = undone.filter((message) => laneOf(message.key) === i).map((message) => ({ message, n: -1 }));
      if (back.length > 0 || lane.head * 2 > lane.items.length) {
        lane.items = [...back, ...lane.items.slice(lane.head)];
        lane.head = 0;
      }
      lane.busy = false;
    }
  }

  /** For a group that nobody serves: keeps about `max` messages, the newest of each lane. */
  dropOldest(max: number): number {
    let dropped = 0;
    while (this.#size > max) {
      const longest = this.#lanes.reduce((a, b) => (b.items.length - b.head > a.items.length - a.head ? b : a));
      const cut = Math.min(this.#size - max, Math.ceil((longest.items.length - longest.head) / 2));
      this.#chars -= charsOf(longest.items.slice(longest.head, longest.head + cut).map(({ message }) => message));
      longest.items = longest.items.slice(longest.head + cut);
      longest.head = 0;
      this.#size -= cut;
      dropped += cut;
    }
    return dropped;
  }
}

function charsOf(messages: readonly Message[]): number {
  return messages.reduce((sum, { body }) => sum + body.length, 0);
}

function laneOf(key: string): number {
  return (hashText(key) >>> 0) & (LANES - 1);
}

function shuffle(values: number[], rng: Rng): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(rng() * (i + 1));
    const kept = values[i] as number;
    values[i] = values[j] as number;
    values[j] = kept;
  }
}
