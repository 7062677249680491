// A bot at work: its DNA compiled into a picker, which never sees money, and a staking plan, which never picks.
// evaluate() looks and changes nothing, so any decision can be made again; the bot's memory moves by sent, answered, settled.
import { assert } from '../base/assert.ts';
import { AMOUNT_MINOR_MAX, mulDiv } from '../base/money.ts';
import { type BookPrice } from './book-price.ts';
import * as life from './bot-state.ts';
import { type Dna, dnaHash } from './dna.ts';
import { type FairSource } from './fair-price.ts';
import { BOT_MARKETS, type BotMarket } from './genes/betting-genes.ts';
import { compilePicker, type Picker } from './genes/picker.ts';
import { compileStakePlan, type StakePlan } from './genes/stake-plans.ts';
import { type Bet, type BotView, pass, type Pass, plainPass } from './input.ts';
import type { MarketMemory, MemoryTerms } from './market-memory.ts';

const PPM = 1_000_000;
const MARKET_UNWANTED = plainPass('market_unwanted');
const MARKET_SUSPENDED = plainPass('market_suspended');
const MARKET_CLOSED = plainPass('market_closed');
const ALREADY_BET = plainPass('already_bet');

export interface StrategyOptions {
  readonly memory: MarketMemory;
  /** Bets are made at this book's prices; a price of another book is a bug of the caller. */
  readonly execBook: string;
  /** Smallest stake the ledger takes. */
  readonly minStakeMinor?: number;
  /** State put back after a restart; the strategy owns it from here. */
  readonly state?: life.BotState;
}

export function makeDnaStrategy(dna: Dna, options: StrategyOptions): DnaStrategy {
  return new DnaStrategy(dna, options);
}

export function isBet(answer: Bet | Pass): answer is Bet {
  return answer.kind === 'bet';
}

export class DnaStrategy {
  readonly botId: string;
  readonly dna: Dna;
  readonly dnaHash: string;
  readonly execBook: string;
  /** Market types this bot may bet on, full time. */
  readonly marketTypes: readonly BotMarket[];
  /** Who tells this bot what is fair. */
  readonly fair: FairSource;
  readonly state: life.BotState;
  readonly #bits: number;
  readonly #picker: Picker;
  readonly #plan: StakePlan;
  readonly #terms: MemoryTerms;
  readonly #minStakeMinor: number;
  readonly #maxOpen: number;
  readonly #capPpm: number;
  readonly #stops: life.StopRules;
  /** By bet: its key in the state. */
  readonly #keyOf = new Map<string, string>();

  constructor(dna: Dna, options: StrategyOptions) {
    const { betting, math, risk } = dna.genes;
    const compiled = compilePicker(betting, options.memory);
    this.botId = dna.id;
    this.dna = dna;
    this.dnaHash = dnaHash(dna);
    this.execBook = options.execBook;
    this.fair = compiled.fair;
    this.state = options.state ?? life.initialBotState();
    this.#bits = compiled.bits;
    this.#picker = compiled.picker;
    this.#plan = compileStakePlan(math);
    this.#terms = options.memory.terms;
    this.#minStakeMinor = options.minStakeMinor ?? 1;
    this.#maxOpen = risk.max_open_bets;
    this.#capPpm = Math.round(risk.max_stake_percent * PPM);
    this.#stops = {
      stopLossDailyPpm: Math.round(risk.stop_loss_daily * PPM),
      drawdownPausePpm: Math.round(risk.drawdown_pause * PPM),
    };
    this.marketTypes = marketTypesOf(compiled.bits);
    for (const [key, mark] of Object.entries(this.state.bets)) this.#keyOf.set(mark.betId, key);
  }

  /**
   * Asked about one executable price list after everything of that moment was told to the memory. The order of questions is part
   * of the contract, because reasons are counted: paused, market, price, already bet, pick, daily stop, open bets, stake.
   */
  evaluate(price: BookPrice, view: BotView): Bet | Pass {
    assert(price.book === this.execBook, 'a bot bets at its own book only');
    const { market } = price;
    const { state } = this;
    if (state.paused !== null) return pass('bot_paused', state.paused.limitPpm, state.paused.drawdownPpm);
    if ((market.bits & this.#bits) === 0) return MARKET_UNWANTED;
    if (price.status !== 'open') return price.status === 'suspended' ? MARKET_SUSPENDED : MARKET_CLOSED;
    if (!price.inPlay && market.event.fixture !== null && view.now >= market.event.fixture.startAt) return MARKET_CLOSED;
    const staleMs = price.inPlay ? this.#terms.staleInPlayMs : this.#terms.stalePreMatchMs;
    const ageMs = view.now - price.confirmedAt;
    if (ageMs > staleMs) return pass('price_stale', staleMs, ageMs);
    if (state.bets[market.marketId] !== undefined) return ALREADY_BET;
    const choice = this.#picker.pick(price, view.now);
    return typeof choice === 'number' ? this.#sized(price, choice, view) : choice;
  }

  /** The bet was sent under this id. */
  onSent(bet: Bet, betId: string, at: number): void {
    life.noteSent(this.state, bet.marketId, { betId, stakeMinor: bet.stakeMinor, at });
    this.#keyOf.set(betId, bet.marketId);
  }

  /** A bet of before a restart. */
  onFound(bet: Pick<Bet, 'marketId' | 'stakeMinor'>, betId: string, at: number): void {
    this.#keyOf.set(betId, life.noteFound(this.state, bet.marketId, { betId, stakeMinor: bet.stakeMinor, at }));
  }

  onAnswer(betId: string, accepted: boolean): void {
    const key = this.#keyOf.get(betId);
    if (key === undefined) return;
    life.noteAnswer(this.state, key, accepted);
    if (!accepted) this.#keyOf.delete(betId);
  }

  /** `view` is the wallet with this settlement in it. A void is a settlement that returns the stake. False: not a bet of this bot. */
  onSettled(settlement: life.Settlement, view: BotView): boolean {
    const key = this.#keyOf.get(settlement.betId);
    const mark = key === undefined ? undefined : this.state.bets[key];
    if (mark === undefined) {
      this.#keyOf.delete(settlement.betId);
      return false;
    }
    const profit = life.noteSettled(this.state, mark, settlement);
    if (profit !== null) this.state.step = this.#plan.next(this.state.step, profit);
    life.applyStops(this.state, view.equityMinor, settlement.at, this.#stops);
    return true;
  }

  /** A person lifts the drawdown pause. */
  onResumed(): void {
    life.noteResumed(this.state);
  }

  #sized(price: BookPrice, choice: number, view: BotView): Bet | Pass {
    const { state } = this;
    const { stopped } = state;
    if (stopped !== null && stopped.day === life.dayOf(view.now))
      return pass('daily_loss', stopped.limitMinor, stopped.lossMinor);
    if (state.open >= this.#maxOpen) return pass('max_open_bets', this.#maxOpen, state.open);
    const { availableMinor } = view;
    const oddsMilli = price.oddsMilli[choice] as number;
    const fair = this.fair.of(price, view.now)?.[choice] ?? null;
    const capitalMinor = Math.max(0, view.equityMinor - state.profitMinor);
    const wanted = this.#plan.stake({ oddsMilli, fair, availableMinor, capitalMinor, step: state.step });
    if (typeof wanted !== 'number') return wanted;
    const cap = Math.min(AMOUNT_MINOR_MAX, mulDiv(availableMinor, this.#capPpm, PPM, 'floor'));
    const affordable = Math.min(wanted, cap);
    if (affordable < this.#minStakeMinor) return pass('bankroll_too_small', this.#minStakeMinor, affordable);
    const allowed = price.maxStakeMinor[choice] as number;
    if (allowed !== 0 && allowed < this.#minStakeMinor) return pass('stake_above_max', allowed, this.#minStakeMinor);
    const stakeMinor = allowed === 0 ? affordable : Math.min(affordable, allowed);
    const { market, quoteSeq } = price;
    const selectionId = market.selections[choice] as string;
    const bet: Bet = { kind: 'bet', marketId: market.marketId, selectionId, stakeMinor, minOddsMilli: oddsMilli, quoteSeq };
    return fair === null ? bet : { ...bet, fairPpm: Math.round(fair * PPM) };
  }
}

function marketTypesOf(bits: number): BotMarket[] {
  const ou = bits >= 1 << BOT_MARKETS.length; // the bit of over/under 2.5
  return BOT_MARKETS.filter((type, i) => (bits & (1 << i)) !== 0 || (ou && type === 'ou'));
}
