// A real Kafka broker of one node (KRaft) on free local ports with a data folder of its own: stop, kill and start again on the same ports and data.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Admin } from '@platformatic/kafka';
import { ChildServer, freePorts } from './child-server.ts';
import { kafkaJars } from './kafka-jars.ts';

export interface KafkaServer {
  /** For KAFKA_BROKERS. */
  readonly brokers: string;
  start(): Promise<void>;
  /** An orderly stop; the data stays. */
  stop(): Promise<void>;
  /** kill -9; the data stays. */
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends it and removes its data. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 15_000;
const HEAP = ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

const ATTEMPTS = 3;

/** Another program may take a port between its choice and its use, and a busy machine may be too slow: it is tried again with other ports. */
export async function startKafka(): Promise<KafkaServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      console.error(`Kafka did not start (attempt ${attempt}): ${String(error)}`);
    }
  }
}

async function startOnce(): Promise<KafkaServer> {
  const jars = await kafkaJars();
  const folder = await mkdtemp(join(tmpdir(), 'palpite-kafka-'));
  const [port, controllerPort] = (await freePorts(2)) as [number, number];
  await writeFile(join(folder, 'server.properties'), properties(folder, port, controllerPort));
  await writeFile(join(folder, 'log4j2.properties'), LOGGING);
  const java = [...HEAP, `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`, '-cp', join(jars, '*')];
  const config = join(folder, 'server.properties');
  const clusterId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
  await promisify(execFile)('java', [...java, 'kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', config]);
  const launch = (): ChildServer =>
    new ChildServer({ command: 'java', args: [...java, 'kafka.Kafka', config], log: join(folder, 'kafka.log') });
  return new LocalKafka(`127.0.0.1:${port}`, folder, launch).started();
}

class LocalKafka implements KafkaServer {
  readonly brokers: string;
  readonly #folder: string;
  readonly #launch: () => ChildServer;
  #child: ChildServer | null = null;

  constructor(brokers: string, folder: string, launch: () => ChildServer) {
    this.brokers = brokers;
    this.#folder = folder;
    this.#launch = launch;
  }

  async started(): Promise<this> {
    await this.start();
    return this;
  }

  async start(): Promise<void> {
    if (this.#child?.alive) return;
    this.#child = this.#launch();
    await this.#child.untilReady(() => answers(this.brokers), START_MS_MAX);
  }

  async stop(): Promise<void> {
    await this.#child?.stop(STOP_MS_MAX);
  }

  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  pause(): void {
    this.#child?.signal('SIGSTOP');
  }

  resume(): void {
    this.#child?.signal('SIGCONT');
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Ready is when it answers as a broker that leads: an open port says nothing. */
async function answers(brokers: string): Promise<boolean> {
  const admin = new Admin({ clientId: 'palpite-ready', bootstrapBrokers: [brokers], retries: 0, timeout: 2_000 });
  try {
    await admin.listTopics();
    return true;
  } finally {
    await admin.close().catch(() => {});
  }
}

function properties(folder: string, port: number, controllerPort: number): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `log.dirs=${join(folder, 'data')}`,
    'auto.create.topics.enable=false',
    'default.replication.factor=1',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    // After a kill the broker's old registration must lapse before the new one is let in.
    'broker.session.timeout.ms=2000',
    'broker.heartbeat.interval.ms=500',
    'num.network.threads=2',
    'num.io.threads=2',
    'log.cleaner.dedupe.buffer.size=4194304',
    '',
  ].join('\n');
}

const LOGGING = `rootLogger.level=WARN
rootLogger.appenderRef.stdout.ref=stdout
appender.stdout.type=Console
appender.stdout.name=stdout
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=%d %p %c{1} %m%n
`;
