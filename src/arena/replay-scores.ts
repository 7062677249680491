// Keeps the scores of a replay: bets as they are answered, money as the journal settles it, the close as the recording had it.
import type { Refusal } from '#core/base/refusal.ts';
import type { LedgerState } from '#core/kernel/state.ts';
import { eventsOf } from '#engine/journal/chain-reader.ts';
import type { Block } from '#ports/journal.ts';
import type { RecordedFixture } from '#ports/recording.ts';
import { type BotIntent, type BotRunner, walletOf } from './bot-runner.ts';
import { type ClosingFair, closingFair } from './closing-prices.ts';
import type { ReplayTerms } from './replay-terms.ts';
import { BlindControls, closingLineValue, Score, type ScoreRow } from './score.ts';

interface OpenStake {
  readonly botId: string;
  readonly stakeMinor: number;
}

export class ReplayScores {
  accepted = 0;
  settled = 0;
  readonly refusals = new Map<string, number>();
  readonly #runner: BotRunner;
  readonly #closing: ClosingFair;
  readonly #blind = new BlindControls();
  readonly #scores = new Map<string, Score>();
  readonly #open = new Map<string, OpenStake>();

  constructor(fixtures: readonly RecordedFixture[], terms: ReplayTerms, runner: BotRunner) {
    this.#runner = runner;
    this.#closing = closingFair(fixtures, { books: terms.closeBooks, devig: terms.devig });
    for (const bot of runner.bots) this.#scores.set(bot.strategy.botId, new Score(terms.fundsMinor));
    this.#addBlindControls(fixtures, terms.execBook);
  }

  answered(intent: BotIntent, result: 'done' | Refusal): void {
    const { bet, betId, bot } = intent;
    const score = this.#scoreOf(bot.strategy.botId);
    if (result !== 'done') {
      score.refused++;
      this.refusals.set(result.code, (this.refusals.get(result.code) ?? 0) + 1);
      return;
    }
    this.accepted++;
    // The quote is the one of this moment, so the odds taken are the odds seen.
    const { marketId, minOddsMilli: oddsMilli, selectionId, stakeMinor } = bet;
    score.placed(stakeMinor, oddsMilli, closingLineValue(this.#closing, { marketId, selectionId, oddsMilli }));
    this.#open.set(betId, { botId: bot.strategy.botId, stakeMinor });
  }

  /** Reads the settlements out of a committed block and tells the bots. */
  committed(block: Block, ledger: () => LedgerState): void {
    if (this.#open.size === 0) return;
    for (const event of eventsOf(block)) {
      if (event.type !== 'BetsSettled') continue;
      for (const [betId, botId, returnMinor] of event.data.bets) {
        const open = this.#open.get(betId);
        if (!open) continue;
        this.#open.delete(betId);
        this.settled++;
        this.#scoreOf(botId).settled(open.stakeMinor, returnMinor);
        this.#runner.find(botId)?.strategy.onSettled({ betId, returnMinor, at: event.at }, walletOf(ledger(), botId, event.at));
      }
    }
  }

  /** Best first: by yield at equal stakes among those that bet, those that never did last. */
  rows(): ScoreRow[] {
    const rows = this.#runner.bots.map(({ strategy: { botId, dna, dnaHash } }) => {
      const strategy = `${dna.genes.betting.type} x ${dna.genes.math.type}`;
      return this.#scoreOf(botId).row({ botId, dnaHash, strategy }, this.#blind);
    });
    return rows.sort(
      (a, b) => Number(b.bets > 0) - Number(a.bets > 0) || b.profitMinor - a.profitMinor || (a.botId < b.botId ? -1 : 1),
    );
  }

  #addBlindControls(fixtures: readonly RecordedFixture[], book: string): void {
    for (const { captures } of fixtures) {
      for (const capture of captures) {
        if (capture.book !== book || capture.inPlay) continue;
        for (const { marketId, prices } of capture.quotes) {
          for (const { oddsMilli, selectionId } of prices) {
            const clv = closingLineValue(this.#closing, { marketId, selectionId, oddsMilli });
            if (clv !== null) this.#blind.add(oddsMilli, clv);
          }
        }
      }
    }
  }

  #scoreOf(botId: string): Score {
    const score = this.#scores.get(botId);
    if (!score) throw new Error(`unknown bot ${botId}`);
    return score;
  }
}
