// How far a feed has been worked through although its messages come in any order across fixtures: the cursor up to which nothing is missing.
import type { Cursor } from '#ports/feed.ts';
import type { RawBody } from './messages.ts';

/** Messages done ahead of a missing one before it is given up (it went to the dead letters): the next start then begins a little too late. */
const AHEAD_MAX = 50_000;

interface Run {
  readonly run: number;
  next: number;
  readonly ahead: Map<number, Cursor | null>;
  cursor: Cursor | null;
}

export class LowWater {
  readonly #runs = new Map<string, Run>();

  /** Notes that a message's effect is about to be stored; gives the feed's new cursor when it moved. Repetition does no harm. */
  done(body: Pick<RawBody, 'feed' | 'run' | 'n' | 'cursor'>): Cursor | null {
    let run = this.#runs.get(body.feed);
    if (run && body.run < run.run) return null;
    if (run?.run !== body.run) this.#runs.set(body.feed, (run = { run: body.run, next: 1, ahead: new Map(), cursor: null }));
    if (body.n < run.next) return null;
    run.ahead.set(body.n, body.cursor);
    if (run.ahead.size > AHEAD_MAX) run.next = Math.min(...run.ahead.keys());
    const before = run.cursor;
    for (let cursor = run.ahead.get(run.next); cursor !== undefined; cursor = run.ahead.get(run.next)) {
      run.ahead.delete(run.next++);
      if (cursor) run.cursor = cursor;
    }
    return run.cursor === before ? null : run.cursor;
  }
}
