// The rule by which a market of an abandoned fixture is judged. One that is declared keeps the rule it was declared by, whatever was set since: only
// a result that says something else may move it. The rule is not stated anywhere; it is the one by which what was reported comes to what is
// declared. So it is known of markets from before there were rules, and of recalled ones, too.
import type { Market } from '../../bets/market.ts';
import type { LedgerState } from '../../kernel/state.ts';
import { isDeclared } from '../corrections/preview.ts';
import { isSame } from '../corrections/resettle.ts';
import { outcomesOf } from '../declare.ts';
import { ABANDONED_RULES, type AbandonedRule } from './settlement-rules.ts';

/** To be asked before a new report is taken in. Where several rules come to the same, the one that holds now goes first. */
export function abandonedRuleOf(ledger: LedgerState, market: Market): AbandonedRule {
  const { abandoned } = ledger.rules.over(market.eventId);
  const kept = ledger.corrections.markets.get(market.row);
  const declared = kept?.plan ? kept.plan.outcomes : market.outcomes;
  // What a person decided by hand comes from no report.
  if (!isDeclared(market) || !declared || kept?.byHand) return abandoned;
  const reports = ledger.corrections.reports.get(market.eventId) ?? [];
  const explains = (rule: AbandonedRule) =>
    reports.some((report) => isSame(outcomesOf(market, report, { abandoned: rule }), declared));
  return [abandoned, ...ABANDONED_RULES].find(explains) ?? abandoned;
}
