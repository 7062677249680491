// How a ledger settles what was not played to its end. Set by scope (a sport, a competition, or everything), the narrowest word standing; what
// nobody set is as most houses have it. Nothing is kept while nothing is set.
import { EVERYTHING } from '../../desk/desk-commands.ts';
import { covers, targetsOver } from '../../desk/target.ts';

/** What stands of an abandoned fixture: all that nothing could change any more, only completed periods, or nothing. */
export const ABANDONED_RULES = ['decided', 'periods', 'nothing'] as const;
export type AbandonedRule = (typeof ABANDONED_RULES)[number];

/** What an Asian handicap that was struck in play counts: goals since the bet, or the whole score. */
export const LIVE_HANDICAP_RULES = ['since', 'whole'] as const;
export type LiveHandicapRule = (typeof LIVE_HANDICAP_RULES)[number];

export interface SettlementRules {
  readonly abandoned: AbandonedRule;
  /** As it was when the bet was struck. */
  readonly liveHandicap: LiveHandicapRule;
  /** How long after its planned start a postponed fixture is waited for, ms; 0: not at all. As it was when this was last said. */
  readonly postponedMs: number;
}

/** The longest that may be waited. */
export const POSTPONED_MS_MAX = 30 * 86_400_000;

/** Null takes a rule away. */
export type SettlementRuleChange = { readonly [K in keyof SettlementRules]?: SettlementRules[K] | null };

const ANY_SPORT: SettlementRules = { abandoned: 'decided', liveHandicap: 'whole', postponedMs: 2 * 86_400_000 };
/** What holds where nobody set anything: in any sport, and in those that have it otherwise. Goals since the bet are a rule of football. */
export const DEFAULT_RULES = {
  [EVERYTHING]: ANY_SPORT,
  fb: { ...ANY_SPORT, liveHandicap: 'since' },
} as const satisfies Record<string, SettlementRules>;
export const RULE_NAMES = Object.keys(ANY_SPORT).sort() as (keyof SettlementRules)[];

export type RulesDump = readonly (readonly [string, Partial<SettlementRules>])[];

export class RulesByScope {
  readonly #set = new Map<string, Partial<SettlementRules>>();

  /** Scopes for which something is set. */
  get size(): number {
    return this.#set.size;
  }

  /** What was set for a scope itself. */
  of(scope: string): Partial<SettlementRules> {
    return this.#set.get(scope) ?? {};
  }

  /** What holds for a fixture, or for a scope as a whole. */
  over(eventId: string): SettlementRules {
    const { fb, [EVERYTHING]: others } = DEFAULT_RULES;
    const usual = covers('fb', eventId) ? fb : others;
    if (this.#set.size === 0) return usual;
    const rules: SettlementRules = { ...usual };
    for (const target of targetsOver({ eventId, marketId: eventId })) Object.assign(rules, this.#set.get(target));
    return rules;
  }

  set(scope: string, change: SettlementRuleChange): void {
    const rules: Record<string, unknown> = { ...this.#set.get(scope) };
    for (const name of RULE_NAMES) {
      const value = change[name];
      if (value === null) delete rules[name];
      else if (value !== undefined) rules[name] = value;
    }
    if (Object.keys(rules).length === 0) this.#set.delete(scope);
    else this.#set.set(scope, rules as Partial<SettlementRules>);
  }

  /** In alphabetical order of the scopes. */
  entries(): [string, Partial<SettlementRules>][] {
    return [...this.#set].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Null while nothing is set. */
  dump(): RulesDump | null {
    return this.#set.size === 0 ? null : [...this.#set];
  }

  load(dump: RulesDump): void {
    for (const [scope, rules] of dump) this.#set.set(scope, rules);
  }
}
