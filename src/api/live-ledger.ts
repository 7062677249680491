// One ledger as its writer holds it in memory, while that writer is in this process: asked anew each time, because a stand-by takes over at any moment.
// What is read here may be a few milliseconds ahead of the last COMMIT, never behind it.
import { NO_TICK } from '#core/exchange/ladder.ts';
import type { PriceQueues } from '#core/exchange/book/price-queues.ts';
import type { ExchangeMarket } from '#core/exchange/exchange.ts';
import { holderOf, HOUSE, type LedgerState, marketOf, type ShardState } from '#core/kernel/state.ts';
import type { HaltScope } from '#core/kernel/command.ts';
import { type Period, PERIODS, windowEnd } from '#core/play/calendar.ts';
import type { Price } from '#core/catalog/quote.ts';
import { housePrices } from '#core/pricing/house-prices.ts';
import type { Pricing } from '#core/pricing/pricing-commands.ts';
import { boundOf } from '#core/pricing/set-pricing.ts';
import type { Limits } from '#core/risk/limits.ts';
import type { Refusal } from '#core/base/refusal.ts';
import type { Outcomes } from '#core/settlement/corrections/corrections.ts';
import { type Preview, preview } from '#core/settlement/corrections/preview.ts';
import { faultInOutcomes } from '#core/settlement/corrections/settle-market.ts';

export interface LiveWallet {
  readonly holder: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly currency: string;
  readonly availableMinor: number;
  readonly heldMinor: number;
  readonly debtMinor: number;
  readonly status: string;
}

export interface LiveRisk {
  readonly currency: string;
  readonly halted: readonly HaltScope[];
  readonly houseMinor: number;
  readonly worstLossMinor: number;
  readonly openBets: number;
  readonly markets: number;
  readonly limits: Limits;
}

export interface LiveLevel {
  readonly priceMilli: number;
  readonly sizeMinor: number;
  readonly orders: number;
}

export interface LiveBook {
  readonly marketId: string;
  readonly status: string;
  readonly version: number;
  readonly inPlay: boolean;
  readonly betDelayMs: number;
  readonly ladder: string;
  readonly commissionPpm: number;
  readonly selections: {
    readonly selectionId: string;
    readonly availableToBack: LiveLevel[];
    readonly availableToLay: LiveLevel[];
    readonly startingPriceMilli: number | null;
  }[];
}

export interface LivePreview {
  readonly preview: Preview;
  readonly currency: string;
  readonly needsApproval: boolean;
}

export interface LivePricing {
  readonly pricing: Pricing | null;
  readonly prices: Price[];
  readonly worstLossMinor: number;
  readonly lossBoundMinor: number | null;
}

export interface PlayUsed {
  readonly period: Period;
  /** When the window ends, ms. */
  readonly until: number;
  readonly deposit: number;
  readonly stake: number;
  readonly loss: number;
  readonly time: number;
}

/** A part of the writer: what it folded, and how far it has committed. */
export interface WriterView {
  readonly status: string;
  readonly state: Readonly<ShardState> | null;
  readonly place: { readonly seq: number } | null;
}

export interface LedgerPlace {
  readonly shard: number;
  readonly ledgerId: string;
}

export class LiveLedger {
  readonly #writerOf: (shard: number) => WriterView | null;
  readonly #place: LedgerPlace;

  /** `writerOf` gives the writer of a shard while it is in this process. */
  constructor(writerOf: (shard: number) => WriterView | null, place: LedgerPlace) {
    this.#writerOf = writerOf;
    this.#place = place;
  }

  /** The same over another ledger. */
  at(place: LedgerPlace): LiveLedger {
    return new LiveLedger(this.#writerOf, place);
  }

  /** Last committed seq, or null while this process does not write the ledger: then its state says nothing. */
  get seq(): number | null {
    return this.#ledger ? (this.#writerOf(this.#place.shard)?.place?.seq ?? null) : null;
  }

  wallet(holderId: string): LiveWallet | null {
    const ledger = this.#ledger;
    const holder = ledger && holderOf(ledger, holderId);
    if (!holder) return null;
    const { currency } = ledger;
    const { ownerId, paused, retired, tenantId } = holder;
    return {
      holder: holder.id,
      ownerId,
      tenantId,
      currency,
      availableMinor: ledger.accounts.balance(holder.available, currency),
      heldMinor: ledger.accounts.balance(holder.held, currency),
      debtMinor: ledger.accounts.balance(holder.debt, currency),
      status: retired ? 'retired' : paused ? 'paused' : 'active',
    };
  }

  risk(): LiveRisk | null {
    const ledger = this.#ledger;
    if (!ledger) return null;
    const { currency, limits, worstLossMinor } = ledger;
    return {
      currency,
      halted: [...ledger.halted].sort(),
      houseMinor: ledger.accounts.balance(HOUSE, currency),
      worstLossMinor,
      openBets: ledger.bets.size,
      markets: ledger.marketRows.size,
      limits,
    };
  }

  /** What a person used of each window so far: minor units, for time minutes; null where the writer is elsewhere or nothing is counted. */
  playUsed(ownerId: string, now: number): PlayUsed[] | null {
    const counters = this.#ledger?.play.find(ownerId)?.counters;
    if (!counters) return null;
    return PERIODS.map((period) => ({
      period,
      until: windowEnd(period, now),
      deposit: counters.used(period, 'deposit', now),
      stake: counters.used(period, 'stake', now),
      loss: counters.used(period, 'loss', now),
      time: Math.ceil(counters.used(period, 'time', now) / 60_000),
    }));
  }

  /** How the house prices a market by itself; null for a market that is not there. */
  pricing(marketId: string): LivePricing | null {
    const ledger = this.#ledger;
    const market = ledger && marketOf(ledger, marketId);
    if (!market) return null;
    const pricing = ledger.pricing.get(market.row) ?? null;
    const prices = pricing ? housePrices(market, pricing) : [];
    const lossBoundMinor = pricing && boundOf(market, pricing);
    return { pricing, prices, worstLossMinor: market.worstLossMinor, lossBoundMinor };
  }

  /** The best `depth` prices on each side of every selection; null when the market has no exchange. */
  book(marketId: string, depth: number): LiveBook | null {
    const ledger = this.#ledger;
    const market = ledger && marketOf(ledger, marketId);
    const x = market && ledger.exchange.markets.get(market.row);
    if (!x) return null;
    const { betDelayMs, inPlay, terms, version } = x;
    return {
      marketId,
      status: market.status,
      version,
      inPlay,
      betDelayMs,
      ladder: terms.ladder,
      commissionPpm: terms.commissionPpm,
      selections: x.books.map((book, selection) => ({
        selectionId: market.selections[selection] as string,
        availableToBack: levelsOf(x, book.lays, depth),
        availableToLay: levelsOf(x, book.backs, depth),
        startingPriceMilli: x.startingPrices[selection] || null,
      })),
    };
  }

  /** What settling or correcting a market would do now; null where there is no such market, a refusal where the outcomes are none of it. */
  preview(marketId: string, outcomes: Outcomes | null): LivePreview | Refusal | null {
    const ledger = this.#ledger;
    const market = ledger && marketOf(ledger, marketId);
    if (!market) return null;
    const fault = faultInOutcomes(market, outcomes);
    if (fault) return fault;
    const found = preview(ledger, market, outcomes);
    return { preview: found, currency: ledger.currency, needsApproval: found.movedMinor > ledger.limits.approvalAboveMinor };
  }

  get #ledger(): LedgerState | null {
    const writer = this.#writerOf(this.#place.shard);
    return writer?.status === 'writing' ? (writer.state?.ledgers.get(this.#place.ledgerId) ?? null) : null;
  }
}

function levelsOf(x: ExchangeMarket, queues: PriceQueues, depth: number): LiveLevel[] {
  const levels: LiveLevel[] = [];
  for (let tick = queues.best; tick !== NO_TICK && levels.length < depth; tick = queues.after(tick)) {
    levels.push({ priceMilli: x.ladder.milliOf(tick), sizeMinor: queues.sizeAt(tick), orders: queues.countAt(tick) });
  }
  return levels;
}
