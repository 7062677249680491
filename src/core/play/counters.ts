// What a person used of each window so far: deposits, stakes, net loss and time. Folded from postings alone, so that every product counts.
// Loss is what left `available` for play less what came back from it, so it may be below 0; debt made by a correction counts as well.
import { PERIODS, type Period, windowStart } from './calendar.ts';
import { PLAY_KINDS, type PlayKind, SESSION_GAP_MS, SESSION_START_MS } from './play-commands.ts';

export interface Window {
  /** First moment of the window, ms. */
  start: number;
  deposit: number;
  stake: number;
  loss: number;
  /** Time in sessions, ms. */
  time: number;
}

export class Counters {
  /** One for each of PERIODS. */
  readonly windows: readonly Window[];
  /** The last action of the person himself, ms; 0 before the first. */
  lastActiveAt: number;
  /** What a replaced order gave back, until the order that replaces it is placed in the same command; 0 between commands. */
  replacedMinor = 0;
  /** Since this was made or copied: something was staked, and from the person's own wallet. Not part of the state. */
  staked = false;
  acted = false;

  constructor(windows: readonly Window[] = PERIODS.map(() => emptyWindow(0)), lastActiveAt = 0) {
    this.windows = windows;
    this.lastActiveAt = lastActiveAt;
  }

  copy(): Counters {
    const copy = new Counters(
      this.windows.map((w) => ({ ...w })),
      this.lastActiveAt,
    );
    copy.replacedMinor = this.replacedMinor;
    return copy;
  }

  /** What was used of the window that `at` lies in: minor units, or ms of time. */
  used(period: Period, kind: PlayKind, at: number): number {
    const window = this.windows[PERIODS.indexOf(period)] as Window;
    return window.start === windowStart(period, at) ? window[kind] : 0;
  }

  add(kind: Exclude<PlayKind, 'time'>, amount: number, at: number): void {
    this.#roll(at);
    for (const window of this.windows) window[kind] += amount;
  }

  /** Takes back a stake that was refused after all, from the windows that it was placed in. */
  unstake(amount: number, placedAt: number, at: number): void {
    this.#roll(at);
    for (const window of this.windows) if (placedAt >= window.start) window.stake = Math.max(0, window.stake - amount);
  }

  /** The person acts: the time since his last action counts if that was in the same session. */
  act(at: number): void {
    this.acted = true;
    this.#roll(at);
    const goesOn = this.lastActiveAt > 0 && at - this.lastActiveAt <= SESSION_GAP_MS;
    for (const window of this.windows) {
      window.time += goesOn ? at - Math.max(this.lastActiveAt, window.start) : SESSION_START_MS;
    }
    this.lastActiveAt = at;
  }

  #roll(at: number): void {
    for (const [i, window] of this.windows.entries()) {
      const start = windowStart(PERIODS[i] as Period, at);
      if (window.start !== start) Object.assign(window, emptyWindow(start));
    }
  }
}

function emptyWindow(start: number): Window {
  const window = { start } as Window;
  for (const kind of PLAY_KINDS) window[kind] = 0;
  return window;
}
