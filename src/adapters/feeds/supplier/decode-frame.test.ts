// Frames of a supplier that says what nobody can store or show: each makes the whole frame malformed, and the same frame without it is read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FrameStamp, itemsOf } from './decode-frame.ts';
import type { WireFixture, WireMarket, WireResult } from './wire.ts';

const NOW = Date.UTC(2026, 10, 22);
const STAMP: FrameStamp = { source: 'simex', cursor: { epoch: 1, seq: 1, token: String(NOW) }, receivedAt: NOW, whole: true };
const FIXTURE: WireFixture = { f: '4', sport: 'SOC', lg: 'Série A', h: 'Grêmio', a: 'São Paulo', ko: '2026-11-23T20:00:00Z' };
const MARKET: WireMarket = {
  f: '4',
  bk: 'simA',
  m: 'FTR',
  v: 1,
  st: 'O',
  live: 0,
  bd: 5_000,
  at: NOW,
  rn: [
    ['1', 2.5],
    ['X', 3],
    ['2', 2.9],
  ],
};
const RESULT: WireResult = { f: '4', v: 1, st: 'FT', sc: '2-1', ht: '1-1', at: NOW };

function kindsOf(of: { ev?: Partial<WireFixture>; mk?: Partial<WireMarket>; rs?: Partial<WireResult> }): string[] | null {
  const payload = { ev: [{ ...FIXTURE, ...of.ev }], mk: [{ ...MARKET, ...of.mk }], rs: [{ ...RESULT, ...of.rs }] };
  return itemsOf(payload as Parameters<typeof itemsOf>[0], STAMP)?.map(({ kind }) => kind) ?? null;
}

test('a sound frame is read', () => assert.deepEqual(kindsOf({}), ['fixture', 'quote', 'result']));

const MALFORMED = {
  'a kick-off after the year 9999': { ev: { ko: '+275760-09-13T00:00:00Z' } },
  'a kick-off before the common era': { ev: { ko: '-000100-01-01T00:00:00Z' } },
  'a kick-off in 2100': { ev: { ko: '2100-01-01T00:00:00Z' } },
  'NUL in a league': { ev: { lg: 'Ev\0il' } },
  'half of a character in a team': { ev: { h: 'E\ud800vil' } },
  'a line break in a team': { ev: { a: 'E\nvil' } },
  'NUL in the name of a book': { mk: { bk: 'simA\0' } },
  'a price of the far future': { mk: { at: Number.MAX_SAFE_INTEGER } },
  'a price from before 1970': { mk: { at: -1 } },
  'a version below zero': { mk: { v: -1 } },
  'a bet delay below zero': { mk: { bd: -5 } },
  'a bet delay of ages': { mk: { bd: Number.MAX_SAFE_INTEGER } },
  'more goals at half-time than at the end': { rs: { sc: '0-0', ht: '5-5' } },
  'a result below version zero': { rs: { v: -1 } },
  'a result of the far future': { rs: { at: Number.MAX_SAFE_INTEGER } },
} as const;

for (const [what, of] of Object.entries(MALFORMED)) test(`${what} is malformed`, () => assert.equal(kindsOf(of), null));

test('what was played before a match was given up need not add up', () =>
  assert.deepEqual(kindsOf({ rs: { st: 'ABD', sc: '0-0', ht: '1-0' } }), ['fixture', 'quote', 'result']));
