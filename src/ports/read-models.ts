// What can be asked of the read models. Whatever has an owner is read as a Viewer, and a row of another tenant does not exist for it.
// Times are ms, money is minor units; the API turns both into their wire shape.
import type { Period } from '#core/play/calendar.ts';
import type { PlayKind, Setter } from '#core/play/play-commands.ts';
import type { Currency } from '#core/base/money.ts';
import type { EachWayTerms, Stated } from '#core/bets/runners/stated-market.ts';
import type { NumberedQuote } from '#core/catalog/quote.ts';
import type { SettlementReads } from './settlement-reads.ts';
import type { PoolReads } from './pool-reads.ts';

export interface Viewer {
  readonly tenantId: string;
  readonly ownerId: string;
  /** An operator sees what everybody in the tenant owns; others see their own and their bots'. */
  readonly wholeTenant: boolean;
}

/** Where the next page begins: the sort key of the last row of this one. */
export type After = readonly (string | number)[];
export interface PageAsk {
  readonly limit: number;
  readonly after: After | null;
}
export interface Page<T> {
  readonly items: readonly T[];
  readonly after: After | null;
}
/** Rows and the journal place up to which they are folded, from one snapshot. */
export type AsOf<T> = T & { readonly seq: number };

export interface FixtureRow {
  readonly eventId: string;
  readonly sport: string;
  readonly competition: string;
  readonly home: string;
  readonly away: string;
  readonly startAt: number;
  readonly status: string;
  readonly result: unknown;
}
export interface FixtureFilter {
  readonly sport?: string | undefined;
  readonly competition?: string | undefined;
  readonly status?: string | undefined;
  readonly startFrom?: number | undefined;
}

export interface MarketRow {
  readonly marketId: string;
  readonly eventId: string;
  readonly startAt: number;
  readonly status: string;
  readonly outcomes: Readonly<Record<string, readonly number[]>> | null;
  readonly settledAt: number | null;
  /** What its opening stated, where its type does not say it all. */
  readonly stated: Stated | null;
  /** Runners that take no part. */
  readonly withdrawn: readonly string[];
}

export interface WalletRow {
  readonly holder: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly currency: string;
  readonly availableMinor: number;
  readonly heldMinor: number;
  readonly debtMinor: number;
  readonly status: string;
  readonly seq: number;
}

export interface EntryRow {
  readonly seq: number;
  readonly n: number;
  readonly at: number;
  readonly holder: string;
  readonly from: string;
  readonly to: string;
  readonly currency: string;
  readonly amountMinor: number;
  readonly cause: string;
  /** The holder's balances after this entry. */
  readonly availableMinor: number;
  readonly heldMinor: number;
  readonly debtMinor: number;
}

export interface BetLegRow {
  readonly marketId: string;
  readonly selectionId: string;
  /** Goals that home was ahead when a handicap was struck in play; null where the whole score counts. */
  readonly lead: number | null;
  readonly oddsMilli: number;
  readonly quoteSeq: number;
  readonly quoteSource: string;
  readonly quoteAgeMs: number;
  /** Once it is decided, and of a bet of several legs only: share won and share of the stake returned, as numerators and denominators. */
  readonly outcome: readonly number[] | null;
}

export interface BetRow {
  readonly betId: string;
  readonly holder: string;
  /** Null for a single. */
  readonly system: string | null;
  readonly lines: number;
  readonly legs: readonly BetLegRow[];
  /** Of an each-way bet, of both parts. */
  readonly stakeMinor: number;
  readonly eachWay: EachWayTerms | null;
  readonly currency: string;
  readonly placedAt: number;
  readonly status: string;
  /** All that came back, cash-outs included; null while it is open. */
  readonly returnMinor: number | null;
  /** How much of the stake was cashed out, and for what. */
  readonly cashedStakeMinor: number;
  readonly cashedMinor: number;
  readonly settledAt: number | null;
  readonly reason: string | null;
  readonly seq: number;
}
export interface BetFilter {
  readonly holder?: string | undefined;
  readonly status?: string | undefined;
  readonly marketId?: string | undefined;
}

export interface OrderRow {
  readonly orderId: string;
  readonly holder: string;
  readonly marketId: string;
  readonly selectionId: string;
  readonly side: string;
  readonly kind: string;
  readonly persistence: string;
  readonly priceMilli: number | null;
  readonly sizeMinor: number;
  readonly currency: string;
  readonly placedAt: number;
  /** pending, open or complete. */
  readonly status: string;
  readonly matchedMinor: number;
  /** Mean of the matched prices, weighed by stake; null when nothing is matched. For people: money comes from each price. */
  readonly averagePriceMilli: number | null;
  /** Sum of stake times price, of which the average is made. */
  readonly matchedValue: bigint;
  /** Unmatched for good, and why the last part was. */
  readonly endedMinor: number;
  readonly reason: string | null;
  readonly seq: number;
}
export interface OrderFilter {
  readonly holder?: string | undefined;
  readonly status?: string | undefined;
  readonly marketId?: string | undefined;
  /** Only those that are not complete. */
  readonly unfinished?: boolean | undefined;
  /** Only these. */
  readonly orderIds?: readonly string[] | undefined;
}

export interface LedgerRow {
  readonly ledgerId: string;
  readonly shard: number;
  readonly currency: Currency;
  readonly moneyClass: 'play' | 'real';
  /** Fixtures and results reach it. */
  readonly markets: boolean;
}

export interface TransferRow {
  readonly transferId: string;
  readonly direction: 'out' | 'in';
  readonly holder: string;
  readonly otherLedger: string;
  readonly otherHolder: string;
  readonly currency: string;
  readonly amountMinor: number;
  readonly at: number;
  readonly status: string;
  readonly reason: string | null;
  readonly endedAt: number | null;
}

export interface BotRow {
  readonly botId: string;
  readonly ownerId: string;
  readonly dnaHash: string;
  readonly dna: unknown;
  readonly status: string;
  readonly bornAt: number;
}

export interface DecisionRow {
  /** What the bot saw, and the order of its decisions. */
  readonly snapshotId: number;
  readonly botId: string;
  readonly dnaHash: string;
  readonly at: number;
  readonly marketId: string;
  readonly selectionId: string | null;
  readonly code: string;
  readonly need: number | null;
  readonly have: number | null;
  readonly stakeMinor: number | null;
  /** The bot's own estimate of the selection's probability. */
  readonly fairPpm: number | null;
  readonly quoteSeq: number;
  readonly snapshot: unknown;
  readonly betId: string | null;
}

export interface LeaderRow {
  readonly rank: number;
  readonly botId: string;
  readonly betting: string;
  readonly math: string;
  readonly generation: number;
  readonly status: string;
  readonly currency: string;
  readonly balanceMinor: number;
  readonly bets: number;
  readonly openBets: number;
  readonly settledBets: number;
  readonly turnoverMinor: number;
  readonly profitMinor: number;
  /** Mean return per bet, each bet weighing the same, and its 95 % interval; null below two settled bets. */
  readonly flatYieldPpm: number | null;
  readonly flatYieldCi95Ppm: readonly [number, number] | null;
}

/** An answer about a referred bet that came too late or contradicted. */
export interface FlaggedAnswerRow {
  readonly ledgerId: string;
  readonly shard: number;
  readonly seq: number;
  readonly betId: string;
  readonly holder: string | null;
  readonly by: string;
  readonly status: string;
  readonly ended: string;
  readonly reason: string | null;
  readonly providerRef: string | null;
  readonly answeredAt: number;
  readonly at: number;
}

export interface ReviewRow {
  readonly id: number;
  readonly source: string;
  readonly kind: string;
  readonly foreignId: string;
  readonly payload: unknown;
  readonly suggestion: string | null;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly times: number;
  readonly resolvedAt: number | null;
  readonly resolution: string | null;
}
export type Resolution = { readonly alias: string; readonly swapped: boolean } | 'ignored';

/** Ledger-wide: fixtures, prices and the leaderboard are the same for everybody. */
export interface PublicReads {
  fixtures(filter: FixtureFilter, page: PageAsk): Promise<Page<FixtureRow>>;
  fixture(eventId: string): Promise<FixtureRow | null>;
  markets(eventId: string, page: PageAsk): Promise<Page<MarketRow>>;
  /** Ordered by market and book. */
  odds(eventId: string): Promise<NumberedQuote[]>;
  leaderboard(page: PageAsk): Promise<Page<LeaderRow>>;
  /** By name. */
  ledgers(page: PageAsk): Promise<Page<LedgerRow>>;
  ledger(ledgerId: string): Promise<LedgerRow | null>;
}

/** A limit of responsible play: minor units, for time minutes; null where there is none yet or none is to be. */
export interface PlayLimitRow {
  readonly setBy: Setter;
  readonly kind: PlayKind;
  readonly period: Period;
  readonly value: number | null;
  readonly waiting: { readonly value: number | null; readonly dueAt: number } | null;
}

/** Until when a person may not bet, ms; 0 where nothing was ever set. */
export interface PlayBanRow {
  readonly coolOffUntil: number;
  readonly excludedUntil: number;
  readonly selfExcludedUntil: number;
}

export interface PlayRows {
  readonly limits: readonly PlayLimitRow[];
  readonly ban: PlayBanRow;
}

export interface OwnedReads {
  /** Limits and bans of a person whom the caller may ask about. */
  play(viewer: Viewer, ownerId: string): Promise<AsOf<PlayRows>>;
  /** The person behind a person's or bot's id in the viewer's tenant, or null. */
  ownerOf(viewer: Viewer, holder: string): Promise<string | null>;
  wallets(viewer: Viewer, holder: string | undefined, page: PageAsk): Promise<AsOf<Page<WalletRow>>>;
  entries(viewer: Viewer, holder: string, page: PageAsk): Promise<AsOf<Page<EntryRow>>>;
  bets(viewer: Viewer, filter: BetFilter, page: PageAsk): Promise<AsOf<Page<BetRow>>>;
  bet(viewer: Viewer, betId: string): Promise<AsOf<{ readonly bet: BetRow | null }>>;
  orders(viewer: Viewer, filter: OrderFilter, page: PageAsk): Promise<AsOf<Page<OrderRow>>>;
  order(viewer: Viewer, orderId: string): Promise<AsOf<{ readonly order: OrderRow | null }>>;
  transfers(viewer: Viewer, holder: string | undefined, page: PageAsk): Promise<AsOf<Page<TransferRow>>>;
  transfer(viewer: Viewer, transferId: string): Promise<AsOf<{ readonly transfer: TransferRow | null }>>;
  bots(viewer: Viewer, page: PageAsk): Promise<AsOf<Page<BotRow>>>;
  decisions(
    viewer: Viewer,
    ask: { readonly botId: string; readonly code?: string | undefined },
    page: PageAsk,
  ): Promise<AsOf<Page<DecisionRow>> | null>;
}

export interface ReadModels extends PublicReads, OwnedReads {
  readonly shard: number;
  readonly pools: PoolReads;
  readonly settlements: SettlementReads;
  /** The same of another ledger. */
  at(place: { readonly shard: number; readonly ledgerId: string }): ReadModels;
  /** The journal place up to which the read models are folded. */
  projectedSeq(): Promise<number>;
}

/** What waits for a person to match it with our catalogue. For operators only. */
export interface ReviewQueue {
  /** Newest first. */
  flaggedAnswers(page: PageAsk): Promise<Page<FlaggedAnswerRow>>;
  list(resolved: boolean, page: PageAsk): Promise<Page<ReviewRow>>;
  resolve(
    id: number,
    resolution: Resolution,
    by: { readonly ownerId: string; readonly tenantId: string },
  ): Promise<'resolved' | 'not_found' | 'already_resolved'>;
}
