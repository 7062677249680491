// Plays one recorded season through the core: every wager at its recorded price and moment, every result, every settlement chunk, and what the
// wallets then hold. One wallet per key; nothing but the ledger says how much was won.
import type { Result } from '#core/catalog/result.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { AMOUNT_MINOR_MAX } from '#core/base/money.ts';
import { HOUSE } from '#core/kernel/state.ts';
import type { Capture, RecordedFixture, RecordedQuote } from '#ports/recording.ts';
import { CoreRun } from './core-run.ts';

/** Stake of every wager, minor units. At three decimals of odds a half or whole win is then always a whole number. */
export const STAKE_MINOR = 1_000_000;
/** More than any key can lose in a file. */
const FUNDS_MINOR = 100_000 * STAKE_MINOR;
const ODDS_MAX = 1000;

export interface Wager {
  /** Whose wallet pays. */
  readonly key: string;
  readonly fixture: RecordedFixture;
  readonly capture: Capture;
  readonly quote: RecordedQuote;
  readonly selectionId: string;
  readonly oddsMilli: number;
}

export interface Total {
  bets: number;
  /** Change of the wallet once all is settled, minor units. */
  profitMinor: number;
}

export interface Played {
  readonly totals: ReadonlyMap<string, Total>;
  readonly bets: number;
  readonly events: number;
  /** What is wrong with the ledger itself; empty when it is sound. */
  readonly faults: readonly string[];
}

type Step = { readonly at: number; readonly fixture: RecordedFixture } & (
  | { readonly result: Result }
  | { readonly wagers: Wager[] }
);

/** The price of a selection, if the recording has it. */
export function priceOf(quote: RecordedQuote, selectionId: string): number | undefined {
  return quote.prices.find((price) => price.selectionId === selectionId)?.oddsMilli;
}

export function playSeason(keys: readonly string[], wagers: readonly Wager[]): Played {
  const steps = stepsOf(wagers);
  const run = new CoreRun((steps[0]?.at ?? 0) - 1);
  const holders = prepare(run, keys);
  const totals = new Map(keys.map((key): [string, Total] => [key, { bets: 0, profitMinor: 0 }]));
  const opened = new Set<string>();
  for (const step of steps) {
    run.goTo(step.at);
    if ('result' in step) run.ask('feed', { type: 'RecordResult', result: step.result });
    else for (const wager of step.wagers) place(run, wager, { holders, opened, totals });
  }
  run.goTo((steps.at(-1)?.at ?? 0) + 2 * run.ledger.limits.correctionWindowMs);
  for (const [key, holder] of holders) {
    (totals.get(key) as Total).profitMinor = run.ledger.accounts.balance(`player:${holder}:available`, 'PLAY') - FUNDS_MINOR;
  }
  return { totals, bets: wagers.length, events: run.events, faults: faultsOf(run, totals) };
}

function prepare(run: CoreRun, keys: readonly string[]): Map<string, string> {
  run.ask('operator', { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
  const limits = {
    stakeMaxMinor: STAKE_MINOR,
    payoutMaxMinor: ODDS_MAX * STAKE_MINOR,
    houseCapitalMinor: AMOUNT_MINOR_MAX,
    marketLossMaxMinor: AMOUNT_MINOR_MAX,
    eventLossMaxMinor: AMOUNT_MINOR_MAX,
    openBetsMax: 1_000_000,
  };
  run.ask('operator', { type: 'SetLimits', limits });
  return new Map(keys.map((key) => [key, run.fund(FUNDS_MINOR)]));
}

/** By time; at one moment results come before bets, as they do in the engine. */
function stepsOf(wagers: readonly Wager[]): Step[] {
  const placings = new Map<Capture, Step & { wagers: Wager[] }>();
  const results = new Map<RecordedFixture, Step>();
  for (const wager of wagers) {
    const { capture, fixture } = wager;
    const known = placings.get(capture);
    if (known) known.wagers.push(wager);
    else placings.set(capture, { at: capture.at, fixture, wagers: [wager] });
    if (fixture.result) results.set(fixture, { at: fixture.result.observedAt, fixture, result: fixture.result });
  }
  return [...results.values(), ...placings.values()].sort((a, b) => a.at - b.at);
}

interface Book {
  readonly holders: ReadonlyMap<string, string>;
  readonly opened: Set<string>;
  readonly totals: ReadonlyMap<string, Total>;
}

function place(run: CoreRun, wager: Wager, { holders, opened, totals }: Book): void {
  const { capture, fixture, key, oddsMilli, selectionId } = wager;
  const { marketId } = wager.quote;
  if (!opened.has(marketId)) {
    opened.add(marketId);
    run.ask('feed', { type: 'OpenMarket', marketId, startAt: fixture.startAt });
  }
  const quote: Quote = {
    marketId,
    quoteSeq: 1,
    status: 'open',
    inPlay: capture.inPlay,
    betDelayMs: 0,
    prices: wager.quote.prices,
    source: capture.book,
    sourceEpoch: 1,
    sourceVersion: 1,
    observedAt: capture.at,
    confirmedAt: capture.at,
  };
  run.bet({ holder: holders.get(key) as string, quote, selectionId, oddsMilli, stakeMinor: STAKE_MINOR });
  (totals.get(key) as Total).bets++;
}

function faultsOf(run: CoreRun, totals: ReadonlyMap<string, Total>): string[] {
  const { accounts, bets, holders } = run.ledger;
  const faults: string[] = [];
  for (const [currency, sum] of accounts.sums()) if (sum !== 0n) faults.push(`the ledger sums to ${sum} ${currency}, not to 0`);
  if (bets.size > 0) faults.push(`${bets.size} bets are still open`);
  const held = holders.reduce((sum, holder) => sum + accounts.balance(holder.held, 'PLAY'), 0);
  if (held !== 0) faults.push(`${held} are still held`);
  let players = 0n;
  for (const { profitMinor } of totals.values()) players += BigInt(profitMinor);
  const house = BigInt(accounts.balance(HOUSE, 'PLAY'));
  if (house !== -players) faults.push(`the house has ${house}, the players ${players}`);
  return faults;
}
