// Real servers from the command line: `node tools/servers/main.ts kafka redis postgres` starts them, prints the environment to use and stops
// them on Ctrl-C; `node tools/servers/main.ts fetch` only fetches what they need.
import { kafkaJars, missingForKafka } from './kafka-jars.ts';
import { startKafka } from './kafka-server.ts';
import { startPostgres } from './postgres-server.ts';
import { missingForRedis, startRedis } from './redis-server.ts';

interface Started {
  close(): Promise<void>;
}

const SERVERS: Readonly<Record<string, () => Promise<{ line: string; server: Started }>>> = {
  kafka: async () => {
    const server = await startKafka();
    return { server, line: `KAFKA_BROKERS=${server.brokers}` };
  },
  redis: async () => {
    const server = await startRedis();
    return { server, line: `REDIS_URL=${server.url}` };
  },
  postgres: async () => {
    const server = await startPostgres();
    return { server, line: `DATABASE_URL=${server.url}` };
  },
};

async function fetchPrograms(): Promise<void> {
  const missing = [await missingForKafka(), await missingForRedis()].filter((text) => text !== null);
  if (missing.length > 0) throw new Error(missing.join('\n'));
  console.log(await kafkaJars());
}

async function run(names: readonly string[]): Promise<void> {
  const running: Started[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(running.splice(0).map((server) => server.close())));
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
  try {
    for (const name of names) {
      const { line, server } = await (SERVERS[name] as NonNullable<(typeof SERVERS)[string]>)();
      running.push(server);
      console.log(line);
    }
    setInterval(() => running.length === 0 && process.exit(), 100);
  } catch (error) {
    await stop();
    throw error;
  }
}

const names = process.argv.slice(2);
const known = names.length > 0 && (names[0] === 'fetch' || names.every((name) => Object.hasOwn(SERVERS, name)));
if (!known) {
  console.error(`usage: node tools/servers/main.ts fetch | ${Object.keys(SERVERS).join(' | ')} ...`);
  process.exitCode = 2;
} else if (names[0] === 'fetch') await fetchPrograms();
else await run(names);
