// decide(state, command, context): the one place where a command becomes events or a refusal. It never mutates and never throws for input.
import { unreachable } from './base/assert.ts';
import { refuse } from './base/refusal.ts';
import { forgetLegs } from './bets/multiples/decide-legs.ts';
import { decideMultiples, fireMultiples } from './bets/multiples/decide-multiples.ts';
import { isMultipleCommand, type MultipleCommand } from './bets/multiples/multiple-commands.ts';
import type { Market } from './bets/market.ts';
import { changeMarkets, openMarket } from './bets/manage-market.ts';
import { placeEachWay } from './bets/each-way/place-each-way.ts';
import { placeBet } from './bets/place-bet.ts';
import { releaseBet, voidBet } from './bets/release-bet.ts';
import { voidChunk } from './bets/voids/void-chunk.ts';
import type { VoidCommand } from './bets/voids/void-commands.ts';
import { decideVoids, isVoidCommand } from './bets/voids/voids.ts';
import type { ConfirmationCommand } from './confirmation/confirmation-commands.ts';
import { cashOutBet, releaseCashOut } from './cash-out/cash-out-bet.ts';
import { decideConfirmation, timeOutReferral } from './confirmation/answer-bet.ts';
import { birthBot, changeBot } from './bots/bot-life.ts';
import { reviewBet } from './desk/review-bet.ts';
import { setBettorFactor, setMarketLimits } from './desk/set-limits.ts';
import { cancelOrder, replaceOrder } from './exchange/orders/change-order.ts';
import { endDisputes, expireDispute, isDisputeCommand, settleDispute } from './disputes/decide-dispute.ts';
import { lapseChunk } from './exchange/orders/lapse-orders.ts';
import { openExchange, turnInPlay } from './exchange/manage-exchange.ts';
import { placeOrder, releaseOrder } from './exchange/orders/place-order.ts';
import { settleExchange, settleExchangeKey } from './exchange/money/settle-exchange.ts';
import { withdrawChunk } from './exchange/runners/withdraw.ts';
import { pullOrders } from './exchange/orders/pull-orders.ts';
import type { CommandType, Context, Envelope, FireTimer, StartEpoch, Via } from './kernel/command.ts';
import { type Decision, event } from './kernel/event.ts';
import { type LedgerState, marketOf, type ShardState } from './kernel/state.ts';
import { issueFunds, openLedger, reclaimFunds } from './ledger/funds.ts';
import { closeTransfer, receiveTransfer, sendTransfer } from './ledger/transfer-money.ts';
import { decidePlay, firePlayTimer, isPlayCommand, PLAY_WAYS } from './play/decide-play.ts';
import { isPricingCommand, PRICING_WAYS, setPricing } from './pricing/set-pricing.ts';
import type { PricingCommand } from './pricing/pricing-commands.ts';
import { gatePlay } from './play/gate-play.ts';
import type { PlayCommand } from './play/play-commands.ts';
import { decidePool, isPoolCommand, POOL_WAYS, stepPool } from './pools/decide-pools.ts';
import type { PoolCommand } from './pools/pool-commands.ts';
import { changeHalt, setExclusion, setLimits } from './risk/controls.ts';
import { recoverDebts } from './settlement/corrections/debts.ts';
import { reverseChunk } from './settlement/corrections/reverse-chunk.ts';
import { decideCorrection, expireProposal, isCorrectionCommand } from './settlement/corrections/settle-market.ts';
import { expirePostponed } from './settlement/expire-postponed.ts';
import { setSettlementRules, type SetSettlementRules } from './settlement/rules/set-rules.ts';
import { recordResult } from './settlement/record-result.ts';
import { settleChunk } from './settlement/settle-chunk.ts';

/** Which way in may send which command: what is not listed is refused. */
const ALLOWED: Record<CommandType, readonly Via[]> = {
  OpenLedger: ['operator', 'worker'],
  IssueFunds: ['operator', 'worker'],
  ReclaimFunds: ['operator', 'worker'],
  SendTransfer: ['api', 'operator'],
  ReceiveTransfer: ['worker'],
  ConfirmTransfer: ['worker'],
  ReturnTransfer: ['worker'],
  BirthBot: ['operator', 'worker'],
  PauseBot: ['operator', 'worker', 'api'],
  ResumeBot: ['operator', 'worker', 'api'],
  RetireBot: ['operator', 'worker'],
  OpenMarket: ['operator', 'feed', 'worker'],
  SuspendMarket: ['operator', 'feed', 'worker'],
  ReopenMarket: ['operator', 'feed', 'worker'],
  CloseMarket: ['operator', 'feed', 'worker'],
  RecordResult: ['operator', 'feed', 'worker'],
  OpenDispute: ['api'],
  ReviewDispute: ['operator'],
  DecideDispute: ['operator'],
  SetSettlementRules: ['operator'],
  SetResultRule: ['operator', 'worker'],
  SettleMarket: ['operator'],
  ApproveSettlement: ['operator'],
  RejectSettlement: ['operator'],
  RecallMarket: ['operator'],
  PlaceBet: ['api', 'bot'],
  VoidBet: ['operator'],
  VoidBets: ['operator'],
  VoidMarket: ['operator'],
  WithdrawRunner: ['operator', 'feed', 'worker'],
  PlaceMultiple: ['api', 'bot'],
  SetCombinable: ['operator', 'worker'],
  OpenExchange: ['operator', 'worker'],
  TurnInPlay: ['operator', 'feed', 'worker'],
  PlaceOrder: ['api', 'bot'],
  CancelOrder: ['api', 'bot', 'operator'],
  ReplaceOrder: ['api', 'bot'],
  CashOutBet: ['api'],
  ...POOL_WAYS,
  ...PLAY_WAYS,
  ...PRICING_WAYS,
  SetConfirmation: ['operator', 'worker'],
  ConfirmBet: ['worker'],
  RejectBet: ['worker'],
  SetLimits: ['operator', 'worker'],
  SetMarketLimits: ['operator', 'worker'],
  SetBettorFactor: ['operator', 'worker'],
  ReviewBet: ['operator'],
  SetExclusion: ['operator', 'worker'],
  Halt: ['operator', 'worker'],
  Resume: ['operator', 'worker'],
  StartEpoch: ['worker'],
  FireTimer: ['timer'],
};

/** True for the name of a command that decide() knows. */
export function isCommandType(type: unknown): type is CommandType {
  return typeof type === 'string' && Object.hasOwn(ALLOWED, type);
}

export function decide(state: ShardState, envelope: Envelope, context: Context): Decision {
  const { cmd } = envelope;
  if (!isCommandType(cmd.type)) return refuse('malformed', { path: '/cmd/type' });
  if (!ALLOWED[cmd.type].includes(envelope.actor.via)) return refuse('forbidden', { path: '/cmd/type' });
  if (cmd.type === 'OpenLedger') return openLedger(state, envelope as Envelope<typeof cmd>, context);
  if (cmd.type === 'StartEpoch') return startEpoch(envelope as Envelope<typeof cmd>, context);
  const ledger = state.ledgers.get(envelope.ledgerId);
  if (!ledger) return refuse('not_found', { path: '/ledgerId' });
  const decision = gatePlay(ledger, envelope, context.now, decideIn(ledger, envelope, context));
  return recoverDebts(ledger, { envelope, context }, decision);
}

function startEpoch(envelope: Envelope<StartEpoch>, context: Context): Decision {
  const { epoch } = envelope.cmd;
  if (!Number.isSafeInteger(epoch) || epoch < 0) return refuse('malformed', { path: '/epoch' });
  return [event({ envelope, context }, 'EpochStarted', { epoch })];
}

function decideIn(ledger: LedgerState, envelope: Envelope, context: Context): Decision {
  const { cmd } = envelope;
  if (isDisputeCommand(cmd)) return settleDispute(ledger, envelope as Envelope<typeof cmd>, context);
  if (isCorrectionCommand(cmd)) return decideCorrection(ledger, envelope as Envelope<typeof cmd>, context);
  switch (cmd.type) {
    case 'PlaceBet':
      return (cmd.eachWay === undefined ? placeBet : placeEachWay)(ledger, envelope as Envelope<typeof cmd>, context);
    case 'FireTimer':
      return fireTimer(ledger, envelope as Envelope<typeof cmd>, context);
    case 'RecordResult':
      return recordResult(ledger, envelope as Envelope<typeof cmd>, context);
    case 'OpenMarket':
      return openMarket(ledger, envelope as Envelope<typeof cmd>, context);
    case 'SuspendMarket':
    case 'ReopenMarket':
    case 'CloseMarket':
      return changeMarkets(ledger, envelope as Envelope<typeof cmd>, context);
    case 'IssueFunds':
      return issueFunds(ledger, envelope as Envelope<typeof cmd>, context);
    case 'ReclaimFunds':
      return reclaimFunds(ledger, envelope as Envelope<typeof cmd>, context);
    case 'SendTransfer':
      return sendTransfer(ledger, envelope as Envelope<typeof cmd>, context);
    case 'ReceiveTransfer':
      return receiveTransfer(ledger, envelope as Envelope<typeof cmd>, context);
    case 'ConfirmTransfer':
    case 'ReturnTransfer':
      return closeTransfer(ledger, envelope as Envelope<typeof cmd>, context);
    case 'BirthBot':
      return birthBot(ledger, envelope as Envelope<typeof cmd>, context);
    case 'PauseBot':
    case 'ResumeBot':
    case 'RetireBot':
      return changeBot(ledger, envelope as Envelope<typeof cmd>, context);
    case 'VoidBet':
      return voidBet(ledger, envelope as Envelope<typeof cmd>, context);
    case 'PlaceOrder':
      return placeOrder(ledger, envelope as Envelope<typeof cmd>, context);
    case 'CancelOrder':
      return cancelOrder(ledger, envelope as Envelope<typeof cmd>, context);
    case 'ReplaceOrder':
      return replaceOrder(ledger, envelope as Envelope<typeof cmd>, context);
    case 'OpenExchange':
      return openExchange(ledger, envelope as Envelope<typeof cmd>, context);
    case 'TurnInPlay':
      return turnInPlay(ledger, envelope as Envelope<typeof cmd>, context);
    case 'CashOutBet':
      return cashOutBet(ledger, envelope as Envelope<typeof cmd>, context);
    case 'SetLimits':
      return setLimits(ledger, envelope as Envelope<typeof cmd>, context);
    case 'SetMarketLimits':
      return setMarketLimits(ledger, envelope as Envelope<typeof cmd>, context);
    case 'ReviewBet':
      return reviewBet(ledger, envelope as Envelope<typeof cmd>, context);
    case 'SetBettorFactor':
      return setBettorFactor(ledger, envelope as Envelope<typeof cmd>, context);
    case 'SetExclusion':
      return setExclusion(ledger, envelope as Envelope<typeof cmd>, context);
    case 'Halt':
    case 'Resume':
      return changeHalt(ledger, envelope as Envelope<typeof cmd>, context);
    case 'OpenLedger':
    case 'StartEpoch':
      return refuse('malformed', { path: '/cmd/type' });
    default:
      return decidePart(ledger, envelope as Envelope<typeof cmd>, context);
  }
}

/** What is one part's alone. */
function decidePart(
  ledger: LedgerState,
  envelope: Envelope<
    VoidCommand | ConfirmationCommand | MultipleCommand | PlayCommand | PoolCommand | PricingCommand | SetSettlementRules
  >,
  context: Context,
): Decision {
  const { cmd } = envelope;
  if (isVoidCommand(cmd)) return decideVoids(ledger, envelope as Envelope<VoidCommand>, context);
  if (isMultipleCommand(cmd)) return decideMultiples(ledger, envelope as Envelope<MultipleCommand>, context);
  if (cmd.type === 'SetSettlementRules') return setSettlementRules(ledger, envelope as Envelope<SetSettlementRules>, context);
  if (isPricingCommand(cmd)) return setPricing(ledger, envelope as Envelope<PricingCommand>, context);
  if (isPlayCommand(cmd)) return decidePlay(ledger, envelope as Envelope<PlayCommand>, context);
  if (isPoolCommand(cmd)) return decidePool(ledger, envelope as Envelope<PoolCommand>, context);
  switch (cmd.type) {
    case 'SetConfirmation':
    case 'ConfirmBet':
    case 'RejectBet':
      return decideConfirmation(ledger, envelope as Envelope<typeof cmd>, context);
    default:
      return unreachable(cmd, 'command');
  }
}

/** A timer always ends in an event: one that finds nothing to do is dropped, so that it cannot fire for ever. */
function fireTimer(ledger: LedgerState, envelope: Envelope<FireTimer>, context: Context): Decision {
  const { key, dueAt } = envelope.cmd;
  if (typeof key !== 'string' || typeof dueAt !== 'number') return refuse('malformed', { path: '/cmd/key' });
  if (ledger.timers.dueAt(key) !== dueAt) return refuse('already_resolved', { path: '/cmd/key' });
  const cause = { envelope, context };
  const [kind, name] = split(key);
  const decision = ((): Decision => {
    if (kind === 'bet') return releaseBet(ledger, envelope, context, { betId: name, dueAt });
    if (kind === 'cash') return releaseCashOut(ledger, cause, { betId: name, dueAt });
    if (kind === 'dispute') return expireDispute(ledger, cause, name);
    if (kind === 'postponed') return expirePostponed(ledger, cause, name);
    if (kind === 'proposal') return expireProposal(ledger, cause, name);
    if (kind === 'refer') return timeOutReferral(ledger, cause, name);
    if (kind === 'order') return releaseOrder(ledger, envelope, context, { orderId: name, dueAt });
    if (kind === 'play') return firePlayTimer(ledger, cause, name);
    if (kind === 'pool') return stepPool(ledger, cause, name);
    if (kind === 'pull') return pullOrders(ledger, cause, name);
    const ofMultiples = fireMultiples(ledger, cause, { kind, name, dueAt });
    if (ofMultiples) return ofMultiples;
    const market = marketOf(ledger, name);
    if (!market) return [];
    if (kind === 'withdraw') return withdrawChunk(ledger, cause, market);
    if (kind === 'lapse') return lapseChunk(ledger, cause, market);
    if (kind === 'exchange') return settleExchange(ledger, cause, market);
    if (kind === 'void') return voidChunk(ledger, cause, market);
    if (kind === 'reverse') return reverseChunk(ledger, cause, market);
    if (kind === 'settle') return settleChunk(ledger, cause, market);
    if (kind === 'archive') return archiveMarket(ledger, cause, market);
    return [];
  })();
  return Array.isArray(decision) && decision.length === 0 ? [event(cause, 'TimerDropped', { key })] : decision;
}

/** A market whose net bets are not paid yet stays: what is in its escrow belongs to somebody. */
function archiveMarket(ledger: LedgerState, cause: { envelope: Envelope; context: Context }, market: Market): Decision {
  if (ledger.timers.dueAt(settleExchangeKey(market.marketId)) !== undefined) return settleExchange(ledger, cause, market);
  const ended = endDisputes(ledger, cause, market.marketId);
  if (ended.length > 0) return ended;
  return forgetLegs(ledger, cause, market) ?? [event(cause, 'MarketArchived', { marketId: market.marketId })];
}

function split(key: string): [kind: string, name: string] {
  const colon = key.indexOf(':');
  return [key.slice(0, colon), key.slice(colon + 1)];
}
