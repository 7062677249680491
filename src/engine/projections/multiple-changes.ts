// Folds the events of bets of several legs into rows: the bet once, its legs once, and what was told of a leg later. How a bet ends is folded with
// those of singles.
import type { OutcomeNumbers } from '#core/kernel/event.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import type { WalletChange } from './rows.ts';

export interface MultipleRow {
  readonly betId: string;
  readonly ledgerId: string;
  readonly seq: number;
  readonly holderId: string;
  readonly system: string;
  readonly lines: number;
  readonly stakeMinor: number;
  readonly currency: string;
  readonly placedAt: number;
  readonly status: string;
  readonly legs: NewEvent<'MultiplePlaced'>['data']['legs'];
  /** The one the stake came from. */
  readonly wallet: WalletChange | null;
}

export interface LegChange {
  readonly betId: string;
  readonly leg: number;
  oddsMilli: number | null;
  outcome: OutcomeNumbers | null;
  /** A correction took its outcome back. */
  reopened: boolean;
}

export class MultipleChanges {
  readonly placed: MultipleRow[] = [];
  /** By bet and leg: one may be accepted at another price and decided within a batch. */
  readonly legs = new Map<string, LegChange>();

  place(e: NewEvent<'MultiplePlaced'>, seq: number, wallet: WalletChange | null): void {
    const { betId, holder: holderId, legs, lines, stakePerLineMinor, status, system } = e.data;
    const { at: placedAt, ledgerId } = e;
    const stakeMinor = lines * stakePerLineMinor;
    const currency = e.postings?.[0]?.currency ?? '';
    this.placed.push({ betId, ledgerId, seq, holderId, system, lines, stakeMinor, currency, placedAt, status, legs, wallet });
  }

  accept({ data }: NewEvent<'MultipleAccepted'>): void {
    for (const [leg, oddsMilli] of (data.oddsMilli ?? []).entries()) this.#of(data.betId, leg).oddsMilli = oddsMilli;
  }

  tell(e: NewEvent<'LegsDecided' | 'LegsReopened'>): void {
    if (e.type === 'LegsReopened') {
      for (const [betId, leg] of e.data.legs) Object.assign(this.#of(betId, leg), { outcome: null, reopened: true });
    } else {
      for (const [betId, leg, outcome] of e.data.legs) Object.assign(this.#of(betId, leg), { outcome, reopened: false });
    }
  }

  #of(betId: string, leg: number): LegChange {
    const key = `${betId} ${leg}`;
    let change = this.legs.get(key);
    if (!change) this.legs.set(key, (change = { betId, leg, oddsMilli: null, outcome: null, reopened: false }));
    return change;
  }
}
