// The two shapes in which Palpite runs, for benches that measure both: one process, and processes over Kafka, Redis and PostgreSQL of their own.
import { Cluster } from '../test/e2e/cluster.ts';
import { startKafka } from '../tools/servers/kafka-server.ts';
import { startPostgres } from '../tools/servers/postgres-server.ts';
import { startRedis } from '../tools/servers/redis-server.ts';

export type Shape = 'one' | 'kafka';
const SHAPES: readonly Shape[] = ['one', 'kafka'];

/** `--shape=one` or `--shape=kafka` measures only that one. */
export function shapesIn(args: readonly string[]): readonly Shape[] {
  const wanted = args.find((arg) => arg.startsWith('--shape='))?.slice('--shape='.length);
  if (wanted !== undefined && !SHAPES.includes(wanted as Shape))
    throw new Error(`--shape=${wanted}: there are ${SHAPES.join(' and ')}`);
  return SHAPES.filter((shape) => wanted === undefined || shape === wanted);
}

export interface Running {
  readonly cluster: Cluster;
  close(): Promise<void>;
}

/** Scaled out, who answers people runs apart from who decides; the rest keeps to as few processes as this machine has cores. */
const SPLIT = [['gateway'], ['project', 'writer', 'opener', 'arena', 'odds', 'supplier', 'ingest']];

export async function startShape(shape: Shape, env: Readonly<Record<string, string>>): Promise<Running> {
  if (shape === 'one') {
    const cluster = await Cluster.start({ members: [[]], env });
    // In good order: an embedded database outlives a process that is killed.
    return { cluster, close: () => cluster.stop().finally(() => cluster.remove()) };
  }
  const kafka = await startKafka();
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const servers = { DATABASE_URL: postgres.url, KAFKA_BROKERS: kafka.brokers, REDIS_URL: redis.url };
  const closeServers = async (): Promise<void> => {
    await Promise.all([kafka.close(), redis.close(), postgres.close()]);
  };
  try {
    const cluster = await Cluster.start({ members: SPLIT, env: { ...env, ...servers } });
    return { cluster, close: () => cluster.remove().finally(closeServers) };
  } catch (error) {
    await closeServers();
    throw error;
  }
}
