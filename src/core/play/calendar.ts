// The windows that limits of a person count in: calendar day, week from Monday and month, in UTC. Times are ms since 1970.

export const PERIODS = ['day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday: the third day after Monday. */
const FIRST_WEEKDAY = 3;

/** When the window began that `at` lies in. */
export function windowStart(period: Period, at: number): number {
  const day = Math.floor(at / DAY_MS);
  if (period === 'day') return day * DAY_MS;
  if (period === 'week') return (day - ((day + FIRST_WEEKDAY) % 7)) * DAY_MS;
  return (day - dayOfMonth(day)) * DAY_MS;
}

/** When the window ends that `at` lies in: the first moment of the next one. */
export function windowEnd(period: Period, at: number): number {
  const start = windowStart(period, at);
  if (period === 'day') return start + DAY_MS;
  if (period === 'week') return start + 7 * DAY_MS;
  return windowStart('month', start + 31 * DAY_MS); // no month is longer, and the next one is not over by then
}

/**
 * Days since the first of the month, from days since 1970 (0 or later). Howard Hinnant, "chrono-compatible low-level date algorithms",
 * civil_from_days: years begin in March there, so that the leap day is the last one; months of 153 / 5 days give the table of lengths.
 */
function dayOfMonth(day: number): number {
  const sinceEra = (day + 719_468) % 146_097;
  const leaps = Math.floor(sinceEra / 1_460) - Math.floor(sinceEra / 36_524) + Math.floor(sinceEra / 146_096);
  const year = Math.floor((sinceEra - leaps) / 365);
  const dayOfYear = sinceEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  return dayOfYear - Math.floor((153 * month + 2) / 5);
}
