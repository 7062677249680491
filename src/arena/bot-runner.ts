// Runs a population over executable prices: every bot is asked about every price, every answer is counted, bets leave in (bot, n) order.
import { deriveId } from '#core/base/ids.ts';
import type { BookPrice } from '#core/bots/book-price.ts';
import { decisionOf } from '#core/bots/decision.ts';
import type { Dna } from '#core/bots/dna.ts';
import { type DnaStrategy, isBet, makeDnaStrategy } from '#core/bots/dna-strategy.ts';
import type { Bet, BotView } from '#core/bots/input.ts';
import type { MarketMemory } from '#core/bots/market-memory.ts';
import { holderOf, type LedgerState } from '#core/kernel/state.ts';
import type { DecisionSheet, LoggedDecision } from '#ports/decision-log.ts';

export interface BotIntent {
  readonly bot: RunningBot;
  readonly bet: Bet;
  readonly betId: string;
}

export interface RunningBot {
  readonly strategy: DnaStrategy;
  readonly reasons: Map<string, number>;
  view: BotView;
}

export interface RunnerOptions {
  readonly memory: MarketMemory;
  readonly execBook: string;
  readonly log: ((sheet: DecisionSheet) => void) | null;
}

export class BotRunner {
  readonly bots: readonly RunningBot[];
  evaluations = 0;
  readonly #byId = new Map<string, RunningBot>();
  readonly #options: RunnerOptions;
  #inputSeq = 0;

  constructor(population: readonly Dna[], options: RunnerOptions) {
    const { execBook, memory } = options;
    this.#options = options;
    this.bots = population.map((dna) => ({
      strategy: makeDnaStrategy(dna, { memory, execBook }),
      reasons: new Map(),
      view: { now: 0, availableMinor: 0, equityMinor: 0 },
    }));
    for (const bot of this.bots) this.#byId.set(bot.strategy.botId, bot);
  }

  find(botId: string): RunningBot | undefined {
    return this.#byId.get(botId);
  }

  /** Refreshes what the bots know of their wallets. */
  see(wallet: (botId: string) => BotView): void {
    for (const bot of this.bots) bot.view = wallet(bot.strategy.botId);
  }

  /** Puts each price before every bot and returns the bets, bot by bot. */
  ask(prices: readonly BookPrice[], now: number): BotIntent[] {
    const intents: BotIntent[] = [];
    for (const price of prices) {
      const decisions: LoggedDecision[] | null = this.#options.log ? [] : null;
      const seq = ++this.#inputSeq;
      for (const bot of this.bots) {
        const intent = this.#askOne(bot, price, { now, seq, decisions });
        if (intent) intents.push(intent);
      }
      if (decisions) this.#options.log?.({ snapshot: lookAt(price, now), decisions });
    }
    return intents.sort((a, b) => (a.bot.strategy.botId < b.bot.strategy.botId ? -1 : a.bot === b.bot ? 0 : 1));
  }

  #askOne(
    bot: RunningBot,
    price: BookPrice,
    input: { now: number; seq: number; decisions: LoggedDecision[] | null },
  ): BotIntent | null {
    const answer = bot.strategy.evaluate(price, bot.view);
    this.evaluations++;
    const bets = isBet(answer);
    count(bot.reasons, bets ? 'bet' : answer.code);
    const betId = bets ? deriveId('bet', input.now, `${bot.strategy.botId} ${input.seq} 0`) : null;
    input.decisions?.push({ decision: decisionOf(bot.strategy, price, answer, input.now), betId });
    if (!bets || betId === null) return null;
    bot.strategy.onSent(answer, betId, input.now);
    // Later questions of the same moment must not spend this stake again.
    const { availableMinor, equityMinor, now } = bot.view;
    bot.view = { now, availableMinor: availableMinor - answer.stakeMinor, equityMinor };
    return { bot, bet: answer, betId };
  }
}

export function walletOf(ledger: LedgerState, botId: string, now: number): BotView {
  const holder = holderOf(ledger, botId);
  if (!holder) return { now, availableMinor: 0, equityMinor: 0 };
  const availableMinor = ledger.accounts.balance(holder.available, ledger.currency);
  return { now, availableMinor, equityMinor: availableMinor + ledger.accounts.balance(holder.held, ledger.currency) };
}

function count(reasons: Map<string, number>, code: string): void {
  reasons.set(code, (reasons.get(code) ?? 0) + 1);
}

function lookAt(price: BookPrice, at: number): DecisionSheet['snapshot'] {
  const { book, confirmedAt, inPlay, market, observedAt, oddsMilli, quoteSeq, score, seen, status } = price;
  return {
    at,
    marketId: market.marketId,
    book,
    quoteSeq,
    status,
    inPlay,
    observedAt,
    confirmedAt,
    oddsMilli: [...oddsMilli],
    score,
    seen,
  };
}
