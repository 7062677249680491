// What happened: the facts the journal keeps. Data holds opaque ids and stated amounts, no names and no free text.
// Keys are written in alphabetical order everywhere, so that JSON.stringify gives canonical JSON.
import type { Currency, MoneyClass } from '../base/money.ts';
import type { EachWayEvents } from '../bets/each-way/each-way-events.ts';
import type { DeductionRules } from '../bets/runners/deductions.ts';
import type { EachWayTerms } from '../bets/runners/stated-market.ts';
import type { VoidEvents } from '../bets/voids/void-commands.ts';
import type { PeriodScore, Placing, ResultStatus, Withdrawn } from '../catalog/result.ts';
import type { CashOutEvents } from '../cash-out/cash-out-commands.ts';
import type { MultipleEvents } from '../bets/multiples/multiple-commands.ts';
import type { OddsPolicy } from '../bets/odds-policy.ts';
import type { DeskEvents } from '../desk/desk-commands.ts';
import type { ConfirmationEvents, Referee } from '../confirmation/confirmation-commands.ts';
import type { ReducedReason } from '../exchange/order-commands.ts';
import type { DeclaredPrice } from '../exchange/off/declare-off.ts';
import type { OrderKind, Persistence, Side } from '../exchange/book/orders.ts';
import type { ExchangeTerms } from '../exchange/terms.ts';
import type { DisputeEvents } from '../disputes/dispute-events.ts';
import type { Posting } from '../ledger/accounts.ts';
import type { PricingEvents } from '../pricing/pricing-commands.ts';
import type { PlayEvents } from '../play/play-commands.ts';
import type { PoolEvents } from '../pools/pool-events.ts';
import type { Limits } from '../risk/limits.ts';
import type { CorrectionEvents } from '../settlement/corrections/correction-events.ts';
import type { PostponedEvents } from '../settlement/postponed.ts';
import type { RuleEvents } from '../settlement/rules/set-rules.ts';
import type { Refusal } from '../base/refusal.ts';
import type { CommandType, Context, Envelope, HaltScope, Leg } from './command.ts';

/** won and back of an Outcome as [num, den, num, den]. */
export type OutcomeNumbers = readonly [number, number, number, number];

export interface EventData
  extends
    VoidEvents,
    EachWayEvents,
    CashOutEvents,
    ConfirmationEvents,
    CorrectionEvents,
    DeskEvents,
    DisputeEvents,
    MultipleEvents,
    PlayEvents,
    PoolEvents,
    PricingEvents,
    PostponedEvents,
    RuleEvents {
  /** `markets` only where fixtures and results are to reach the ledger; `home` where it waits for another's bans first. */
  LedgerOpened: { currency: Currency; home?: string; markets?: true; moneyClass: MoneyClass };
  FundsIssued: { holder: string; ownerId: string; tenantId: string };
  FundsReclaimed: { holder: string };
  TransferSent: { holder: string; ownerId: string; tenantId: string; toHolder: string; toLedger: string; transferId: string };
  TransferReceived: {
    fromHolder: string;
    fromLedger: string;
    holder: string;
    ownerId: string;
    sentAt: number;
    tenantId: string;
    transferId: string;
  };
  TransferConfirmed: { holder: string; transferId: string };
  TransferReturned: { holder: string; reason: string; transferId: string };
  BotBorn: { botId: string; dnaHash: string; ownerId: string; tenantId: string };
  BotPaused: { botId: string; reason: string };
  BotResumed: { botId: string; reason: string };
  BotRetired: { botId: string; reason: string };
  /** Selections, places and their terms only where the type does not say them. */
  MarketOpened: {
    deductions?: DeductionRules;
    eachWay?: EachWayTerms;
    marketId: string;
    places?: number;
    selections?: readonly string[];
    startAt: number;
  };
  /** `scope` where the market was suspended with all of its sport, competition or everything. */
  MarketSuspended: { marketId: string; reason: string; scope?: string };
  MarketReopened: { marketId: string; reason: string };
  MarketClosed: { marketId: string; reason: string };
  MarketResulted: {
    /** Of an abandoned fixture that pools follow. */
    completedPeriods?: readonly string[];
    eventId: string;
    /** Only where the result told of participants. */
    places?: readonly Placing[];
    scores: readonly PeriodScore[];
    source: string;
    status: ResultStatus;
    version: number;
    withdrawn?: readonly Withdrawn[];
  };
  /** Where each-way bets are taken, `place:X` is the outcome of the place part on X. */
  SettlementStarted: { bets: number; marketId: string; outcomes: Record<string, OutcomeNumbers> };
  /** Each bet as [betId, holder, returnMinor]. */
  BetsSettled: { bets: readonly (readonly [string, string, number])[]; marketId: string };
  SettlementFinished: { bets: number; marketId: string; returnedMinor: number; stakedMinor: number };
  MarketArchived: { marketId: string };
  BetPlaced: {
    betId: string;
    holder: string;
    /** `lead` on a handicap struck in play when the score was not level: goals that home was ahead; only goals since count. */
    legs: readonly (Leg & { lead?: number; oddsMilli: number })[];
    minOddsMilli: number;
    /** Stated on a pending bet when it is no other than `better`. */
    oddsPolicy?: OddsPolicy;
    quote: { ageMs: number; score?: { away: number; home: number }; seq: number; source: string };
    /** Set on a pending bet: when its delay ends. */
    releaseAt?: number;
    stakeMinor: number;
    status: 'accepted' | 'pending';
  };
  /** `providerRef`: what the supplier calls it, where he was asked. */
  BetAccepted: { betId: string; holder: string; oddsMilli: number; providerRef?: string; quoteSeq: number };
  /** `by` where somebody was asked and said no; nobody did when the reason is `timed_out`. */
  BetRejected: { betId: string; by?: Referee; holder: string; providerRef?: string; reason: string };
  BetVoided: { betId: string; holder: string; reason: string };
  ExchangeOpened: { marketId: string; terms: ExchangeTerms };
  /** `startingPrices` where orders take one: they follow by timer, in `StartingPriceMade`. */
  MarketTurnedInPlay: { betDelayMs: number; marketId: string; startingPrices?: readonly DeclaredPrice[] };
  OrderPlaced: {
    /** Stated when matched at once or killed, and for at least how much. */
    fillOrKillMinor?: number;
    holder: string;
    /** Stated when it is no other than `limit`. */
    kind?: OrderKind;
    marketId: string;
    /** Stated when the order is good for this version only. */
    onlyVersion?: number;
    orderId: string;
    persistence: Persistence;
    priceMilli: number | null;
    /** When its delay ends, if it has one. */
    releaseAt?: number;
    selectionId: string;
    side: Side;
    sizeMinor: number;
  };
  OrderReleased: { holder: string; orderId: string };
  /** Each fill as [resting order, price, stake]: the resting order sets the price. */
  OrdersMatched: { fills: readonly (readonly [string, number, number])[]; marketId: string; orderId: string };
  /** Each order as [order, size that is unmatched for good]. `done` ends the lapsing of a market. */
  OrdersReduced: { done?: true; marketId: string; orders: readonly (readonly [string, number])[]; reason: ReducedReason };
  /** Each order that took it as [order, stake matched]: with it the order ends. Limit orders that it suited keep their rest: they stand in `limits`. */
  StartingPriceMade: {
    /** With the last of the selection. */
    done?: true;
    limits?: readonly (readonly [string, number])[];
    marketId: string;
    orders: readonly (readonly [string, number])[];
    /** 0 when there was nothing to match. */
    priceMilli: number;
    selectionId: string;
  };
  /** The exchange follows a withdrawal: what these holders have matched on the runner is void, on the others reduced. `done` with the last. */
  MatchedBetsReduced: { done?: true; factorPpm: number; holders: readonly string[]; marketId: string; selectionId: string };
  /** Each holder as [holder, net result after commission]. */
  NetBetsSettled: { holders: readonly (readonly [string, number])[]; marketId: string; next?: number };
  /** Each holder as [holder, net result that is taken back]. */
  NetBetsReversed: { commissionMinor: number; holders: readonly (readonly [string, number])[]; marketId: string; next: number };
  /** Each charge as [holder, commission]. */
  CommissionCharged: { charges: readonly (readonly [string, number])[]; marketId: string; ratePpm: number };
  ExchangeSettled: { commissionMinor: number; holders: number; marketId: string };
  LimitsChanged: { limits: Partial<Limits> };
  /** `self` when the person set it himself. */
  ExclusionSet: { ownerId: string; self?: true; until: number };
  RiskHalted: { reason: string; scope: HaltScope };
  RiskResumed: { reason: string; scope: HaltScope };
  EpochStarted: { epoch: number };
  TimerDropped: { key: string };
  CommandRefused: { command: CommandType; refusal: Refusal };
  CommandQuarantined: { command: CommandType; errorHash: string };
}

export type EventType = keyof EventData;

/** An event before the journal gives it a seq. */
export type NewEvent<T extends EventType = EventType> = {
  [K in T]: {
    readonly at: number;
    readonly commandId: string;
    readonly data: EventData[K];
    readonly ledgerId: string;
    readonly postings?: readonly Posting[];
    readonly type: K;
    readonly v: number;
  };
}[T];

export type JournalEvent<T extends EventType = EventType> = NewEvent<T> & { readonly seq: number };

/** Current version of every event; older stored versions are upcast on read. */
export const EVENT_VERSION = 1;

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

/** Builds an event caused by a command, keys in canonical order. */
export function event<T extends EventType>(
  cause: Cause,
  type: T,
  data: EventData[T],
  postings?: readonly Posting[],
): NewEvent<T> {
  const { commandId, ledgerId } = cause.envelope;
  const at = cause.context.now;
  const built =
    postings === undefined || postings.length === 0
      ? { at, commandId, data, ledgerId, type, v: EVENT_VERSION }
      : { at, commandId, data, ledgerId, postings, type, v: EVENT_VERSION };
  return built as NewEvent<T>;
}

export type Decision = readonly NewEvent[] | Refusal;

export function isRefusal(decision: Decision): decision is Refusal {
  return !Array.isArray(decision);
}
