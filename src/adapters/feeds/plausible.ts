// What a supplier may say of names and moments: whatever comes through here can be stored and shown.

/** The end of the times that are believed, ms: a moment beyond is a fault of whoever says it. */
const END = Date.UTC(2100, 0, 1);
const CONTROL = /\p{Cc}/u;

/** A moment between 1970 and 2100, whole ms. */
export function isMoment(ms: unknown): ms is number {
  return Number.isSafeInteger(ms) && (ms as number) >= 0 && (ms as number) < END;
}

/** Well-formed text without control characters. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !CONTROL.test(text);
}
