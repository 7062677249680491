// A throw-away PostgreSQL of its own, for tests that stop, kill and restart a server; the shared test database is not for that.
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbedded, type EmbeddedServer } from '../../src/adapters/postgres/embedded/server.ts';
import { freePorts } from './child-server.ts';

export interface PostgresServer {
  /** For DATABASE_URL; the same after a restart. */
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** kill -9 of the postmaster; the data stays and is recovered by the next start. */
  kill(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const GONE_MS_MAX = 10_000;
const POLL_MS = 20;

export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'palpite-postgres-'));
  await chmod(folder, 0o755); // root's server runs as another account, which must be able to enter
  const dataDir = join(folder, 'postgres');
  const [port] = (await freePorts(1)) as [number];
  const launch = (): Promise<EmbeddedServer> =>
    startEmbedded({ dataDir, log: () => {}, port, settings: { max_connections: '200', shared_buffers: '128MB' } });
  let server: EmbeddedServer | null = await launch();
  const stop = async (): Promise<void> => {
    const stopping = server;
    server = null;
    await stopping?.stop();
  };
  const close = async (): Promise<void> => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    url: server.url,
    start: async () => void (server ??= await launch()),
    stop,
    kill: async () => {
      await killPostmaster(dataDir);
      await stop();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function killPostmaster(dataDir: string): Promise<void> {
  const pid = Number((await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  for (const end = Date.now() + GONE_MS_MAX; Date.now() < end; await sleep(POLL_MS)) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
  }
  throw new Error(`the postmaster ${pid} did not end within ${GONE_MS_MAX} ms of being killed`);
}
