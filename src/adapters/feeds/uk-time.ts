// UK wall-clock time to UTC and back, and the dates that recordings write. No time zone database is asked: the rule in force since
// 1996 (Summer Time Order 2002, Directive 2000/84/EC) is summer time, UTC+1, from 01:00 UTC on the last Sunday of March to 01:00 UTC
// on the last Sunday of October.

export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * HOUR_MS;

export interface CalendarDay {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  readonly day: number;
}

/** UTC of a UK wall-clock time. The hour that comes twice in October is the first one; the hour left out in March counts as UTC. */
export function ukToUtc({ year, month, day }: CalendarDay, minutes: number): number {
  const asUtc = Date.UTC(year, month - 1, day) + minutes * MINUTE_MS;
  return isSummerTime(asUtc - HOUR_MS) ? asUtc - HOUR_MS : asUtc;
}

/** The UK calendar day at a moment, with its weekday (0 = Sunday). */
export function ukDayOf(at: number): CalendarDay & { readonly weekday: number } {
  const local = new Date(isSummerTime(at) ? at + HOUR_MS : at);
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate(), weekday: local.getUTCDay() };
}

/** 20240816 */
export function compactDate({ year, month, day }: CalendarDay): string {
  return String(year * 10_000 + month * 100 + day);
}

/** Reads 16/08/2024, 16/08/24 or 2024-08-16; null when it is no day of the calendar. */
export function parseDay(text: string): CalendarDay | null {
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (iso) return realDay(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4}|\d{2})$/.exec(text);
  if (!slashed) return null;
  const [, day, month, year = ''] = slashed;
  return realDay(year.length === 4 ? Number(year) : fullYear(Number(year)), Number(month), Number(day));
}

/** Reads 20:00 or 20:00:00 as minutes after midnight. */
export function parseMinutes(text: string): number | null {
  const match = /^(\d{1,2}):(\d{2})(?::\d{2})?$/.exec(text);
  if (!match) return null;
  const [hours, minutes] = [Number(match[1]), Number(match[2])];
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : null;
}

/** Reads a UTC moment: 2026-06-12 20:14, 2026-06-12T19:02:00Z or with +00:00. Other offsets are refused. */
export function parseUtc(text: string): number | null {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|\+00:?00)?$/.exec(text);
  const day = parseDay(match?.[1] ?? '');
  if (!match || !day) return null;
  const [hours, minutes, seconds] = [Number(match[2]), Number(match[3]), Number(match[4] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  return Date.UTC(day.year, day.month - 1, day.day, hours, minutes, seconds);
}

/** 93 is 1993, 24 is 2024: no recording is older than 1990. */
function fullYear(twoDigits: number): number {
  return (twoDigits >= 90 ? 1900 : 2000) + twoDigits;
}

function realDay(year: number, month: number, day: number): CalendarDay | null {
  if (year < 1990 || year > 2100) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? { year, month, day } : null;
}

function isSummerTime(utc: number): boolean {
  const year = new Date(utc).getUTCFullYear();
  return utc >= lastSundayAtOne(year, 2) && utc < lastSundayAtOne(year, 9);
}

/** 01:00 UTC on the last Sunday of a month with 31 days (0 = January). */
function lastSundayAtOne(year: number, month: number): number {
  const last = Date.UTC(year, month, 31, 1);
  return last - new Date(last).getUTCDay() * DAY_MS;
}
