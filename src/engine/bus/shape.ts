// Checks of values that came as text: each says where the first fault is, or null. Plain functions, since thousands of prices a second pass
// through them. Keys that a shape does not name are let through: a newer sender may say more.

import { isStorable } from '#core/base/storable-text.ts';

/** The path of the first fault below `path`, or null. */
export type Check = (value: unknown, path: string) => string | null;

export const text: Check = (value, path) => (typeof value === 'string' && isStorable(value) ? null : path);
export const whole: Check = (value, path) => (Number.isSafeInteger(value) ? null : path);
export const number: Check = (value, path) => (typeof value === 'number' && Number.isFinite(value) ? null : path);
export const flag: Check = (value, path) => (typeof value === 'boolean' ? null : path);

export function oneOf(...words: readonly string[]): Check {
  return (value, path) => (typeof value === 'string' && words.includes(value) ? null : path);
}

export function orNull(check: Check): Check {
  return (value, path) => (value === null ? null : check(value, path));
}

export function optional(check: Check): Check {
  return (value, path) => (value === undefined ? null : check(value, path));
}

export function listOf(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return path;
    for (let i = 0; i < value.length; i++) {
      const fault = check(value[i], path);
      if (fault !== null) return fault.replace(path, `${path}[${i}]`);
    }
    return null;
  };
}

export function shape(keys: Readonly<Record<string, Check>>): Check {
  const entries = Object.entries(keys);
  return (value, path) => {
    if (typeof value !== 'object' || value === null) return path;
    for (const [key, check] of entries) {
      const fault = check((value as Record<string, unknown>)[key], key);
      if (fault !== null) return `${path}.${fault}`;
    }
    return null;
  };
}

/** One of several shapes, told apart by a word. */
export function kinds(by: string, shapes: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null) return path;
    const kind = (value as Record<string, unknown>)[by];
    const check = typeof kind === 'string' && Object.hasOwn(shapes, kind) ? shapes[kind] : undefined;
    return check ? check(value, path) : `${path}.${by}`;
  };
}
