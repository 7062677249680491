import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compactDate, DAY_MS, HOUR_MS, parseDay, parseMinutes, parseUtc, ukDayOf, ukToUtc } from './uk-time.ts';

/** The zone database of Node's ICU, which the code under test does not use. */
const london = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', dateStyle: 'short', timeStyle: 'short' });

function utc(text: string): number {
  return Date.parse(text);
}

test('ukToUtc() takes an hour off in summer', () => {
  const rows: [day: string, minutes: number, utcText: string][] = [
    ['16/08/2024', 20 * 60, '2024-08-16T19:00Z'],
    ['26/12/2024', 15 * 60, '2024-12-26T15:00Z'],
    ['30/03/2024', 17 * 60 + 30, '2024-03-30T17:30Z'], // the day before the clocks go forward
    ['31/03/2024', 14 * 60, '2024-03-31T13:00Z'],
    ['26/10/2024', 15 * 60, '2024-10-26T14:00Z'],
    ['27/10/2024', 14 * 60, '2024-10-27T14:00Z'], // the day they go back
    ['27/10/2024', 90, '2024-10-27T00:30Z'], // 01:30 comes twice: the first
    ['31/03/2024', 90, '2024-03-31T01:30Z'], // 01:30 does not exist
    ['19/05/2012', 22 * 60 + 30, '2012-05-19T21:30Z'],
  ];
  for (const [day, minutes, expected] of rows) assert.equal(ukToUtc(parseDay(day)!, minutes), utc(expected), `${day} ${minutes}`);
});

test('ukDayOf() and ukToUtc() agree with the zone database at every hour', () => {
  const moment = fc
    .integer({ min: utc('1996-01-01T00:00Z') / HOUR_MS, max: utc('2037-12-31T00:00Z') / HOUR_MS })
    .map((hour) => hour * HOUR_MS);
  fc.assert(
    fc.property(moment, (at) => {
      const [date = '', time = ''] = london.format(at).split(', ');
      const day = ukDayOf(at);
      assert.deepEqual({ ...parseDay(date) }, { year: day.year, month: day.month, day: day.day });
      const back = ukToUtc(parseDay(date)!, parseMinutes(time)!);
      // The wall clock shows one hour of an October night twice.
      assert.ok(back === at || (back === at - HOUR_MS && london.format(back) === london.format(at)), `${date} ${time}`);
    }),
    { numRuns: 3000 },
  );
});

test('ukDayOf() knows the weekday', () => {
  assert.equal(ukDayOf(utc('2024-08-16T12:00Z')).weekday, 5); // a Friday
  assert.equal(ukDayOf(utc('2024-08-16T23:30Z')).weekday, 6); // already Saturday in London
  assert.equal(compactDate(ukDayOf(utc('2024-08-16T23:30Z'))), '20240817');
});

test('parseDay() reads three spellings and refuses days that do not exist', () => {
  const day = { year: 2024, month: 2, day: 29 };
  for (const text of ['29/02/2024', '29/2/24', '2024-02-29']) assert.deepEqual(parseDay(text), day, text);
  assert.deepEqual(parseDay('14/08/93'), { year: 1993, month: 8, day: 14 });
  const bad = [
    '',
    '29/02/2023',
    '31/04/2024',
    '00/01/2024',
    '13/13/2024',
    '2024-13-01',
    '08-16-2024',
    '16.08.2024',
    '16/08/202',
    '16/08/0001',
    'x',
    '2024-02-29T00:00',
  ];
  for (const text of bad) assert.equal(parseDay(text), null, text);
});

test('parseMinutes() reads a time of day', () => {
  assert.equal(parseMinutes('20:00'), 1200);
  assert.equal(parseMinutes('9:05'), 545);
  assert.equal(parseMinutes('16:00:00'), 960);
  for (const bad of ['', '24:00', '12:60', '12', '12:5', '-1:00', '12:00pm', '12.00']) assert.equal(parseMinutes(bad), null, bad);
});

test('parseUtc() reads UTC only', () => {
  for (const text of ['2026-06-12 20:14', '2026-06-12T20:14:00Z', '2026-06-12T20:14:00+00:00', '2026-06-12T20:14:00.123Z']) {
    assert.equal(parseUtc(text), utc('2026-06-12T20:14Z'), text);
  }
  for (const bad of ['', '2026-06-12', '2026-06-12T20:14:00+01:00', '2026-06-31T20:14Z', '2026-06-12T24:00Z', '12/06/2026 20:14'])
    assert.equal(parseUtc(bad), null, bad);
  assert.equal(parseUtc('2026-06-13 00:00')! - parseUtc('2026-06-12 00:00')!, DAY_MS);
});
