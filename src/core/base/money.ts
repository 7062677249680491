// Money is a safe integer of minor units with its currency beside it. Floats may decide; only these integers pay.
import { assert } from './assert.ts';

export type Minor = number;
export type Ppm = number;
export type MoneyClass = 'play' | 'real';

/** Decimals per currency; the money class decides which ledgers may hold it. */
export const CURRENCIES = {
  PLAY: { decimals: 2, class: 'play' },
  BRL: { decimals: 2, class: 'real' },
  EUR: { decimals: 2, class: 'real' },
  USD: { decimals: 2, class: 'real' },
  USDT: { decimals: 6, class: 'real' },
  BTC: { decimals: 8, class: 'real' },
} as const satisfies Record<string, { decimals: number; class: MoneyClass }>;

export type Currency = keyof typeof CURRENCIES;

/** Largest amount one posting may carry: 2^50, so that sums of eight stay exact in a float64. */
export const AMOUNT_MINOR_MAX = 2 ** 50;

export function isCurrency(value: unknown): value is Currency {
  return typeof value === 'string' && Object.hasOwn(CURRENCIES, value);
}

/** True for an amount that can be paid: a positive integer within the limit. */
export function isAmount(value: unknown): value is Minor {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= AMOUNT_MINOR_MAX;
}

/** a * b / c in exact integer arithmetic, rounded once. All arguments are safe integers >= 0, c > 0. */
export function mulDiv(a: number, b: number, c: number, round: 'floor' | 'ceil'): number {
  const product = a * b;
  if (product <= Number.MAX_SAFE_INTEGER) {
    const rest = product % c;
    const floor = (product - rest) / c;
    return round === 'ceil' && rest > 0 ? floor + 1 : floor;
  }
  return toSafe(divideBig(BigInt(a) * BigInt(b), BigInt(c), round));
}

/** Exact rounded quotient of two non-negative bigints. */
export function divideBig(numerator: bigint, denominator: bigint, round: 'floor' | 'ceil'): bigint {
  const floor = numerator / denominator;
  return round === 'ceil' && floor * denominator !== numerator ? floor + 1n : floor;
}

export function toSafe(value: bigint): number {
  const number = Number(value);
  assert(Number.isSafeInteger(number), () => `amount ${value} is beyond exact integers`);
  return number;
}

/** '12.34' for 1234 in a two-decimal currency; for people, never parsed back. */
export function formatMinor(amount: Minor, currency: Currency): string {
  const { decimals } = CURRENCIES[currency];
  const digits = Math.abs(amount)
    .toString()
    .padStart(decimals + 1, '0');
  const whole = digits.slice(0, -decimals);
  return `${amount < 0 ? '-' : ''}${whole}.${digits.slice(-decimals)}`;
}
