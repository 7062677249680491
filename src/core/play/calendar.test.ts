import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Period, PERIODS, windowEnd, windowStart } from './calendar.ts';

const at = (text: string): number => Date.parse(text);

test('windowStart() and windowEnd() give days, weeks from Monday and months in UTC', () => {
  // 2024-02-29 was a Thursday; 2026-11-01 and 2027-01-31 are Sundays; 1970-01-01 was a Thursday.
  const table: [string, Period, string, string][] = [
    ['2024-02-29T23:59:59.999Z', 'day', '2024-02-29', '2024-03-01'],
    ['2024-02-29T12:00:00Z', 'week', '2024-02-26', '2024-03-04'],
    ['2024-02-29T12:00:00Z', 'month', '2024-02-01', '2024-03-01'],
    ['2026-11-01T00:00:00Z', 'week', '2026-10-26', '2026-11-02'],
    ['2026-11-02T00:00:00Z', 'week', '2026-11-02', '2026-11-09'],
    ['2026-12-31T23:00:00Z', 'month', '2026-12-01', '2027-01-01'],
    ['2027-01-31T00:00:00Z', 'month', '2027-01-01', '2027-02-01'],
    ['2100-02-28T00:00:00Z', 'month', '2100-02-01', '2100-03-01'],
    ['1970-01-05T00:00:00Z', 'week', '1970-01-05', '1970-01-12'],
  ];
  for (const [moment, period, start, end] of table) {
    assert.equal(windowStart(period, at(moment)), at(start), `${moment} ${period}`);
    assert.equal(windowEnd(period, at(moment)), at(end), `${moment} ${period}`);
  }
});

test('windowStart() agrees with the calendar of the runtime for any time until the year 2400', () => {
  fc.assert(
    fc.property(fc.integer({ min: at('1970-01-05'), max: at('2400-01-01') }), fc.constantFrom(...PERIODS), (ms, period) => {
      const date = new Date(ms);
      const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
      const expected = {
        day,
        week: day - ((date.getUTCDay() + 6) % 7) * 86_400_000,
        month: Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1),
      };
      assert.equal(windowStart(period, ms), expected[period]);
      if (period === 'month') assert.equal(windowEnd('month', ms), Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
      assert.equal(windowStart(period, windowEnd(period, ms) - 1), windowStart(period, ms));
      assert.equal(windowStart(period, windowEnd(period, ms)), windowEnd(period, ms));
    }),
    { numRuns: 2_000 },
  );
});
