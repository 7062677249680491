// The state of a shard: its ledgers, folded from events and from nothing else.
import { assert } from '../base/assert.ts';
import type { Currency, MoneyClass } from '../base/money.ts';
import type { Market } from '../bets/market.ts';
import { OpenMultiples } from '../bets/multiples/open-multiples.ts';
import { OpenBets } from '../bets/open-bets.ts';
import { CashOuts } from '../cash-out/cash-outs.ts';
import { Desk } from '../desk/desk.ts';
import { Referrals } from '../confirmation/referrals.ts';
import { Disputes } from '../disputes/disputes.ts';
import { Exchange } from '../exchange/exchange.ts';
import { Accounts, type Posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import { Transfers } from '../ledger/transfers.ts';
import type { Pricing } from '../pricing/pricing-commands.ts';
import { Bans } from '../play/bans.ts';
import { Play } from '../play/play.ts';
import { Pools } from '../pools/state/pool.ts';
import { DEFAULT_LIMITS, type Limits } from '../risk/limits.ts';
import { Corrections } from '../settlement/corrections/corrections.ts';
import { RulesByScope } from '../settlement/rules/settlement-rules.ts';
import type { HaltScope } from './command.ts';
import { Timers } from './timers.ts';

export interface Fixture {
  readonly eventId: string;
  readonly markets: number[];
  worstLossMinor: number;
  /** Version of the last result per source. */
  readonly resultVersions: Map<string, number>;
  resulted: boolean;
  /** Only while it is postponed, and who said so last; `isVoid`: it was not played in time. */
  postponed?: { readonly source: string; readonly version: number; readonly isVoid?: true };
}

export interface LedgerState {
  readonly ledgerId: string;
  readonly currency: Currency;
  readonly moneyClass: MoneyClass;
  accounts: Accounts;
  readonly holders: Holder[];
  readonly holderRows: Map<string, number>;
  /** Archived markets leave null behind: rows are never used again. */
  readonly markets: (Market | null)[];
  readonly marketRows: Map<string, number>;
  readonly fixtures: Map<string, Fixture>;
  bets: OpenBets;
  /** Open each-way bets, each with the stake of one part. */
  eachWay: OpenBets;
  readonly multiples: OpenMultiples;
  /** Bets that wait for the answer of somebody outside. */
  referrals: Referrals;
  readonly cashOuts: CashOuts;
  readonly exchange: Exchange;
  readonly pools: Pools;
  readonly desk: Desk;
  readonly halted: Set<HaltScope>;
  /** ownerId -> end of the exclusion, ms. */
  readonly exclusions: Map<string, number>;
  readonly play: Play;
  readonly bans: Bans;
  /** By market row: how the house prices it by itself. */
  readonly pricing: Map<number, Pricing>;
  readonly timers: Timers;
  transfers: Transfers;
  readonly corrections: Corrections;
  /** How fixtures that are not played to their end are settled. */
  readonly rules: RulesByScope;
  readonly disputes: Disputes;
  limits: Limits;
  /** Sum over markets of the worst loss on singles, and what each open bet of several legs can win. */
  worstLossMinor: number;
}

export interface ShardState {
  readonly ledgers: Map<string, LedgerState>;
  epoch: number;
}

export const HOUSE = 'house:main';
export const ISSUANCE = 'issuance';
export const ROUNDING = 'rounding';

export function initialShard(): ShardState {
  return { ledgers: new Map(), epoch: 0 };
}

export function initialLedger(ledgerId: string, currency: Currency, moneyClass: MoneyClass): LedgerState {
  return {
    ledgerId,
    currency,
    moneyClass,
    accounts: new Accounts(),
    holders: [],
    holderRows: new Map(),
    markets: [],
    marketRows: new Map(),
    fixtures: new Map(),
    bets: new OpenBets(),
    eachWay: new OpenBets(),
    multiples: new OpenMultiples(),
    referrals: new Referrals(),
    cashOuts: new CashOuts(),
    exchange: new Exchange(),
    pools: new Pools(),
    desk: new Desk(),
    halted: new Set(),
    exclusions: new Map(),
    play: new Play(),
    bans: new Bans(),
    pricing: new Map(),
    timers: new Timers(),
    transfers: new Transfers(),
    corrections: new Corrections(),
    rules: new RulesByScope(),
    disputes: new Disputes(),
    limits: DEFAULT_LIMITS,
    worstLossMinor: 0,
  };
}

export function holderOf(ledger: LedgerState, id: string): Holder | undefined {
  const row = ledger.holderRows.get(id);
  return row === undefined ? undefined : ledger.holders[row];
}

export function marketOf(ledger: LedgerState, marketId: string): Market | undefined {
  const row = ledger.marketRows.get(marketId);
  return row === undefined ? undefined : (ledger.markets[row] ?? undefined);
}

export function marketAt(ledger: LedgerState, row: number): Market {
  const market = ledger.markets[row];
  assert(market, () => `no market at row ${row}`);
  return market;
}

export function availableMinor(ledger: LedgerState, holder: Holder): number {
  const { availableAccount } = holder;
  if (availableAccount >= 0) return ledger.accounts.balanceAt(availableAccount);
  return ledger.accounts.balance(holder.available, ledger.currency);
}

/** All money that people, bots and the house have, minor units: what was issued, less what left for other ledgers. */
export function circulatingMinor(ledger: LedgerState): number {
  return -ledger.accounts.balance(ISSUANCE, ledger.currency) - ledger.transfers.transitMinor;
}

/** Posts a hold of a holder's stake, by account numbers once they are known. */
export function postHold(ledger: LedgerState, holder: Holder, hold: Posting): void {
  const { accounts, currency } = ledger;
  if (holder.heldAccount >= 0 && hold.currency === currency && hold.from === holder.available && hold.to === holder.held) {
    accounts.postAt(holder.availableAccount, holder.heldAccount, hold);
    return;
  }
  // The holder's own strings where they are equal: an event's may be slices that would keep a whole block of text alive.
  const own = hold.from === holder.available && hold.to === holder.held;
  accounts.post(own ? { ...hold, from: holder.available, to: holder.held } : hold);
  holder.availableAccount = accounts.numberOf(holder.available, currency);
  holder.heldAccount = accounts.numberOf(holder.held, currency);
  // Both or neither: the fast way needs the two.
  if (holder.availableAccount < 0) holder.heldAccount = -1;
}
