// A market for tests of the simulators: says what the stream would say and tells a simulator in the right order.
import { MarketBook } from './stream/market-book.ts';
import type { MarketDefinition, RunnerChange } from './stream/wire.ts';

export const T0 = 1_700_000_000_000;

const DEFINITION: MarketDefinition = {
  status: 'OPEN',
  inPlay: false,
  betDelay: 0,
  version: 1,
  bspMarket: true,
  bspReconciled: false,
  numberOfWinners: 1,
  marketType: 'WIN',
  bettingType: 'ODDS',
  runners: [
    { id: 1, status: 'ACTIVE', adjustmentFactor: 20 },
    { id: 2, status: 'ACTIVE', adjustmentFactor: 25 },
    { id: 3, status: 'ACTIVE', adjustmentFactor: 2.4 },
  ],
};

interface Simulated {
  arrive(book: MarketBook, at: number): void;
  updated(book: MarketBook): void;
}

export class TestMarket {
  readonly book = new MarketBook('1.1');
  readonly #simulator: Simulated;
  #definition = DEFINITION;

  /** Begins open, with the given changes, at T0. */
  constructor(make: (book: MarketBook) => Simulated, ...rc: RunnerChange[]) {
    this.#simulator = make(this.book);
    this.book.apply({ id: '1.1', marketDefinition: DEFINITION, rc }, T0);
    this.#simulator.updated(this.book);
  }

  /** Changes of runners, so many ms after T0. */
  tick(afterMs: number, ...rc: RunnerChange[]): void {
    this.#say(afterMs, () => this.book.apply({ id: '1.1', rc }, T0 + afterMs));
  }

  /** Another definition: what is given replaces what was there; runners by id. */
  define(afterMs: number, change: Partial<MarketDefinition>, runners: Record<number, object> = {}, ...rc: RunnerChange[]): void {
    const next = this.#definition.runners.map((runner) => ({ ...runner, ...runners[runner.id] }));
    this.#definition = { ...this.#definition, ...change, runners: next };
    this.#say(afterMs, () => this.book.apply({ id: '1.1', marketDefinition: this.#definition, rc }, T0 + afterMs));
  }

  #say(afterMs: number, apply: () => void): void {
    this.#simulator.arrive(this.book, T0 + afterMs);
    apply();
    this.#simulator.updated(this.book);
  }
}
