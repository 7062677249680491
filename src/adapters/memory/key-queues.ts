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

interface Lane {
  items: Message[];
  head: number;
  busy: boolean;
}

export class KeyQueues {
  readonly #lanes: Lane[] = Array.from({ length: LANES }, () => ({ items: [], head: 0, busy: false }));
  #size = 0;
  #turn = 0;

  /** Waiting and being worked on. */
  get size(): number {
    return this.#size;
  }

  push(message: Message): void {
    (this.#lanes[laneOf(message.key)] as Lane).items.push(message);
    this.#size++;
  }

  hasFree(mine: (lane: number) => boolean): boolean {
    return this.#lanes.some((lane, i) => !lane.busy && lane.items.length > lane.head && mine(i));
  }

  /** Up to `max` messages of the member's free lanes, each lane in order; lanes in turn, or shuffled by `rng`. */
  take(max: number, mine: (lane: number) => boolean, rng: Rng | null): TakenBatch {
    const order = Array.from({ length: LANES }, (_, i) => (i + this.#turn) % LANES);
    this.#turn = (this.#turn + 1) % LANES;
    if (rng) shuffle(order, rng);
    const messages: Message[] = [];
    const lanes = new Set<number>();
    for (const i of order) {
      const lane = this.#lanes[i] as Lane;
      if (lane.busy || lane.items.length === lane.head || !mine(i)) continue;
      const end = Math.min(lane.items.length, lane.head + max - messages.length);
      for (let k = lane.head; k < end; k++) messages.push(lane.items[k] as Message);
      lane.head = end;
      lane.busy = true;
      lanes.add(i);
      if (messages.length >= max) break;
    }
    return { messages, lanes };
  }

  /** The batch is done but for `undone`, which goes back to the front of its lanes. */
  release(batch: TakenBatch, undone: readonly Message[]): void {
    this.#size -= batch.messages.length - undone.length;
    for (const i of batch.lanes) {
      const lane = this.#lanes[i] as Lane;
      const back = undone.filter((message) => laneOf(message.key) === i);
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
      longest.items = longest.items.slice(longest.head + cut);
      longest.head = 0;
      this.#size -= cut;
      dropped += cut;
    }
    return dropped;
  }
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
