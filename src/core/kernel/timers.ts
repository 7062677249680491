// Timers live in state and fire in (dueAt, key) order before any later command. A key set again replaces its earlier time.

interface Entry {
  readonly dueAt: number;
  readonly key: string;
}

export class Timers {
  #due = new Map<string, number>();
  #heap: Entry[] = [];

  get size(): number {
    return this.#due.size;
  }

  set(key: string, dueAt: number): void {
    this.#due.set(key, dueAt);
    push(this.#heap, { dueAt, key });
  }

  delete(key: string): void {
    this.#due.delete(key); // its heap entry is dropped when it surfaces
  }

  dueAt(key: string): number | undefined {
    return this.#due.get(key);
  }

  /** The earliest timer, or null. */
  first(): { readonly dueAt: number; readonly key: string } | null {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return null;
      if (this.#due.get(top.key) === top.dueAt) return top;
      pop(this.#heap);
    }
  }

  /** All timers in firing order. */
  entries(): [key: string, dueAt: number][] {
    return [...this.#due].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.key < b.key);
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
