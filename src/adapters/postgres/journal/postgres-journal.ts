// The durable journal. The chain row is the only authority: an append is one statement that must match epoch and head exactly.
import pg from 'pg';
import { assert } from '#core/base/assert.ts';
import { type Block, type ChainHead, FencedError, type Journal, KEY_RANGE_MS_MAX, type Lease } from '#ports/journal.ts';
import { failpoint } from '#engine/failpoint.ts';
import { copyRows, integer, text } from './copy-rows.ts';

/**
 * A connection of its own keeps the hot path free of pool waits. A lost one is made again when the chain is taken again. Chains that seldom grow
 * may share a pool of them instead: then nothing stays open for an idle one.
 */
export class PostgresJournal implements Journal {
  #client: pg.Client | pg.Pool;
  #lost = false;
  readonly #pool: pg.Pool;
  readonly #connect: () => Promise<pg.Client>;

  /** `connect` makes the connection that replaces a lost one; without it, one to where the pool goes. */
  constructor(client: pg.Client | pg.Pool, pool: pg.Pool, connect = () => connectBeside(pool)) {
    this.#client = client;
    this.#pool = pool;
    this.#connect = connect;
    if (client instanceof pg.Client) this.#watch(client);
  }

  #watch(client: pg.Client): void {
    const lost = (): void => {
      if (client === this.#client) this.#lost = true;
    };
    client.on('error', lost);
    client.on('end', lost);
  }

  async acquire(shard: number, lease: Lease): Promise<ChainHead | null> {
    if (this.#lost) {
      const client = await this.#connect();
      this.#client = client;
      this.#lost = false;
      this.#watch(client);
    }
    await this.#client.query('INSERT INTO chains (shard) VALUES ($1) ON CONFLICT DO NOTHING', [shard]);
    // The row lock waits for an append whose outcome is still open; what is returned is therefore final.
    const { rows } = await this.#client.query<HeadRow>(
      `UPDATE chains SET epoch = epoch + 1, lease_holder = $2, lease_address = $3, lease_until = clock_timestamp() + $4 * interval '1 ms'
       WHERE shard = $1 AND (lease_holder IS NULL OR lease_holder = $2 OR lease_until < clock_timestamp())
       RETURNING shard, epoch, head_block, head_seq, head_hash`,
      [shard, lease.holder, lease.address, lease.ttlMs],
    );
    return rows[0] ? headOf(rows[0]) : null;
  }

  async renew(shard: number, epoch: number, ttlMs: number): Promise<void> {
    const { rowCount } = await this.#pool.query(
      `UPDATE chains SET lease_until = clock_timestamp() + $3 * interval '1 ms' WHERE shard = $1 AND epoch = $2`,
      [shard, epoch, ttlMs],
    );
    if (rowCount !== 1) throw new FencedError(`shard ${shard}: epoch ${epoch} lost its lease`);
  }

  async release(shard: number, epoch: number): Promise<void> {
    await this.#client.query('UPDATE chains SET lease_holder = NULL WHERE shard = $1 AND epoch = $2', [shard, epoch]);
  }

  async append(block: Block): Promise<void> {
    const { meta } = block;
    const sent = this.#client.query<{ appended: string }>({
      name: meta.lateKeys.length > 0 ? 'append_late' : 'append',
      text: meta.lateKeys.length > 0 ? APPEND_LATE : APPEND,
      values: [
        block.shard,
        block.epoch,
        block.prevHash,
        block.blockNo,
        block.firstSeq,
        block.lastSeq,
        block.hash,
        meta.recordedAt,
        meta.keysFrom,
        meta.keysTo,
        block.body,
        ...(meta.lateKeys.length > 0 ? [meta.lateKeys] : []),
      ],
    });
    failpoint('after-send');
    const { rows } = await sent;
    if (rows[0]?.appended !== '1')
      throw new FencedError(`shard ${block.shard}: block ${block.blockNo} of epoch ${block.epoch} does not follow the head`);
  }

  async head(shard: number): Promise<ChainHead | null> {
    const { rows } = await this.#pool.query<HeadRow>(
      'SELECT shard, epoch, head_block, head_seq, head_hash FROM chains WHERE shard = $1',
      [shard],
    );
    return rows[0] ? headOf(rows[0]) : null;
  }

  async read(shard: number, fromBlockNo: number, limit: number): Promise<Block[]> {
    const [of, from, most] = [shard, fromBlockNo, limit].map(whole);
    return this.#select(
      `SELECT ${COLUMNS} FROM (SELECT block_no AS no, sum(octet_length(body)) OVER (ORDER BY block_no) - octet_length(body) AS before
         FROM (SELECT block_no, body FROM blocks WHERE shard = ${of} AND block_no >= ${from} ORDER BY block_no LIMIT ${most}) s) p
       JOIN blocks b ON b.shard = ${of} AND b.block_no = p.no WHERE p.before < ${READ_BYTES} ORDER BY b.block_no`,
    );
  }

  async blockNosWithKeys(shard: number, keys: readonly { commandId: string; madeAt: number }[]): Promise<number[]> {
    const { rows } = await this.#pool.query<{ block_no: string }>(
      `SELECT block_no FROM (SELECT DISTINCT made_at FROM unnest($3::bigint[]) made_at) k
         CROSS JOIN LATERAL (SELECT block_no FROM blocks WHERE shard = $1 AND keys_from <= made_at
           AND keys_to BETWEEN made_at AND made_at + ${KEY_RANGE_MS_MAX}) b
       UNION SELECT block_no FROM late_keys WHERE shard = $1 AND command_id = ANY ($2::text[]) ORDER BY block_no`,
      [shard, keys.map((key) => key.commandId), keys.map((key) => key.madeAt)],
    );
    return rows.map((row) => Number(row.block_no));
  }

  async #select(query: string): Promise<Block[]> {
    return (await copyRows(this.#pool, query)).map(blockOf);
  }
}

async function connectBeside(pool: pg.Pool): Promise<pg.Client> {
  const { connectionString } = pool.options;
  const client = new pg.Client({ connectionString, application_name: 'palpite writer' });
  client.on('error', () => undefined); // the query in flight reports it
  await client.connect();
  (client as pg.Client & { unref(): void }).unref(); // nobody closes it: it must not keep the process alive
  return client;
}

/** Bodies read in one call, bytes: bounds the memory of a reader that is far behind. */
const READ_BYTES = 8 * 1024 * 1024;

const APPEND_HEAD = `WITH head AS (
  UPDATE chains SET head_block = $4, head_seq = $6, head_hash = $7
  WHERE shard = $1 AND epoch = $2 AND head_hash = $3 AND head_block = $4::bigint - 1 AND head_seq = $5::bigint - 1
  RETURNING shard
), added AS (
  INSERT INTO blocks (shard, epoch, prev_hash, block_no, first_seq, last_seq, hash, recorded_at, keys_from, keys_to, body)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM head RETURNING block_no
)`;
const APPEND = `${APPEND_HEAD} SELECT count(*) AS appended FROM added`;
const APPEND_LATE = `${APPEND_HEAD}, late AS (
  INSERT INTO late_keys (shard, command_id, block_no) SELECT $1, key, block_no FROM added, unnest($12::text[]) key
) SELECT count(*) AS appended FROM added`;

interface HeadRow {
  shard: number;
  epoch: string;
  head_block: string;
  head_seq: string;
  head_hash: string;
}

function headOf(row: HeadRow): ChainHead {
  return {
    shard: row.shard,
    epoch: Number(row.epoch),
    blockNo: Number(row.head_block),
    seq: Number(row.head_seq),
    hash: row.head_hash,
  };
}

const COLUMNS = 'shard, block_no, epoch, first_seq, last_seq, prev_hash, hash, recorded_at, keys_from, keys_to, body';

function blockOf(row: (Buffer | null)[]): Block {
  const [shard, blockNo, epoch, firstSeq, lastSeq, prevHash, hash, recordedAt, keysFrom, keysTo, body] = row;
  return {
    shard: integer(shard),
    blockNo: integer(blockNo),
    epoch: integer(epoch),
    firstSeq: integer(firstSeq),
    lastSeq: integer(lastSeq),
    prevHash: text(prevHash),
    hash: text(hash),
    body: body as Buffer,
    meta: { recordedAt: integer(recordedAt), keysFrom: integer(keysFrom), keysTo: integer(keysTo), lateKeys: [] },
  };
}

function whole(value: number): number {
  assert(Number.isSafeInteger(value), 'not an integer');
  return value;
}
