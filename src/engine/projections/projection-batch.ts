// Folds journal events into row changes: inserts as they come, balances added up, so that one account is written once a batch.
import type { Currency } from '#core/base/money.ts';
import { parseMarketId } from '#core/catalog/market.ts';
import { PARTS } from '#core/bets/each-way/each-way.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { ISSUANCE } from '#core/kernel/state.ts';
import { type EachWayFact, statedOf } from './stated.ts';
import { BetChanges, cashedOutEnd } from './bet-changes.ts';
import { OrderChanges } from './order-changes.ts';
import { MultipleChanges } from './multiple-changes.ts';
import { PoolChanges } from './pool-changes.ts';
import { PlayChanges, type PlayEvent } from './play-changes.ts';
import { ROWLESS } from './rowless-events.ts';
import type { Posting } from '#core/ledger/accounts.ts';
import { isPoolEvent, type PoolEvent } from '#core/pools/evolve-pools.ts';
import { MAIN_LEDGER } from '#core/ledger/shard.ts';
import type { WalletChange, HolderFact, BetRow, BetEnd, EntryRow, MarketChange } from './rows.ts';
import { SettlementLog } from './settlement-log.ts';
import {
  type LedgerFact,
  type TransferChange,
  type TransferEnd,
  transferEnd,
  transferIn,
  transferOut,
} from './transfer-changes.ts';

const PLAYER = 'player:';

export class ProjectionBatch {
  readonly wallets = new Map<string, WalletChange>();
  readonly accounts = new Map<string, { ledgerId: string; path: string; currency: string; amount: number }>();
  readonly holders: HolderFact[] = [];
  /** `ledger bot` -> status. */
  readonly holderStatus = new Map<string, string>();
  readonly bets: BetRow[] = [];
  readonly eachWay: EachWayFact[] = [];
  /** The last end of each bet: one bet may be accepted and settled within a batch. */
  readonly betEnds = new Map<string, BetEnd>();
  readonly entries: EntryRow[] = [];
  readonly markets = new Map<string, MarketChange>();
  readonly orders = new OrderChanges();
  readonly betChanges = new BetChanges();
  readonly settlements = new SettlementLog();
  readonly pools = new PoolChanges();
  readonly play = new PlayChanges();
  readonly multiples = new MultipleChanges();
  readonly ledgers: LedgerFact[] = [];
  readonly transfers: TransferChange[] = [];
  readonly transferEnds: TransferEnd[] = [];
  events = 0;
  /** recordedAt of the newest block in it, ms. */
  recordedAt = 0;

  // oxlint-disable-next-line max-lines-per-function -- a line an event type: split, one would look in two places
  add(e: NewEvent, seq: number): void {
    this.events++;
    if (e.postings) this.#post(e, seq, e.postings);
    switch (e.type) {
      case 'BetPlaced':
        return this.#placed(e, seq);
      case 'BetsSettled':
      case 'MultiplesSettled':
        return this.#settled(e, seq);
      case 'MultiplePlaced':
        return this.multiples.place(e, seq, this.#payer(e));
      case 'LegsDecided':
      case 'LegsReopened':
        return this.multiples.tell(e);
      case 'SettlementReversed':
      case 'MultiplesReopened':
        return this.#reversed(e, seq);
      case 'OrderPlaced':
      case 'OrderReleased':
      case 'OrdersMatched':
      case 'OrdersReduced':
      case 'StartingPriceMade':
        return this.orders.add(e, seq);
      case 'BetAccepted':
        return this.#open(e.data.betId, e.data.holder, seq, e.data.oddsMilli);
      case 'MultipleAccepted':
        this.multiples.accept(e);
        return this.#open(e.data.betId, e.data.holder, seq);
      case 'BetRejected':
      case 'BetVoided':
      case 'MultipleRejected':
      case 'MultipleVoided':
        return this.#refunded(e, seq);
      case 'EachWayPlaced':
        return this.#placedEachWay(e, seq);
      case 'BetsVoided':
        return this.#voided(e, seq);
      case 'FundsIssued':
      case 'BotBorn':
      case 'TransferReceived':
        return this.#held(e, seq);
      case 'TransferSent':
        this.transfers.push(transferOut(e, seq));
        return;
      case 'TransferConfirmed':
      case 'TransferReturned':
        this.transferEnds.push(transferEnd(e));
        return;
      case 'BotPaused':
      case 'BotResumed':
      case 'BotRetired':
        return this.#botChanged(e);
      case 'ExclusionSet':
      case 'PlayLimitSet':
      case 'PlayLimitWaits':
      case 'PlayLimitKept':
      case 'CoolOffSet':
      case 'BansTaken':
        return this.play.add(e);
      case 'BetCashedOut':
      case 'AnswerFlagged':
        return this.#changed(e, seq);
      default:
        this.settlements.add(e, seq);
        return isPoolEvent(e) ? this.pools.add(e, seq) : this.#market(e, seq);
    }
  }

  #market(e: Exclude<NewEvent, PlayEvent | PoolEvent>, seq: number): void {
    switch (e.type) {
      case 'MarketOpened': {
        const change = this.#marketOf(e.ledgerId, e.data.marketId);
        change.startAt = e.data.startAt;
        change.stated = statedOf(e.data);
        change.status = 'open';
        return;
      }
      case 'MarketSuspended':
      case 'MarketReopened':
      case 'MarketClosed':
        this.#marketOf(e.ledgerId, e.data.marketId).status = e.type === 'MarketReopened' ? 'open' : e.type.slice(6).toLowerCase();
        return;
      case 'SettlementStarted': {
        const change = this.#marketOf(e.ledgerId, e.data.marketId);
        change.status = 'settling';
        change.outcomes = JSON.stringify(e.data.outcomes);
        return;
      }
      case 'SettlementFinished': {
        const change = this.#marketOf(e.ledgerId, e.data.marketId);
        change.status = 'settled';
        change.returnedMinor += e.data.returnedMinor;
        change.settledAt = e.at;
        return;
      }
      case 'RunnerWithdrawn':
        this.#marketOf(e.ledgerId, e.data.marketId).withdrawn.push(e.data.selectionId);
        return;
      case 'CorrectionStarted':
        this.#marketOf(e.ledgerId, e.data.marketId).status = 'reversing';
        return;
      case 'LedgerOpened':
        return this.#opened(e, seq);
      case 'MarketResulted':
        return this.pools.see(e.data);
      default:
        return void ROWLESS[e.type]; // the compiler asks: an event is folded, or named there
    }
  }

  #opened(e: NewEvent<'LedgerOpened'>, seq: number): void {
    const { ledgerId } = e;
    const { currency, moneyClass } = e.data;
    // A row at zero: what the ledger is kept in must be known when its first holder comes.
    this.accounts.set(`${ledgerId} ${ISSUANCE} ${currency}`, { ledgerId, path: ISSUANCE, currency, amount: 0 });
    const markets = e.data.markets === true || ledgerId === MAIN_LEDGER;
    this.ledgers.push({ ledgerId, currency, moneyClass, markets, seq });
  }

  #placedEachWay(e: NewEvent<'EachWayPlaced'>, seq: number): void {
    const stakeMinor = PARTS * e.data.stakeMinor;
    this.#placed({ ...e, data: { ...e.data, stakeMinor }, type: 'BetPlaced' }, seq);
    this.eachWay.push({ betId: e.data.betId, holderId: e.data.holder, terms: JSON.stringify(e.data.eachWay) });
  }

  #placed(e: NewEvent<'BetPlaced'>, seq: number): void {
    const { data } = e;
    const leg = data.legs[0] as (typeof data.legs)[number];
    this.bets.push({
      betId: data.betId,
      ledgerId: e.ledgerId,
      seq,
      holderId: data.holder,
      marketId: leg.marketId,
      selectionId: leg.selectionId,
      lead: leg.lead ?? null,
      oddsMilli: leg.oddsMilli,
      stakeMinor: data.stakeMinor,
      currency: e.postings?.[0]?.currency ?? '',
      quoteSeq: data.quote.seq,
      quoteSource: data.quote.source,
      quoteAgeMs: data.quote.ageMs,
      placedAt: e.at,
      status: data.status,
      wallet: this.#payer(e),
    });
    const market = this.#marketOf(e.ledgerId, leg.marketId);
    market.bets++;
    market.stakedMinor += data.stakeMinor;
  }

  #settled(e: NewEvent<'BetsSettled' | 'MultiplesSettled'>, seq: number): void {
    for (const [betId, holderId, returnMinor] of e.data.bets) {
      this.#end(betId, { holderId, status: 'settled', returnMinor, at: e.at, seq, reason: null });
    }
  }

  #voided(e: NewEvent<'BetsVoided'>, seq: number): void {
    const { bets, reason } = e.data;
    for (const [betId, holderId, returnMinor] of bets)
      this.#end(betId, { holderId, status: 'void', returnMinor, at: e.at, seq, reason });
  }

  /** The bets are open again, until the settlement that follows. */
  #held(e: NewEvent<'FundsIssued' | 'BotBorn' | 'TransferReceived'>, seq: number): void {
    const { ownerId, tenantId } = e.data;
    const { dnaHash, holderId } =
      e.type === 'BotBorn' ? { ...e.data, holderId: e.data.botId } : { dnaHash: '', holderId: e.data.holder };
    this.holders.push({ ledgerId: e.ledgerId, holderId, ownerId, tenantId, dnaHash, seq });
    if (e.type === 'TransferReceived') this.transfers.push(transferIn(e, seq));
  }

  #botChanged({ data, ledgerId, type }: NewEvent<'BotPaused' | 'BotResumed' | 'BotRetired'>): void {
    this.holderStatus.set(`${ledgerId} ${data.botId}`, type === 'BotResumed' ? 'active' : type.slice(3).toLowerCase());
  }

  #reversed(e: NewEvent<'SettlementReversed' | 'MultiplesReopened'>, seq: number): void {
    if (e.type === 'SettlementReversed') this.settlements.addReversal(e, seq);
    const market = this.#marketOf(e.ledgerId, e.data.marketId);
    for (const [betId, holderId, returnMinor] of e.data.bets) {
      if (e.type === 'SettlementReversed') market.returnedMinor -= returnMinor; // a market's totals are those of its singles
      this.#open(betId, holderId, seq);
    }
  }

  // oxlint-disable-next-line max-params -- as #entry()
  #open(betId: string, holderId: string, seq: number, oddsMilli: number | null = null): void {
    this.#end(betId, { holderId, status: 'accepted', returnMinor: null, at: 0, seq, reason: null, oddsMilli });
  }

  /** The wallet that the stake came from: its posting came just before. */
  #payer(e: NewEvent): WalletChange | null {
    return e.postings?.length ? (this.entries.at(-1)?.wallet ?? null) : null;
  }

  #refunded(e: NewEvent<'BetRejected' | 'BetVoided' | 'MultipleRejected' | 'MultipleVoided'>, seq: number): void {
    const status = e.type === 'BetVoided' || e.type === 'MultipleVoided' ? 'void' : 'rejected';
    const returnMinor = e.postings?.[0]?.amountMinor ?? 0;
    const { betId, holder: holderId, reason } = e.data;
    this.#end(betId, { holderId, status, returnMinor, at: e.at, seq, reason });
  }

  #changed(e: NewEvent<'BetCashedOut' | 'AnswerFlagged'>, seq: number): void {
    this.betChanges.add(e, seq);
    if (e.type === 'BetCashedOut' && e.data.remainingMinor === 0) this.#end(e.data.betId, cashedOutEnd(e, seq));
  }

  #end(betId: string, end: Omit<BetEnd, 'betId' | 'oddsMilli'> & { oddsMilli?: number | null }): void {
    const oddsMilli = end.oddsMilli ?? this.betEnds.get(betId)?.oddsMilli ?? null;
    this.betEnds.set(betId, { betId, ...end, oddsMilli });
  }

  #post(e: NewEvent, seq: number, postings: readonly Posting[]): void {
    for (let n = 0; n < postings.length; n++) {
      const p = postings[n] as Posting;
      const from = this.#balance(e.ledgerId, p, p.from, -p.amountMinor, seq);
      const to = this.#balance(e.ledgerId, p, p.to, p.amountMinor, seq);
      this.#entry(e, p, n, from ?? to, seq);
      if (from && to && from !== to) this.#entry(e, p, n, to, seq); // on both statements
    }
  }

  // oxlint-disable-next-line max-params -- once per posting on the hot path; an object each would cost more than it tells
  #entry(e: NewEvent, posting: Posting, n: number, wallet: WalletChange | null, seq: number): void {
    this.entries.push({
      seq,
      n,
      ledgerId: e.ledgerId,
      at: e.at,
      posting,
      eventType: e.type,
      wallet,
      available: wallet?.available ?? 0,
      held: wallet?.held ?? 0,
      debt: wallet?.debt ?? 0,
    });
  }

  /** Adds to a wallet or account and returns the wallet, if it is one. */
  // oxlint-disable-next-line max-params -- called twice per posting on the hot path; an object each would cost more than it tells
  #balance(ledgerId: string, p: Posting, path: string, amount: number, seq: number): WalletChange | null {
    if (!path.startsWith(PLAYER)) {
      const key = `${ledgerId} ${path} ${p.currency}`;
      const known = this.accounts.get(key);
      if (known) known.amount += amount;
      else this.accounts.set(key, { ledgerId, path, currency: p.currency, amount });
      return null;
    }
    const end = path.lastIndexOf(':');
    const holderId = path.slice(PLAYER.length, end);
    let wallet = this.wallets.get(holderId);
    if (!wallet || wallet.ledgerId !== ledgerId) wallet = this.#wallet(ledgerId, holderId, p.currency);
    const kind = path.charCodeAt(end + 1);
    if (kind === 97) wallet.available += amount;
    else if (kind === 104) wallet.held += amount;
    else wallet.debt += amount;
    wallet.seq = seq;
    return wallet;
  }

  #wallet(ledgerId: string, holderId: string, currency: Currency): WalletChange {
    const wallet: WalletChange = { no: this.wallets.size, ledgerId, holderId, currency, available: 0, held: 0, debt: 0, seq: 0 };
    const key = this.wallets.has(holderId) ? `${holderId} ${ledgerId}` : holderId;
    const known = this.wallets.get(key);
    if (known) return known;
    this.wallets.set(key, wallet);
    return wallet;
  }

  #marketOf(ledgerId: string, marketId: string): MarketChange {
    const key = `${ledgerId} ${marketId}`;
    let change = this.markets.get(key);
    if (!change) {
      const eventId = parseMarketId(marketId)?.eventId ?? '';
      change = {
        ledgerId,
        marketId,
        eventId,
        startAt: null,
        stated: null,
        withdrawn: [],
        status: null,
        bets: 0,
        stakedMinor: 0,
        returnedMinor: 0,
        outcomes: null,
        settledAt: null,
      };
      this.markets.set(key, change);
    }
    return change;
  }
}
