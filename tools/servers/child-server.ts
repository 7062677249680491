// A server program as a child process: its output goes to a file, it dies with the process that started it (also when that one is killed),
// and an end before it was ready is reported with the last lines it wrote.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly env?: NodeJS.ProcessEnv;
}

const POLL_MS = 50;
const LOG_LINES_SHOWN = 20;

/** Kills the program when the pipe to its parent breaks: a parent that is killed runs no handler of its own. */
const WATCHED = 'exec 3<&0; (cat <&3 >/dev/null; kill -9 $$) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null';

export class ChildServer {
  readonly #program: Program;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #alive = true;

  constructor(program: Program) {
    this.#program = program;
    const out = openSync(program.log, 'a');
    const env = { ...process.env, ...program.env };
    this.#child = spawn('sh', ['-c', WATCHED, 'sh', program.command, ...program.args], { stdio: ['pipe', out, out], env });
    closeSync(out);
    this.#child.stdin?.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      const ended = (): void => {
        this.#alive = false;
        this.#child.stdin?.destroy();
        resolve();
      };
      this.#child.once('exit', ended);
      this.#child.once('error', ended);
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  signal(name: NodeJS.Signals): void {
    if (this.#alive) this.#child.kill(name);
  }

  /** Resolves once `ready` says so; throws when the program ends first or takes longer than `withinMs`. */
  async untilReady(ready: () => Promise<boolean>, withinMs: number): Promise<void> {
    for (const end = Date.now() + withinMs; ; await sleep(POLL_MS)) {
      if (!this.#alive) throw new Error(`${this.#program.command} ended while starting:\n${this.#lastLines()}`);
      if (await ready().catch(() => false)) return;
      if (Date.now() < end) continue;
      await this.kill();
      throw new Error(`${this.#program.command} was not ready within ${withinMs} ms:\n${this.#lastLines()}`);
    }
  }

  /** Asks it to end, and kills it after `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    this.signal('SIGTERM');
    const killer = setTimeout(() => this.signal('SIGKILL'), withinMs);
    await this.#ended;
    clearTimeout(killer);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended;
  }

  #lastLines(): string {
    return readFileSync(this.#program.log, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
  }
}

/** Below what the system gives to outgoing connections: one of those could take a port between its choice and its use. */
const PORTS = { from: 12_000, to: 30_000 };

/** Ports that are free now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((done) => server.close(done));
  return free;
}
