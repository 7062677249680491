// evolve(state, event): applies stated amounts and recomputes none. Used by the writer, the follower and every rebuild alike.
import { evolveMultiples, isMultipleEvent, type MultipleEvent } from './bets/multiples/evolve-multiples.ts';
import { onBetAccepted, onBetEnded, onBetPlaced } from './bets/evolve-bets.ts';
import { evolveVoids, isVoidEvent, type VoidEvent } from './bets/voids/voids.ts';
import { onMarketChanged, onMarketOpened } from './bets/manage-market.ts';
import { type CashOutEvent, evolveCashOut, isCashOutEvent } from './cash-out/evolve-cash-out.ts';
import { type ConfirmationEvent, evolveConfirmation, isConfirmationEvent } from './confirmation/answer-bet.ts';
import { onBotBorn, onBotChanged } from './bots/bot-life.ts';
import { onDesk } from './desk/set-limits.ts';
import { onScopeChanged } from './desk/suspend-scope.ts';
import { type DisputeEvent, evolveDisputes, isDisputeEvent } from './disputes/evolve-disputes.ts';
import { evolveExchange, type ExchangeEvent, onExchangeArchived, onMarketEvent } from './exchange/evolve-exchange.ts';
import { onBarred } from './exchange/orders/pull-orders.ts';
import type { NewEvent } from './kernel/event.ts';
import type { LedgerState, ShardState } from './kernel/state.ts';
import { onFundsIssued, onLedgerOpened } from './ledger/funds.ts';
import { onTransferClosed, onTransferReceived, onTransferSent } from './ledger/transfer-money.ts';
import { evolvePools, type PoolEvent, isPoolEvent, onFixtureResult } from './pools/evolve-pools.ts';
import { onPricingSet } from './pricing/set-pricing.ts';
import { isPlayEvent, onPlayEvent, type PlayEvent } from './play/evolve-play.ts';
import { onControl } from './risk/controls.ts';
import { type CorrectionEvent, evolveCorrections, isCorrectionEvent } from './settlement/corrections/evolve-corrections.ts';
import { onPostponed } from './settlement/postponed.ts';
import { onSettlementRulesSet } from './settlement/rules/set-rules.ts';
import {
  onBetsSettled,
  onMarketArchived,
  onMarketResulted,
  onSettlementFinished,
  onSettlementStarted,
} from './settlement/evolve-settlement.ts';

export function evolve(state: ShardState, e: NewEvent): void {
  if (e.type === 'CommandRefused' || e.type === 'CommandQuarantined') return;
  if (e.type === 'EpochStarted') {
    state.epoch = e.data.epoch;
    return;
  }
  if (e.type === 'LedgerOpened') return onLedgerOpened(state, e);
  const ledger = state.ledgers.get(e.ledgerId);
  if (!ledger) throw new Error(`event for unknown ledger ${e.ledgerId}`);
  if (e.postings && ledger.play.counts) ledger.play.count(ledger, e);
  // A bet posts its own hold: its holder knows the account numbers.
  if (e.postings && e.type !== 'BetPlaced') for (const p of e.postings) ledger.accounts.post(p);
  evolveIn(ledger, e);
}

type LedgerEvent = Exclude<NewEvent, { type: 'CommandRefused' | 'CommandQuarantined' | 'EpochStarted' | 'LedgerOpened' }>;

function evolveIn(ledger: LedgerState, e: LedgerEvent): void {
  switch (e.type) {
    case 'BetPlaced':
      return onBetPlaced(ledger, e);
    case 'BetsSettled':
      return onBetsSettled(ledger, e);
    case 'BetAccepted':
      return onBetAccepted(ledger, e);
    case 'BetRejected':
    case 'BetVoided':
      return onBetEnded(ledger, e);
    case 'FundsIssued':
      return onFundsIssued(ledger, e);
    case 'FundsReclaimed':
      return;
    case 'TransferSent':
      return onTransferSent(ledger, e);
    case 'TransferReceived':
      return onTransferReceived(ledger, e);
    case 'TransferConfirmed':
    case 'TransferReturned':
      return onTransferClosed(ledger, e);
    case 'MarketOpened':
      return onMarketOpened(ledger, e);
    case 'MarketSuspended':
    case 'MarketReopened':
    case 'MarketClosed':
      onMarketChanged(ledger, e);
      return onMarketEvent(ledger, e);
    case 'MarketResulted':
      onMarketResulted(ledger, e);
      return onFixtureResult(ledger, e);
    case 'SettlementStarted':
      onSettlementStarted(ledger, e);
      return onMarketEvent(ledger, e);
    case 'SettlementFinished':
      return onSettlementFinished(ledger, e);
    case 'MarketArchived':
      onExchangeArchived(ledger, e.data.marketId);
      return onMarketArchived(ledger, e);
    case 'BotBorn':
      return onBotBorn(ledger, e);
    case 'BotPaused':
    case 'BotResumed':
    case 'BotRetired':
      if (e.type !== 'BotResumed') onBarred(ledger, e.data.botId);
      return onBotChanged(ledger, e);
    case 'ExclusionSet':
    case 'LimitsChanged':
    case 'RiskHalted':
    case 'RiskResumed':
      return onControl(ledger, e);
    case 'ScopeSuspended':
    case 'ScopeReopened':
      return onScopeChanged(ledger, e);
    case 'MarketLimitsSet':
    case 'BettorFactorSet':
      return onDesk(ledger, e);
    case 'TimerDropped':
      return ledger.timers.delete(e.data.key);
    default:
      return evolvePart(ledger, e);
  }
}

/** Events of the parts that fold all of theirs themselves. */
function evolvePart(
  ledger: LedgerState,
  e:
    | VoidEvent
    | CashOutEvent
    | ConfirmationEvent
    | MultipleEvent
    | NewEvent<'FixturePostponed' | 'PostponementEnded' | 'PricingSet' | 'SettlementRulesSet'>
    | PlayEvent
    | PoolEvent
    | CorrectionEvent
    | DisputeEvent
    | ExchangeEvent,
): void {
  if (isConfirmationEvent(e)) return evolveConfirmation(ledger, e);
  if (isCashOutEvent(e)) return evolveCashOut(ledger, e);
  if (isMultipleEvent(e)) return evolveMultiples(ledger, e);
  if (e.type === 'PricingSet') return onPricingSet(ledger, e);
  if (e.type === 'FixturePostponed' || e.type === 'PostponementEnded') return onPostponed(ledger, e);
  if (e.type === 'SettlementRulesSet') return onSettlementRulesSet(ledger, e);
  if (isVoidEvent(e)) return evolveVoids(ledger, e);
  if (isPlayEvent(e)) return onPlayEvent(ledger, e);
  if (isPoolEvent(e)) return evolvePools(ledger, e);
  if (isDisputeEvent(e)) return evolveDisputes(ledger, e);
  return isCorrectionEvent(e) ? evolveCorrections(ledger, e) : evolveExchange(ledger, e);
}
