// The parent's handle on one writing process: starts it, feeds it from the load, and sees it die.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CrashLoad, Sent } from './crash-load.ts';
import type { CrashOrders, FromWriter, ToWriter } from './writer-process.ts';

const SCRIPT = fileURLToPath(new URL('./writer-process.ts', import.meta.url));
/** Commands under way at a time. */
const WINDOW = 64;

export class WriterChild {
  readonly exited: Promise<NodeJS.Signals | null>;
  readonly ready: Promise<number>;
  answers = 0;
  readonly #process: ChildProcess;
  readonly #load: CrashLoad;
  readonly #under = new Set<string>();
  #isReady: (epoch: number) => void = () => undefined;
  #feeding = false;
  /** Bets are made up while it feeds; without, only what is queued is sent. */
  #making = true;

  constructor(orders: CrashOrders, load: CrashLoad) {
    this.#load = load;
    const { NODE_TEST_CONTEXT: _, ...own } = process.env;
    const env = { ...own, CRASH_ORDERS: JSON.stringify(orders) };
    this.#process = fork(SCRIPT, [], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.ready = new Promise((resolve) => (this.#isReady = resolve));
    this.exited = new Promise((resolve) =>
      this.#process.on('exit', (code, signal) => resolve(code === 0 ? null : (signal ?? 'SIGABRT'))),
    );
    this.#process.on('message', (message: FromWriter) => this.#take(message));
    this.#process.on('error', () => undefined); // a message to a process that just died
  }

  /** Sends what is queued and, unless it only drains, goes on making bets. */
  feed(options: { making: boolean } = { making: true }): void {
    this.#feeding = true;
    this.#making = options.making;
    for (const quote of this.#load.quotes()) this.#send({ type: 'quote', quote });
    this.#pump();
  }

  pause(): void {
    this.#feeding = false;
  }

  get idle(): boolean {
    return this.#under.size === 0 && this.#load.queue.length === 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Asks it to end in good order; null when it did. */
  async stop(): Promise<NodeJS.Signals | null> {
    this.#send({ type: 'stop' });
    return this.exited;
  }

  #take(message: FromWriter): void {
    if (message.type === 'ready') return this.#isReady(message.epoch);
    if (message.type === 'error') return void this.#load.faults.push(message.what);
    this.answers++;
    this.#under.delete(message.id);
    const outcome = this.#load.take(message.id, message.answer);
    if (outcome === 'again') setTimeout(() => this.#pump(), 20);
    else this.#pump();
  }

  #pump(): void {
    while (this.#feeding && this.#under.size < WINDOW) {
      if (this.#load.queue.length === 0 && this.#making) this.#load.addBet();
      const next = this.#load.queue.shift();
      if (!next) return;
      this.#submit(next);
    }
  }

  #submit(sent: Sent): void {
    sent.times++;
    this.#under.add(sent.commandId);
    this.#send({ type: 'command', id: sent.commandId, encoded: sent.encoded });
  }

  #send(message: ToWriter): void {
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }
}
