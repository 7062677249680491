// A writer over a journal in memory, on a clock that the test moves, with a ledger, a market, a quote and funded people.
import assert from 'node:assert/strict';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { VirtualClock } from '#adapters/memory/virtual-clock.ts';
import { deriveId, type IdPrefix } from '#core/base/ids.ts';
import { betIdOf, commandIdOf } from '#core/bets/bet-id.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Command, Lane, PlaceBet, Via } from '#core/kernel/command.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import type { LedgerState } from '#core/kernel/state.ts';
import { eventsOf } from '#engine/journal/chain-reader.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { Writer } from '#engine/writer.ts';
import type { WriterOptions } from '#engine/writer-options.ts';
import type { Journal } from '#ports/journal.ts';
import { silentLog } from '#ports/log.ts';
import type { Snapshots } from '#ports/snapshots.ts';
import { FaultyJournal } from './faulty-journal.ts';

export const T0 = 1_750_000_000_000;
export const SHARD = 7;
export const EVENT = 'fb:E0:20260101:alpha:beta';
export const MARKET = `${EVENT}/1x2`;
export const TENANT = deriveId('ten', 1, 'tenant');
export const FUNDS_MINOR = 100_000;

export interface Ask {
  readonly via?: Via;
  readonly lane?: Lane;
  readonly ownerId?: string;
  readonly commandId?: string;
  readonly ledgerId?: string;
  /** The bet keeps its name, whatever its key. */
  readonly anyBetId?: boolean;
}

export interface SceneOptions extends Partial<WriterOptions> {
  readonly snapshots?: Snapshots;
  /** Another store than a fresh one in memory. */
  readonly store?: Journal;
}

export class Scene {
  readonly clock = new VirtualClock(T0);
  readonly journal: FaultyJournal;
  writer: Writer;
  readonly #options: SceneOptions;
  #ids = 0;

  constructor(options: SceneOptions = {}) {
    this.#options = options;
    this.journal = new FaultyJournal(options.store ?? new MemoryJournal(() => this.clock.now()));
    this.writer = this.#make();
  }

  /** A started writer with an open market and two funded people. */
  static async open(options: SceneOptions = {}): Promise<Scene> {
    const scene = new Scene(options);
    await scene.start();
    await scene.done({ type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' }, { lane: 'control' });
    await scene.done({ type: 'OpenMarket', marketId: MARKET, startAt: T0 + 3_600_000 }, { lane: 'facts' });
    for (const owner of [scene.user('ana'), scene.user('bob')]) await scene.fund(owner);
    scene.quote();
    return scene;
  }

  async start(): Promise<void> {
    assert.equal(await this.writer.start(), true, 'the writer did not get the chain');
  }

  /** The process dies: what it knew is gone; another one starts over the same journal. */
  async restart(options: Partial<WriterOptions> = {}): Promise<void> {
    this.writer = this.#make(options);
    await this.start();
    this.quote();
  }

  get ledger(): LedgerState {
    return this.writer.state?.ledgers.get('main') as LedgerState;
  }

  id(prefix: IdPrefix, at = this.clock.now()): string {
    return deriveId(prefix, at, `scene ${this.#ids++}`);
  }

  user(name: string): string {
    return deriveId('usr', 1, name);
  }

  async fund(owner: string, amountMinor = FUNDS_MINOR): Promise<void> {
    await this.done({ type: 'IssueFunds', holder: owner, ownerId: owner, tenantId: TENANT, amountMinor }, { via: 'operator' });
  }

  quote(parts: Partial<Quote> = {}): Quote {
    const quote: Quote = {
      marketId: MARKET,
      quoteSeq: 1,
      status: 'open',
      inPlay: false,
      betDelayMs: 0,
      prices: [
        { selectionId: 'home', oddsMilli: 2_000 },
        { selectionId: 'draw', oddsMilli: 3_500 },
        { selectionId: 'away', oddsMilli: 4_000 },
      ],
      source: 'test',
      sourceEpoch: 1,
      sourceVersion: 1,
      observedAt: this.clock.now(),
      confirmedAt: this.clock.now(),
      ...parts,
    };
    this.writer.putQuote(quote);
    return quote;
  }

  bet(owner: string, parts: Partial<PlaceBet> = {}): PlaceBet {
    const legs = [{ marketId: MARKET, selectionId: 'home' }];
    return {
      type: 'PlaceBet',
      betId: this.id('bet'),
      holder: owner,
      legs,
      stakeMinor: 100,
      minOddsMilli: 1_500,
      quoteSeq: 1,
      ...parts,
    };
  }

  /** A bet gives its key its name, or takes it from the key that is asked for. */
  encode(cmd: Command, ask: Ask = {}): string {
    const isBet = cmd.type === 'PlaceBet';
    const isNamed = isBet && typeof cmd.betId === 'string';
    const { commandId = isNamed ? commandIdOf(cmd.betId) : this.id('cmd'), ledgerId = 'main', lane = 'people' } = ask;
    const ownerId = ask.ownerId ?? (isBet ? cmd.holder : 'system');
    const actor = { ownerId, tenantId: TENANT, via: ask.via ?? (isBet ? 'api' : 'operator') } as const;
    const named = isNamed && !ask.anyBetId ? { ...cmd, betId: betIdOf(commandId) } : cmd;
    return encodeEnvelope({ commandId, ledgerId, actor, lane, cmd: named });
  }

  /** Submits without waiting for anything but the answer. */
  async ask(cmd: Command, ask: Ask = {}): Promise<Answer> {
    return this.send(this.encode(cmd, ask));
  }

  async send(encoded: string): Promise<Answer> {
    return JSON.parse(await this.writer.submit(encoded)) as Answer;
  }

  async done(cmd: Command, ask: Ask = {}): Promise<Answer> {
    const answer = await this.ask(cmd, ask);
    assert.equal(answer.result, 'done', `${cmd.type}: ${JSON.stringify(answer.result)}`);
    return answer;
  }

  async blocks(): ReturnType<Journal['read']> {
    return this.journal.read(SHARD, 1, 100_000);
  }

  async events(): Promise<NewEvent[]> {
    return (await this.blocks()).flatMap((block) => eventsOf(block));
  }

  /** Types of the events from a block on, in order. */
  async typesFrom(blockNo: number): Promise<string[]> {
    return (await this.journal.read(SHARD, blockNo, 100_000)).flatMap((block) => eventsOf(block).map((e) => e.type));
  }

  #make(options: Partial<WriterOptions> = {}): Writer {
    const { snapshots = null, store: _, ...own } = this.#options;
    const lease = { holder: 'scene', address: '', ttlMs: 10_000 };
    const all = { shard: SHARD, lease, keysMax: 10_000, ...own, ...options };
    return new Writer(all, { journal: this.journal, snapshots, clock: this.clock, log: silentLog });
  }
}

/** The code of a refused answer, or 'done'. */
export function codeOf(answer: Answer): string {
  return answer.result === 'done' ? 'done' : answer.result.code;
}

/** Lets everything run that waits for nothing but the event loop. */
export async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise(setImmediate);
}
