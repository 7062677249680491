// When the prices of a season file became known. The files give no times: these are football-data.co.uk's own statements, rounded
// to the late side, so that no replay sees a price before anybody could have.
//   opening: collected on Friday afternoon for Friday to Monday, on Tuesday afternoon for Tuesday to Thursday
//            (notes.txt), here at 15:00 UK; a match that kicks off before or soon after then: 30 minutes before kick-off
//   closing: the last price before kick-off, here 5 minutes before
//   result:  2 hours after kick-off; a fixture without a score was postponed, known 48 hours after
import { HOUR_MS, MINUTE_MS, ukDayOf, ukToUtc } from './uk-time.ts';

/** Assumed where the recording has no time of day, minutes after midnight. */
export const KICKOFF_MISSING_UK_MINUTES = 15 * 60;
const COLLECTED_UK_MINUTES = 15 * 60;
export const OPENING_BEFORE_KICKOFF_MS = 30 * MINUTE_MS;
export const CLOSING_BEFORE_KICKOFF_MS = 5 * MINUTE_MS;
export const RESULT_AFTER_KICKOFF_MS = 2 * HOUR_MS;
/** Where the kick-off was assumed the match may have been hours later: its result is held back until it must be known. */
export const RESULT_AFTER_ASSUMED_KICKOFF_MS = 24 * HOUR_MS;
export const POSTPONED_AFTER_KICKOFF_MS = 48 * HOUR_MS;

const FRIDAY = 5;
const TUESDAY = 2;

/** Stated time of an opening price, UTC ms. */
export function openingAt(startAt: number): number {
  const { weekday, ...day } = ukDayOf(startAt);
  const collectedOn = weekday >= TUESDAY && weekday < FRIDAY ? TUESDAY : FRIDAY;
  const daysBack = (weekday - collectedOn + 7) % 7;
  // Days below 1 reach into the month before, as Date.UTC counts.
  const collected = ukToUtc({ ...day, day: day.day - daysBack }, COLLECTED_UK_MINUTES);
  return Math.min(collected, startAt - OPENING_BEFORE_KICKOFF_MS);
}

export function closingAt(startAt: number): number {
  return startAt - CLOSING_BEFORE_KICKOFF_MS;
}

export function resultAt(startAt: number, startAssumed: boolean): number {
  return startAt + (startAssumed ? RESULT_AFTER_ASSUMED_KICKOFF_MS : RESULT_AFTER_KICKOFF_MS);
}
