// What happens to bets after they were placed and before they end, as rows: cash-outs, and answers of suppliers that did not fit.
import type { NewEvent } from '#core/kernel/event.ts';

/** What a batch adds to a bet. */
export interface CashOutChange {
  readonly betId: string;
  readonly holderId: string;
  stakeMinor: number;
  amountMinor: number;
  seq: number;
}

export interface FlagRow {
  readonly seq: number;
  readonly ledgerId: string;
  readonly at: number;
  readonly answer: NewEvent<'AnswerFlagged'>['data'];
}

export class BetChanges {
  readonly cashOuts = new Map<string, CashOutChange>();
  readonly flags: FlagRow[] = [];

  add(e: NewEvent<'BetCashedOut' | 'AnswerFlagged'>, seq: number): void {
    const { at, ledgerId } = e;
    if (e.type === 'BetCashedOut') this.#cashOut(e, seq);
    else this.flags.push({ seq, ledgerId, at, answer: e.data });
  }

  #cashOut({ data }: NewEvent<'BetCashedOut'>, seq: number): void {
    const { amountMinor, betId, holder: holderId, stakeMinor } = data;
    const known = this.cashOuts.get(betId);
    if (!known) return void this.cashOuts.set(betId, { betId, holderId, stakeMinor, amountMinor, seq });
    known.stakeMinor += stakeMinor;
    known.amountMinor += amountMinor;
    known.seq = seq;
  }
}

/** The end of a bet that was cashed out whole; what for is added by whoever writes the row. */
export function cashedOutEnd({ at, data }: NewEvent<'BetCashedOut'>, seq: number) {
  return { holderId: data.holder, status: 'cashed_out', returnMinor: 0, at, seq, reason: null };
}
