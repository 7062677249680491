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

  cashOut({ data }: NewEvent<'BetCashedOut'>, seq: number): void {
    const { amountMinor, betId, holder: holderId, stakeMinor } = data;
    const known = this.cashOuts.get(betId);
    if (!known) return void this.cashOuts.set(betId, { betId, holderId, stakeMinor, amountMinor, seq });
    known.stakeMinor += stakeMinor;
    known.amountMinor += amountMinor;
    known.seq = seq;
  }

  flag({ at, data: answer, ledgerId }: NewEvent<'AnswerFlagged'>, seq: number): void {
    this.flags.push({ seq, ledgerId, at, answer });
  }
}
