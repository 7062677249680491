// Lists: a cursor is the sort key of the last row, opaque to the caller and checked on the way back; `Accept: text/csv` gives the same rows as CSV.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isStorable } from '#core/base/storable-text.ts';
import type { After, Page, PageAsk } from '#ports/read-models.ts';
import { refused } from './problem.ts';

/** The largest `integer` of PostgreSQL. */
const INT32_MAX = 2 ** 31 - 1;

const zText = z.string().max(200).refine(isStorable);
/** A place in the journal, a time or a number of a row. */
const zPlace = z.int().nonnegative();
/** What distinguishes rows of one place: a line, an entry, a shard. */
const zWithin = z.int().nonnegative().max(INT32_MAX);

/** The sort keys of the lists. */
export const CURSORS = {
  text: z.tuple([zText]),
  text2: z.tuple([zText, zText]),
  number: z.tuple([zPlace]),
  number2: z.tuple([zPlace, zWithin]),
  number3: z.tuple([zPlace, zWithin, zPlace]),
  timeText: z.tuple([z.int(), zText]),
} as const;

export function encodeCursor(after: After): string {
  return Buffer.from(JSON.stringify(after)).toString('base64url');
}

export function pageAsk(query: { limit: number; cursor?: string | undefined }, shape: z.ZodType<After>): PageAsk {
  if (query.cursor === undefined) return { limit: query.limit, after: null };
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(query.cursor, 'base64url').toString());
  } catch {
    value = null;
  }
  const after = shape.safeParse(value);
  if (!after.success) throw refused('malformed', { path: '/query/cursor' }, 'is not a cursor of this list');
  return { limit: query.limit, after: after.data };
}

/** Sends a page as JSON, or as CSV when the caller asks for that. */
export function sendPage<R, T extends object>(
  request: FastifyRequest,
  reply: FastifyReply,
  page: Page<R>,
  wire: (row: R) => T,
): FastifyReply {
  const items = page.items.map(wire);
  const nextCursor = page.after === null ? null : encodeCursor(page.after);
  reply.header('vary', 'accept');
  if (!wantsCsv(request)) return reply.send({ items, nextCursor });
  if (nextCursor !== null) {
    const next = new URL(request.url, 'http://host');
    next.searchParams.set('cursor', nextCursor);
    reply.header('link', `<${next.pathname}${next.search}>; rel="next"`);
  }
  return reply.type('text/csv; charset=utf-8').send(csvOf(items));
}

function wantsCsv(request: FastifyRequest): boolean {
  return /^\s*text\/csv\b/i.test(request.headers.accept ?? '');
}

/** One line a row, CRLF (RFC 4180). Members of objects become columns such as stake.amountMinor; lists stay JSON. */
export function csvOf(items: readonly object[]): string {
  const rows = items.map((item) => flat(item, ''));
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => row.get(column) ?? ''))];
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

function flat(item: object, prefix: string): Map<string, string | number> {
  const row = new Map<string, string | number>();
  for (const [key, value] of Object.entries(item) as [string, unknown][]) {
    const name = `${prefix}${key}`;
    if (value === null || value === undefined) row.set(name, '');
    else if (typeof value === 'number') row.set(name, value);
    else if (typeof value !== 'object') row.set(name, String(value));
    else if (isMoney(value)) for (const [inner, part] of flat(value, `${name}.`)) row.set(inner, part);
    else row.set(name, JSON.stringify(value));
  }
  return row;
}

function isMoney(value: object): boolean {
  return 'amountMinor' in value && 'currency' in value;
}

/** Text that a spreadsheet would run as a formula gets a quote in front. */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
