// A process of a bench's own, which is asked one thing at a time: it answers each message with one, and says something first when it is ready.
import { spawn } from 'node:child_process';

export interface BenchChild<Ask, T = unknown> {
  /** What it said when it was ready. */
  readonly first: T;
  ask<A = unknown>(ask: Ask): Promise<A>;
  /** Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface ChildStart {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `name` is how errors call it. */
export async function startChild<Ask, T = unknown>(
  name: string,
  { args, command, env }: ChildStart,
): Promise<BenchChild<Ask, T>> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  let told: { resolve: (answer: unknown) => void; reject: (error: Error) => void } | null = null;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const heard = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      told = { resolve, reject };
    });
  child.on('message', (answer) => told?.resolve(answer));
  child.once('exit', (code) => told?.reject(new Error(`${name} ended with ${code}`)));
  const first = (await heard()) as T;
  return {
    first,
    ask: async <A>(ask: Ask) => {
      const answer = heard();
      child.send(ask as object);
      return (await answer) as A;
    },
    stop: async () => {
      child.kill();
      await gone;
    },
  };
}
