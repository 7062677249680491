// `palpite doctor`: looks at what an installation needs, one finding a line, each with its mend.
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { silentLog } from '#ports/log.ts';
import { orphanedData } from '#adapters/postgres/embedded/data-place.ts';
import { kafkaFault } from '#adapters/kafka/kafka-ping.ts';
import { backups, diskSpace } from './backup/backup-findings.ts';
import { openContext } from './context.ts';
import { checkEnvironment, type Environment } from './environment.ts';
import { migrationsOf } from './journal-tools.ts';
import { MAIN_SHARD } from './ledgers.ts';

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
  readonly mend?: string;
}

const NODE_MIN = [24, 12] as const;

export async function examine(): Promise<Finding[]> {
  const findings: Finding[] = [nodeVersion()];
  const { faults, values, warnings } = checkEnvironment(process.env);
  const said = [...faults, ...warnings].map((f) => `${f.name} ${f.message}`).join('; ');
  findings.push({
    name: 'environment',
    ok: faults.length === 0,
    text: said || 'sound',
    mend: 'npx palpite config check lists every setting',
  });
  if (!values) return findings;
  findings.push(
    await dataFolder(values),
    await diskSpace(values),
    leftovers(),
    ...(await kafka(values)),
    ...(await database(values)),
  );
  return findings;
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  return { name: 'node', ok, text: process.version, mend: 'npm ci installs the pinned Node' };
}

async function dataFolder(environment: Environment): Promise<Finding> {
  const { dataDir } = environment;
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
    return { name: 'data folder', ok: true, text: dataDir };
  } catch (error) {
    return {
      name: 'data folder',
      ok: false,
      text: String((error as Error).message),
      mend: 'set PALPITE_DATA to a folder that can be written',
    };
  }
}

/** A deleted project folder leaves its database behind when that lives elsewhere. */
function leftovers(): Finding {
  const orphans = orphanedData();
  const text = orphans.length === 0 ? 'none' : `${orphans.length} database(s) that no folder leads to: ${orphans.join(' ')}`;
  return {
    name: 'leftovers',
    ok: orphans.length === 0,
    text,
    mend: 'see origin.txt in each: if the project was moved, start it once from where it is now; delete what nobody needs',
  };
}

async function kafka({ KAFKA_BROKERS: brokers }: Environment): Promise<Finding[]> {
  if (brokers === undefined) return [];
  const fault = await kafkaFault({ brokers });
  const mend = 'start the brokers that KAFKA_BROKERS names, or name those that run';
  return [{ name: 'kafka', ok: fault === null, text: fault ?? brokers, mend }];
}

async function database(environment: Environment): Promise<Finding[]> {
  try {
    const context = await openContext({ environment, log: silentLog, migrate: false });
    try {
      const schema = await migrationsOf(context, 'status');
      const writer = await context.writerAddress(MAIN_SHARD);
      const { rows } = await context.database.pool.query<{ fsync: string; sync: string }>(
        `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync`,
      );
      const durable = rows[0]?.fsync === 'on' && rows[0].sync !== 'off';
      return [
        { name: 'database', ok: true, text: context.database.embedded ? 'embedded PostgreSQL' : 'DATABASE_URL' },
        {
          name: 'durability',
          ok: durable,
          text: `fsync ${rows[0]?.fsync}, synchronous_commit ${rows[0]?.sync}`,
          mend: 'turn both on: answers promise durability',
        },
        {
          name: 'schema',
          ok: schema.state === 'current' || schema.state === 'behind',
          text: `${schema.databaseVersion} of ${schema.shippedVersion}, ${schema.state}`,
          mend: schema.fault ?? 'npx palpite migrate up',
        },
        ...(await backups(context, context.clock.now())),
        writer ? { name: 'server', ok: true, text: `running, writer at ${writer}` } : await portFree(environment),
      ];
    } finally {
      await context.close();
    }
  } catch (error) {
    const mend = error instanceof Error && 'mend' in error ? String(error.mend) : 'see docs/operating.md';
    return [{ name: 'database', ok: false, text: (error as Error).message, mend }];
  }
}

function portFree({ HOST, PORT }: Environment): Promise<Finding> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) =>
      resolve({ name: 'port', ok: false, text: `${HOST}:${PORT} ${error.message}`, mend: 'set PORT to a free port' }),
    );
    server.listen(PORT, HOST, () => server.close(() => resolve({ name: 'port', ok: true, text: `${HOST}:${PORT} is free` })));
  });
}
