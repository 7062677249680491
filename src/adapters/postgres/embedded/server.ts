// The PostgreSQL that starts itself. One call gives a server that is ready: started, attached to (another live process owns it) or adopted
// (its owner died). Starting and stopping happen under one lock; the last user out stops the server; nothing of another owner is stopped.
// One data directory belongs to one machine or container: process numbers mean nothing across them.
import { createServer } from 'node:net';
import { attach, countUsers, detach, readFacts, writeFacts } from './attachments.ts';
import { findBinaries, type Binaries } from './binaries.ts';
import { ensureDataDirectory, readSecret } from './data-directory.ts';
import { linkToData, locateData, SYSTEM_DIR, type DataPlace } from './data-place.ts';
import { logIn, resetPassword, serverUrl, tuneNewServer } from './databases.ts';
import { stopAtExit } from './exit-stop.ts';
import { withLock } from './owner-lock.ts';
import {
  cutLog,
  findPostmaster,
  goneWithin,
  launch,
  stopPostmaster,
  waitUntilReady,
  type Postmaster,
  type StartLog,
} from './postmaster.ts';
import { isAlive, ownIdentity } from './process-identity.ts';
import { writeSettings, type Settings } from './settings.ts';
import { DatabaseStartError, diagnoseSystem } from './start-error.ts';

export type EmbeddedOptions = {
  /** The data directory, for example ./data/postgres; its password, lock and log stand beside it. */
  dataDir: string;
  log: StartLog;
  /** A fixed port; without it a free one is chosen and remembered. */
  port?: number;
  /** Settings of the server over the built-in ones. Only the process that launches it applies them. */
  settings?: Settings;
  /** How long recovery may take before start gives up waiting (it goes on by itself). */
  timeoutMs?: number;
  /** Where data and programs go when root starts from a folder that the database's account cannot enter. */
  systemDir?: string;
};

export type EmbeddedServer = {
  url: string;
  /** True when this process launched the server, or adopted it from a dead owner. */
  owned: boolean;
  /** Keeps the file of the server's output from growing for ever: call it now and then, from one process. */
  cutLog(): void;
  /** Leaves the server, and stops it when nobody else uses it. Close connections first. May be called twice. */
  stop(): Promise<void>;
};

const TIMEOUT_MS = 300_000;
const STOPPING_MS = 60_000;
const PORT_ATTEMPTS_MAX = 5;

/** Starts, attaches to or adopts the embedded server of `dataDir`. Throws DatabaseStartError. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const systemDir = options.systemDir ?? SYSTEM_DIR;
  const data = await locateData(options.dataDir, systemDir);
  try {
    const binaries = await findBinaries(data.account, systemDir);
    const start: Start = { data, binaries, options, timeoutMs };
    return await withLock(data.lock, timeoutMs + STOPPING_MS, () => startLocked(start));
  } catch (error) {
    throw diagnoseSystem(error, `starting in ${data.real}`);
  }
}

type Start = { data: DataPlace; binaries: Binaries; options: EmbeddedOptions; timeoutMs: number };
type Running = { server: Postmaster; secret: string; owned: boolean };

async function startLocked(start: Start): Promise<EmbeddedServer> {
  const { data, binaries, options } = start;
  const running = (await joinRunning(start)) ?? (await startFresh(start));
  const user = attach(data);
  if (running.owned) writeFacts(data, { port: running.server.port, owner: ownIdentity() });
  const cancel = stopAtExit(data, user);
  let stopping: Promise<void> | undefined;
  const leave = async (): Promise<void> => {
    detach(data, user);
    cancel();
    if (countUsers(data) === 0) await stopPostmaster(data, binaries, options.log);
  };
  return {
    url: serverUrl(running.server.port, running.secret),
    owned: running.owned,
    cutLog: () => void cutLog(data.log),
    stop: () => (stopping ??= withLock(data.lock, start.timeoutMs, leave)),
  };
}

/** Uses the server that runs already; undefined when there is none, or when it had to be stopped. */
async function joinRunning(start: Start): Promise<Running | undefined> {
  const { data, binaries, options } = start;
  const found = findPostmaster(data.real);
  if (found === undefined) return undefined;
  if (found.status === 'stopping' && (await goneWithin(data.real, STOPPING_MS))) return undefined;
  const { owner } = readFacts(data);
  const ownerLives = owner !== undefined && isAlive(owner);
  try {
    const server = await waitUntilReady(data, { timeoutMs: start.timeoutMs, log: options.log });
    const secret = readSecret(data);
    if ((await logIn(server.port, secret)) === 'in') {
      if (!ownerLives) options.log(`adopted the database server that its owner left running (process ${server.pid})`);
      return { server, secret, owned: !ownerLives };
    }
    options.log(`the running database server does not accept the password in ${data.secret}`);
  } catch (error) {
    if (error instanceof DatabaseStartError && error.code === 'start-timeout') throw error;
    options.log(`the running database server cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (ownerLives || countUsers(data) > 0) throw inUse(data);
  await stopPostmaster(data, binaries, options.log);
  return undefined;
}

async function startFresh(start: Start): Promise<Running> {
  const { data, binaries, options } = start;
  const fresh = await ensureDataDirectory(data, binaries);
  linkToData(data);
  if (fresh) options.log(`made a new database in ${data.real}, run by ${data.account.name}`);
  if (data.real !== data.asked && fresh && data.account.ids) {
    options.log(
      `${data.account.name} cannot enter ${data.asked}, so that is a link; the data and their password live in ${data.real}*`,
    );
  }
  writeSettings(data, options.settings ?? {});
  const secret = readSecret(data);
  let server = await launchOnSomePort(start);
  try {
    if ((await logIn(server.port, secret)) === 'wrong-password') {
      options.log(`the password of the database was lost; setting the one in ${data.secret}`);
      await stopPostmaster(data, binaries, options.log);
      await resetPassword(data, binaries, secret);
      server = await launchOnSomePort(start);
      if ((await logIn(server.port, secret)) === 'wrong-password') throw inUse(data);
    }
    if (fresh) await tuneNewServer(server.port, secret);
  } catch (error) {
    await stopPostmaster(data, binaries, options.log);
    throw error;
  }
  return { server, secret, owned: true };
}

/** A port asked for is used or refused; a remembered one gives way to a free one. */
async function launchOnSomePort(start: Start): Promise<Postmaster> {
  const { data, binaries, options, timeoutMs } = start;
  let port = options.port ?? readFacts(data).port ?? (await freePort());
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(data, binaries, { port, timeoutMs, log: options.log });
    } catch (error) {
      const taken = error instanceof DatabaseStartError && error.code === 'port-in-use';
      if (!taken || options.port !== undefined || attempt >= PORT_ATTEMPTS_MAX) throw error;
      const other = await freePort();
      options.log(`port ${port} is taken by another program; using ${other}`);
      port = other;
    }
  }
}

/** A port of the loopback that nobody uses at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

function inUse(data: DataPlace): DatabaseStartError {
  return new DatabaseStartError({
    code: 'in-use',
    what: `A database server runs in ${data.real} and others use it, but it does not let this process in.`,
    mend: `stop the other Palpite processes and start again; the password belongs in ${data.secret}.`,
  });
}
