// One process of a cluster under test: the real program with the roles it was given, to be killed, paused and started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const LOG_LINES_KEPT = 400;

export class Member {
  readonly roles: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | null = null;
  /** The newest lines that it printed. */
  readonly log: string[] = [];
  exits: (number | string)[] = [];

  constructor(roles: readonly string[], env: Readonly<Record<string, string>>) {
    this.roles = roles;
    this.#env = env;
  }

  get name(): string {
    return this.roles.join('+') || 'all';
  }

  get running(): boolean {
    return this.#child !== null;
  }

  start(): void {
    // As `npm start` does; see docs/decisions/0010.
    const program = ['--max-semi-space-size=16', '--v8-pool-size=1', join(ROOT, 'bin', 'run.js'), 'src/main.ts'];
    const child = spawn(process.execPath, [...program, ...this.roles], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', LOG_LEVEL: 'info', ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let rest = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        const lines = (rest + data.toString()).split('\n');
        rest = lines.pop() ?? '';
        this.log.push(...lines);
        if (this.log.length > LOG_LINES_KEPT) this.log.splice(0, this.log.length - LOG_LINES_KEPT);
      });
    }
    child.on('exit', (code, signal) => {
      this.exits.push(signal ?? code ?? 0);
      if (this.#child === child) this.#child = null;
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it, in good order or not, and resolves when it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill(signal);
    await exited;
  }

  /** Lines that tell of trouble, newest last. */
  get troubles(): string[] {
    return this.log.filter((line) => !/"level":(?:20|30),/.test(line) && line.trim() !== '').slice(-20);
  }
}
