// Folds rules, reports, corrections, proposals and debts into state.
import { disputeKey } from '../../disputes/disputes.ts';
import { assert, unreachable } from '../../base/assert.ts';
import { openAgain } from '../../bets/evolve-bets.ts';
import type { Market } from '../../bets/market.ts';
import type { EventData, NewEvent } from '../../kernel/event.ts';
import { holderOf, type LedgerState, marketOf } from '../../kernel/state.ts';
import { settleExchangeKey } from '../../exchange/money/settle-exchange.ts';
import { isVoidForGood } from '../postponed.ts';
import { onBetsRecalled, onMarketRecalled } from '../recall/recall-market.ts';
import { archiveKey, proposalKey, reverseKey, settleKey } from '../timer-keys.ts';
import type { CorrectionEvents } from './correction-events.ts';
import { debtMinor } from './debts.ts';
import { OPERATOR } from './resettle.ts';

export type CorrectionEvent = NewEvent<keyof CorrectionEvents>;

/** The compiler asks for every one of them. */
const TYPES: Readonly<Record<keyof CorrectionEvents, true>> = {
  ResultRuleSet: true,
  ResultReported: true,
  ResultConflicted: true,
  SettlementOrdered: true,
  CorrectionStarted: true,
  SettlementReversed: true,
  SettlementProposed: true,
  SettlementApproved: true,
  ProposalClosed: true,
  DebtRecorded: true,
  DebtRecovered: true,
  MarketRecalled: true,
  BetsRecalled: true,
};

export function isCorrectionEvent(e: NewEvent): e is CorrectionEvent {
  return Object.hasOwn(TYPES, e.type);
}

export function evolveCorrections(ledger: LedgerState, e: CorrectionEvent): void {
  const { corrections } = ledger;
  switch (e.type) {
    case 'ResultRuleSet':
      corrections.rule = { agree: e.data.agree, sources: e.data.sources };
      return;
    case 'ResultReported':
      return onResultReported(ledger, e.data);
    case 'ResultConflicted':
      return; // a thing for people
    case 'SettlementOrdered': {
      const { row } = known(ledger, e.data.marketId);
      corrections.declared(row);
      const kept = corrections.markets.get(row);
      if (kept) kept.byHand = true;
      return;
    }
    case 'CorrectionStarted':
      return onCorrectionStarted(ledger, e);
    case 'SettlementReversed':
      return onSettlementReversed(ledger, e.data);
    case 'SettlementProposed':
      corrections.proposals.set(e.data.proposalId, e.data);
      ledger.timers.set(proposalKey(e.data.proposalId), e.data.expiresAt);
      return;
    case 'SettlementApproved':
    case 'ProposalClosed':
      corrections.proposals.delete(e.data.proposalId);
      ledger.timers.delete(proposalKey(e.data.proposalId));
      return;
    case 'DebtRecorded':
      for (const [holder] of e.data.debts) corrections.debtors.add(holder);
      return;
    case 'DebtRecovered':
      return onDebtRecovered(ledger, e.data);
    case 'MarketRecalled':
      return onMarketRecalled(ledger, e);
    case 'BetsRecalled':
      return onBetsRecalled(ledger, e);
    default:
      return unreachable(e, 'event');
  }
}

function onResultReported(ledger: LedgerState, data: EventData['ResultReported']): void {
  const { eventId, source, version, by: _by, ...told } = data;
  const fixture = ledger.fixtures.get(eventId);
  assert(fixture, () => `${eventId} is unknown`);
  fixture.resultVersions.set(source, version);
  if (isVoidForGood(fixture) && source !== OPERATOR) return; // it has no say
  const { corrections } = ledger;
  corrections.reports.set(eventId, corrections.reportsWith(eventId, { ...told, source, version }));
}

function onCorrectionStarted(ledger: LedgerState, e: NewEvent<'CorrectionStarted'>): void {
  const market = known(ledger, e.data.marketId);
  const kept = ledger.corrections.market(market.row);
  kept.plan = { outcomes: e.data.outcomes };
  ledger.disputes.forget(market.marketId, false);
  if (e.data.source === OPERATOR) kept.byHand = e.data.outcomes !== null;
  market.status = 'reversing';
  ledger.timers.delete(settleKey(market.marketId));
  ledger.timers.delete(archiveKey(market.marketId));
  ledger.timers.delete(settleExchangeKey(market.marketId)); // nothing more is paid by the old outcomes
  ledger.timers.set(reverseKey(market.marketId), e.at);
}

function onSettlementReversed(ledger: LedgerState, data: EventData['SettlementReversed']): void {
  const market = known(ledger, data.marketId);
  const { paid } = ledger.corrections.market(market.row);
  for (const [betId, , returnedMinor] of data.bets) {
    const bet = paid.pop(market.row);
    assert(bet.betId === betId && bet.returnedMinor === returnedMinor, () => `${betId} was not the last one paid`);
    openAgain(ledger, bet);
    market.settledBets--;
    market.settledStakeMinor -= bet.stakeMinor;
    market.returnedMinor -= returnedMinor;
  }
}

function onDebtRecovered(ledger: LedgerState, data: EventData['DebtRecovered']): void {
  for (const [id] of data.debts) {
    const holder = holderOf(ledger, id);
    assert(holder, () => `${id} is unknown`);
    if (debtMinor(ledger, holder) === 0) ledger.corrections.debtors.delete(id);
  }
}

/** A market leaves memory, and with its fixture what was reported of it. */
export function forgetMarket(ledger: LedgerState, market: Market): void {
  const { corrections } = ledger;
  for (const disputeId of ledger.disputes.forget(market.marketId, true)) ledger.timers.delete(disputeKey(disputeId));
  corrections.markets.delete(market.row);
  const open = corrections.proposalOf(market.marketId);
  if (open) {
    corrections.proposals.delete(open.proposalId);
    ledger.timers.delete(proposalKey(open.proposalId));
  }
  if (ledger.fixtures.get(market.eventId)?.markets.length === 1) corrections.reports.delete(market.eventId);
}

function known(ledger: LedgerState, marketId: string): Market {
  const market = marketOf(ledger, marketId);
  assert(market, () => `${marketId} is unknown`);
  return market;
}
