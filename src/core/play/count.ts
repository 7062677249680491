// Which part of a posting counts as deposit, stake or loss of a person. It goes by the accounts' names, so that whatever a product calls its
// events, no money goes into play or comes back from it uncounted.
import type { Posting } from '../ledger/accounts.ts';
import type { NewEvent } from '../kernel/event.ts';
import type { OpenBets } from '../bets/open-bets.ts';
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
  readonly bets: OpenBets;
}

const AVAILABLE = ':available';

/** Counts all postings of an event. To be called before the event is folded: what a refused bet gives back depends on when it was placed. */
export function countEvent(of: Counting, e: NewEvent): void {
  for (const p of e.postings ?? []) {
    const from = of.accountAt(p.from);
    if (from) countOut(of, { account: from, e, p });
    const to = of.accountAt(p.to);
    if (to) countIn(of, { account: to, e, p });
  }
}

interface Part {
  readonly account: CountedAccount;
  readonly e: NewEvent;
  readonly p: Posting;
}

function countOut(of: Counting, { account, e, p }: Part): void {
  const counters = of.countersOf(account.ownerId);
  if (!counters || !isPlay(p.to, account)) return;
  counters.add('loss', p.amountMinor, e.at);
  // A settlement taken back holds again what was staked long ago.
  if (e.type === 'SettlementReversed') return;
  if (p.from.endsWith(AVAILABLE) && isStake(p.to)) countStake(counters, account, p.amountMinor, e.at);
}

/** A stake, less what the order that it replaces had put up. */
export function countStake(counters: Counters, account: CountedAccount, amountMinor: number, at: number): void {
  counters.add('stake', Math.max(0, amountMinor - counters.replacedMinor), at);
  counters.replacedMinor = 0;
  counters.staked = true;
  if (account.own) counters.act(at);
}

function countIn(of: Counting, { account, e, p }: Part): void {
  const counters = of.countersOf(account.ownerId);
  if (!counters) return;
  if (isOutside(p.from)) return counters.add('deposit', p.amountMinor, e.at);
  if (!isPlay(p.from, account)) return;
  counters.add('loss', -p.amountMinor, e.at);
  if (e.type === 'OrdersReduced' && e.data.reason === 'replaced') counters.replacedMinor += p.amountMinor;
  if (e.type === 'BetRejected' || e.type === 'BetVoided') {
    const row = of.bets.find(e.data.betId);
    if (row >= 0) counters.unstake(p.amountMinor, of.bets.get(row).placedAt, e.at);
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
