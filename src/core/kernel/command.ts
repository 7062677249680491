// What may be asked of a ledger. A command travels as an envelope; who asks comes from the session or key, never from `cmd`.
import type { Currency, MoneyClass } from '../base/money.ts';
import type { Mark, Quote } from '../catalog/quote.ts';
import type { Result } from '../catalog/result.ts';
import type { Stated } from '../bets/runners/stated-market.ts';
import type { VoidCommand } from '../bets/voids/void-commands.ts';
import type { CashOutBet } from '../cash-out/cash-out-commands.ts';
import type { MultipleCommand } from '../bets/multiples/multiple-commands.ts';
import type { OddsPolicy } from '../bets/odds-policy.ts';
import type { DeskCommand } from '../desk/desk-commands.ts';
import type { ConfirmationCommand } from '../confirmation/confirmation-commands.ts';
import type { DisputeCommand } from '../disputes/dispute-commands.ts';
import type { ExchangeCommand } from '../exchange/order-commands.ts';
import type { PricingCommand } from '../pricing/pricing-commands.ts';
import type { HOME_LEDGER } from '../play/bans.ts';
import type { PlayCommand } from '../play/play-commands.ts';
import type { PoolCommand } from '../pools/pool-commands.ts';
import type { Limits } from '../risk/limits.ts';
import type { CorrectionCommand } from '../settlement/corrections/correction-commands.ts';
import type { SetSettlementRules } from '../settlement/rules/set-rules.ts';

export type Via = 'api' | 'bot' | 'operator' | 'feed' | 'timer' | 'worker';
export const LANES = ['control', 'facts', 'people', 'bots'] as const;
export type Lane = (typeof LANES)[number];
export type HaltScope = 'bets' | 'bots' | 'trading';
export const HALT_SCOPES: readonly HaltScope[] = ['bets', 'bots', 'trading'];

export interface Actor {
  readonly ownerId: string;
  readonly tenantId: string;
  readonly via: Via;
}

export interface Envelope<C = Command> {
  readonly commandId: string;
  readonly ledgerId: string;
  readonly actor: Actor;
  readonly payloadHash: string;
  readonly lane: Lane;
  readonly cmd: C;
}

/** Everything decide() reads that is not state. Stored in the block beside the command, so that a decision can be decided again. */
export interface Context {
  readonly now: number;
  readonly quotes: readonly Quote[];
  readonly marks: readonly Mark[];
  readonly loaded?: unknown;
  readonly engineVersion: string;
}

export interface OpenLedger {
  readonly type: 'OpenLedger';
  readonly currency: Currency;
  readonly moneyClass: MoneyClass;
  /** Whose bans bind in it: nobody takes a risk there before it was told of them. */
  readonly home?: typeof HOME_LEDGER;
  /** Fixtures and results reach it, so that bets can be placed in it. */
  readonly markets?: boolean;
}
export interface IssueFunds {
  readonly type: 'IssueFunds';
  readonly holder: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly amountMinor: number;
}
export interface ReclaimFunds {
  readonly type: 'ReclaimFunds';
  readonly holder: string;
  readonly amountMinor: number;
}
/** The transfer is named after the command. */
export interface SendTransfer {
  readonly type: 'SendTransfer';
  readonly holder: string;
  readonly toLedger: string;
  readonly toHolder: string;
  readonly amountMinor: number;
  readonly currency: Currency;
}
export interface ReceiveTransfer {
  readonly type: 'ReceiveTransfer';
  readonly transferId: string;
  readonly fromLedger: string;
  readonly fromHolder: string;
  readonly holder: string;
  /** Who sent it: his own wallet is opened when it is for him and he has none. */
  readonly ownerId: string;
  readonly tenantId: string;
  readonly amountMinor: number;
  readonly currency: Currency;
  readonly sentAt: number;
}
export interface ConfirmTransfer {
  readonly type: 'ConfirmTransfer';
  readonly transferId: string;
}
export interface ReturnTransfer {
  readonly type: 'ReturnTransfer';
  readonly transferId: string;
  /** Code of the other ledger's refusal. */
  readonly reason: string;
}
export interface BirthBot {
  readonly type: 'BirthBot';
  readonly botId: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly dnaHash: string;
}
export interface ChangeBot {
  readonly type: 'PauseBot' | 'ResumeBot' | 'RetireBot';
  readonly botId: string;
  readonly reason: string;
}
/** Selections and places only where the type has none of its own. */
export interface OpenMarket extends Stated {
  readonly type: 'OpenMarket';
  readonly marketId: string;
  /** Scheduled start of the fixture, ms: pre-match prices are not executable at or after it. */
  readonly startAt: number;
}
export interface ChangeMarkets {
  readonly type: 'SuspendMarket' | 'ReopenMarket' | 'CloseMarket';
  /** A market id, or a fixture id for all its markets. To suspend and reopen also a sport, a competition (`fb:E0`), or `*`: everything. */
  readonly target: string;
  readonly reason: string;
}
export interface RecordResult {
  readonly type: 'RecordResult';
  readonly result: Result;
}
export interface Leg {
  readonly marketId: string;
  readonly selectionId: string;
}
export interface PlaceBet {
  readonly type: 'PlaceBet';
  readonly betId: string;
  readonly holder: string;
  readonly legs: readonly Leg[];
  readonly stakeMinor: number;
  /** The worst price the bettor takes; with `exact` the only one, with `any` it says nothing. */
  readonly minOddsMilli: number;
  /** `better` when not stated. */
  readonly oddsPolicy?: OddsPolicy;
  /** The quote the bettor saw. */
  readonly quoteSeq: number;
  /** Two bets of `stakeMinor` each, on the win and on a place. */
  readonly eachWay?: true;
}
export interface VoidBet {
  readonly type: 'VoidBet';
  readonly betId: string;
  readonly reason: string;
}
export interface SetLimits {
  readonly type: 'SetLimits';
  readonly limits: Partial<Limits>;
}
export interface SetExclusion {
  readonly type: 'SetExclusion';
  readonly ownerId: string;
  /** End of the exclusion, ms; 0 lifts it. */
  readonly until: number;
}
export interface ChangeHalt {
  readonly type: 'Halt' | 'Resume';
  readonly scope: HaltScope;
  readonly reason: string;
}
export interface StartEpoch {
  readonly type: 'StartEpoch';
  readonly epoch: number;
}
export interface FireTimer {
  readonly type: 'FireTimer';
  readonly key: string;
  readonly dueAt: number;
}

export type Command =
  | OpenLedger
  | IssueFunds
  | ReclaimFunds
  | SendTransfer
  | ReceiveTransfer
  | ConfirmTransfer
  | ReturnTransfer
  | BirthBot
  | ChangeBot
  | OpenMarket
  | ChangeMarkets
  | RecordResult
  | PlaceBet
  | VoidBet
  | VoidCommand
  | MultipleCommand
  | SetLimits
  | SetExclusion
  | ChangeHalt
  | ExchangeCommand
  | CorrectionCommand
  | SetSettlementRules
  | DisputeCommand
  | PlayCommand
  | PricingCommand
  | PoolCommand
  | DeskCommand
  | ConfirmationCommand
  | CashOutBet
  | StartEpoch
  | FireTimer;

export type CommandType = Command['type'];
export type CommandOf<T extends CommandType> = Extract<Command, { type: T }>;
