// Palpite as an operator runs it: one process with all roles, or many with some each. The same checks hold for both.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEnvironment } from '#roles/environment.ts';
import { openContext, type PlatformContext } from '#roles/context.ts';
import { silentLog } from '#ports/log.ts';
import { freePorts } from '../../tools/servers/child-server.ts';
import { Member } from './member.ts';

/** Who runs what in the scaled-out shape: seven processes. */
export const SPLIT: readonly (readonly string[])[] = [
  ['supplier'],
  ['ingest'],
  ['odds'],
  ['writer', 'opener', 'confirmer'],
  ['project'],
  ['arena'],
  ['gateway'],
];
const READY_MS_MAX = 60_000;
const TOKEN = 'the token of the processes of an e2e test';

export interface ClusterOptions {
  readonly members: readonly (readonly string[])[];
  /** DATABASE_URL, KAFKA_BROKERS, REDIS_URL where the shape has them. */
  readonly env: Readonly<Record<string, string>>;
}

export class Cluster {
  readonly members: readonly Member[];
  readonly url: string;
  readonly #dataDir: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(dataDir: string, port: number, options: ClusterOptions) {
    this.#dataDir = dataDir;
    this.url = `http://127.0.0.1:${port}`;
    this.#env = {
      PALPITE_DATA: dataDir,
      PORT: String(port),
      INTERNAL_TOKEN: TOKEN,
      BOTS: '20',
      SEED: '7',
      ...options.env,
    };
    this.members = options.members.map((roles) => new Member(roles, this.#env));
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(await mkdtemp(join(tmpdir(), 'palpite-e2e-')), await freePort(), options);
    for (const member of cluster.members) member.start();
    await cluster.ready();
    return cluster;
  }

  /** Another process with these roles, to stand by or to share the work. */
  async add(roles: readonly string[]): Promise<Member> {
    const member = new Member(roles, { ...this.#env, PORT: String(await freePort()) });
    (this.members as Member[]).push(member);
    member.start();
    return member;
  }

  with(role: string): Member {
    const member = this.members.find(({ roles }) => roles.length === 0 || roles.includes(role));
    if (!member) throw new Error(`no process runs ${role}`);
    return member;
  }

  /** With `supervised`, a process that ended is started again, as its supervisor would; otherwise it is a fault. */
  async ready(supervised = false): Promise<void> {
    let last = 'no answer';
    for (const end = Date.now() + READY_MS_MAX; Date.now() < end; await sleep(200)) {
      const ended = this.members.find((member) => !member.running);
      if (ended && supervised) ended.start();
      else if (ended) throw new Error(`${ended.name} ended (${ended.exits.join(' ')}):\n${ended.log.slice(-20).join('\n')}`);
      try {
        const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) });
        if (answer.ok) return;
        last = await answer.text();
      } catch (error) {
        last = String(error);
      }
    }
    throw new Error(`not ready after ${READY_MS_MAX} ms: ${last}\n${this.troubles()}`);
  }

  troubles(): string {
    return this.members.map((member) => [`--- ${member.name}`, ...member.troubles].join('\n')).join('\n');
  }

  /** What its processes and the command line beside them are started with. */
  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  /** A look at the same database as the processes. */
  context(): Promise<PlatformContext> {
    return openContext({ environment: readEnvironment(this.#env), log: silentLog, migrate: false });
  }

  /** Stops all in good order, except those with a role that has something left to do. */
  async stop(except?: string): Promise<void> {
    const ending = this.members.filter(({ roles }) => except === undefined || !roles.includes(except));
    await Promise.all(ending.map((member) => member.end('SIGTERM')));
  }

  async remove(): Promise<void> {
    await Promise.all(this.members.map((member) => member.end('SIGKILL')));
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}
