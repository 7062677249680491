// COPY in text form: the fastest way in for many rows. Null is \N; tabs, line feeds and backslashes are escaped.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** Sends finished COPY text into `table (columns...)`. */
export async function copyText(client: pg.ClientBase, into: string, text: string): Promise<void> {
  if (text === '') return;
  await pipeline(Readable.from([Buffer.from(text)]), client.query(copyFrom(`COPY ${into} FROM STDIN`)));
}

/** A free text as a COPY field. */
export function copyField(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'number') return String(value);
  return /[\\\t\n\r]/.test(value) ? value.replace(/[\\\t\n\r]/g, (c) => ESCAPES[c] as string) : value;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
