// Rules of settlement as people name them at the command line.
import { RULE_NAMES, type SettlementRuleChange } from './settlement-rules.ts';

/** Takes a rule away: what is set wider holds again. */
const TAKE_AWAY = 'default';
const IS_COUNT = /^\d{1,15}$/;

/** `abandoned=periods` and so on as a change; null when one of the words is not of that form, names no rule, or names one again. */
export function rulesFromWords(words: readonly string[]): SettlementRuleChange | null {
  const change: Record<string, string | number | null> = {};
  for (const word of words) {
    const [name = '', value = '', ...more] = word.split('=');
    const isKnown = (RULE_NAMES as readonly string[]).includes(name);
    if (!isKnown || value === '' || more.length > 0 || Object.hasOwn(change, name)) return null;
    if (value === TAKE_AWAY) change[name] = null;
    else if (name !== 'postponedMs') change[name] = value;
    else if (IS_COUNT.test(value)) change[name] = Number(value);
    else return null;
  }
  return words.length > 0 ? (change as SettlementRuleChange) : null;
}
