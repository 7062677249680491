// What was paid wrongly and is spent already is owed: `player:H:debt` goes below zero, and whatever reaches the holder afterwards repays it first.
// So who owes has nothing available, and can neither bet, withdraw nor send money on (`insufficient_funds`) until the debt is paid.
import type { Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, isRefusal, type NewEvent } from '../../kernel/event.ts';
import { availableMinor, holderOf, type LedgerState } from '../../kernel/state.ts';
import { type Posting, posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/** What is owed, minor units, 0 or more. */
export function debtMinor(ledger: LedgerState, holder: Holder): number {
  return 0 - ledger.accounts.balance(holder.debt, ledger.currency);
}

/** The event that lets `taken` be taken from each holder's available money: what is not there is owed from now on. Null when all is there. */
export function recordDebts(ledger: LedgerState, cause: Cause, taken: ReadonlyMap<Holder, number>): NewEvent | null {
  const debts: [string, number][] = [];
  const postings: Posting[] = [];
  for (const [holder, takenMinor] of taken) {
    const short = takenMinor - availableMinor(ledger, holder);
    if (short <= 0) continue;
    debts.push([holder.id, short]);
    postings.push(posting(holder.debt, holder.available, short, ledger.currency));
  }
  return debts.length > 0 ? event(cause, 'DebtRecorded', { debts }, postings) : null;
}

/**
 * The same decision, with an event that repays what its events bring to holders in debt. Whatever decides how money moves needs to know nothing of
 * debts: they are repaid here, from what each holder has more after all of the decision than before it, in the same block or not at all.
 */
export function recoverDebts(ledger: LedgerState, cause: Cause, decision: Decision): Decision {
  const { debtors } = ledger.corrections;
  if (debtors.size === 0 || isRefusal(decision)) return decision;
  const gained = gainsOf(ledger, decision);
  const debts: [string, number][] = [];
  const postings: Posting[] = [];
  for (const [holder, gainedMinor] of gained) {
    const repaid = Math.min(gainedMinor, debtMinor(ledger, holder));
    if (repaid <= 0) continue;
    debts.push([holder.id, repaid]);
    postings.push(posting(holder.available, holder.debt, repaid, ledger.currency));
  }
  return debts.length > 0 ? [...decision, event(cause, 'DebtRecovered', { debts }, postings)] : decision;
}

/** What each holder in debt has available more after these events than before them. */
function gainsOf(ledger: LedgerState, events: readonly NewEvent[]): Map<Holder, number> {
  const gained = new Map<Holder, number>();
  const add = (path: string, amountMinor: number): void => {
    const id = holderIdOf(path);
    const holder = id !== null && ledger.corrections.debtors.has(id) ? holderOf(ledger, id) : undefined;
    if (holder?.available === path) gained.set(holder, (gained.get(holder) ?? 0) + amountMinor);
  };
  for (const { postings } of events) {
    for (const p of postings ?? []) {
      add(p.from, -p.amountMinor);
      add(p.to, p.amountMinor);
    }
  }
  return gained;
}

const PLAYER = 'player:';

function holderIdOf(path: string): string | null {
  return path.startsWith(PLAYER) ? path.slice(PLAYER.length, path.lastIndexOf(':')) : null;
}
