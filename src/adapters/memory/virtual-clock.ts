// Time that a driver moves: for accelerated runs and simulations. Nothing happens until it is advanced.
import type { Clock } from '#ports/clock.ts';

interface Alarm {
  readonly at: number;
  readonly fire: () => void;
}

export class VirtualClock implements Clock {
  #now: number;
  readonly #alarms = new Set<Alarm>();

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  schedule(at: number, fire: () => void): () => void {
    const alarm = { at, fire };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** When the next alarm is due, or Infinity. */
  nextAlarmAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const alarm of this.#alarms) at = Math.min(at, alarm.at);
    return at;
  }

  /** Moves to `at` (never back) and fires what is due, earliest first. */
  advance(at: number): void {
    for (;;) {
      const next = this.nextAlarmAt();
      if (next > at) break;
      this.#now = Math.max(this.#now, next);
      for (const alarm of Array.from(this.#alarms)) {
        if (alarm.at !== next) continue;
        this.#alarms.delete(alarm);
        alarm.fire();
      }
    }
    this.#now = Math.max(this.#now, at);
  }
}
