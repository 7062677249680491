import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { closingAt, openingAt, resultAt } from './capture-times.ts';
import { MINUTE_MS, ukDayOf } from './uk-time.ts';

function iso(at: number): string {
  return new Date(at).toISOString().slice(0, 16);
}

test('openingAt() is Friday 15:00 UK for the weekend and Tuesday 15:00 UK for midweek', () => {
  const rows: [kickOffUtc: string, openingUtc: string, note: string][] = [
    ['2024-08-16T19:00Z', '2024-08-16T14:00', 'Friday evening in summer: 15:00 BST the same day'],
    ['2024-08-17T14:00Z', '2024-08-16T14:00', 'Saturday'],
    ['2024-08-18T15:30Z', '2024-08-16T14:00', 'Sunday'],
    ['2024-08-19T19:00Z', '2024-08-16T14:00', 'Monday: the Friday before'],
    ['2024-12-03T19:30Z', '2024-12-03T15:00', 'Tuesday in winter'],
    ['2024-12-05T20:15Z', '2024-12-03T15:00', 'Thursday'],
    ['2024-12-26T12:30Z', '2024-12-24T15:00', 'Boxing Day, a Thursday'],
    ['2024-12-27T12:00Z', '2024-12-27T11:30', 'Friday before 15:00: 30 minutes before kick-off'],
    ['2024-12-27T15:10Z', '2024-12-27T14:40', 'Friday just after 15:00: 30 minutes before kick-off'],
    ['2025-01-01T17:30Z', '2024-12-31T15:00', 'Wednesday: the Tuesday of the old year'],
    ['2024-03-31T13:00Z', '2024-03-29T15:00', 'Sunday after the clocks went forward: Friday was still winter time'],
  ];
  for (const [kickOff, opening, note] of rows) assert.equal(iso(openingAt(Date.parse(kickOff))), opening, note);
});

test('openingAt() is always a collection moment or 30 minutes before kick-off, never later', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2005, 0) / MINUTE_MS, max: Date.UTC(2035, 0) / MINUTE_MS }), (minute) => {
      const startAt = minute * MINUTE_MS;
      const at = openingAt(startAt);
      assert.ok(at <= startAt - 30 * MINUTE_MS && at > startAt - 4 * 24 * 60 * MINUTE_MS);
      if (at < startAt - 30 * MINUTE_MS) assert.ok([2, 5].includes(ukDayOf(at).weekday));
    }),
  );
});

test('closingAt() and resultAt() surround the match', () => {
  const startAt = Date.parse('2024-08-16T19:00Z');
  assert.equal(iso(closingAt(startAt)), '2024-08-16T18:55');
  assert.equal(iso(resultAt(startAt, false)), '2024-08-16T21:00');
  assert.equal(iso(resultAt(startAt, true)), '2024-08-17T19:00');
});
