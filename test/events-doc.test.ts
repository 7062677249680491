// docs/events.md says what the types say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventSource, eventsDoc, readShapes } from '../tools/events-doc.ts';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = eventSource(ROOT);

test('docs/events.md is what `node tools/events-doc.ts` writes', () => {
  const stored = readFileSync(join(ROOT, 'docs/events.md'), 'utf8');
  assert.equal(stored, eventsDoc(SOURCE), 'run `node tools/events-doc.ts` and commit docs/events.md');
});

test('readShapes() finds every event that evolve() or decide() names', () => {
  const names = new Set(readShapes(SOURCE).map(({ name }) => name));
  const used = ['evolve.ts', 'decide.ts'].flatMap((file) => [
    ...readFileSync(join(ROOT, 'src/core', file), 'utf8').matchAll(/(?:case|e\.type ===|event\([^']*) ?'([A-Z][A-Za-z]+)'/g),
  ]);
  const events = used.map((match) => match[1] as string).filter((name) => /(?:ed|Refused|Reversed)$/.test(name));
  assert.ok(events.length > 20, `only ${events.length} names found`);
  for (const name of events) assert.ok(names.has(name), `${name} is missing from the document`);
});

test('readShapes() reads members on one line, on several, nested and with a comment', () => {
  const source = [
    'export interface EventData {',
    '  One: { a: string };',
    '  /** Says more. */',
    '  Two: {',
    '    a: { b: number };',
    '    /** Inner. */',
    '    c?: string;',
    '  };',
    '  Three: { bets: readonly (readonly [string, number])[] };',
    '}',
    'export interface OtherEvents {',
    '  /** Elsewhere. */',
    '  Four: { a: string };',
    '}',
  ].join('\n');
  assert.deepEqual(readShapes(source), [
    { name: 'One', note: '', data: '{ a: string }' },
    { name: 'Two', note: 'Says more.', data: '{\n  a: { b: number };\n  /** Inner. */\n  c?: string;\n}' },
    { name: 'Three', note: '', data: '{ bets: readonly (readonly [string, number])[] }' },
    { name: 'Four', note: 'Elsewhere.', data: '{ a: string }' },
  ]);
});

test('eventsDoc() refuses a source that it cannot read', () => {
  assert.throws(() => eventsDoc('export type EventData = {};'), /no longer looks/);
});
