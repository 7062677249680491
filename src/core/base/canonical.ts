// Canonical JSON (RFC 8785): keys sorted by UTF-16 units, numbers and strings as ECMAScript prints them, no white space.
import { assert } from './assert.ts';

/** Serialises plain JSON data canonically. Throws on what JSON cannot carry (NaN, Infinity, functions, bigint). */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    assert(Number.isFinite(value), 'canonical JSON has no NaN or Infinity');
    return JSON.stringify(value);
  }
  assert(typeof value === 'object', () => `canonical JSON cannot carry a ${typeof value}`);
  // Array.from visits holes too, which map() would leave empty between two commas.
  if (Array.isArray(value)) return `[${Array.from(value, (item) => canonical(item ?? null)).join(',')}]`;
  const record = value as Record<string, unknown>;
  const parts: string[] = [];
  for (const key of Object.keys(record).sort()) {
    const item = record[key];
    if (item !== undefined) parts.push(`${JSON.stringify(key)}:${canonical(item)}`);
  }
  return `{${parts.join(',')}}`;
}
