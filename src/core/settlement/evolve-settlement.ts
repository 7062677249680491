// Folds results and settlements into state.
import { assert } from '../base/assert.ts';
import { closeBet, giveDayBack } from '../bets/evolve-bets.ts';
import { disputeKey } from '../disputes/disputes.ts';
import { legsKey } from '../bets/multiples/decide-legs.ts';
import { endReferral } from '../confirmation/answer-bet.ts';
import type { Market } from '../bets/market.ts';
import type { NewEvent } from '../kernel/event.ts';
import { type Fixture, type LedgerState, marketOf } from '../kernel/state.ts';
import { forgetMarket } from './corrections/evolve-corrections.ts';
import { endWait } from './postponed.ts';
import { archiveKey, reverseKey, settleKey } from './timer-keys.ts';

export function onMarketResulted(ledger: LedgerState, e: NewEvent<'MarketResulted'>): void {
  const fixture = ledger.fixtures.get(e.data.eventId);
  assert(fixture, () => `${e.data.eventId} is unknown`);
  fixture.resultVersions.set(e.data.source, e.data.version);
  fixture.resulted = true;
  endWait(ledger, fixture, e.data.status);
}

export function onSettlementStarted(ledger: LedgerState, e: NewEvent<'SettlementStarted'>): void {
  const market = known(ledger, e.data.marketId);
  market.status = 'settling';
  ledger.desk.release(market.row);
  market.outcomes = e.data.outcomes;
  ledger.corrections.declared(market.row);
  ledger.timers.delete(reverseKey(market.marketId));
  if (e.data.bets > 0) ledger.timers.set(settleKey(market.marketId), e.at);
  const legs = ledger.multiples.ofMarket(market.row);
  if (legs && legs.openLegs > 0) ledger.timers.set(legsKey(market.marketId), e.at);
}

export function onBetsSettled(ledger: LedgerState, e: NewEvent<'BetsSettled'>): void {
  const market = known(ledger, e.data.marketId);
  const kept = ledger.corrections.markets.get(market.row);
  for (const [betId, holder, returnedMinor] of e.data.bets) {
    const bet = closeBet(ledger, betId);
    kept?.paid.push(bet, returnedMinor);
    if (bet.pending) {
      giveDayBack(ledger, bet); // it never stood
      endReferral(ledger, betId, { end: 'settled', holder, at: e.at });
    }
    market.settledBets++;
    market.settledStakeMinor += bet.stakeMinor;
    market.returnedMinor += returnedMinor;
  }
}

export function onSettlementFinished(ledger: LedgerState, e: NewEvent<'SettlementFinished'>): void {
  const market = known(ledger, e.data.marketId);
  market.status = 'settled';
  ledger.timers.delete(settleKey(market.marketId));
  const open = ledger.disputes.openOfMarket(market.marketId);
  const disputedUntil = open.map(({ disputeId }) => (ledger.timers.dueAt(disputeKey(disputeId)) ?? 0) + 1);
  ledger.timers.set(archiveKey(market.marketId), Math.max(e.at + ledger.limits.correctionWindowMs, ...disputedUntil));
}

export function onMarketArchived(ledger: LedgerState, e: NewEvent<'MarketArchived'>): void {
  const market = known(ledger, e.data.marketId);
  ledger.timers.delete(archiveKey(market.marketId));
  ledger.multiples.closeMarket(market.row);
  forgetMarket(ledger, market);
  ledger.desk.forget(market);
  ledger.pricing.delete(market.row);
  ledger.markets[market.row] = null;
  ledger.marketRows.delete(market.marketId);
  const fixture = ledger.fixtures.get(market.eventId) as Fixture;
  fixture.markets.splice(fixture.markets.indexOf(market.row), 1);
  const isFollowed = ledger.pools.followersOf(market.eventId).length > 0;
  if (fixture.markets.length === 0 && !isFollowed) ledger.fixtures.delete(market.eventId);
}

function known(ledger: LedgerState, marketId: string): Market {
  const market = marketOf(ledger, marketId);
  assert(market, () => `${marketId} is unknown`);
  return market;
}
