// SetSettlementRules: an operator says how a scope settles what was not played to its end. What is declared already stays as it is.
import { refuse } from '../../base/refusal.ts';
import { isScope } from '../../desk/target.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../../kernel/event.ts';
import type { LedgerState } from '../../kernel/state.ts';
import {
  ABANDONED_RULES,
  LIVE_HANDICAP_RULES,
  POSTPONED_MS_MAX,
  RULE_NAMES,
  type SettlementRuleChange,
  type SettlementRules,
} from './settlement-rules.ts';

export interface SetSettlementRules {
  readonly type: 'SetSettlementRules';
  /** A sport (`fb`), a competition (`fb:E0`), or `*`: everything. */
  readonly scope: string;
  readonly rules: SettlementRuleChange;
}

export interface RuleEvents {
  SettlementRulesSet: { by: string; rules: SettlementRuleChange; scope: string };
}

/** Scopes with rules of their own. */
export const RULE_SCOPES_MAX = 1_000;

/** Whether a value may stand for a rule. */
const MAY_BE: { readonly [K in keyof SettlementRules]: (value: unknown) => boolean } = {
  abandoned: (value) => isOneOf(ABANDONED_RULES, value),
  liveHandicap: (value) => isOneOf(LIVE_HANDICAP_RULES, value),
  postponedMs: (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= POSTPONED_MS_MAX,
};

export function setSettlementRules(ledger: LedgerState, envelope: Envelope<SetSettlementRules>, context: Context): Decision {
  const { rules, scope } = envelope.cmd;
  if (!isScope(scope)) return refuse('malformed', { path: '/scope' });
  if (typeof rules !== 'object' || rules === null || Array.isArray(rules)) return refuse('malformed', { path: '/rules' });
  for (const [name, value] of Object.entries(rules)) {
    const mayBe = Object.hasOwn(MAY_BE, name) ? MAY_BE[name as keyof SettlementRules] : null;
    if (!mayBe || (value !== null && !mayBe(value))) return refuse('malformed', { path: `/rules/${name}` });
  }
  const known = ledger.rules.of(scope);
  const news = RULE_NAMES.filter((name) => rules[name] !== undefined && (rules[name] ?? undefined) !== known[name]);
  if (news.length === 0) return refuse('already_resolved', { path: '/rules' });
  if (ledger.rules.size >= RULE_SCOPES_MAX && Object.keys(known).length === 0)
    return refuse('too_large', { need: RULE_SCOPES_MAX, path: '/scope' });
  const change = Object.fromEntries(news.map((name) => [name, rules[name]])) as SettlementRuleChange;
  return [event({ envelope, context }, 'SettlementRulesSet', { by: envelope.actor.ownerId, rules: change, scope })];
}

export function onSettlementRulesSet(ledger: LedgerState, e: NewEvent<'SettlementRulesSet'>): void {
  ledger.rules.set(e.data.scope, e.data.rules);
}

function isOneOf(choices: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && choices.includes(value);
}
