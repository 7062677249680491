// Cash-outs that wait for the end of their delay, at most one a bet.

export interface WaitingCashOut {
  readonly betId: string;
  readonly offerId: string;
  readonly stakeMinor: number;
  readonly amountMinor: number;
  /** The market's suspension count when it was asked for; of several legs, that of each leg's market. */
  readonly suspensions: number | readonly number[];
}

export class CashOuts {
  readonly #waiting = new Map<string, WaitingCashOut>();

  get size(): number {
    return this.#waiting.size;
  }

  find(betId: string): WaitingCashOut | undefined {
    return this.#waiting.get(betId);
  }

  wait(cashOut: WaitingCashOut): void {
    this.#waiting.set(cashOut.betId, cashOut);
  }

  delete(betId: string): boolean {
    return this.#waiting.delete(betId);
  }

  /** Null while none waits: the snapshot is then what it was before there were any. */
  dump(): WaitingCashOut[] | null {
    return this.#waiting.size === 0 ? null : [...this.#waiting.values()];
  }

  load(dump: readonly WaitingCashOut[]): void {
    for (const cashOut of dump) this.wait(cashOut);
  }
}

/** A bet ended: no cash-out of it waits any more. */
export function dropCashOut(
  { cashOuts, timers }: { readonly cashOuts: CashOuts; readonly timers: { delete(key: string): void } },
  betId: string,
): void {
  if (cashOuts.size > 0 && cashOuts.delete(betId)) timers.delete(cashOutKey(betId));
}

/** Key of the timer that ends the delay. */
export function cashOutKey(betId: string): string {
  return `cash:${betId}`;
}
