// A reader of prices: a socket or an event stream. The hub says which fixtures have news for it; it takes what it lacks when it has room for it.
import type { Span } from '#ports/traces.ts';
import type { OddsRoom, QuotesUpdate } from './odds-room.ts';

/** One reader's place in one fixture. */
export interface Watch {
  readonly room: OddsRoom;
  readonly watcher: OddsWatcher;
  /** The reader has, or will have in order, everything up to this number. */
  has: number;
  /** False until the stored prices are here. */
  ready: boolean;
  /** It is in its watcher's list of fixtures with news. */
  lacks: boolean;
}

export type Begun = 'whole' | 'snapshot' | 'resumed';

export interface OddsRooms {
  publish(update: QuotesUpdate, span?: Span | null): void;
  watch(eventId: string, watcher: OddsWatcher, has: number | null): Promise<Watch>;
  leave(watch: Watch): void;
  /** This reader has room again. */
  owe(watcher: OddsWatcher): void;
}

export abstract class OddsWatcher {
  /** It waits for the hub's next round. */
  due = false;
  #lacking: Watch[] = [];

  /** False while a slow reader has not taken what it was given. */
  abstract get hasRoom(): boolean;
  /** `whole`: all prices follow; `snapshot`: all prices follow and what it had is void; `resumed`: what came since follows. */
  abstract begin(watch: Watch, begun: Begun): void;
  /** Sends what this watch lacks and gives how many changes that were. All of it: half of a fixture would have no number. */
  protected abstract give(watch: Watch): number;
  protected abstract together(gifts: () => void): void;

  get lacking(): number {
    return this.#lacking.length;
  }

  lack(watch: Watch): void {
    if (watch.lacks) return;
    watch.lacks = true;
    this.#lacking.push(watch);
  }

  /** Gives what there is room for; gives how many changes were sent and how many older ones they stood for. */
  serve(counted: { sent: number; conflated: number }): void {
    if (!this.hasRoom || this.#lacking.length === 0) return;
    if (this.#lacking.length === 1) this.#serveOne(counted);
    else
      this.together(() => {
        while (this.#lacking.length > 0 && this.hasRoom) this.#serveOne(counted);
      });
  }

  #serveOne(counted: { sent: number; conflated: number }): void {
    const watch = (this.#lacking.length === 1 ? this.#lacking.pop() : this.#lacking.shift()) as Watch;
    watch.lacks = false;
    const { n } = watch.room;
    if (!watch.ready || watch.has >= n) return;
    const sent = this.give(watch);
    counted.sent += sent;
    counted.conflated += Math.max(0, n - watch.has - sent);
    watch.has = n;
  }
}
