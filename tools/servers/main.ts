// Real servers from the command line: `node tools/servers/main.ts kafka redis postgres` starts them, prints the environment to use as a shell
// reads it, and stops them on Ctrl-C; `node tools/servers/main.ts fetch` only fetches what they need.
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

const STAY_MS = 60_000;

async function fetchPrograms(): Promise<void> {
  const missing = [await missingForKafka(), await missingForRedis()].filter((text) => text !== null);
  if (missing.length > 0) throw new Error(missing.join('\n'));
  console.log(await kafkaJars());
}

async function run(names: readonly string[]): Promise<void> {
  const running: Started[] = [];
  let stopping: Promise<unknown> | null = null;
  const stop = (): Promise<unknown> => (stopping ??= Promise.all(running.map((server) => server.close())));
  // Every time: npx passes on what the terminal has said already, and servers must end and remove their folders first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void stop().finally(() => process.exit()));
  try {
    for (const name of names) {
      const { line, server } = await (SERVERS[name] as NonNullable<(typeof SERVERS)[string]>)();
      running.push(server);
      console.log(`export ${line}`);
    }
    setInterval(() => {}, STAY_MS); // a server that is no child would not keep this process
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
