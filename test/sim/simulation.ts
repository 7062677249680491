// The whole engine on a virtual clock from one seed: every step acts, injects faults, waits until all is quiet, and compares what is
// stored and folded with a naive model. The same seed gives the same history, event by event.
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { VirtualClock } from '#adapters/memory/virtual-clock.ts';
import { makeRng, pickOne, randomInt, type Rng } from '#core/base/rng.ts';
import type { ShardState } from '#core/kernel/state.ts';
import { ContentDigest } from '#engine/journal/digest.ts';
import type { Answer } from '#engine/envelope.ts';
import { Follower } from '#engine/journal/follower.ts';
import { verifyChain } from '#engine/journal/journal-verify.ts';
import { Projector } from '#engine/projections/projector.ts';
import { keysOf } from '#engine/journal/stored-keys.ts';
import { stateHash } from '#engine/state/snapshot.ts';
import { Writer } from '#engine/writer.ts';
import type { Log } from '#ports/log.ts';
import { silentLog } from '#ports/log.ts';
import { SimOracle } from './sim-oracle.ts';
import { type AppendFate, ProcessJournal, SimProjections, SimSnapshots, SkewedClock } from './sim-ports.ts';
import { type Sent, SimWorld } from './sim-world.ts';

const SHARD = 5;
const START = 1_750_000_000_000;
const LEASE_MS = 10_000;
/** Few, so that keys leave the memory window and are looked up in the journal. */
const KEYS_MAX = 48;
const QUOTE_WAITS_MAX = 20;
const RETRY = new Set(['busy', 'writer_moving', 'outcome_unknown']);

export interface SimOptions {
  readonly seed: number;
  readonly steps: number;
  readonly onStep?: (step: number) => void;
}

export interface SimReport {
  readonly seed: number;
  readonly steps: number;
  readonly blocks: number;
  readonly events: number;
  readonly commands: number;
  readonly bets: number;
  readonly settled: number;
  /** Decisions and payouts that the model foretold. */
  readonly predicted: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly answers: Readonly<Record<string, number>>;
  readonly contentDigest: string;
  readonly virtualSeconds: number;
}

/** The engine and the model disagree, or something that must hold does not. */
export class SimulationFailed extends Error {
  override readonly name = 'SimulationFailed';
}

interface Process {
  readonly journal: ProcessJournal;
  readonly clock: SkewedClock;
  readonly writer: Writer;
}

export class Simulation {
  readonly #options: SimOptions;
  readonly #clock = new VirtualClock(START);
  readonly #store = new MemoryJournal(() => this.#clock.now());
  readonly #world: SimWorld;
  readonly #chaos: Rng;
  readonly #oracle = new SimOracle();
  readonly #snapshots = new SimSnapshots();
  readonly #projections = new SimProjections();
  readonly #sent = new Map<string, Sent>();
  readonly #recorded = new Map<string, { seq: number; result: Answer['result'] }>();
  readonly #faults: Record<string, number> = {};
  readonly #answers: Record<string, number> = {};
  readonly #log: Log = { ...silentLog, error: (event, fields) => this.#onError(event, fields) };
  #problems: string[] = [];
  #projector = this.#newProjector();
  #process: Process | null = null;
  #processes = 0;
  #step = 0;

  constructor(options: SimOptions) {
    this.#options = options;
    this.#world = new SimWorld(makeRng(options.seed, 'world'), () => this.#clock.now());
    this.#chaos = makeRng(options.seed, 'chaos');
  }

  async run(): Promise<SimReport> {
    const { steps } = this.#options;
    await this.#startProcess();
    for (const sent of this.#world.opening()) await this.#submitAll([this.#keep(sent)]);
    for (this.#step = 1; this.#step <= steps; this.#step++) {
      await this.#oneStep();
      this.#options.onStep?.(this.#step);
    }
    await this.#finish();
    return this.#report();
  }

  async #oneStep(): Promise<void> {
    await this.#disturb();
    const batch = [...this.#world.facts(), ...this.#world.requests(this.#oracle.halted)].map((sent) => this.#keep(sent));
    const { writer } = this.#live;
    // The newest prices reach the writer late one time in five: bets on them have to wait.
    const late = this.#chaos() < 0.2;
    if (!late) this.#putQuotes(writer);
    await this.#submitAll(this.#shuffled([...batch, ...this.#repeats()]), late);
    await this.#askWrongly();
    await this.#pass(randomInt(this.#chaos, 0, 500));
    if (this.#chaos() < 0.3) await this.#project();
    if (this.#step % 40 === 0) await this.#compareFolds();
  }

  /** Faults of this step, drawn from the seed. */
  async #disturb(): Promise<void> {
    const { clock, journal, writer } = this.#live;
    const draw = this.#chaos();
    if (clock.skewMs !== 0 && this.#chaos() < 0.25) clock.skewMs = 0;
    if (draw < 0.12) {
      const fate = pickOne<AppendFate>(this.#chaos, ['fails-before', 'fails-after', 'dies-before', 'dies-after']);
      for (let i = randomInt(this.#chaos, 0, 1); i > 0; i--) journal.fates.push('works');
      journal.fates.push(fate);
      this.#count(fate);
    } else if (draw < 0.14) {
      this.#count('restart');
      await writer.stop();
      await this.#startProcess();
    } else if (draw < 0.16) {
      await this.#replaceWriter();
    } else if (draw < 0.19 && clock.skewMs === 0) {
      clock.skewMs = pickOne(this.#chaos, [-60_000, -3_000, -500, 800, 4_000, 20_000]);
      this.#count('clock jump');
    } else if (draw < 0.22) {
      this.#snapshots.damaged = true;
      this.#count('damaged snapshot');
    }
  }

  /** Another process takes over after the lease; the old one lives on and must not be able to write. */
  async #replaceWriter(): Promise<void> {
    this.#count('takeover');
    const old = this.#live;
    await this.#pass(LEASE_MS + 1);
    if (old !== this.#process) return; // it died on a timer meanwhile
    await this.#startProcess('the old one lives on');
    const before = await this.#store.head(SHARD);
    const orphans = this.#world.requests().map((sent) => this.#keep(sent));
    this.#putQuotes(old.writer);
    const answers = Promise.all(orphans.map((sent) => old.writer.submit(sent.encoded)));
    await this.#quiet(old);
    await this.#endQuoteWaits(old);
    // It may die of the block that it tries to write: then nobody is answered.
    for (const answer of await Promise.race([answers, old.journal.died.then(() => [])])) {
      const { result } = JSON.parse(answer) as Answer;
      if (result === 'done' || (!RETRY.has(result.code) && result.code !== 'malformed'))
        this.#fail(`a replaced writer answered ${answer}`);
    }
    const after = await this.#store.head(SHARD);
    if (before?.hash !== after?.hash) this.#fail('a replaced writer moved the head');
    old.journal.kill();
  }

  /** Submits in the given order, waits for every answer (or the end of the process) and checks what was stored. */
  async #submitAll(batch: readonly Sent[], late = false): Promise<void> {
    const process = this.#live;
    const answers = batch.map((sent) => process.writer.submit(sent.encoded).then((answer) => this.#take(sent, answer)));
    await this.#quiet(process);
    if (late && !process.journal.dead) {
      this.#putQuotes(process.writer);
      await this.#quiet(process);
    }
    await this.#endQuoteWaits(process);
    await Promise.race([Promise.all(answers), process.journal.died]);
    await this.#quiet(process);
    await this.#afterwards(process);
  }

  /** The quote never came. Not done in one step: a bet whose key had to be looked up first begins to wait when others give up. */
  async #endQuoteWaits(process: Process): Promise<void> {
    for (let i = 0; i < QUOTE_WAITS_MAX && !process.journal.dead && process.writer.waiting > 0; i++) {
      this.#clock.advance(this.#clock.now() + 60);
      await this.#quiet(process);
    }
    if (!process.journal.dead && process.writer.waiting > 0) this.#fail('a bet waits for its quote for ever');
  }

  /** Waits until the writer has nothing left to do but wait for time or for a quote. */
  async #quiet({ journal, writer }: Process): Promise<void> {
    for (let calm = 0; calm < 3 && !journal.dead; calm++) {
      await Promise.race([writer.quiesce(journal.gone), journal.died]);
      if (writer.status === 'recovering') calm = -1;
      await new Promise(setImmediate);
    }
  }

  async #afterwards(process: Process): Promise<void> {
    if (process.journal.dead) await this.#startProcess();
    const { status } = this.#live.writer;
    if (status !== 'writing') this.#fail(`the writer is ${status}`);
    await this.#check();
  }

  /** Time goes by; timers fire. */
  async #pass(ms: number): Promise<void> {
    const process = this.#live;
    this.#clock.advance(this.#clock.now() + ms);
    await this.#quiet(process);
    await this.#afterwards(process);
  }

  async #startProcess(old: 'the old one is dead' | 'the old one lives on' = 'the old one is dead'): Promise<void> {
    const before = this.#process;
    if (old === 'the old one is dead') before?.journal.kill();
    const skewMs = before?.clock.skewMs ?? 0;
    const clock = new SkewedClock(this.#clock);
    clock.skewMs = skewMs;
    const journal = new ProcessJournal(this.#store);
    const lease = { holder: `process ${this.#processes++}`, address: '', ttlMs: LEASE_MS };
    const writer = new Writer(
      { shard: SHARD, lease, keysMax: KEYS_MAX },
      { journal, snapshots: this.#snapshots, clock, log: this.#log },
    );
    this.#process = { journal, clock, writer };
    while (!(await writer.start())) this.#clock.advance(this.#clock.now() + 1_000); // the dead one's lease runs out
    this.#putQuotes(writer);
    await this.#quiet(this.#process);
  }

  #putQuotes(writer: Writer): void {
    for (const quote of this.#world.quotes.values()) writer.putQuote(quote);
  }

  #keep(sent: Sent): Sent {
    this.#sent.set(sent.commandId, sent);
    return sent;
  }

  /** What has no answer goes again; a few that have one are asked twice; some come twice in one batch. */
  #repeats(): Sent[] {
    const all = [...this.#sent.values()].slice(-400);
    const open = all.filter((sent) => sent.answer === null);
    const again = Array.from({ length: randomInt(this.#chaos, 0, 3) }, () => pickOne(this.#chaos, all));
    return this.#chaos() < 0.5 ? [...open, ...again] : [...open, ...again, ...open.slice(0, 2)];
  }

  #shuffled<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = randomInt(this.#chaos, 0, i);
      [items[i], items[j]] = [items[j] as T, items[i] as T];
    }
    return items;
  }

  /** Keys used for something else, and keys too old. */
  async #askWrongly(): Promise<void> {
    const process = this.#live;
    if (this.#chaos() > 0.1) return;
    const answered = [...this.#sent.values()].filter((sent) => sent.answer !== null);
    const wrong: [string, string][] = [[this.#world.expired().encoded, 'key_expired']];
    if (answered.length > 0)
      wrong.push([this.#world.otherPayload(pickOne(this.#chaos, answered)), 'duplicate_key_other_payload']);
    for (const [encoded, code] of wrong) {
      const answer = await Promise.race([process.writer.submit(encoded), process.journal.died.then(() => null)]);
      if (answer === null) break;
      const { result } = JSON.parse(answer) as Answer;
      if (result === 'done' || (result.code !== code && !RETRY.has(result.code)))
        this.#fail(`${code} expected, answered ${answer}`);
    }
    await this.#quiet(process);
    await this.#afterwards(process);
  }

  #take(sent: Sent, answer: string): void {
    const { result } = JSON.parse(answer) as Answer;
    const code = result === 'done' ? 'done' : result.code;
    this.#answers[code] = (this.#answers[code] ?? 0) + 1;
    // A caller whose clock is ahead of the machine's asks again later, like one who was told to wait.
    if (RETRY.has(code) || (result !== 'done' && result.path === '/commandId')) return;
    if (sent.answer !== null && sent.answer !== answer)
      this.#problems.push(`${sent.commandId} was answered ${sent.answer}, and then ${answer}`);
    sent.answer ??= answer;
  }

  /** New blocks go to the model; then model, state and answers must agree. */
  async #check(): Promise<void> {
    for (const block of await this.#store.read(SHARD, this.#oracle.blocks + 1, 100_000)) {
      for (const key of keysOf(block)) {
        if (this.#recorded.has(key.commandId)) this.#problems.push(`${key.commandId} is in the journal twice`);
        this.#recorded.set(key.commandId, key);
      }
      this.#problems.push(...this.#oracle.add(block));
    }
    this.#problems.push(...this.#differences());
    if (this.#problems.length > 0) this.#fail(this.#problems.slice(0, 5).join('\n'));
  }

  #differences(): string[] {
    const found: string[] = [];
    const ledger = this.#live.writer.state?.ledgers.get('main');
    for (const row of ledger?.accounts.rows() ?? []) {
      const want = this.#oracle.fold.balance(row.path);
      if (BigInt(row.balanceMinor) !== want)
        found.push(`${row.path} is ${row.balanceMinor} in the state and ${want} in the model`);
    }
    if (ledger && ledger.bets.size !== this.#oracle.openBets)
      found.push(`${ledger.bets.size} open bets in the state, ${this.#oracle.openBets} in the model`);
    for (const sent of this.#sent.values()) {
      if (sent.answer === null) continue;
      const { result, seq } = JSON.parse(sent.answer) as Answer;
      const stored = this.#recorded.get(sent.commandId);
      const same = stored && stored.seq === seq && JSON.stringify(stored.result) === JSON.stringify(result);
      if (!same) found.push(`${sent.commandId} was answered ${sent.answer}, the journal has ${JSON.stringify(stored)}`);
    }
    return found;
  }

  /** The read models catch up, across restarts and broken connections. */
  async #project(): Promise<void> {
    if (this.#chaos() < 0.2) {
      this.#projector = this.#newProjector();
      this.#count('projector restart');
    }
    if (this.#chaos() < 0.05) {
      await this.#projections.reset();
      this.#projector = this.#newProjector();
      this.#count('projection rebuild');
    }
    if (this.#chaos() < 0.3) {
      this.#projections.fate = pickOne(this.#chaos, ['before', 'after']);
      this.#count('projection fault');
    }
    await this.#projector.catchUp().catch(() => this.#projector.catchUp());
    const { fold } = this.#oracle;
    for (const [holder, [available, held]] of this.#projections.wallets) {
      const want = [fold.balance(`player:${holder}:available`), fold.balance(`player:${holder}:held`)];
      if (BigInt(available) !== want[0] || BigInt(held) !== want[1])
        this.#fail(`wallet ${holder} is ${available} ${held}, the model says ${want.join(' ')}`);
    }
    for (const [betId, bet] of fold.bets) {
      const row = this.#projections.bets.get(betId);
      if (row?.status !== bet.status || row.returnMinor !== bet.returnMinor)
        this.#fail(`${betId} is ${JSON.stringify(row)}, the model says ${JSON.stringify(bet)}`);
    }
    if (this.#projections.entries !== fold.entries)
      this.#fail(`${this.#projections.entries} entries, the model has ${fold.entries}`);
  }

  /** Writer, follower (from a snapshot) and a fold from the first block give one state. */
  async #compareFolds(): Promise<void> {
    const state = this.#live.writer.state as ShardState;
    const hash = stateHash(state);
    for (const snapshots of [this.#snapshots, new SimSnapshots()]) {
      const follower = new Follower({ shard: SHARD }, { journal: this.#store, snapshots, log: this.#log });
      await follower.start(0);
      await follower.finish(0);
      if (snapshots.saved?.stateHash !== hash && !this.#snapshots.damaged)
        this.#fail('the follower has another state than the writer');
    }
  }

  async #finish(): Promise<void> {
    const { journal } = this.#live;
    journal.fates.length = 0;
    this.#live.clock.skewMs = 0;
    await this.#pass(40_000); // stamps that ran ahead are caught up with, results come in
    await this.#submitAll(this.#world.facts().map((sent) => this.#keep(sent)));
    for (let round = 0; round < 5; round++) {
      const open = [...this.#sent.values()].filter((sent) => sent.answer === null);
      if (open.length === 0) break;
      this.#world.renew([...this.#oracle.fold.markets].flatMap(([id, market]) => (market.status === 'open' ? [id] : [])));
      this.#putQuotes(this.#live.writer);
      await this.#submitAll(open);
      await this.#pass(5_000);
    }
    const open = [...this.#sent.values()].filter((sent) => sent.answer === null);
    if (open.length > 0) this.#fail(`${open.length} commands never got an answer, such as ${open[0]?.encoded}`);
    await this.#compareFolds();
    const { fault } = await verifyChain(this.#store, SHARD, { decideAgain: true });
    if (fault) this.#fail(`block ${fault.blockNo}, seq ${fault.seq}: ${fault.what}`);
  }

  async #report(): Promise<SimReport> {
    const digest = new ContentDigest('main');
    const blocks = await this.#store.read(SHARD, 1, Number.MAX_SAFE_INTEGER);
    for (const block of blocks) digest.addBlock(block);
    const { fold, predicted } = this.#oracle;
    const settled = [...fold.bets.values()].filter((bet) => bet.status === 'settled').length;
    return {
      seed: this.#options.seed,
      steps: this.#options.steps,
      blocks: blocks.length,
      events: digest.events,
      commands: this.#sent.size,
      bets: fold.bets.size,
      settled,
      predicted,
      faults: this.#faults,
      answers: this.#answers,
      contentDigest: digest.digest(),
      virtualSeconds: Math.round((this.#clock.now() - START) / 1000),
    };
  }

  get #live(): Process {
    return this.#process as Process;
  }

  #newProjector(): Projector {
    return new Projector(
      { shard: SHARD, batchEventsMax: 50 },
      { journal: this.#store, projections: this.#projections, log: silentLog },
    );
  }

  #count(fault: string): void {
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
  }

  #onError(event: string, fields?: object): void {
    if (event !== 'writer.fenced') this.#problems.push(`${event} ${JSON.stringify(fields ?? {})}`);
  }

  #fail(what: string): never {
    throw new SimulationFailed(`seed ${this.#options.seed}, step ${this.#step}: ${what}`);
  }
}
