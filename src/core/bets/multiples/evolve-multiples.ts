// Folds the events of bets of several legs into state: amounts are applied as stated, nothing is decided here.
import { assert, unreachable } from '../../base/assert.ts';
import { dropCashOut } from '../../cash-out/cash-outs.ts';
import { endReferral } from '../../confirmation/answer-bet.ts';
import type { ReferralEnd } from '../../confirmation/confirmation-commands.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { type LedgerState, marketAt, marketOf } from '../../kernel/state.ts';
import type { Holder } from '../../ledger/holder.ts';
import { archiveKey } from '../../settlement/timer-keys.ts';
import { selectionOf } from '../live-handicap.ts';
import type { Market } from '../market.ts';
import { ODDS_POLICIES } from '../odds-policy.ts';
import { legsKey } from './decide-legs.ts';
import type { MultipleEvents } from './multiple-commands.ts';
import { count, stakeOf, systemOf, uncount } from './multiple-exposure.ts';
import { ACCEPTED, NONE, SETTLED } from './open-multiples.ts';
import { multipleKey } from './release-multiple.ts';
import { linesOf, SYSTEMS } from './systems.ts';

export type MultipleEvent = NewEvent<keyof MultipleEvents>;

const TYPES: Readonly<Record<keyof MultipleEvents, true>> = {
  MultiplePlaced: true,
  MultipleAccepted: true,
  MultipleRejected: true,
  MultipleVoided: true,
  LegsDecided: true,
  MultiplesSettled: true,
  LegsReopened: true,
  MultiplesReopened: true,
  LegsForgotten: true,
  MarketCombinableSet: true,
};

export function isMultipleEvent(e: NewEvent): e is MultipleEvent {
  return Object.hasOwn(TYPES, e.type);
}

export function evolveMultiples(ledger: LedgerState, e: MultipleEvent): void {
  switch (e.type) {
    case 'MultiplePlaced':
      return onPlaced(ledger, e);
    case 'MultipleAccepted':
      return onAccepted(ledger, e);
    case 'MultipleRejected':
    case 'MultipleVoided':
      return onEnded(ledger, e);
    case 'LegsDecided':
      return onLegsDecided(ledger, e);
    case 'MultiplesSettled':
      return onSettled(ledger, e);
    case 'LegsReopened':
      return onLegsReopened(ledger, e);
    case 'MultiplesReopened':
      return onReopened(ledger, e);
    case 'LegsForgotten':
      return onLegsForgotten(ledger, e);
    case 'MarketCombinableSet':
      return onCombinableSet(ledger, e);
    default:
      return unreachable(e, 'event');
  }
}

function onPlaced(ledger: LedgerState, e: NewEvent<'MultiplePlaced'>): void {
  const { data } = e;
  const { multiples } = ledger;
  const holder = ledger.holderRows.get(data.holder);
  assert(holder !== undefined, () => `${data.betId}: unknown holder`);
  const legs = data.legs.map(({ lead = 0, marketId, minOddsMilli, oddsMilli, selectionId }) => {
    const market = known(ledger, marketId);
    const selection = selectionOf(market, { lead, selectionId });
    assert(selection >= 0, () => `${marketId} has no ${selectionId}`);
    multiples.openMarket(market.row, market.selections.length, market.worstLossMinor);
    return { market: market.row, selection, oddsMilli, minOddsMilli, suspensions: market.suspensions };
  });
  const { betId, releaseAt, stakePerLineMinor } = data;
  const system = SYSTEMS.indexOf(data.system);
  const oddsPolicy = ODDS_POLICIES.indexOf(data.oddsPolicy);
  const pending = data.status === 'pending';
  const row = multiples.add({ betId, holder, system, oddsPolicy, stakePerLineMinor, placedAt: e.at, pending, legs });
  open(ledger, row, 1);
  tellDay(ledger, row, 1);
  count(ledger, row);
  if (releaseAt !== undefined) ledger.timers.set(multipleKey(betId), releaseAt);
}

function onAccepted(ledger: LedgerState, e: NewEvent<'MultipleAccepted'>): void {
  const { multiples } = ledger;
  const row = rowOf(ledger, e.data.betId);
  uncount(ledger, row);
  multiples.bets.status[row] = ACCEPTED;
  if (e.data.oddsMilli) {
    for (const [i, leg] of multiples.legsOf(row).entries()) multiples.legs.oddsMilli[leg] = e.data.oddsMilli[i] as number;
  }
  count(ledger, row);
  ledger.timers.delete(multipleKey(e.data.betId));
  endReferral(ledger, e.data.betId, { end: 'confirmed', holder: e.data.holder, at: e.at });
}

function onEnded(ledger: LedgerState, e: NewEvent<'MultipleRejected' | 'MultipleVoided'>): void {
  tellDay(ledger, rowOf(ledger, e.data.betId), -1);
  closeMultiple(ledger, e.data.betId);
  ledger.timers.delete(multipleKey(e.data.betId));
  endReferral(ledger, e.data.betId, { end: endOf(e), holder: e.data.holder, at: e.at });
}

/** Takes a bet that was not settled out of table, counts and exposures. */
export function closeMultiple(ledger: LedgerState, betId: string): void {
  const row = rowOf(ledger, betId);
  uncount(ledger, row);
  open(ledger, row, -1);
  ledger.multiples.remove(row);
  dropCashOut(ledger, betId);
}

/** Part of its stake was given up, the same of every line: the rest goes on at the same odds. */
export function shrinkMultiple(ledger: LedgerState, betId: string, remainingMinor: number): void {
  const { multiples } = ledger;
  const row = rowOf(ledger, betId);
  uncount(ledger, row);
  open(ledger, row, -1);
  multiples.bets.stakePerLineMinor[row] = remainingMinor / linesOf(systemOf(multiples, row), multiples.bets.legs[row] as number);
  open(ledger, row, 1);
  count(ledger, row);
}

/** What became of a bet that waited for the desk. */
function endOf(e: NewEvent<'MultipleRejected' | 'MultipleVoided'>): ReferralEnd {
  if (e.type === 'MultipleVoided') return 'void';
  if (e.data.by !== undefined) return 'rejected';
  return e.data.reason === 'timed_out' ? 'timed_out' : 'settled';
}

function onLegsDecided(ledger: LedgerState, e: NewEvent<'LegsDecided'>): void {
  const { multiples } = ledger;
  for (const [betId, number, outcome, deductionPpm = 0] of e.data.legs) {
    const row = rowOf(ledger, betId);
    uncount(ledger, row);
    multiples.decide(legOf(ledger, row, number), outcome, deductionPpm);
    count(ledger, row);
  }
  if (e.data.done) ledger.timers.delete(legsKey(e.data.marketId));
}

function onSettled(ledger: LedgerState, e: NewEvent<'MultiplesSettled'>): void {
  const { bets } = ledger.multiples;
  for (const [betId, , returnedMinor] of e.data.bets) {
    const row = rowOf(ledger, betId);
    uncount(ledger, row);
    bets.status[row] = SETTLED;
    bets.returnedMinor[row] = returnedMinor;
    open(ledger, row, -1);
    dropCashOut(ledger, betId);
    forgetIfDone(ledger, row);
  }
}

function onLegsReopened(ledger: LedgerState, e: NewEvent<'LegsReopened'>): void {
  for (const [betId, number] of e.data.legs) {
    const row = rowOf(ledger, betId);
    uncount(ledger, row);
    ledger.multiples.reopen(legOf(ledger, row, number));
    count(ledger, row);
  }
}

function onReopened(ledger: LedgerState, e: NewEvent<'MultiplesReopened'>): void {
  const { bets } = ledger.multiples;
  for (const [betId] of e.data.bets) {
    const row = rowOf(ledger, betId);
    bets.status[row] = ACCEPTED;
    bets.returnedMinor[row] = 0;
    open(ledger, row, 1);
    count(ledger, row);
  }
}

function onLegsForgotten(ledger: LedgerState, e: NewEvent<'LegsForgotten'>): void {
  const { multiples } = ledger;
  const { row } = known(ledger, e.data.marketId);
  for (let n = 0; n < e.data.legs; n++) multiples.forget(multiples.ofMarket(row)?.decided ?? NONE);
  const kept = ledger.corrections.markets.get(row);
  if (kept) kept.forgetting = true;
  // Not at once: a large market's legs are forgotten over many blocks.
  ledger.timers.set(archiveKey(e.data.marketId), e.at + 1);
}

function onCombinableSet(ledger: LedgerState, e: NewEvent<'MarketCombinableSet'>): void {
  const { row } = known(ledger, e.data.marketId);
  if (e.data.combinable) ledger.multiples.notCombinable.delete(row);
  else ledger.multiples.notCombinable.add(row);
}

/** A bet that is settled when none of its markets is there any more can never be corrected. */
function forgetIfDone(ledger: LedgerState, row: number): void {
  if (ledger.multiples.bets.remembered[row] === 0) ledger.multiples.remove(row);
}

/** One open bet more for its holder, with its whole stake in each of its markets, or one less. */
function open(ledger: LedgerState, row: number, by: 1 | -1): void {
  const { desk, multiples } = ledger;
  const holder = holderOfBet(ledger, row);
  holder.openBets += by;
  if (!desk.counts) return;
  const stakeMinor = by * stakeOf(multiples, row);
  for (const leg of multiples.legsOf(row)) desk.count(multiples.legs.market[leg] as number, holder.ownerId, stakeMinor);
}

/** A stake was placed, or came back as if it had never been. */
function tellDay({ desk, holders, multiples }: LedgerState, row: number, by: 1 | -1): void {
  if (!desk.days.counts) return;
  const { ownerId } = holders[multiples.bets.holder[row] as number] as Holder;
  desk.days.add(ownerId, by * stakeOf(multiples, row), multiples.bets.placedAt[row] as number);
}

function legOf(ledger: LedgerState, bet: number, number: number): number {
  const leg = ledger.multiples.legsOf(bet)[number];
  assert(leg !== undefined, () => `bet ${ledger.multiples.idOf(bet)} has no leg ${number}`);
  return leg;
}

function rowOf(ledger: LedgerState, betId: string): number {
  const row = ledger.multiples.find(betId);
  assert(row >= 0, () => `${betId} is unknown`);
  return row;
}

function holderOfBet(ledger: LedgerState, row: number): Holder {
  return ledger.holders[ledger.multiples.bets.holder[row] as number] as Holder;
}

function known(ledger: LedgerState, marketId: string): Market {
  const market = marketOf(ledger, marketId);
  assert(market, () => `${marketId} is unknown`);
  return marketAt(ledger, market.row);
}
