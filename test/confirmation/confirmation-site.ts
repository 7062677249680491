// The whole confirmation flow in one process for tests: a real writer and relay, a real bus in memory that misbehaves if told, a real supplier over HTTP.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpSupplier } from '#adapters/confirmation/http-supplier.ts';
import { SimulatedSupplier, type SimulatedSupplierTerms } from '#adapters/confirmation/simulated-supplier.ts';
import { type Chaos, MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { deriveId, makeId } from '#core/base/ids.ts';
import { betIdOf } from '#core/bets/bet-id.ts';
import type { Command, Via } from '#core/kernel/command.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { availableMinor, holderOf, type LedgerState } from '#core/kernel/state.ts';
import { MAIN_LEDGER, shardOf } from '#core/ledger/shard.ts';
import { CheckedBus } from '#engine/bus/checked-bus.ts';
import { ConfirmationInput } from '#engine/confirmation/confirmation-input.ts';
import { Confirmer } from '#engine/confirmation/confirmer.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { eventsOf } from '#engine/journal/chain-reader.ts';
import { Relay } from '#engine/journal/relay.ts';
import { Writer } from '#engine/writer.ts';
import type { Bus, DeadLetterBody, Message } from '#ports/bus.ts';
import type { Cursors } from '#ports/cursors.ts';
import { silentLog } from '#ports/log.ts';

export const SHARD = shardOf(MAIN_LEDGER);
export const MARKET = 'fb:E0:20990101:alpha:beta/1x2';
export const TENANT = deriveId('ten', 1, 'tenant');
export const ANA = deriveId('usr', 1, 'ana');
export const FUNDS_MINOR = 100_000;
const WAIT_MS_MAX = 15_000;

export interface SiteOptions extends Partial<SimulatedSupplierTerms> {
  readonly chaos?: Chaos;
  /** How long a bet waits for its answer, ms. */
  readonly answerMs?: number;
}

export class Site {
  readonly clock = new SystemClock();
  readonly bus: Bus;
  readonly supplier: SimulatedSupplier;
  readonly writer: Writer;
  /** What was published of each topic, and the dead letters of all. */
  readonly letters: DeadLetterBody[] = [];
  /** False: the supplier takes note of bets, but its answers are lost. */
  answering = true;
  #http: Server | null = null;
  #url = 'http://127.0.0.1:1';
  readonly #relay: Relay;
  readonly #journal: MemoryJournal;
  #asker: Confirmer | null = null;
  #input: ConfirmationInput | null = null;
  #flagged = 0;

  private constructor(options: SiteOptions) {
    const { answerMs: _, chaos, ...terms } = options;
    const { clock } = this;
    this.bus = new CheckedBus(new MemoryBus({ clock, retryMs: 5, ...(chaos ? { chaos } : {}) }), silentLog);
    this.supplier = new SimulatedSupplier({ seed: 3, latencyMs: { min: 0, max: 5 }, token: 'secret', ...terms }, clock);
    this.#journal = new MemoryJournal(() => clock.now());
    const onCommit = (): void => this.#relay.notify();
    const lease = { holder: 'site', address: '', ttlMs: 60_000 };
    const ports = { journal: this.#journal, snapshots: null, clock, log: silentLog };
    this.writer = new Writer({ shard: SHARD, lease, keysMax: 10_000, onCommit }, ports);
    let place = { blockNo: 0, seq: 0, hash: '0'.repeat(64) };
    const cursors: Cursors = {
      read: () => Promise.resolve(place),
      save: (_name, _shard, to) => Promise.resolve(void (place = { ...place, ...to })),
    };
    const onFlagged = (answers: number): void => void (this.#flagged += answers);
    this.#relay = new Relay(SHARD, { journal: this.#journal, bus: this.bus, cursors, log: silentLog, onFlagged });
  }

  static async open(options: SiteOptions = {}): Promise<Site> {
    const site = new Site(options);
    const { bus, supplier, writer } = site;
    assert.ok(await writer.start());
    for (const topic of ['bet_placed', 'bet_confirmed'])
      await bus.subscribe(`${topic}_dlq`, 'test', async (messages) => {
        site.letters.push(...messages.map(({ body }) => JSON.parse(body) as DeadLetterBody));
      });
    site.#http = createServer((request, response) => {
      // Asked, noted, and nothing comes back: the worst time for whoever asked to die.
      if (!site.answering) response.end = () => response;
      if (!site.answering) response.writeHead = () => response;
      supplier.handle(request, response);
    });
    await new Promise<void>((done) => site.#http?.listen(0, '127.0.0.1', done));
    site.#url = `http://127.0.0.1:${(site.#http.address() as AddressInfo).port}`;
    await site.done({ type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
    await site.done({ type: 'OpenMarket', marketId: MARKET, startAt: site.clock.now() + 3_600_000 });
    await site.done({ type: 'IssueFunds', holder: ANA, ownerId: ANA, tenantId: TENANT, amountMinor: FUNDS_MINOR });
    await site.done({ type: 'SetLimits', limits: { supplierAnswerMs: options.answerMs ?? 10_000 } });
    await site.done({ type: 'SetConfirmation', scope: 'ledger', target: MAIN_LEDGER, confirmation: 'supplier' });
    site.#relay.start();
    await site.startWorker();
    return site;
  }

  /** As the role starts it. */
  async startWorker(): Promise<void> {
    const { bus, clock, writer } = this;
    const supplier = new HttpSupplier({ url: () => this.#url, token: 'secret', clock, timeoutMs: 200 });
    this.#asker = new Confirmer({ bus, supplier, clock, log: silentLog, retryMs: [5, 10, 15] });
    const shards = { view: () => Promise.resolve({ writers: ['site'], shards: [{ shard: SHARD, holder: 'site' }] }) };
    this.#input = new ConfirmationInput({ bus, commands: writer, shards, clock });
    await this.#input.start();
    await this.#asker.start();
  }

  async stopWorker(): Promise<void> {
    await this.#asker?.stop();
    await this.#input?.stop();
  }

  async close(): Promise<void> {
    await this.stopWorker();
    await this.#relay.stop();
    await this.bus.close();
    await this.writer.stop();
    this.#http?.closeAllConnections();
    await new Promise((done) => this.#http?.close(done));
  }

  get ledger(): LedgerState {
    return this.writer.state?.ledgers.get(MAIN_LEDGER) as LedgerState;
  }

  /** Flagged answers that the relay told of. */
  get flagged(): number {
    return this.#flagged;
  }

  /** [available, held, house] */
  get money(): number[] {
    const { accounts } = this.ledger;
    const holder = holderOf(this.ledger, ANA);
    assert.ok(holder);
    return [availableMinor(this.ledger, holder), accounts.balance(holder.held, 'PLAY'), accounts.balance('house:main', 'PLAY')];
  }

  async done(cmd: Command, via: Via = 'operator', commandId = this.key()): Promise<void> {
    const actor = { ownerId: ANA, tenantId: TENANT, via };
    const encoded = encodeEnvelope({ commandId, ledgerId: MAIN_LEDGER, actor, lane: 'facts', cmd });
    const { result } = JSON.parse(await this.writer.submit(encoded)) as Answer;
    assert.equal(result, 'done', `${cmd.type}: ${JSON.stringify(result)}`);
  }

  /** 100 on home at 2.0. */
  async bet(): Promise<string> {
    const commandId = this.key();
    const betId = betIdOf(commandId);
    const now = this.clock.now();
    const prices = ['home', 'draw', 'away'].map((selectionId) => ({ selectionId, oddsMilli: 2_000 }));
    const source = { source: 'test', sourceEpoch: 1, sourceVersion: 1, observedAt: now, confirmedAt: now };
    this.writer.putQuote({ marketId: MARKET, quoteSeq: 1, status: 'open', inPlay: false, betDelayMs: 0, prices, ...source });
    const legs = [{ marketId: MARKET, selectionId: 'home' }];
    await this.done(
      { type: 'PlaceBet', betId, holder: ANA, legs, stakeMinor: 100, minOddsMilli: 1_001, quoteSeq: 1 },
      'api',
      commandId,
    );
    return betId;
  }

  key(): string {
    return makeId('cmd', this.clock.now(), crypto.getRandomValues(new Uint8Array(10)));
  }

  async say(body: object, id = 'said'): Promise<void> {
    const message: Message = {
      topic: 'bet_confirmed',
      key: 'key',
      id,
      type: 'answer',
      v: 1,
      correlationId: 'c',
      body: JSON.stringify(body),
    };
    await this.bus.publish([message]);
  }

  async events(): Promise<NewEvent[]> {
    return (await this.#journal.read(SHARD, 1, 100_000)).flatMap((block) => eventsOf(block));
  }

  /** Types of the events about a bet, in order. */
  async storyOf(betId: string): Promise<string[]> {
    const events = await this.events();
    return events.filter(({ data }) => 'betId' in data && data.betId === betId).map(({ type }) => type);
  }

  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (const end = Date.now() + WAIT_MS_MAX; !(await holds()); await sleep(5))
      assert.ok(Date.now() < end, `waited in vain for: ${what}`);
  }
}
