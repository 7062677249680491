// The writer of one shard: gathers what arrived, decides in memory, writes ONE block in one transaction, and answers only after COMMIT.
// At most one block is in flight. After a failed or unknown commit it drops its state, takes the chain again and looks keys up; it never guesses.
import { type Refusal, refuse } from '#core/base/refusal.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Envelope } from '#core/kernel/command.ts';
import type { ShardState } from '#core/kernel/state.ts';
import { FencedError } from '#ports/journal.ts';
import { type Batch, BlockBuilder, type PreparedBlock } from './block-builder.ts';
import type { ChainPlace } from './journal/chain-reader.ts';
import { Committer } from './committer.ts';
import { lacksQuote } from './context.ts';
import { decodeEnvelope, encodeAnswer } from './envelope.ts';
import { GatherPause } from './gather-pause.ts';
import { KEY_AHEAD_MS, KEY_LIFE_MS, KEY_WINDOW_MAX } from './keys/key-window.ts';
import { DEFAULT_LANES, Lanes, type Waiting } from './lanes.ts';
import { QuoteBoard } from './quote-board.ts';
import type { WriterOptions, WriterPorts, WriterStatus } from './writer-options.ts';
import { restore } from './state/restore.ts';
import { stateHash } from './state/snapshot.ts';
import type { StoredKey } from './journal/stored-keys.ts';
import { KeyLookUp } from './keys/key-look-up.ts';

const QUEUE_DEEP = 256;
const QUOTE_WAITS_MAX = 10_000; // bets waiting for a quote have left the lanes' bounds

export class Writer {
  readonly shard: number;
  readonly board: QuoteBoard;
  readonly #options: WriterOptions;
  readonly #ports: WriterPorts;
  readonly #lanes: Lanes;
  #status: WriterStatus = 'starting';
  #builder: BlockBuilder | null = null;
  #epoch = 0;
  #wake: (() => void) | null = null;
  #signalled = false;
  #busy = false;
  /** The last block held control commands alone: until it is on disk nothing else may take the thread. */
  #controlInFlight = false;
  #cancelTimer: (() => void) | null = null;
  readonly #committer: Committer;
  #running: Promise<void> | null = null;
  #waitingForQuote: Waiting[] = [];
  readonly #pause: GatherPause;
  readonly #keyLookUp: KeyLookUp;

  constructor(options: WriterOptions, ports: WriterPorts) {
    this.shard = options.shard;
    this.#options = options;
    this.#ports = ports;
    this.board = options.board ?? new QuoteBoard();
    this.#lanes = new Lanes(options.lanes ?? DEFAULT_LANES);
    this.#pause = new GatherPause(ports.clock, options.gatherMs ?? 0);
    this.#keyLookUp = new KeyLookUp(
      { journal: ports.journal, shard: this.shard, committedSeq: () => this.place?.seq ?? 0 },
      {
        known: (item, stored) => this.#answerAsStored(item, stored),
        unknown: (item, upTo) => this.#takeChecked(item, upTo),
        failed: (item) => void this.#refuse(item, refuse('busy', { retryAfterMs: 200 })),
      },
    );
    this.#committer = new Committer(ports.journal, {
      committed: (block) => options.onCommit?.(block),
      failed: (error, lost) => this.#recover(error, lost),
    });
  }

  get status(): WriterStatus {
    return this.#status;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Committed or about to be: for reads that accept the writer's newest state. Never change it. */
  get state(): Readonly<ShardState> | null {
    return this.#builder?.state ?? null;
  }

  get place(): ChainPlace | null {
    return this.#builder?.committed ?? null;
  }

  /** Place of the last event decided, committed or not. */
  get decidedSeq(): number {
    return this.#builder?.decidedSeq ?? 0;
  }

  get waiting(): number {
    return this.#lanes.size + this.#waitingForQuote.length + this.#keyLookUp.size;
  }

  /** Takes the lease and the state; false while another writer holds the shard. */
  async start(): Promise<boolean> {
    if (!(await this.#takeChain())) {
      this.#status = 'standby';
      return false;
    }
    this.#status = 'writing';
    this.#running = this.#run();
    return true;
  }

  /** Answers what waits, writes the last block, gives the lease back. */
  async stop(): Promise<void> {
    const was = this.#status;
    this.#status = 'stopped';
    this.#pause.end();
    this.#signal();
    await this.#running;
    this.#cancelTimer?.();
    for (const item of this.#takeAllWaiting()) this.#refuse(item, refuse('writer_moving'));
    if (was === 'writing' || was === 'recovering')
      await this.#ports.journal.release(this.shard, this.#epoch).catch(() => undefined);
  }

  /** The writer's one entrance: an encoded envelope in, an encoded answer out, after it is durable. */
  submit(encoded: string): Promise<string> {
    const received = decodeEnvelope(encoded, this.#options);
    if ('code' in received) return Promise.resolve(encodeAnswer({ commandId: '', shard: this.shard, seq: 0, result: received }));
    const { envelope, key } = received;
    const refused = this.#refusedAtDoor(envelope);
    const { promise, resolve } = Promise.withResolvers<string>();
    const item: Waiting = { encoded, envelope, key, since: this.#ports.clock.now(), answer: resolve };
    const known = refused !== null || this.#builder?.keys.has(key) === true;
    const loading = known ? null : (this.#options.load?.(envelope, this.state) ?? null);
    if (refused) this.#refuse(item, refused);
    else if (loading) void this.#takeLoaded(item, loading);
    else if (!this.#lanes.push(item)) this.#refuse(item, refuse('busy', { retryAfterMs: 50 }));
    else {
      if (envelope.lane === 'control') this.#pause.end();
      this.#signal();
    }
    return promise;
  }

  /** A newer quote: waiting bets are tried again. Null: it is on the shared board already. */
  putQuote(quote: Quote | null): void {
    if ((quote === null || this.board.put(quote)) && this.#waitingForQuote.length > 0) this.#signal();
  }

  /** Hash of the state at a committed block, when that is exactly where an idle writer stands; null otherwise. */
  stateHashAt(blockNo: number): string | null {
    const builder = this.#builder;
    if (!builder || this.#busy || this.#committer.busy || builder.committed.blockNo !== blockNo) return null;
    return stateHash(builder.state);
  }

  /** Two folds of one history differ: nothing more is written until a person looks. */
  distrust(reason: string): void {
    this.#goReadOnly(reason, []);
  }

  /** For virtual time: resolves when nothing waits, no timer is due and everything decided is durable, or when `gone` is aborted. */
  async quiesce(gone?: AbortSignal): Promise<void> {
    while (this.#status === 'writing' && gone?.aborted !== true) {
      const due = this.#builder?.timerDue(this.#ports.clock.now()) === true;
      if (this.#lanes.size + this.#keyLookUp.size === 0 && !due && !this.#busy && !this.#committer.busy) return;
      if (due) this.#signal();
      await new Promise(setImmediate);
    }
  }

  #refusedAtDoor({ lane, ledgerId }: Envelope): Refusal | null {
    if (this.#status === 'read_only') return refuse('read_only');
    if (this.#status !== 'writing' && this.#status !== 'recovering') return refuse('writer_moving', { retryAfterMs: 200 });
    if (lane === 'control') return null;
    const oldest = Math.min(this.#lanes.oldestSince('people'), this.#lanes.oldestSince('bots'), this.#lanes.oldestSince('facts'));
    const late = this.#ports.clock.now() - oldest > (this.#options.waitMsMax ?? 2_000);
    return late ? refuse('busy', { retryAfterMs: 100 }) : (this.#options.holdBack?.(lane, ledgerId) ?? null);
  }

  async #run(): Promise<void> {
    for (;;) {
      if (!this.#signalled && this.#status === 'writing') await this.#sleep();
      this.#signalled = false;
      // Under load the next blocks are decided while one commits; otherwise waiting gathers more into one block.
      if (this.#lanes.size < QUEUE_DEEP || this.#controlInFlight || this.#status !== 'writing') {
        await this.#committer.idle();
        if (this.#status === 'writing') await this.#pause.wait();
      }
      if (this.#status === 'stopped' && this.#lanes.size === 0) break;
      if (this.#status === 'fenced' || this.#status === 'read_only') break;
      if (this.#builder) await this.#next(this.#builder);
    }
    await this.#committer.idle();
  }

  async #next(builder: BlockBuilder): Promise<void> {
    this.#busy = true;
    const items = this.#gather(builder);
    let prepared: PreparedBlock | null;
    try {
      prepared = builder.prepare(items, this.#ports.clock.now());
    } catch (error) {
      await this.#committer.idle();
      this.#builder = null; // half a block is folded into it: nobody may read that
      this.#goReadOnly(error, [...items.before, ...items.after]);
      return;
    }
    if (prepared) this.#pause.decided(prepared.answers.length);
    this.#setTimer();
    if (this.#lanes.size > 0 || builder.timerDue(this.#ports.clock.now())) this.#signal();
    if (prepared) await this.#committer.push(builder, prepared);
    this.#busy = false;
    if (this.#committer.busy) await new Promise(setImmediate); // lets the commit in flight go on
  }

  #gather(builder: BlockBuilder): Batch {
    const ready = (items: Waiting[]): Waiting[] => items.filter((item) => this.#isReady(item, builder));
    const lookUp = (item: Waiting): void => this.#keyLookUp.push(item);
    const control = this.#lanes.take('control');
    // Every second block at most, so that a stream of them leaves room for others.
    this.#controlInFlight = control.length > 0 && !this.#controlInFlight;
    if (this.#controlInFlight) return { before: ready(control), after: [], timers: false, lookUp };
    const before = [...control, ...this.#lanes.take('facts')];
    const bots = this.#lanes.take('bots');
    const people = this.#lanes.take('people', this.#lanes.spareOf('bots', bots.length));
    const retried = this.#waitingForQuote;
    this.#waitingForQuote = [];
    return { before: ready(before), after: ready([...retried, ...people, ...bots]), timers: true, lookUp };
  }

  /** False when the command must wait for a key look-up or for a quote, or was answered here. */
  #isReady(item: Waiting, builder: BlockBuilder): boolean {
    const { keys } = builder;
    const now = this.#ports.clock.now();
    const made = item.key.madeAt;
    if (made < now - KEY_LIFE_MS) return this.#refuse(item, refuse('key_expired', { need: now - KEY_LIFE_MS, have: made }));
    // Measured against the stamp: a machine's clock that went back must not make everybody's ids come from the future.
    if (made > builder.nowAt(now) + KEY_AHEAD_MS) {
      return this.#refuse(item, refuse('malformed', { path: '/commandId', need: now, have: made }));
    }
    if (keys.mayHaveDropped(item.key, item.checkedUpTo) && !keys.has(item.key)) {
      this.#keyLookUp.push(item);
      return false;
    }
    return !lacksQuote(this.state, this.board, item.envelope) || keys.has(item.key) || this.#waitForQuote(item, now);
  }

  #waitForQuote(item: Waiting, now: number): false {
    item.quoteDeadline ??= now + (this.#options.quoteWaitMs ?? 50);
    if (now >= item.quoteDeadline || this.#waitingForQuote.length >= QUOTE_WAITS_MAX)
      return this.#refuse(item, refuse('busy', { path: '/cmd/quoteSeq', retryAfterMs: 50 }));
    this.#waitingForQuote.push(item);
    return false;
  }

  #answerAsStored({ answer, envelope }: Waiting, stored: StoredKey): void {
    const { commandId, payloadHash } = envelope;
    const result = stored.payloadHash === payloadHash ? stored.result : refuse('duplicate_key_other_payload');
    answer(encodeAnswer({ commandId, shard: this.shard, seq: stored.seq, result }));
  }

  async #takeLoaded(item: Waiting, loading: Promise<unknown>): Promise<void> {
    try {
      item.loaded = await loading;
      this.#takeLater(item);
    } catch (error) {
      this.#ports.log.warn('writer.not_loaded', { shard: this.shard, error: String(error) });
      this.#refuse(item, refuse('busy', { retryAfterMs: 1_000 }));
    }
  }

  #takeChecked(item: Waiting, upTo: number): void {
    item.checkedUpTo = upTo;
    this.#takeLater(item);
  }

  #takeLater(item: Waiting): void {
    // The shard may have moved on meanwhile, and nobody empties the lanes any more.
    if (this.#status !== 'writing' && this.#status !== 'recovering')
      this.#refuse(item, refuse('writer_moving', { retryAfterMs: 200 }));
    else if (!this.#lanes.push(item)) this.#refuse(item, refuse('busy', { retryAfterMs: 50 }));
    this.#signal();
  }

  /** The outcome of the block is unknown or it was refused: nothing decided since can be trusted. */
  async #recover(error: unknown, lost: readonly PreparedBlock[]): Promise<void> {
    this.#builder = null;
    if (error instanceof FencedError) {
      this.#ports.log.error('writer.fenced', { shard: this.shard, epoch: this.#epoch });
      return this.#end('fenced', lost);
    }
    if (this.#status === 'writing') this.#status = 'recovering';
    this.#ports.log.warn('writer.commit_failed', { shard: this.shard, error: String(error) });
    for (let attempt = 0; ; attempt++) {
      try {
        if (!(await this.#takeChain())) return this.#end('fenced', lost);
        break;
      } catch (failure) {
        this.#ports.log.warn('writer.recover_failed', { shard: this.shard, attempt, error: String(failure) });
        if (this.#status === 'stopped') return this.#end('stopped', lost);
        await new Promise<void>((done) =>
          this.#ports.clock.schedule(this.#ports.clock.now() + Math.min(2_000, 50 * 2 ** attempt), done),
        );
      }
    }
    this.#answerFromJournal(lost);
    if (this.#status === 'recovering') this.#status = 'writing';
    this.#signal();
  }

  /** After reload the journal knows: a command is recorded and gets its answer, or it never happened and may be sent again. */
  #answerFromJournal(lost: readonly PreparedBlock[]): void {
    const keys = (this.#builder as unknown as BlockBuilder).keys;
    for (const { item } of lost.flatMap((block) => block.answers)) {
      const known = keys.find(item.key);
      const { commandId } = item.envelope;
      if (!known) this.#refuse(item, refuse('busy', { retryAfterMs: 20 }));
      else if (!known.samePayload) this.#refuse(item, refuse('duplicate_key_other_payload', { path: '/commandId' }));
      else item.answer(encodeAnswer({ commandId, shard: this.shard, seq: known.seq, result: known.result }));
    }
  }

  #end(status: WriterStatus, lost: readonly PreparedBlock[]): void {
    this.#status = status;
    for (const { item } of lost.flatMap((block) => block.answers)) this.#refuse(item, refuse('outcome_unknown'));
    for (const item of this.#takeAllWaiting()) this.#refuse(item, refuse('writer_moving', { retryAfterMs: 200 }));
    this.#signal();
  }

  /** The state is not to be trusted: nothing more is written until a person looks and restarts. */
  #goReadOnly(error: unknown, items: readonly Waiting[]): void {
    this.#status = 'read_only';
    this.#ports.log.error('writer.read_only', { shard: this.shard, error: String(error) });
    for (const item of [...items, ...this.#takeAllWaiting()]) this.#refuse(item, refuse('read_only'));
  }

  async #takeChain(): Promise<boolean> {
    const { journal, snapshots, log } = this.#ports;
    const head = await journal.acquire(this.shard, this.#options.lease);
    if (!head) return false;
    const keysMax = this.#options.keysMax ?? KEY_WINDOW_MAX;
    const restored = await restore({ journal, snapshots, shard: this.shard, keysMax });
    if (restored.place.blockNo !== head.blockNo || restored.place.hash !== head.hash) {
      throw new Error(`shard ${this.shard}: journal ends at block ${restored.place.blockNo}, its head says ${head.blockNo}`);
    }
    this.#epoch = head.epoch;
    this.#builder = new BlockBuilder({ shard: this.shard, epoch: head.epoch, board: this.board, log }, restored);
    return true;
  }

  #takeAllWaiting(): Waiting[] {
    return [...this.#lanes.drain(), ...this.#waitingForQuote.splice(0), ...this.#keyLookUp.drain()];
  }

  #refuse(item: Waiting, result: Refusal): false {
    item.answer(encodeAnswer({ commandId: item.envelope.commandId, shard: this.shard, seq: 0, result }));
    return false;
  }

  #signal(): void {
    this.#signalled = true;
    this.#wake?.();
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
      this.#setTimer();
    });
  }

  /** Wakes the loop for the next timer or the end of a quote wait. */
  #setTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const due = this.#builder?.nextTimerAt() ?? Number.POSITIVE_INFINITY;
    let at = due;
    for (const item of this.#waitingForQuote) at = Math.min(at, item.quoteDeadline ?? at);
    if (Number.isFinite(at)) this.#cancelTimer = this.#ports.clock.schedule(at, () => this.#signal());
  }
}
