// Folds the bet events into state. Amounts are applied as stated; nothing is decided here.
import { assert } from '../base/assert.ts';
import { endReferral } from '../confirmation/answer-bet.ts';
import type { IdWords } from '../base/ids.ts';
import { mulDiv } from '../base/money.ts';
import { cashOutKey } from '../cash-out/cash-outs.ts';
import type { NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt, marketOf, postHold } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { type Market, worstLossMinor } from './market.ts';
import { moveWorst, singlesWorst } from './multiples/multiple-exposure.ts';
import type { BetRow, OpenBet } from './open-bets.ts';
import { releaseKey } from './release-bet.ts';

export function onBetPlaced(ledger: LedgerState, e: NewEvent<'BetPlaced'>): void {
  const { data } = e;
  const leg = data.legs[0];
  const market = leg && marketOf(ledger, leg.marketId);
  const holder = ledger.holderRows.get(data.holder);
  assert(leg && market && holder !== undefined, () => `${data.betId}: unknown market or holder`);
  const person = ledger.holders[holder] as Holder;
  for (const posting of e.postings ?? []) postHold(ledger, person, posting);
  const bet: OpenBet = {
    betId: data.betId,
    holder,
    market: market.row,
    selection: market.selections.indexOf(leg.selectionId),
    oddsMilli: leg.oddsMilli,
    minOddsMilli: data.minOddsMilli,
    stakeMinor: data.stakeMinor,
    placedAt: e.at,
    suspensions: market.suspensions,
    pending: data.status === 'pending',
    oddsPolicy: data.oddsPolicy,
  };
  ledger.bets.add(bet);
  person.openBets++;
  if (ledger.desk.counts) countBet(ledger, person, bet);
  addExposure(ledger, market, bet, 1);
  if (data.releaseAt !== undefined) ledger.timers.set(releaseKey(data.betId), data.releaseAt);
}

export interface PlacedRow {
  readonly id: IdWords;
  readonly bet: BetRow;
  readonly market: Market;
  readonly person: Holder;
}

/** onBetPlaced() for a bet without delay whose names were resolved before: the stake is held between the holder's known accounts. */
export function onBetRow(ledger: LedgerState, { bet, id, market, person }: PlacedRow): void {
  if (ledger.play.counts) ledger.play.countBet(person, bet.stakeMinor, bet.placedAt);
  ledger.accounts.move(person.availableAccount, person.heldAccount, bet.stakeMinor);
  ledger.bets.addWords(id, bet);
  person.openBets++;
  if (ledger.desk.counts) countBet(ledger, person, bet);
  addExposure(ledger, market, bet, 1);
}

export function onBetAccepted(ledger: LedgerState, e: NewEvent<'BetAccepted'>): void {
  const row = ledger.bets.find(e.data.betId);
  assert(row >= 0, () => `${e.data.betId} is not open`);
  const pending = ledger.bets.get(row);
  const market = marketAt(ledger, pending.market);
  addExposure(ledger, market, pending, -1);
  ledger.bets.accept(row, e.data.oddsMilli);
  addExposure(ledger, market, ledger.bets.get(row), 1);
  ledger.timers.delete(releaseKey(e.data.betId));
  endReferral(ledger, e.data.betId, { end: 'confirmed', holder: e.data.holder, at: e.at });
}

export function onBetEnded(ledger: LedgerState, e: NewEvent<'BetRejected' | 'BetVoided'>): void {
  const { betId, holder } = e.data;
  const bet = closeBet(ledger, betId);
  // The stake came back as if it had never been placed.
  if (ledger.desk.counts) ledger.desk.countDay((ledger.holders[bet.holder] as Holder).ownerId, -bet.stakeMinor, bet.placedAt);
  ledger.timers.delete(releaseKey(betId));
  const end = e.type === 'BetVoided' ? 'void' : e.data.by === undefined ? 'timed_out' : 'rejected';
  endReferral(ledger, betId, { end, holder, at: e.at });
}

/** Takes a bet out of the open ones and its stake out of the exposure. */
export function closeBet(ledger: LedgerState, betId: string): OpenBet {
  const row = ledger.bets.find(betId);
  assert(row >= 0, () => `${betId} is not open`);
  const bet = ledger.bets.get(row);
  ledger.bets.remove(row);
  const person = ledger.holders[bet.holder] as Holder;
  person.openBets--;
  if (ledger.desk.counts) ledger.desk.count(bet.market, person.ownerId, -bet.stakeMinor);
  addExposure(ledger, marketAt(ledger, bet.market), bet, -1);
  // Only here and there does a cash-out still wait.
  if (ledger.cashOuts.size > 0 && ledger.cashOuts.delete(betId)) ledger.timers.delete(cashOutKey(betId));
  return bet;
}

/** Part of its stake was given up: the rest goes on at the same odds. */
export function shrinkBet(ledger: LedgerState, betId: string, remainingMinor: number): void {
  const row = ledger.bets.find(betId);
  assert(row >= 0, () => `${betId} is not open`);
  const bet = ledger.bets.get(row);
  const market = marketAt(ledger, bet.market);
  addExposure(ledger, market, bet, -1);
  ledger.bets.shrink(row, remainingMinor);
  addExposure(ledger, market, ledger.bets.get(row), 1);
  const { ownerId } = ledger.holders[bet.holder] as Holder;
  if (ledger.desk.counts) ledger.desk.count(bet.market, ownerId, remainingMinor - bet.stakeMinor);
}

/** closeBet() undone: the bet is open as it was, its stake at risk. Its delay, if it waited, is over. */
export function openAgain(ledger: LedgerState, bet: OpenBet): void {
  ledger.bets.add(bet);
  (ledger.holders[bet.holder] as Holder).openBets++;
  addExposure(ledger, marketAt(ledger, bet.market), bet, 1);
  if (ledger.desk.counts) ledger.desk.count(bet.market, (ledger.holders[bet.holder] as Holder).ownerId, bet.stakeMinor);
}

function countBet(ledger: LedgerState, { ownerId }: Holder, bet: BetRow): void {
  ledger.desk.count(bet.market, ownerId, bet.stakeMinor);
  ledger.desk.countDay(ownerId, bet.stakeMinor, bet.placedAt);
}

/**
 * A pending bet may still be rejected, so its stake covers nobody else's winnings: until it is accepted it counts with what it
 * can win and with no stake. The worst case then holds whichever pending bets are accepted.
 */
function addExposure(ledger: LedgerState, market: Market, bet: BetRow, sign: 1 | -1): void {
  const payout = mulDiv(bet.stakeMinor, bet.oddsMilli, 1000, 'ceil');
  market.bets += sign;
  const certain = bet.pending ? 0 : bet.stakeMinor;
  market.stakedMinor += sign * certain;
  market.payoutsMinor[bet.selection] =
    (market.payoutsMinor[bet.selection] as number) + sign * (payout - bet.stakeMinor + certain);
  const worst = worstLossMinor(market.terms.type, market.payoutsMinor, market.stakedMinor);
  const change = moveWorst(ledger, market, worst);
  const legs = ledger.multiples.ofMarket(market.row);
  if (!legs) {
    ledger.worstLossMinor += change;
    return;
  }
  const singles = singlesWorst(market, legs, market);
  ledger.worstLossMinor += singles - legs.singlesWorstMinor;
  legs.singlesWorstMinor = singles;
}
