// A fresh, empty database for one test on a real PostgreSQL. All test processes share one server; the last one out stops it.
// DATABASE_URL_TEST, when set, names another server to make the databases on.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { createDatabase, dropDatabase } from './databases.ts';
import { identify } from './process-identity.ts';
import { startEmbedded, type EmbeddedServer } from './server.ts';

export type TestDatabase = { url: string; name: string; close(): Promise<void>; [Symbol.asyncDispose](): Promise<void> };

const DATA_DIR = fileURLToPath(new URL('../../../../data/test-postgres/postgres', import.meta.url));
const PREFIX = 'test_';

/** Gives an empty database of its own to a test; close() drops it with everything that is still connected to it. */
export async function withTestDatabase(): Promise<TestDatabase> {
  const server = await testServer();
  const name = `${PREFIX}${process.pid}_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(server.url, name);
  let closing: Promise<void> | undefined;
  const drop = async (): Promise<void> => {
    try {
      await dropDatabase(server.url, name);
    } finally {
      await server.stop();
    }
  };
  const close = (): Promise<void> => (closing ??= drop());
  return { url, name, close, [Symbol.asyncDispose]: close };
}

async function testServer(): Promise<EmbeddedServer> {
  const given = process.env['DATABASE_URL_TEST'];
  if (given !== undefined && given !== '') return { url: given, owned: false, cutLog: () => {}, stop: () => Promise.resolve() };
  const server = await startEmbedded({
    dataDir: DATA_DIR,
    log: () => {},
    settings: { max_connections: '200', shared_buffers: '128MB' },
  });
  if (server.owned) await dropLeftovers(server.url);
  return server;
}

/** Databases of test processes that were killed; the process number in the name tells whether somebody may still need it. */
async function dropLeftovers(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query<{ datname: string }>('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [
      PREFIX,
    ]);
    const dead = found.rows.filter(({ datname }) => identify(Number(datname.split('_')[1])) === undefined);
    for (const { datname } of dead) await dropDatabase(url, datname);
  } finally {
    await client.end();
  }
}
