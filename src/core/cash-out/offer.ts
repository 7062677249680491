// What taking an offer up has in common for all kinds of bets: what may be wrong with it, how it waits, and how it is paid.
import { isId } from '../base/ids.ts';
import { isAmount } from '../base/money.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { event, type NewEvent } from '../kernel/event.ts';
import { HOUSE, type LedgerState } from '../kernel/state.ts';
import { type Posting, posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import type { CashOutBet } from './cash-out-commands.ts';

export interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/** What an offer depends on of the bet that it is for. */
export interface Offered {
  readonly betId: string;
  readonly pending: boolean;
  readonly stakeMinor: number;
}

export interface Wanted {
  readonly stakeMinor: number;
  readonly amountMinor: number;
}

export function faultIn(cmd: CashOutBet): Refusal | null {
  if (!isId('bet', cmd.betId)) return refuse('malformed', { path: '/betId' });
  if (!isId('offer', cmd.offerId)) return refuse('malformed', { path: '/offerId' });
  for (const name of ['amountMinor', 'ofMinor', 'stakeMinor'] as const)
    if (!isAmount(cmd[name])) return refuse('step_invalid', { path: `/${name}` });
  if (cmd.stakeMinor > cmd.ofMinor)
    return refuse('step_invalid', { need: cmd.ofMinor, have: cmd.stakeMinor, path: '/stakeMinor' });
  for (const name of ['expiresAt', 'quoteSeq'] as const)
    if (!Number.isSafeInteger(cmd[name]) || cmd[name] < 0) return refuse('malformed', { path: `/${name}` });
  return null;
}

/** Why this bet cannot be cashed out by this offer, whatever it is worth. */
export function refusedNow(ledger: LedgerState, cmd: CashOutBet, bet: Offered, now: number): Refusal | null {
  if (bet.pending) return refuse('condition_not_met', { path: '/betId' });
  // Its stake only ever shrinks: an offer that was taken up, or made before another was, is over.
  if (bet.stakeMinor !== cmd.ofMinor || ledger.cashOuts.find(bet.betId))
    return refuse('version_conflict', { need: bet.stakeMinor, have: cmd.ofMinor, path: '/ofMinor' });
  if (now > cmd.expiresAt) return refuse('offer_expired', { need: now, have: cmd.expiresAt, path: '/expiresAt' });
  return null;
}

/** In play: it is judged again when its delay ends. */
export function requested(
  cause: Cause,
  { amountMinor, betId, holder, offerId, stakeMinor }: CashOutBet,
  delayMs: number,
): NewEvent {
  const releaseAt = cause.context.now + delayMs;
  return event(cause, 'CashOutRequested', { amountMinor, betId, holder, offerId, releaseAt, stakeMinor });
}

/** As a settlement pays: what comes back of the stake from what is held, what is gained from the house, the rest to it. */
export function payments(ledger: LedgerState, holder: Holder, { amountMinor, stakeMinor }: Wanted): Posting[] {
  const { currency } = ledger;
  const back = Math.min(stakeMinor, amountMinor);
  const postings = [posting(holder.held, holder.available, back, currency)];
  if (stakeMinor > back) postings.push(posting(holder.held, HOUSE, stakeMinor - back, currency));
  if (amountMinor > stakeMinor) postings.push(posting(HOUSE, holder.available, amountMinor - stakeMinor, currency));
  return postings;
}
