// A real Redis on a free local port without a disk: stop, kill and start again on the same port. What it held is gone then, as in life.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildServer, freePorts } from './child-server.ts';
import { runs } from './programs.ts';

export interface RedisServer {
  /** For REDIS_URL. */
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const START_MS_MAX = 10_000;
const STOP_MS_MAX = 5_000;
const MEMORY_MAX = '256mb';

/** What Redis lacks on this machine, with the mend; null when it can start. */
export async function missingForRedis(): Promise<string | null> {
  return (await runs('redis-server', ['--version'])) ? null : 'Redis needs redis-server: apt-get install redis-server';
}

export async function startRedis(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'palpite-redis-'));
  const [port] = (await freePorts(1)) as [number];
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const limits = ['--maxmemory', MEMORY_MAX, '--maxmemory-policy', 'allkeys-lru'];
  const launch = (): ChildServer =>
    new ChildServer({ command: 'redis-server', args: [...args, ...limits], log: join(folder, 'redis.log') });
  let child: ChildServer | null = null;
  const close = async (): Promise<void> => {
    await child?.kill();
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (): Promise<void> => {
    if (child?.alive) return;
    child = launch();
    await child.untilReady(() => answers(port), START_MS_MAX);
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    stop: async () => child?.stop(STOP_MS_MAX),
    kill: async () => child?.kill(),
    pause: () => child?.signal('SIGSTOP'),
    resume: () => child?.signal('SIGCONT'),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => {});
    socket.once('close', () => resolve(false));
  });
}
