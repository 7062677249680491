// Evaluates a population over a recording without ledger or journal: the same bots, told the same things, settled by the same fractions.
// It is separate code from the replay, and a test holds the two equal to the cent and in reason counts. It knows no refusals: a run in
// which the real engine would refuse a bet is not for it.
import type { BookPrice } from '#core/bots/book-price.ts';
import type { Dna } from '#core/bots/dna.ts';
import type { BotView } from '#core/bots/input.ts';
import { MarketMemory } from '#core/bots/market-memory.ts';
import { payoutMinor } from '#core/bets/payout.ts';
import { parseMarketId } from '#core/catalog/market.ts';
import type { Result } from '#core/catalog/result.ts';
import { settleLeg } from '#core/settlement/settle-leg.ts';
import type { Capture, RecordedFixture } from '#ports/recording.ts';
import { type BotIntent, BotRunner } from './bot-runner.ts';
import type { ReplayTerms } from './replay-terms.ts';
import { timelineOf } from './timeline.ts';

interface Wallet {
  available: number;
  held: number;
}

interface Settled extends BotIntent {
  readonly returnMinor: number;
}

export class FastEvaluator {
  readonly runner: BotRunner;
  bets = 0;
  settled = 0;
  readonly #terms: ReplayTerms;
  readonly #memory: MarketMemory;
  readonly #wallets = new Map<string, Wallet>();
  readonly #seqs = new Map<string, number>();
  /** Open bets per fixture and market. */
  readonly #open = new Map<string, Map<string, BotIntent[]>>();
  readonly #over = new Set<string>();
  #now = 0;

  constructor(population: readonly Dna[], terms: ReplayTerms) {
    this.#terms = terms;
    this.#memory = new MarketMemory({
      consensus: terms.consensusBook,
      reference: terms.referenceBook,
      stalePreMatchMs: terms.windowMs,
    });
    this.runner = new BotRunner(population, { memory: this.#memory, execBook: terms.execBook, log: null });
    for (const dna of population) this.#wallets.set(dna.id, { available: terms.fundsMinor, held: 0 });
  }

  run(fixtures: readonly RecordedFixture[]): void {
    for (const tick of timelineOf(fixtures)) {
      // A bet sent a moment before moved time on by its latency; what follows cannot be earlier.
      this.#now = Math.max(this.#now, tick.at);
      const at = tick.at;
      for (const { card, file } of tick.fixtures)
        this.#memory.tell({ kind: 'fixture', fixture: card, source: file, observedAt: at, receivedAt: at });
      for (const result of tick.results) this.#result(result, at);
      const prices = tick.captures.flatMap(({ capture, fixture }) => this.#capture(fixture, capture));
      if (prices.length > 0) this.#ask(prices, at);
    }
  }

  balanceMinor(botId: string): number {
    const wallet = this.#walletOf(botId);
    return wallet.available + wallet.held;
  }

  #capture(fixture: RecordedFixture, capture: Capture): BookPrice[] {
    const { at, book, inPlay } = capture;
    const prices: BookPrice[] = [];
    for (const { marketId, prices: list } of capture.quotes) {
      const key = `${book} ${marketId}`;
      const quoteSeq = (this.#seqs.get(key) ?? 0) + 1;
      this.#seqs.set(key, quoteSeq);
      const times = { sourceEpoch: 1, sourceVersion: quoteSeq, observedAt: at, confirmedAt: at };
      const quote = { marketId, quoteSeq, status: 'open', inPlay, betDelayMs: 0, prices: list, source: book, ...times } as const;
      const price = this.#memory.tell({ kind: 'quote', quote, whole: true, source: book, observedAt: at, receivedAt: at });
      if (book !== this.#terms.execBook || this.#over.has(fixture.card.eventId)) continue;
      this.#offer(fixture.card.eventId, marketId);
      if (price) prices.push(price);
    }
    return prices;
  }

  #offer(eventId: string, marketId: string): void {
    let markets = this.#open.get(eventId);
    if (!markets) this.#open.set(eventId, (markets = new Map()));
    if (!markets.has(marketId)) markets.set(marketId, []);
  }

  #ask(prices: readonly BookPrice[], at: number): void {
    this.runner.see((botId) => this.#view(botId, at));
    const intents = this.runner.ask(prices, at);
    for (const intent of intents) {
      const { bet, betId, bot } = intent;
      const wallet = this.#walletOf(bot.strategy.botId);
      wallet.available -= bet.stakeMinor;
      wallet.held += bet.stakeMinor;
      const eventId = bet.marketId.slice(0, bet.marketId.lastIndexOf('/'));
      this.#open.get(eventId)?.get(bet.marketId)?.push(intent);
      bot.strategy.onAnswer(betId, true);
      this.bets++;
    }
    if (intents.length > 0) this.#now = at + this.#terms.latencyMs;
  }

  /** All bets of the fixture are paid first, then every bot hears of its own: as one block of the journal does it. */
  #result(result: Result, at: number): void {
    this.#memory.tell({ kind: 'result', result, source: result.source, observedAt: at, receivedAt: at });
    this.#over.add(result.eventId);
    const markets = this.#open.get(result.eventId);
    if (!markets) return;
    this.#open.delete(result.eventId);
    const settled: Settled[] = [];
    // Settlement timers of one moment fire in the order of their keys.
    for (const marketId of [...markets.keys()].sort())
      settled.push(...this.#settle(marketId, markets.get(marketId) ?? [], result));
    for (const { betId, bot, returnMinor } of settled) {
      bot.strategy.onSettled({ betId, returnMinor, at: this.#now }, this.#view(bot.strategy.botId, this.#now));
      this.settled++;
    }
  }

  #settle(marketId: string, intents: readonly BotIntent[], result: Result): Settled[] {
    const terms = parseMarketId(marketId);
    if (!terms) return [];
    return intents.toReversed().map((intent) => {
      const { bet, bot } = intent;
      const outcome = settleLeg(terms, bet.selectionId, result);
      if (outcome === 'undecided') throw new Error(`${marketId} is not decided by a final result`);
      const returnMinor = payoutMinor(bet.stakeMinor, bet.minOddsMilli, outcome);
      const wallet = this.#walletOf(bot.strategy.botId);
      wallet.held -= bet.stakeMinor;
      wallet.available += returnMinor;
      return { ...intent, returnMinor };
    });
  }

  #view(botId: string, now: number): BotView {
    const { available, held } = this.#walletOf(botId);
    return { now, availableMinor: available, equityMinor: available + held };
  }

  #walletOf(botId: string): Wallet {
    const wallet = this.#wallets.get(botId);
    if (!wallet) throw new Error(`unknown bot ${botId}`);
    return wallet;
  }
}
