// Decides the legs of a declared market chunk by chunk, so that neither the writer nor the market's singles wait for them, and pays each bet with
// the chunk that decides its last leg, or at once when none of its lines can return anything any more.
import type { Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../../kernel/event.ts';
import type { LedgerState } from '../../kernel/state.ts';
import type { Posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { pay } from '../../settlement/settle-chunk.ts';
import type { Market } from '../market.ts';
import { declaredOf } from '../live-handicap.ts';
import { deductionOf } from '../runners/runners.ts';
import type { DecidedLeg } from './multiple-commands.ts';
import { factorOf, returnOf, stakeOf, systemOf } from './multiple-exposure.ts';
import { type Factor, legFactor } from './multiple-payout.ts';
import { NONE, PENDING, SETTLED } from './open-multiples.ts';
import { rejected } from './release-multiple.ts';
import { smallestLine } from './systems.ts';
import { CHUNK_BETS } from '../chunk.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/** Name of the timer that decides a market's legs. */
export function legsKey(marketId: string): string {
  return `legs:${marketId}`;
}

export function decideLegs(ledger: LedgerState, cause: Cause, market: Market): Decision {
  const { multiples } = ledger;
  const list = multiples.ofMarket(market.row);
  // While a correction takes the market back, nothing is decided by the old outcomes.
  if (!list || market.outcomes === null || market.status === 'reversing') return [];
  const { bet: betOf, next } = multiples.legs;
  const events: NewEvent[] = [];
  const legs: DecidedLeg[] = [];
  const bets: [string, string, number][] = [];
  const postings: Posting[] = [];
  let leg = list.open;
  for (let n = 0; leg !== NONE && n < CHUNK_BETS; leg = next[leg] as number, n++) {
    const bet = betOf[leg] as number;
    const status = multiples.bets.status[bet];
    // Its delay is not over and it can no longer be judged.
    if (status === PENDING) events.push(rejected(ledger, cause, { bet, reason: 'market_closed' }));
    else legs.push(decidedLeg(ledger, market, leg));
    if (status === PENDING || status === SETTLED) continue;
    const undecided = multiples.bets.undecided[bet] as number;
    const returnedMinor = returnIfDecided(ledger, market, { bet, leg, undecided });
    if (returnedMinor === null) continue;
    const holder = ledger.holders[multiples.bets.holder[bet] as number] as Holder;
    bets.push([multiples.idOf(bet), holder.id, returnedMinor]);
    pay(ledger, holder, { stakeMinor: stakeOf(multiples, bet), returnedMinor, postings });
  }
  const { marketId } = market;
  events.push(event(cause, 'LegsDecided', leg === NONE ? { done: true, legs, marketId } : { legs, marketId }));
  if (bets.length > 0) events.push(event(cause, 'MultiplesSettled', { bets, marketId }, postings));
  return events;
}

/** Before a market is archived: its legs are decided, then forgotten. Null when there is nothing left of them. */
export function forgetLegs(ledger: LedgerState, cause: Cause, market: Market): Decision | null {
  const list = ledger.multiples.ofMarket(market.row);
  if (!list) return null;
  if (list.openLegs > 0) return decideLegs(ledger, cause, market);
  if (list.decidedLegs === 0) return null;
  const { marketId } = market;
  return [event(cause, 'LegsForgotten', { legs: Math.min(CHUNK_BETS, list.decidedLegs), marketId })];
}

/** What a bet with so many undecided legs, this one among them, returns once it is decided as its market says; null while that is open. */
export function returnIfDecided(
  ledger: LedgerState,
  market: Market,
  { bet, leg, undecided }: { readonly bet: number; readonly leg: number; readonly undecided: number },
): number | null {
  const { multiples } = ledger;
  const [wonNum, wonDen, backNum, backDen] = declaredOutcome(ledger, market, leg);
  const outcome = { won: [wonNum, wonDen], back: [backNum, backDen] } as const;
  const decided = legFactor(multiples.legs.oddsMilli[leg] as number, outcome, legDeduction(ledger, market, leg));
  const factors = multiples.legsOf(bet).map((one) => (one === leg ? decided : factorOf(multiples, one)));
  if (isDead(factors, smallestLine(systemOf(multiples, bet), factors.length))) return 0;
  return undecided === 1 ? returnOf(multiples, bet, factors, 'floor') : null;
}

/** Too few legs are left for the smallest line. */
export function isDead(factors: readonly Factor[], smallest: number): boolean {
  let alive = 0;
  for (const { num } of factors) if (num > 0n) alive++;
  return alive < smallest;
}

function decidedLeg(ledger: LedgerState, market: Market, leg: number): DecidedLeg {
  const { bet, number } = ledger.multiples.legs;
  const betId = ledger.multiples.idOf(bet[leg] as number);
  const outcome = declaredOutcome(ledger, market, leg);
  const deductionPpm = legDeduction(ledger, market, leg);
  return deductionPpm === 0 ? [betId, number[leg] as number, outcome] : [betId, number[leg] as number, outcome, deductionPpm];
}

/** Rule 4: what withdrawals after the bet was struck take from the leg's winnings, ppm. */
export function legDeduction({ multiples }: LedgerState, { runners }: Market, leg: number): number {
  if (runners === undefined) return 0;
  const placedAt = multiples.bets.placedAt[multiples.legs.bet[leg] as number] as number;
  return deductionOf(runners, { placedAt, suspensions: multiples.legs.suspensions[leg] as number });
}

function declaredOutcome(ledger: LedgerState, market: Market, leg: number) {
  return declaredOf(market, market.outcomes ?? {}, ledger.multiples.legs.selection[leg] as number);
}
