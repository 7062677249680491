// The mirror of pay() in settle-chunk.ts: what a settled bet returned goes back the way it came, and its stake is held again.
import { HOUSE, type LedgerState } from '../../kernel/state.ts';
import { type Posting, posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';

interface Taken {
  readonly bet: { readonly returnedMinor: number; readonly stakeMinor: number };
  readonly postings: Posting[];
}

export function takeBack({ currency }: LedgerState, holder: Holder, { bet, postings }: Taken): void {
  const { returnedMinor, stakeMinor } = bet;
  const back = Math.min(stakeMinor, returnedMinor);
  if (back > 0) postings.push(posting(holder.available, holder.held, back, currency));
  if (stakeMinor > back) postings.push(posting(HOUSE, holder.held, stakeMinor - back, currency));
  if (returnedMinor > stakeMinor) postings.push(posting(holder.available, HOUSE, returnedMinor - stakeMinor, currency));
}
