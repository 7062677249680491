// What one bot remembers of its own bets: plain data, so that it can be stored, hashed and put back.
// It changes only when a bet is sent, answered or settled, and when a person resumes the bot; looking at a market changes nothing.
import { assert } from '../base/assert.ts';

const DAY_MS = 86_400_000;
/** A settled bet keeps its market closed to the bot for this long; corrections are heard as long, ms. */
const MARK_KEPT_MS = 2 * DAY_MS;

export interface BetMark {
  readonly betId: string;
  readonly stakeMinor: number;
  status: 'sent' | 'open' | 'settled';
  /** When it was sent, then when it was settled, ms. */
  at: number;
  returnMinor: number;
}

export interface BotState {
  /** Place in the staking progression. */
  step: number;
  /** Profit of all settled bets, and the highest it ever was since the last resume. */
  profitMinor: number;
  peakProfitMinor: number;
  /** The UTC day (since 1970) of the last settlement and its profit. */
  day: number;
  dayProfitMinor: number;
  /** The day on which the daily stop was reached, with limit and loss. */
  stopped: { readonly day: number; readonly limitMinor: number; readonly lossMinor: number } | null;
  /** Set by the drawdown pause until a person resumes the bot; ppm of the peak equity. */
  paused: { readonly at: number; readonly limitPpm: number; readonly drawdownPpm: number } | null;
  open: number;
  /** One bet per market: marketId -> the bet. A second one that stands there all the same is kept under `MARKET BET`. */
  bets: Record<string, BetMark>;
}

export interface Settlement {
  readonly betId: string;
  readonly returnMinor: number;
  readonly at: number;
}

export interface StopRules {
  readonly stopLossDailyPpm: number;
  readonly drawdownPausePpm: number;
}

export function initialBotState(): BotState {
  const nothing = { step: 0, profitMinor: 0, peakProfitMinor: 0, day: 0, dayProfitMinor: 0, open: 0 };
  return { ...nothing, stopped: null, paused: null, bets: {} };
}

export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** Notes a bet on its way: the market is closed to the bot from here on. */
export function noteSent(state: BotState, marketId: string, bet: { betId: string; stakeMinor: number; at: number }): void {
  assert(state.bets[marketId] === undefined, () => `a second bet on ${marketId}`);
  state.bets[marketId] = { ...bet, status: 'sent', returnMinor: 0 };
  state.open++;
}

/**
 * Notes a bet of before a restart and gives its key. The journal may have two on one market: its owner may bet with the bot's money, and a
 * process that is killed may have sent one that nobody knew of when the next process looked.
 */
export function noteFound(state: BotState, marketId: string, bet: { betId: string; stakeMinor: number; at: number }): string {
  const key = state.bets[marketId] === undefined ? marketId : `${marketId} ${bet.betId}`;
  noteSent(state, key, bet);
  noteAnswer(state, key, true);
  return key;
}

/** A refused bet never was: the market is open to the bot again. */
export function noteAnswer(state: BotState, marketId: string, accepted: boolean): void {
  const mark = state.bets[marketId];
  if (mark?.status !== 'sent') return;
  if (accepted) {
    mark.status = 'open';
    return;
  }
  delete state.bets[marketId];
  state.open--;
}

/**
 * Books a settled bet and returns its profit, or null when it was settled before: a correction then changes the profit but
 * neither the progression nor the number of open bets.
 */
export function noteSettled(state: BotState, mark: BetMark, settlement: Settlement): number | null {
  const first = mark.status !== 'settled';
  const profit = settlement.returnMinor - (first ? mark.stakeMinor : mark.returnMinor);
  if (first) state.open--;
  mark.status = 'settled';
  mark.returnMinor = settlement.returnMinor;
  mark.at = settlement.at;
  const day = dayOf(settlement.at);
  if (day !== state.day) {
    state.day = day;
    state.dayProfitMinor = 0;
    forgetOldMarks(state, settlement.at);
  }
  state.dayProfitMinor += profit;
  state.profitMinor += profit;
  state.peakProfitMinor = Math.max(state.peakProfitMinor, state.profitMinor);
  return first ? profit : null;
}

/** Applies the stops after a settlement; `equityMinor` already contains it. */
export function applyStops(state: BotState, equityMinor: number, at: number, rules: StopRules): void {
  const lossMinor = -state.dayProfitMinor;
  const limitMinor = Math.floor((equityMinor + lossMinor) * (rules.stopLossDailyPpm / 1_000_000));
  if (lossMinor > 0 && lossMinor >= limitMinor && state.stopped?.day !== state.day) {
    state.stopped = { day: state.day, limitMinor, lossMinor };
  }
  const fallMinor = state.peakProfitMinor - state.profitMinor;
  const peakMinor = equityMinor + fallMinor;
  const drawdownPpm = peakMinor > 0 ? Math.floor((fallMinor * 1_000_000) / peakMinor) : 0;
  if (state.paused === null && drawdownPpm >= rules.drawdownPausePpm) {
    state.paused = { at, limitPpm: rules.drawdownPausePpm, drawdownPpm };
  }
}

/** A person lets the bot go on: drawdown counts from here. */
export function noteResumed(state: BotState): void {
  state.paused = null;
  state.peakProfitMinor = state.profitMinor;
}

function forgetOldMarks(state: BotState, now: number): void {
  for (const [marketId, mark] of Object.entries(state.bets)) {
    if (mark.status === 'settled' && now - mark.at >= MARK_KEPT_MS) delete state.bets[marketId];
  }
}
