// Decimal odds as integer thousandths: 1.95 is 1950. A combined price is never stored; payouts come from the legs.

export type OddsMilli = number;
export const ODDS_MILLI_MIN = 1_001;
export const ODDS_MILLI_MAX = 1_000_000;

export function isOddsMilli(value: unknown): value is OddsMilli {
  return typeof value === 'number' && Number.isInteger(value) && value >= ODDS_MILLI_MIN && value <= ODDS_MILLI_MAX;
}

/**
 * Reads decimal odds from text such as '1.95' or '3' exactly (no float in between).
 * Returns null when the text is not a plain decimal, has more than three decimals, or lies outside 1.001..1000.
 */
export function parseOdds(text: string): OddsMilli | null {
  const match = /^(\d{1,4})(?:\.(\d{1,3})0*)?$/.exec(text.trim());
  if (!match) return null;
  const milli = Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0'));
  return isOddsMilli(milli) ? milli : null;
}

export function formatOdds(odds: OddsMilli): string {
  const text = (odds / 1000).toFixed(3);
  return text.endsWith('0') ? text.slice(0, -1) : text;
}
