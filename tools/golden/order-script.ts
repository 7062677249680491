// The strategy that a reference set names in words, read into steps and played against the reference simulator: per active runner one order at
// a time, in the given order, at the best price of the moment; what rests too long is taken back.
import type { MarketBook, RunnerBook } from '#core/exchange-simulation/stream/market-book.ts';
import type { Persistence, ReferenceOrder, Side } from '#core/exchange-simulation/reference/reference-order.ts';
import type { ReferenceSimulator } from '#core/exchange-simulation/reference/reference-simulator.ts';

interface Step {
  readonly side: Side;
  /** Whose best price is asked. */
  readonly at: 'back' | 'lay';
  readonly size: number;
}

export interface OrderScript {
  readonly steps: readonly Step[];
  readonly persistence: Persistence;
  /** Seconds after which a resting order is cancelled. */
  readonly restMax: number;
}

const SENTENCE =
  /^per ACTIVE runner, one order at a time, in order: (.+) \((LAPSE|PERSIST|MARKET_ON_CLOSE)\); a resting order is cancelled when older than (\d+(?:\.\d+)?) s$/;
const STEP = /^(BACK|LAY) best-(back|lay) (\d+(?:\.\d+)?)$/;

/** The script behind the words; null for words of another shape. */
export function readScript(words: string): OrderScript | null {
  const sentence = SENTENCE.exec(words);
  if (!sentence) return null;
  const steps = (sentence[1] as string).split(', ').map((words): Step | null => {
    const step = STEP.exec(words);
    return step && { side: step[1] as Side, at: step[2] as 'back' | 'lay', size: Number(step[3]) };
  });
  if (steps.includes(null)) return null;
  return { steps: steps as Step[], persistence: sentence[2] as Persistence, restMax: Number(sentence[3]) };
}

export class ScriptPlayer {
  readonly #script: OrderScript;
  readonly #windowSeconds: number;
  readonly #placed = new Map<RunnerBook, ReferenceOrder[]>();

  constructor(script: OrderScript, windowSeconds: number) {
    this.#script = script;
    this.#windowSeconds = windowSeconds;
  }

  /** Acts on an update of a market that is not closed. */
  play(simulator: ReferenceSimulator, book: MarketBook): void {
    for (const order of simulator.orders) {
      if (order.status !== 'Executable' || order.placedAt === null) continue;
      if ((simulator.now - order.placedAt) / 1000 > this.#script.restMax) simulator.cancel(order, book);
    }
    if (book.status !== 'OPEN' || this.#secondsToStart(simulator.now, book) > this.#windowSeconds) return;
    for (const runner of book.runners) if (runner.status === 'ACTIVE') this.#place(simulator, book, runner);
  }

  #place(simulator: ReferenceSimulator, book: MarketBook, runner: RunnerBook): void {
    const before = this.#placed.get(runner) ?? [];
    const step = this.#script.steps[before.length];
    const [toBack, toLay] = [runner.toBack.prices[0], runner.toLay.prices[0]];
    if (!step || toBack === undefined || toLay === undefined || before.at(-1)?.complete === false) return;
    const price = (step.at === 'back' ? toBack : toLay) / 1000;
    const { handicap, selectionId } = runner;
    const terms = { type: 'LIMIT', price, size: step.size, persistence: this.#script.persistence } as const;
    before.push(simulator.place({ selectionId, handicap, side: step.side, terms }, book));
    this.#placed.set(runner, before);
  }

  #secondsToStart(now: number, book: MarketBook): number {
    return (Date.parse(book.definition?.marketTime ?? '') - now) / 1000;
  }
}
