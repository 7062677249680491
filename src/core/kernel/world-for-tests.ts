// A small world for given / when / then tests: one ledger, a clock that only the test moves, quotes, and every event folded as it is decided.
// Timers fire only through goTo() and fire(); each decision is checked to leave the state as it was.
import { assert } from '../base/assert.ts';
import { deriveId, type IdPrefix } from '../base/ids.ts';
import type { ReasonCode, Refusal } from '../base/refusal.ts';
import type { Quote } from '../catalog/quote.ts';
import type { PeriodScore, Result } from '../catalog/result.ts';
import { decide } from '../decide.ts';
import { evolve } from '../evolve.ts';
import type { Actor, Command, Context, Envelope, PlaceBet, Via } from './command.ts';
import { type Decision, isRefusal, type NewEvent } from './event.ts';
import { availableMinor, holderOf, initialShard, type LedgerState, type ShardState } from './state.ts';

/** 2024-08-17 12:00 UTC; the fixture kicks off three hours later. */
export const NOON = 1_723_896_000_000;
export const KICK_OFF = NOON + 3 * 3_600_000;
export const LEDGER = 'main';
export const TENANT = 'ten_00000000000000000000000001';
export const FIXTURE = 'fb:E0:20240817:alpha:beta';
export const WINNER = `${FIXTURE}/1x2`;
export const DNA_HASH = 'a'.repeat(64);

const SELECTIONS_PRICED: Readonly<Record<string, number>> = { home: 2_000, draw: 3_400, away: 4_000 };

/** A well-formed id that depends only on its name. */
export function idOf(prefix: IdPrefix, name: string): string {
  return deriveId(prefix, NOON, `${prefix} ${name}`);
}

export const ANA = idOf('usr', 'ana');
export const BEA = idOf('usr', 'bea');
export const BOT = idOf('bot', 'ana 1');

export type BetWish = Partial<Omit<PlaceBet, 'type' | 'legs'>> & { readonly marketId?: string; readonly selectionId?: string };

export class World {
  readonly state: ShardState = initialShard();
  readonly events: NewEvent[] = [];
  readonly quotes = new Map<string, Quote>();
  /** Everything that was asked, with what was decided: what a journal keeps. */
  readonly asked: { readonly envelope: Envelope; readonly context: Context; readonly decision: Decision }[] = [];
  /** Called after each event is folded. */
  afterEvent: ((event: NewEvent) => void) | null = null;
  now = NOON;
  /** What the next commands' contexts have loaded. */
  loaded: unknown = undefined;
  /** Compared before and after each decision when given. */
  readonly #fingerprint: ((state: ShardState) => string) | null;
  #commands = 0;

  constructor(fingerprint: ((state: ShardState) => string) | null = null) {
    this.#fingerprint = fingerprint;
  }

  get ledger(): LedgerState {
    const ledger = this.state.ledgers.get(LEDGER);
    assert(ledger, 'the world has no ledger');
    return ledger;
  }

  /** Decides without folding; noted as asked all the same. */
  decide(cmd: Command, via: Via, who: Partial<Actor> = {}): Decision {
    this.#commands++;
    const actor = { ownerId: ANA, tenantId: TENANT, via, ...who };
    const commandId = idOf('cmd', `${this.#commands}`);
    const envelope: Envelope = { commandId, ledgerId: LEDGER, actor, payloadHash: '0'.repeat(32), lane: 'facts', cmd };
    const before = this.#fingerprint?.(this.state);
    const context = this.context();
    const decision = decide(this.state, envelope, context);
    assert(this.#fingerprint?.(this.state) === before, 'deciding changed the state');
    this.asked.push({ envelope, context, decision });
    return decision;
  }

  /** Decides and folds; returns the events or the refusal. */
  ask(cmd: Command, via: Via = 'operator', who: Partial<Actor> = {}): Decision {
    const decision = this.decide(cmd, via, who);
    if (isRefusal(decision)) return decision;
    for (const event of decision) {
      evolve(this.state, event);
      this.events.push(event);
      this.afterEvent?.(event);
    }
    return decision;
  }

  /** As ask(), for commands that the test needs accepted. */
  done(cmd: Command, via: Via = 'operator', who: Partial<Actor> = {}): readonly NewEvent[] {
    const decision = this.ask(cmd, via, who);
    if (isRefusal(decision)) throw new Error(`${cmd.type} was refused: ${JSON.stringify(decision)}`);
    return decision;
  }

  context(): Context {
    const loaded = this.loaded === undefined ? {} : { loaded: this.loaded };
    return { now: this.now, quotes: [...this.quotes.values()], marks: [], engineVersion: 'test', ...loaded };
  }

  /** Moves time, firing each timer at its moment. */
  goTo(at: number): void {
    for (let due = this.ledger.timers.first(); due && due.dueAt <= at; due = this.ledger.timers.first()) {
      this.now = Math.max(this.now, due.dueAt);
      this.fire();
    }
    this.now = Math.max(this.now, at);
  }

  /** Fires the earliest timer now, however late or early that is. */
  fire(): readonly NewEvent[] {
    const due = this.ledger.timers.first();
    assert(due, 'no timer is set');
    return this.done({ type: 'FireTimer', ...due }, 'timer');
  }

  quote(marketId: string, change: Partial<Quote> = {}): Quote {
    const known = this.quotes.get(marketId);
    const quote: Quote = {
      marketId,
      quoteSeq: (known?.quoteSeq ?? 0) + 1,
      status: 'open',
      inPlay: false,
      betDelayMs: 0,
      prices: Object.entries(SELECTIONS_PRICED).map(([selectionId, oddsMilli]) => ({ selectionId, oddsMilli })),
      source: 'test',
      sourceEpoch: 1,
      sourceVersion: 1,
      observedAt: this.now,
      confirmedAt: this.now,
      ...change,
    };
    this.quotes.set(marketId, quote);
    return quote;
  }

  /** Two-way and other markets: prices by selection. */
  price(marketId: string, prices: Readonly<Record<string, number>>, change: Partial<Quote> = {}): Quote {
    return this.quote(marketId, {
      prices: Object.entries(prices).map(([selectionId, oddsMilli]) => ({ selectionId, oddsMilli })),
      ...change,
    });
  }

  betCommand(name: string, wish: BetWish = {}): PlaceBet {
    const { marketId = WINNER, selectionId = 'home', ...rest } = wish;
    const legs = [{ marketId, selectionId }];
    return {
      type: 'PlaceBet',
      betId: idOf('bet', name),
      holder: ANA,
      legs,
      stakeMinor: 1_000,
      minOddsMilli: 1_001,
      quoteSeq: 1,
      ...rest,
    };
  }

  bet(name: string, wish: BetWish = {}): Decision {
    const holder = holderOf(this.ledger, wish.holder ?? ANA);
    return this.ask(this.betCommand(name, wish), 'api', holder ? { ownerId: holder.ownerId, tenantId: holder.tenantId } : {});
  }

  available(holder = ANA): number {
    const known = holderOf(this.ledger, holder);
    return known ? availableMinor(this.ledger, known) : 0;
  }

  held(holder = ANA): number {
    return this.ledger.accounts.balance(`player:${holder}:held`, this.ledger.currency);
  }

  house(): number {
    return this.ledger.accounts.balance('house:main', this.ledger.currency);
  }
}

/** A ledger with Ana (100.00) and her bot (50.00), and Bea (100.00); one open 1x2 market with a fresh quote of 2.0, 3.4, 4.0. */
export function worldWithMarket(fingerprint: ((state: ShardState) => string) | null = null): World {
  const world = new World(fingerprint);
  world.done({ type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
  for (const usr of [ANA, BEA])
    world.done({ type: 'IssueFunds', holder: usr, ownerId: usr, tenantId: TENANT, amountMinor: 10_000 });
  world.done({ type: 'BirthBot', botId: BOT, ownerId: ANA, tenantId: TENANT, dnaHash: DNA_HASH });
  world.done({ type: 'IssueFunds', holder: BOT, ownerId: ANA, tenantId: TENANT, amountMinor: 5_000 });
  world.done({ type: 'OpenMarket', marketId: WINNER, startAt: KICK_OFF });
  world.quote(WINNER);
  return world;
}

/** The same in play: after kick-off, bets delayed by five seconds. */
export function worldInPlay(fingerprint: ((state: ShardState) => string) | null = null): World {
  const world = worldWithMarket(fingerprint);
  world.goTo(KICK_OFF + 60_000);
  world.quote(WINNER, { inPlay: true, betDelayMs: 5_000, score: { home: 0, away: 0 } });
  return world;
}

export function goals(home: number, away: number, period = 'ft'): PeriodScore {
  return { period, stat: 'goals', home, away };
}

export function resultOf(change: Partial<Result> = {}): Result {
  return {
    eventId: FIXTURE,
    source: 'test',
    version: 1,
    observedAt: NOON,
    status: 'finished',
    completedPeriods: ['h1', 'h2', 'ft'],
    scores: [goals(1, 0)],
    ...change,
  };
}

/** The code of a refusal, or the types of the events. */
export function answerOf(decision: Decision): ReasonCode | string {
  return isRefusal(decision) ? decision.code : decision.map((event) => event.type).join(' ');
}

export function refusalOf(decision: Decision): Refusal {
  assert(isRefusal(decision), () => `accepted with ${answerOf(decision)}`);
  return decision;
}
