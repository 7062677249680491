// What offers have in common for all kinds of bets: how much is given up, what may be wrong with taking one up, how it waits, and how it is paid.
import { isId } from '../base/ids.ts';
import { isAmount, mulDiv } from '../base/money.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { event, type NewEvent } from '../kernel/event.ts';
import { HOUSE, type LedgerState } from '../kernel/state.ts';
import { type Posting, posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import type { CashOutBet } from './cash-out-commands.ts';
import { nearestPart } from './cash-out-value.ts';

const MILLION = 1_000_000;

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

/** How much is to be given up: an amount or millionths of the stake; all of it where neither is said. */
export interface Part {
  readonly stakeMinor?: number | undefined;
  readonly portionPpm?: number | undefined;
}

/** What can be had of a bet now, before it is signed. */
export interface Offer {
  readonly holder: string;
  readonly ofMinor: number;
  readonly stakeMinor: number;
  readonly amountMinor: number;
  /** Of several legs: of the first that is open. */
  readonly quoteSeq: number;
  readonly delayMs: number;
}

/** The stake that is given up, of each line the same; a portion is rounded down to one that fits. */
export function partOf(lines: number, ofMinor: number, { portionPpm = MILLION, stakeMinor }: Part): number | Refusal {
  if (stakeMinor === undefined) return lines * Math.max(1, mulDiv(ofMinor / lines, portionPpm, MILLION, 'floor'));
  if (stakeMinor > ofMinor) return refuse('step_invalid', { need: ofMinor, have: stakeMinor, path: '/stakeMinor' });
  return unevenPart(lines, stakeMinor) ?? stakeMinor;
}

/** Each line gives up the same, so that what is left is still one bet. */
export function unevenPart(lines: number, stakeMinor: number): Refusal | null {
  if (stakeMinor % lines === 0) return null;
  return refuse('step_invalid', { need: nearestPart(lines, stakeMinor), have: stakeMinor, path: '/stakeMinor' });
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

/** Why nothing can be offered for a bet, whatever it is worth: it does not stand yet, or is on its way out. */
export function notOffered(ledger: LedgerState, bet: Offered): Refusal | null {
  if (bet.pending) return refuse('condition_not_met', { path: '/betId' });
  return ledger.cashOuts.find(bet.betId) ? refuse('version_conflict', { path: '/betId' }) : null;
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
