// Rows in PostgreSQL's binary COPY format: the driver's ordinary results are text, which doubles and garbles bytes.
import { to as copyTo } from 'pg-copy-streams';
import type pg from 'pg';
import { assert } from '#core/base/assert.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

/** Runs `COPY (query) TO STDOUT` and returns each row's fields as bytes. `query` takes no parameters: interpolate checked integers only. */
export async function copyRows(pool: pg.Pool, query: string): Promise<(Buffer | null)[][]> {
  const client = await pool.connect();
  try {
    const stream = client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`));
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    client.release();
    return parse(Buffer.concat(chunks));
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function parse(bytes: Buffer): (Buffer | null)[][] {
  assert(bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE), 'not a binary COPY');
  const rows: (Buffer | null)[][] = [];
  let at = SIGNATURE.length + 4;
  at += 4 + bytes.readInt32BE(at);
  for (;;) {
    const count = bytes.readInt16BE(at);
    at += 2;
    if (count < 0) return rows;
    const fields: (Buffer | null)[] = [];
    for (let i = 0; i < count; i++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      fields.push(length < 0 ? null : bytes.subarray(at, at + length));
      at += Math.max(0, length);
    }
    rows.push(fields);
  }
}

export function integer(field: Buffer | null | undefined): number {
  assert(field && (field.length === 8 || field.length === 4), 'not an integer field');
  return field.length === 8 ? Number(field.readBigInt64BE(0)) : field.readInt32BE(0);
}

export function text(field: Buffer | null | undefined): string {
  assert(field, 'not a text field');
  return field.toString('utf8');
}
