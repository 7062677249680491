// Which part of a posting counts as deposit, stake or loss of a person. It goes by the accounts' names, so that whatever a product calls its
// events, no money goes into play or comes back from it uncounted.
import type { Posting } from '../ledger/accounts.ts';
import type { NewEvent } from '../kernel/event.ts';
import type { Counters } from './counters.ts';

/** An account of a person: what moves on it counts. */
export interface CountedAccount {
  readonly ownerId: string;
  readonly holder: string;
  /** His own wallet, not one of a bot. */
  readonly own: boolean;
}

export interface Counting {
  /** The account at a path, or undefined when nobody counts it. */
  readonly accountAt: (path: string) => CountedAccount | undefined;
  readonly countersOf: (ownerId: string) => Counters | null;
  /** When an open bet of whatever kind was placed, or undefined when there is none. */
  readonly placedAt: (betId: string) => number | undefined;
}

const AVAILABLE = ':available';

/** Counts all postings of an event. To be called before the event is folded: what a refused bet gives back depends on when it was placed. */
export function countEvent(of: Counting, e: NewEvent): void {
  for (const [i, p] of (e.postings ?? []).entries()) {
    const from = of.accountAt(p.from);
    if (from) countOut(of, { account: from, e, i, p });
    const to = of.accountAt(p.to);
    if (to) countIn(of, { account: to, e, i, p });
  }
}

/** A settlement taken back holds again, or takes back, what was staked long ago. */
const HOLDING_AGAIN: ReadonlySet<string> = new Set(['SettlementReversed', 'MultiplesReopened', 'PoolReclaimed']);

interface Part {
  readonly account: CountedAccount;
  readonly e: NewEvent;
  /** Which of the event's postings it is. */
  readonly i: number;
  readonly p: Posting;
}

function countOut(of: Counting, { account, e, p }: Part): void {
  const counters = of.countersOf(account.ownerId);
  if (!counters || !isPlay(p.to, account)) return;
  counters.add('loss', p.amountMinor, e.at);
  if (HOLDING_AGAIN.has(e.type)) return;
  if (p.from.endsWith(AVAILABLE) && isStake(p.to)) countStake(counters, account, p.amountMinor, e.at);
}

/** A stake, less what the order that it replaces had put up. */
export function countStake(counters: Counters, account: CountedAccount, amountMinor: number, at: number): void {
  counters.add('stake', Math.max(0, amountMinor - counters.replacedMinor), at);
  counters.replacedMinor = 0;
  counters.staked = true;
  if (account.own) counters.act(at);
}

function countIn(of: Counting, { account, e, i, p }: Part): void {
  const counters = of.countersOf(account.ownerId);
  if (!counters) return;
  if (isOutside(p.from)) return counters.add('deposit', p.amountMinor, e.at);
  if (!isPlay(p.from, account)) return;
  counters.add('loss', -p.amountMinor, e.at);
  if (e.type === 'OrdersReduced' && e.data.reason === 'replaced') counters.replacedMinor += p.amountMinor;
  const refused = betGivenBack(e, i);
  const placedAt = refused === null ? undefined : of.placedAt(refused);
  if (placedAt !== undefined) counters.unstake(p.amountMinor, placedAt, e.at);
}

/** The bet whose whole stake a posting gives back because it is rejected or void, or null. */
function betGivenBack(e: NewEvent, i: number): string | null {
  switch (e.type) {
    case 'BetRejected':
    case 'BetVoided':
    case 'MultipleRejected':
    case 'MultipleVoided':
      return e.data.betId;
    case 'BetsVoided': // a posting for each bet, in their order
      return e.data.bets[i]?.[0] ?? null;
    default:
      return null;
  }
}

/** Where money comes into the ledger: play money is made, and later paid in. */
function isOutside(path: string): boolean {
  return path === 'issuance' || path.startsWith('external:');
}

/** False for money that only changes its place: to other ledgers, into and out of the system, from `available` to the same wallet's debt. */
function isPlay(other: string, account: CountedAccount): boolean {
  if (isOutside(other) || other.startsWith('transit:') || other === 'promo') return false;
  if (!other.startsWith('player:')) return true;
  return other === `player:${account.holder}:held`;
}

/** Held for a bet, or put up at once; a correction or a fee takes money from `available` to the house and is no stake. */
function isStake(path: string): boolean {
  return path.startsWith('player:') || path.startsWith('market:') || path.startsWith('pool:') || path.startsWith('margin:');
}
