// One door to a PostgreSQL: the embedded server, or the one that DATABASE_URL names, with the shipped schema applied.
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { SHARDS } from '#core/ledger/shard.ts';
import { startEmbedded } from './embedded/server.ts';
import { PROJECTION } from './reads/postgres-projections.ts';
import { migrateUp } from './schema/migrate.ts';

export const MIGRATIONS_DIR = fileURLToPath(new URL('./migrations', import.meta.url));

export interface DatabaseOptions {
  /** Another server than the embedded one. */
  readonly url?: string | undefined;
  /** Where the embedded server keeps its data. */
  readonly dataDir: string;
  readonly log: (message: string) => void;
  readonly migrate?: boolean;
  readonly poolSize?: number;
  readonly settings?: Record<string, string>;
}

export interface Database {
  readonly url: string;
  readonly embedded: boolean;
  readonly pool: pg.Pool;
  /** Connections for appending to chains that have none of their own; made when needed. */
  readonly appenders: pg.Pool;
  /** A connection of one's own, for a hot path. */
  connect(): Promise<pg.Client>;
  /** Of the embedded server: call it now and then, from one process. */
  cutServerLog(): void;
  close(): Promise<void>;
}

/** Chains that commit at the same moment without waiting for each other. */
const APPENDERS_MAX = 8;

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const server = options.url ? null : await startEmbedded(embeddedOptions(options));
  const url = options.url ?? (server as { url: string }).url;
  const pool = new pg.Pool({ connectionString: url, max: options.poolSize ?? 10, application_name: 'palpite' });
  pool.on('error', (error) => options.log(`database connection lost: ${error.message}`));
  const appenders = new pg.Pool({ connectionString: url, max: APPENDERS_MAX, application_name: 'palpite writer' });
  appenders.on('error', (error) => options.log(`writer connection lost: ${error.message}`));
  const clients = new Set<pg.Client>();
  const close = async (): Promise<void> => {
    await Promise.allSettled([...clients].map((client) => client.end()));
    await Promise.all([pool.end(), appenders.end()]);
    await server?.stop();
  };
  try {
    if (options.migrate !== false) await migrateUp(pool, { dir: MIGRATIONS_DIR, log: options.log });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    embedded: server !== null,
    pool,
    appenders,
    async connect() {
      const client = new pg.Client({ connectionString: url, application_name: 'palpite writer' });
      client.on('error', (error) => options.log(`writer connection lost: ${error.message}`));
      await client.connect();
      clients.add(client);
      return client;
    },
    cutServerLog: () => server?.cutLog(),
    close,
  };
}

/** Address of the writer that holds a shard now, or null. */
export async function leaseAddress(pool: pg.Pool, shard: number): Promise<string | null> {
  const { rows } = await pool.query<{ lease_address: string }>(
    `SELECT lease_address FROM chains WHERE shard = $1 AND lease_holder IS NOT NULL AND lease_until > clock_timestamp() AND lease_address <> ''`,
    [shard],
  );
  return rows[0]?.lease_address ?? null;
}

/** How far the read models of a shard are behind its chain. */
export interface ProjectionLag {
  /** Age of the oldest block that they do not have yet, ms. */
  readonly ms: number;
  /** Events that they do not have yet. */
  readonly events: number;
}

/** Of every shard whose read models are behind. */
export async function projectionLags(pool: pg.Pool, now: number): Promise<Map<number, ProjectionLag>> {
  const { rows } = await pool.query<{ shard: number; recorded_at: string; events: string }>(
    `SELECT c.shard, b.recorded_at, c.head_seq - coalesce(p.seq, 0) AS events
     FROM chains c LEFT JOIN projection_positions p ON p.shard = c.shard AND p.projection = $1
     CROSS JOIN LATERAL (SELECT recorded_at FROM blocks WHERE shard = c.shard AND block_no > coalesce(p.block_no, 0) ORDER BY block_no LIMIT 1) b
     WHERE c.shard < $2 AND c.head_block > coalesce(p.block_no, 0)`,
    [PROJECTION, SHARDS],
  );
  return new Map(
    rows.map((row) => [row.shard, { ms: Math.max(0, now - Number(row.recorded_at)), events: Math.max(0, Number(row.events)) }]),
  );
}

/** Newest block of every shard in use. */
export async function shardHeads(pool: pg.Pool): Promise<Map<number, number>> {
  const { rows } = await pool.query<{ shard: number; head_block: string }>(
    'SELECT shard, head_block FROM chains WHERE shard < $1 ORDER BY shard',
    [SHARDS],
  );
  return new Map(rows.map((row) => [row.shard, Number(row.head_block)]));
}

/** Shards of ledgers, runs left out; none in a database that has no schema yet. */
export async function liveShards(pool: pg.Pool): Promise<number[]> {
  const schema = await pool.query<{ chains: string | null }>(`SELECT to_regclass('chains') AS chains`);
  if (schema.rows[0]?.chains === null) return [];
  const { rows } = await pool.query<{ shard: number }>(
    'SELECT shard FROM chains WHERE NOT EXISTS (SELECT FROM runs WHERE runs.shard = chains.shard) ORDER BY shard',
  );
  return rows.map((row) => row.shard);
}

/** The block that the read models of a shard are at, or null. */
export async function projectedBlock(pool: pg.Pool, shard: number): Promise<{ blockNo: number; hash: string } | null> {
  const { rows } = await pool.query<{ block_no: string; block_hash: string }>(
    'SELECT block_no, block_hash FROM projection_positions WHERE shard = $1 ORDER BY block_no LIMIT 1',
    [shard],
  );
  return rows[0] ? { blockNo: Number(rows[0].block_no), hash: rows[0].block_hash } : null;
}

/** Number of the block that holds a seq; 1 when there is none yet. */
export async function blockOfSeq(pool: pg.Pool, shard: number, seq: number): Promise<number> {
  const { rows } = await pool.query<{ block_no: string }>(
    'SELECT block_no FROM blocks WHERE shard = $1 AND first_seq <= $2 ORDER BY block_no DESC LIMIT 1',
    [shard, seq],
  );
  return Number(rows[0]?.block_no ?? 1);
}

function embeddedOptions(options: DatabaseOptions): Parameters<typeof startEmbedded>[0] {
  const { dataDir, log, settings } = options;
  return { dataDir, log, ...(settings ? { settings } : {}) };
}
