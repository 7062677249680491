// Replays a recording through the real engine: the same gate, ledger and journal as live, on a virtual clock that steps from fact to fact.
// Each moment is a barrier: everything known then is told, every bot answers, the bets go in `latencyMs` later.
import { deriveId } from '#core/base/ids.ts';
import { commandIdOf } from '#core/bets/bet-id.ts';
import type { BookPrice } from '#core/bots/book-price.ts';
import type { Dna } from '#core/bots/dna.ts';
import { dnaHash } from '#core/bots/dna.ts';
import { MarketMemory } from '#core/bots/market-memory.ts';
import type { MarketFact } from '#core/bots/input.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import type { Command, Lane, Via } from '#core/kernel/command.ts';
import type { LedgerState } from '#core/kernel/state.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { stepTo } from '#engine/command-input.ts';
import type { Writer } from '#engine/writer.ts';
import type { Capture, RecordedFixture } from '#ports/recording.ts';
import type { DecisionSheet } from '#ports/decision-log.ts';
import { type BotIntent, BotRunner, walletOf } from './bot-runner.ts';
import type { ReplayTerms } from './replay-terms.ts';
import { ReplayScores } from './replay-scores.ts';
import { type Tick, timelineOf } from './timeline.ts';

/** The ledger of every run: the chain tells runs apart, so that equal runs have equal events. */
export const RUN_LEDGER = 'run';
/** The tenant of every run. */
export const RUN_TENANT = 'ten_00000000000000000000000000';

export interface ReplayClock {
  now(): number;
  nextAlarmAt(): number;
  advance(at: number): void;
}

export interface ReplayOptions {
  readonly fixtures: readonly RecordedFixture[];
  readonly population: readonly Dna[];
  readonly terms: ReplayTerms;
  readonly writer: Writer;
  readonly clock: ReplayClock;
  readonly onSheet?: (sheet: DecisionSheet) => void;
  readonly onProgress?: (done: number, total: number) => void;
}

export class Replay {
  readonly scores: ReplayScores;
  readonly runner: BotRunner;
  readonly #options: ReplayOptions;
  readonly #memory: MarketMemory;
  readonly #owner: string;
  readonly #seqs = new Map<string, number>();
  readonly #opened = new Set<string>();
  readonly #unresolved = new Set<string>();
  #commands = 0;

  constructor(options: ReplayOptions) {
    const { fixtures, onSheet, population, terms } = options;
    this.#options = options;
    this.#owner = deriveId('usr', 0, 'replay owner');
    this.#memory = new MarketMemory({
      consensus: terms.consensusBook,
      reference: terms.referenceBook,
      stalePreMatchMs: terms.windowMs,
    });
    this.runner = new BotRunner(population, { memory: this.#memory, execBook: terms.execBook, log: onSheet ?? null });
    this.scores = new ReplayScores(fixtures, terms, this.runner);
  }

  async run(): Promise<void> {
    const ticks = timelineOf(this.#options.fixtures);
    await this.#prepare(ticks[0]?.at ?? 0);
    for (const [i, tick] of ticks.entries()) {
      await this.#goTo(tick.at);
      await this.#play(tick);
      this.#options.onProgress?.(i + 1, ticks.length);
    }
    await this.#voidUnresolved(ticks.at(-1)?.at ?? 0);
  }

  /** The run's ledger as it is committed. */
  get ledger(): LedgerState {
    const ledger = this.#options.writer.state?.ledgers.get(RUN_LEDGER);
    if (!ledger) throw new Error('the run has no ledger');
    return ledger;
  }

  async #prepare(firstAt: number): Promise<void> {
    const { population, terms } = this.#options;
    await this.#goTo(firstAt - 1);
    await this.#ask('worker', 'control', { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
    await this.#ask('worker', 'control', { type: 'SetLimits', limits: { staleMsPreMatch: terms.windowMs } });
    const births = population.map((dna) =>
      this.#ask('worker', 'facts', {
        type: 'BirthBot',
        botId: dna.id,
        ownerId: this.#owner,
        tenantId: RUN_TENANT,
        dnaHash: dnaHash(dna),
      }),
    );
    await Promise.all(births);
    const amountMinor = terms.fundsMinor;
    const grants = population.map((dna) =>
      this.#ask('worker', 'facts', {
        type: 'IssueFunds',
        holder: dna.id,
        ownerId: this.#owner,
        tenantId: RUN_TENANT,
        amountMinor,
      }),
    );
    await Promise.all(grants);
  }

  #goTo(at: number): Promise<void> {
    return stepTo(this.#options.clock, this.#options.writer, at);
  }

  async #play(tick: Tick): Promise<void> {
    for (const fixture of tick.fixtures) {
      this.#tell({ kind: 'fixture', fixture: fixture.card, ...stamp(fixture.file, tick.at) });
      this.#unresolved.add(fixture.card.eventId);
    }
    for (const result of tick.results) await this.#result(result, tick.at);
    const prices: BookPrice[] = [];
    for (const { capture, fixture } of tick.captures) {
      for (const price of await this.#capture(fixture, capture)) prices.push(price);
    }
    if (prices.length === 0) return;
    const { ledger } = this;
    this.runner.see((botId) => walletOf(ledger, botId, tick.at));
    await this.#send(this.runner.ask(prices, tick.at));
  }

  /** Tells a capture to the bots' memory and, where it can be bet at, to the writer. Returns the executable price lists. */
  async #capture(fixture: RecordedFixture, capture: Capture): Promise<BookPrice[]> {
    // A history may go on after the final whistle: such prices are heard, and nobody can have them.
    const executable = capture.book === this.#options.terms.execBook && this.#unresolved.has(fixture.card.eventId);
    const prices: BookPrice[] = [];
    const opened: Promise<unknown>[] = [];
    for (const { marketId, prices: list } of capture.quotes) {
      const quote = this.#quote(capture, marketId, list);
      const price = this.#tell({ kind: 'quote', quote, whole: true, ...stamp(capture.book, capture.at) });
      if (!executable) continue;
      this.#options.writer.putQuote(quote);
      if (!this.#opened.has(marketId)) {
        this.#opened.add(marketId);
        opened.push(this.#ask('feed', 'facts', { type: 'OpenMarket', marketId, startAt: fixture.startAt }));
      }
      if (price) prices.push(price);
    }
    await Promise.all(opened);
    return prices;
  }

  #quote(capture: Capture, marketId: string, prices: Quote['prices']): Quote {
    const key = `${capture.book} ${marketId}`;
    const quoteSeq = (this.#seqs.get(key) ?? 0) + 1;
    this.#seqs.set(key, quoteSeq);
    return {
      marketId,
      quoteSeq,
      status: 'open',
      inPlay: capture.inPlay,
      betDelayMs: 0,
      prices,
      source: capture.book,
      sourceEpoch: 1,
      sourceVersion: quoteSeq,
      observedAt: capture.at,
      confirmedAt: capture.at,
    };
  }

  async #result(result: Result, at: number): Promise<void> {
    this.#tell({ kind: 'result', result, ...stamp(result.source, at) });
    this.#unresolved.delete(result.eventId);
    if (!this.ledger.fixtures.has(result.eventId)) return; // nothing was offered on it
    await this.#ask('feed', 'facts', { type: 'RecordResult', result });
    await this.#options.writer.quiesce();
  }

  /** Bets on fixtures whose score the recording does not know get their stake back. */
  async #voidUnresolved(lastAt: number): Promise<void> {
    await this.#goTo(lastAt + this.#options.terms.latencyMs);
    const open = [...this.#unresolved].filter((eventId) => this.ledger.fixtures.has(eventId));
    for (const eventId of open) {
      const at = this.#options.clock.now();
      await this.#result(
        { eventId, source: 'replay', version: 1, observedAt: at, status: 'cancelled', completedPeriods: [], scores: [] },
        at,
      );
    }
    await this.#options.writer.quiesce();
  }

  async #send(intents: readonly BotIntent[]): Promise<void> {
    const { clock, terms } = this.#options;
    if (intents.length === 0) return;
    await this.#goTo(clock.now() + terms.latencyMs);
    const answers = intents.map(async (intent) => {
      const { bet, betId, bot } = intent;
      const leg = { marketId: bet.marketId, selectionId: bet.selectionId };
      const { minOddsMilli, quoteSeq, stakeMinor } = bet;
      const cmd = {
        type: 'PlaceBet',
        betId,
        holder: bot.strategy.botId,
        legs: [leg],
        stakeMinor,
        minOddsMilli,
        quoteSeq,
      } as const;
      const answer = await this.#submit('bot', 'bots', { cmd, commandId: commandIdOf(betId) });
      bot.strategy.onAnswer(betId, answer.result === 'done');
      this.scores.answered(intent, answer.result);
    });
    await Promise.all(answers);
  }

  async #ask(via: Via, lane: Lane, cmd: Command): Promise<void> {
    const commandId = deriveId('cmd', this.#options.clock.now(), `replay ${this.#commands++}`);
    const answer = await this.#submit(via, lane, { cmd, commandId });
    if (answer.result !== 'done') throw new Error(`${cmd.type} was refused: ${JSON.stringify(answer.result)}`);
  }

  async #submit(via: Via, lane: Lane, { cmd, commandId }: { cmd: Command; commandId: string }): Promise<Answer> {
    const actor = { ownerId: this.#owner, tenantId: RUN_TENANT, via };
    return JSON.parse(
      await this.#options.writer.submit(encodeEnvelope({ commandId, ledgerId: RUN_LEDGER, actor, lane, cmd })),
    ) as Answer;
  }

  #tell(fact: MarketFact): BookPrice | null {
    return this.#memory.tell(fact, fact.receivedAt);
  }
}

function stamp(source: string, at: number): { source: string; observedAt: number; receivedAt: number } {
  return { source, observedAt: at, receivedAt: at };
}
