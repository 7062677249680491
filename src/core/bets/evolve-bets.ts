// Folds the bet events into state. Amounts are applied as stated; nothing is decided here.
import { assert } from '../base/assert.ts';
import { endReferral } from '../confirmation/answer-bet.ts';
import type { IdWords } from '../base/ids.ts';
import { dropCashOut } from '../cash-out/cash-outs.ts';
import type { NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt, marketOf, postHold } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { PARTS, stakeOf } from './each-way/each-way.ts';
import { addEachWayExposure, addExposure } from './exposure.ts';
import { selectionOf } from './live-handicap.ts';
import type { Market } from './market.ts';
import type { BetRow, OpenBet, OpenBets } from './open-bets.ts';
import { releaseKey } from './release-bet.ts';
import { passRow } from './voids/sweep.ts';

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
    selection: selectionOf(market, leg),
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

/** Single or each-way: the acceptance is the same. */
export function onBetAccepted(ledger: LedgerState, e: NewEvent<'BetAccepted'>): void {
  const { bets, eachWay, row } = findOpen(ledger, e.data.betId);
  const pending = bets.get(row);
  const market = marketAt(ledger, pending.market);
  const expose = eachWay ? addEachWayExposure : addExposure;
  expose(ledger, market, pending, -1);
  bets.accept(row, e.data.oddsMilli);
  expose(ledger, market, bets.get(row), 1);
  ledger.timers.delete(releaseKey(e.data.betId));
  endReferral(ledger, e.data.betId, { end: 'confirmed', holder: e.data.holder, at: e.at });
}

export function onBetEnded(ledger: LedgerState, e: NewEvent<'BetRejected' | 'BetVoided'>): void {
  const { betId, holder } = e.data;
  const bet = closeBet(ledger, betId);
  giveDayBack(ledger, bet);
  ledger.timers.delete(releaseKey(betId));
  const end = e.type === 'BetVoided' ? 'void' : e.data.by === undefined ? 'timed_out' : 'rejected';
  endReferral(ledger, betId, { end, holder, at: e.at });
}

/** A bet's stake came back as if it had never been placed. */
export function giveDayBack({ desk, holders }: LedgerState, bet: ClosedBet): void {
  if (desk.days.counts) desk.days.add((holders[bet.holder] as Holder).ownerId, -bet.stakeMinor, bet.placedAt);
}

/** A bet as it was; with `eachWay` its stake is that of both parts. */
export interface ClosedBet extends OpenBet {
  readonly eachWay?: boolean;
}

/** Takes a bet out of the open ones and its stake out of the exposure. An each-way bet is returned with the stakes of both parts. */
export function closeBet(ledger: LedgerState, betId: string): ClosedBet {
  const { bets, eachWay, row } = findOpen(ledger, betId);
  const bet = bets.get(row);
  const market = marketAt(ledger, bet.market);
  if (market.sweeps !== undefined) passRow(market.sweeps, { bets, row, eachWay });
  bets.remove(row);
  const person = ledger.holders[bet.holder] as Holder;
  person.openBets--;
  if (ledger.desk.counts) ledger.desk.count(bet.market, person.ownerId, -stakeOf(ledger, bets, bet));
  dropCashOut(ledger, betId);
  if (!eachWay) {
    addExposure(ledger, market, bet, -1);
    return bet;
  }
  addEachWayExposure(ledger, market, bet, -1);
  return { ...bet, stakeMinor: stakeOf(ledger, bets, bet), eachWay: true };
}

function findOpen(ledger: LedgerState, betId: string): { bets: OpenBets; eachWay: boolean; row: number } {
  const single = ledger.bets.find(betId);
  if (single >= 0) return { bets: ledger.bets, eachWay: false, row: single };
  const row = ledger.eachWay.find(betId);
  assert(row >= 0, () => `${betId} is not open`);
  return { bets: ledger.eachWay, eachWay: true, row };
}

/** Part of its stake was given up: the rest, of both parts each way, goes on at the same odds. */
export function shrinkBet(ledger: LedgerState, betId: string, remainingMinor: number): void {
  const { bets, eachWay, row } = findOpen(ledger, betId);
  const bet = bets.get(row);
  const market = marketAt(ledger, bet.market);
  const expose = eachWay ? addEachWayExposure : addExposure;
  expose(ledger, market, bet, -1);
  bets.shrink(row, eachWay ? remainingMinor / PARTS : remainingMinor);
  expose(ledger, market, bets.get(row), 1);
  const { ownerId } = ledger.holders[bet.holder] as Holder;
  if (ledger.desk.counts) ledger.desk.count(bet.market, ownerId, remainingMinor - stakeOf(ledger, bets, bet));
}

/** closeBet() undone: the bet is open as it was, its stake at risk. Its delay, if it waited, is over. */
export function openAgain(ledger: LedgerState, bet: ClosedBet): void {
  const market = marketAt(ledger, bet.market);
  const person = ledger.holders[bet.holder] as Holder;
  person.openBets++;
  if (bet.pending && ledger.desk.days.counts) ledger.desk.days.add(person.ownerId, bet.stakeMinor, bet.placedAt);
  if (bet.eachWay) {
    const part = { ...bet, stakeMinor: bet.stakeMinor / PARTS };
    ledger.eachWay.add(part);
    addEachWayExposure(ledger, market, part, 1);
  } else {
    ledger.bets.add(bet);
    addExposure(ledger, market, bet, 1);
  }
  if (ledger.desk.counts) ledger.desk.count(bet.market, person.ownerId, bet.stakeMinor);
}

export function countBet(
  ledger: LedgerState,
  { ownerId }: Holder,
  bet: Pick<BetRow, 'market' | 'stakeMinor' | 'placedAt'>,
): void {
  ledger.desk.count(bet.market, ownerId, bet.stakeMinor);
  ledger.desk.days.add(ownerId, bet.stakeMinor, bet.placedAt);
}
