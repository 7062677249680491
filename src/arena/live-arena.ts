// The population at work on live prices: the same runner as in a replay, fed by the bus, betting through the writer like everybody else.
import { deriveId } from '#core/base/ids.ts';
import { httpStatusOf } from '#core/base/refusal.ts';
import { commandIdOf } from '#core/bets/bet-id.ts';
import type { BookPrice } from '#core/bots/book-price.ts';
import { dnaHash } from '#core/bots/dna.ts';
import { MarketMemory, type MemoryTerms } from '#core/bots/market-memory.ts';
import type { MarketFact } from '#core/bots/input.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import type { Command, Lane, Via } from '#core/kernel/command.ts';
import type { LedgerState, ShardState } from '#core/kernel/state.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { bodyOf } from '#engine/bus/message-table.ts';
import { CardOrder } from '#engine/odds/card-order.ts';
import { readResult, readUpdate } from '#engine/odds/messages.ts';
import type { EventBatch } from '#engine/journal/relay.ts';
import type { BotStore, PastBet, StoredBot } from '#ports/bot-store.ts';
import type { Bus, Message, Subscription } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import type { DecisionSheet } from '#ports/decision-log.ts';
import type { Log } from '#ports/log.ts';
import { Rest } from '#ports/rest.ts';
import { type BotIntent, BotRunner, walletOf } from './bot-runner.ts';
import { ChangedDecisions } from './changed-decisions.ts';

export interface LiveArenaOptions {
  readonly ledgerId: string;
  readonly execBook: string;
  readonly memory: Partial<MemoryTerms>;
  /** Given to each bot at birth, minor units. */
  readonly fundsMinor: number;
}

export interface LiveArenaPorts {
  readonly bus: Bus;
  readonly bots: BotStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly submit: (encoded: string) => Promise<string>;
  /** The writer's committed state, for wallets. */
  readonly state: () => Readonly<ShardState> | null;
  readonly onSheet: (sheet: DecisionSheet) => void;
  /** True once the process stops, also before start() is done. */
  readonly isStopping?: () => boolean;
  /** Told what became of each bet: `done`, or why not. */
  readonly onBet?: (outcome: string) => void;
}

/** Pauses before a command without an answer is sent again, ms. */
const ASK_AGAIN_MS = { first: 100, max: 5_000 };
/** For so long a bet's outcome is asked for. The question is the bet itself: one that never arrived must not be made long after the price that it was decided on, ms. */
const ASK_FOR_MS = 120_000;
const NOT_NOW = 503;
/** Past bets put back into a bot's memory after a restart. */
const HISTORY_BETS = 2_000;

interface Request {
  readonly via: Via;
  readonly lane: Lane;
  readonly cmd: Command;
  readonly commandId: string;
  readonly ownerId: string;
  readonly tenantId: string;
}

export class LiveArena {
  readonly runner: BotRunner;
  readonly #options: LiveArenaOptions;
  readonly #ports: LiveArenaPorts;
  readonly #memory: MarketMemory;
  readonly #cards = new CardOrder();
  readonly #bots: ReadonlyMap<string, StoredBot>;
  readonly #subscriptions: Subscription[] = [];
  readonly #rest: Rest;
  readonly #remembered = Promise.withResolvers<void>();

  constructor(bots: readonly StoredBot[], options: LiveArenaOptions, ports: LiveArenaPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#rest = new Rest(ports.clock);
    this.#memory = new MarketMemory(options.memory);
    this.#bots = new Map(bots.map((bot) => [bot.dna.id, bot]));
    const changed = new ChangedDecisions(ports.onSheet);
    const log = (sheet: DecisionSheet): void => changed.add(sheet);
    this.runner = new BotRunner(
      bots.map((bot) => bot.dna),
      { memory: this.#memory, execBook: options.execBook, log },
    );
  }

  async start(): Promise<void> {
    const { bots, bus } = this.#ports;
    for (const bot of this.#bots.values()) await this.#bear(bot);
    // Heard from here on and read after the history, so that no end of a bet falls between the two.
    this.#subscriptions.push(
      await bus.subscribe('events', 'arena', async (messages) => {
        await this.#remembered.promise;
        this.#onEvents(messages);
      }),
    );
    for (const { strategy } of this.runner.bots) {
      for (const bet of await bots.history(strategy.botId, HISTORY_BETS)) this.#remember(bet);
    }
    this.#remembered.resolve();
    this.#subscriptions.push(await bus.subscribe('odds_updates', 'arena', (messages) => this.#onOdds(messages)));
    this.#subscriptions.push(await bus.subscribe('results', 'arena', async (messages) => this.#onResults(messages)));
  }

  async stop(): Promise<void> {
    this.#rest.end();
    this.#remembered.resolve();
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
  }

  /** Birth and first funds under keys derived from the bot: repeated at each start, done once. */
  async #bear({ bornAt, dna, ownerId, tenantId }: StoredBot): Promise<void> {
    if (this.#ledger()?.holderRows.has(dna.id)) return;
    const birth = { type: 'BirthBot', botId: dna.id, ownerId, tenantId, dnaHash: dnaHash(dna) } as const;
    await this.#answered({
      via: 'worker',
      lane: 'facts',
      cmd: birth,
      commandId: deriveId('cmd', bornAt, `birth ${dna.id}`),
      ownerId,
      tenantId,
    });
    const funds = { type: 'IssueFunds', holder: dna.id, ownerId, tenantId, amountMinor: this.#options.fundsMinor } as const;
    await this.#answered({
      via: 'worker',
      lane: 'facts',
      cmd: funds,
      commandId: deriveId('cmd', bornAt, `funds ${dna.id}`),
      ownerId,
      tenantId,
    });
  }

  #remember(bet: PastBet): void {
    const strategy = this.runner.find(bet.botId)?.strategy;
    if (!strategy) return;
    const { betId, stakeMinor } = bet;
    strategy.onFound(bet, betId, bet.placedAt);
    if (bet.returnMinor === null || bet.settledAt === null) return;
    const equityMinor = this.#options.fundsMinor + strategy.state.profitMinor + bet.returnMinor - stakeMinor;
    const view = { now: bet.settledAt, availableMinor: equityMinor, equityMinor };
    strategy.onSettled({ betId, returnMinor: bet.returnMinor, at: bet.settledAt }, view);
  }

  async #onOdds(messages: readonly Message[]): Promise<void> {
    const prices = new Map<string, BookPrice>();
    for (const message of messages) for (const price of this.#hear(message)) prices.set(price.market.marketId, price);
    const ledger = this.#ledger();
    if (prices.size === 0 || !ledger) return;
    const now = this.#ports.clock.now();
    this.runner.see((botId) => walletOf(ledger, botId, now));
    const intents = this.runner.ask([...prices.values()], now);
    // Not awaited: a slow writer answers `busy`, and prices must not queue up behind bets.
    for (const intent of intents) void this.#bet(intent);
  }

  #hear(message: Message): BookPrice[] {
    const update = readUpdate(message);
    const now = this.#ports.clock.now();
    if (update.kind === 'fixture') {
      if (!this.#cards.isNewest(update.fixture)) return [];
      return this.#tell({ kind: 'fixture', fixture: update.fixture, ...seen(update.feed, now) });
    }
    if (update.kind === 'confirmed') return this.#tell({ kind: 'alive', ...seen(update.feed, update.confirmedAt) });
    return update.quotes.flatMap((quote) =>
      this.#tell({
        kind: 'quote',
        quote,
        whole: true,
        source: update.feed,
        observedAt: Math.min(quote.observedAt, now),
        receivedAt: now,
      }),
    );
  }

  #tell(fact: MarketFact): BookPrice[] {
    const price = this.#memory.tell(fact, Math.max(fact.receivedAt, this.#ports.clock.now()));
    return price && price.book === this.#options.execBook ? [price] : [];
  }

  #onResults(messages: readonly Message[]): void {
    const now = this.#ports.clock.now();
    for (const message of messages) {
      const { feed, result } = readResult(message);
      this.#tell({ kind: 'result', result, source: feed, observedAt: Math.min(result.observedAt, now), receivedAt: now });
    }
  }

  #onEvents(messages: readonly Message[]): void {
    const ledger = this.#ledger();
    if (!ledger) return;
    for (const message of messages) {
      const batch = bodyOf<EventBatch>(message);
      for (const line of batch.events.split('\n')) if (ENDINGS.test(line)) this.#ended(JSON.parse(line) as NewEvent, ledger);
    }
  }

  #ended(event: NewEvent, ledger: LedgerState): void {
    if (event.type === 'BetsSettled' || event.type === 'BetsVoided') {
      for (const [betId, botId, returnMinor] of event.data.bets)
        this.#settled(ledger, { betId, botId, returnMinor, at: event.at });
    } else if (event.type === 'BetRejected' || event.type === 'BetVoided') {
      const { betId, holder: botId } = event.data;
      this.#settled(ledger, { betId, botId, returnMinor: event.postings?.[0]?.amountMinor ?? 0, at: event.at });
    }
  }

  #settled(ledger: LedgerState, end: { betId: string; botId: string; returnMinor: number; at: number }): void {
    const { at, betId, botId, returnMinor } = end;
    this.runner.find(botId)?.strategy.onSettled({ betId, returnMinor, at }, walletOf(ledger, botId, at));
  }

  async #bet({ bet, betId, bot }: BotIntent): Promise<void> {
    const { botId } = bot.strategy;
    const { ownerId, tenantId } = this.#bots.get(botId) as StoredBot;
    const { marketId, minOddsMilli, quoteSeq, selectionId, stakeMinor } = bet;
    const cmd = {
      type: 'PlaceBet',
      betId,
      holder: botId,
      legs: [{ marketId, selectionId }],
      stakeMinor,
      minOddsMilli,
      quoteSeq,
    } as const;
    const commandId = commandIdOf(betId);
    const request = { via: 'bot', lane: 'bots', cmd, commandId, ownerId, tenantId } as const;
    const answer = await this.#answered(request, this.#ports.clock.now() + ASK_FOR_MS);
    this.#ports.onBet?.(answer === null ? 'outcome_unknown' : answer.result === 'done' ? 'done' : answer.result.code);
    // Not known: the market stays closed to the bot, until the bet is settled or the next start reads what stands.
    if (answer) bot.strategy.onAnswer(betId, answer.result === 'done');
  }

  /**
   * What became of a command, asked under its key until somebody knows: one without an answer may stand all the same, and a bot that took it for
   * refused would bet on the market again. A refusal for now says nothing of a command that was asked before. Null when nobody knew in time.
   */
  async #answered(request: Request, until = Number.POSITIVE_INFINITY): Promise<Answer | null> {
    const { clock, log } = this.#ports;
    let isLost = request.via !== 'bot'; // births and funds are asked for until they are there
    for (let pause = ASK_AGAIN_MS.first; !this.#ending; pause = Math.min(2 * pause, ASK_AGAIN_MS.max)) {
      try {
        const answer = await this.#submit(request);
        if (isSure(answer, isLost)) return answer;
      } catch (error) {
        log.warn('arena.asks_again', { commandId: request.commandId, error: String(error) });
      }
      isLost = true;
      if (clock.now() + pause > until) return null;
      if (!this.#ending) await this.#rest.for(pause);
    }
    return null;
  }

  get #ending(): boolean {
    return this.#rest.ended || this.#ports.isStopping?.() === true;
  }

  async #submit(request: Request): Promise<Answer> {
    const { cmd, commandId, lane, ownerId, tenantId, via } = request;
    const encoded = encodeEnvelope({ commandId, ledgerId: this.#options.ledgerId, actor: { ownerId, tenantId, via }, lane, cmd });
    return JSON.parse(await this.#ports.submit(encoded)) as Answer;
  }

  #ledger(): LedgerState | null {
    return this.#ports.state()?.ledgers.get(this.#options.ledgerId) ?? null;
  }
}

const ENDINGS = /"type":"(?:BetsSettled|BetsVoided|BetRejected|BetVoided)"/;

/** Whether this is the last word on a command; `isLost`: an earlier answer to it was. */
function isSure({ result }: Answer, isLost: boolean): boolean {
  if (result === 'done' || httpStatusOf(result.code) !== NOT_NOW) return true;
  return !isLost && result.code !== 'outcome_unknown';
}

function seen(source: string, at: number): { source: string; observedAt: number; receivedAt: number } {
  return { source, observedAt: at, receivedAt: at };
}
