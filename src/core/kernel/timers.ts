// Timers live in state and fire in (dueAt, key) order before any later command. A key set again replaces its earlier time.
// Delayed orders of one moment are released as they came: whose id is the smallest would be the caller's choice.

interface Entry {
  readonly dueAt: number;
  readonly key: string;
  /** Its turn among those that were set. */
  readonly turn: number;
}

/** What releases orders: of one moment, in the order in which they were set. */
const RELEASES_ORDER = 'order:';

export class Timers {
  #due = new Map<string, Entry>();
  #heap: Entry[] = [];
  #turn = 0;

  get size(): number {
    return this.#due.size;
  }

  set(key: string, dueAt: number): void {
    const entry = { dueAt, key, turn: this.#turn++ };
    this.#due.set(key, entry);
    push(this.#heap, entry);
  }

  delete(key: string): void {
    this.#due.delete(key); // its heap entry is dropped when it surfaces
  }

  dueAt(key: string): number | undefined {
    return this.#due.get(key)?.dueAt;
  }

  /** The earliest timer, or null. */
  first(): { readonly dueAt: number; readonly key: string } | null {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return null;
      if (this.#due.get(top.key) === top) return { dueAt: top.dueAt, key: top.key };
      pop(this.#heap);
    }
  }

  /** All timers in firing order; set in this order, they fire in it again. */
  entries(): [key: string, dueAt: number][] {
    return [...this.#due.values()].sort(order).map(({ dueAt, key }) => [key, dueAt]);
  }
}

function order(a: Entry, b: Entry): number {
  if (a.dueAt !== b.dueAt) return a.dueAt - b.dueAt;
  if (a.key === b.key || (a.key.startsWith(RELEASES_ORDER) && b.key.startsWith(RELEASES_ORDER))) return a.turn - b.turn;
  return a.key < b.key ? -1 : 1;
}

function before(a: Entry, b: Entry): boolean {
  return order(a, b) < 0;
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(entry, heap[parent] as Entry)) break;
    heap[at] = heap[parent] as Entry;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
    if (!before(heap[child] as Entry, last)) break;
    heap[at] = heap[child] as Entry;
    at = child;
  }
  heap[at] = last;
}
