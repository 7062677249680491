// What only the writer's memory knows of the house: what is halted, its exposure and limits, the liability board, and bets that wait for a person.
import { z } from 'zod';
import { LIABILITY_LEVELS, liabilityBoard } from '#core/desk/liability.ts';
import { SYSTEMS } from '#core/bets/multiples/systems.ts';
import { referredBets } from '#core/confirmation/referred-bets.ts';
import { HALT_SCOPES, type HaltScope } from '#core/kernel/command.ts';
import { HOUSE } from '#core/kernel/state.ts';
import { zBetInReview, zLiabilityRow, zTargetLimits } from '../routes/desk/desk-contract.ts';
import { zRulesOfScope } from '../routes/desk/settlement-contract.ts';
import { cut, question, zPageAsk, zPageOf } from './question.ts';

/** The house's figures are an operator's; others see what is halted. */
export const risk = question({
  for: 'owners',
  ask: z.object({}),
  told: z.object({
    halted: z.array(z.enum(HALT_SCOPES as [HaltScope, ...HaltScope[]])),
    house: z
      .object({
        currency: z.string(),
        houseMinor: z.int(),
        worstLossMinor: z.int(),
        openBets: z.int(),
        markets: z.int(),
        limits: z.record(z.string(), z.number()),
      })
      .nullable(),
  }),
  tell(ledger, _ask, viewer) {
    const { currency, limits, worstLossMinor } = ledger;
    const house = {
      currency,
      houseMinor: ledger.accounts.balance(HOUSE, currency),
      worstLossMinor,
      openBets: ledger.bets.size,
      markets: ledger.marketRows.size,
      limits: { ...limits },
    };
    return { halted: [...ledger.halted].sort(), house: viewer?.wholeTenant ? house : null };
  },
});

/** Rows of the liability board. By place: it moves with every bet, and a reader of several pages sees each as it is at that moment. */
export const liability = question({
  for: 'operators',
  ask: zPageAsk.extend({ level: z.enum(LIABILITY_LEVELS) }),
  told: zPageOf(zLiabilityRow),
  tell(ledger, { after, level, limit }) {
    const from = Number(after?.[0] ?? 0);
    return cut(liabilityBoard(ledger, level).slice(from), limit, () => [from + limit]);
  },
});

/** Limits that the desk has set, by target. */
export const deskLimits = question({
  for: 'operators',
  ask: zPageAsk,
  told: zPageOf(zTargetLimits),
  tell(ledger, { after, limit }) {
    const left = [...ledger.desk.limits]
      .filter(([target]) => after === null || target > String(after[0]))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([target, limits]) => ({ target, limits: { ...limits } }));
    return cut(left, limit, ({ target }) => [target]);
  },
});

/** Bets that wait for a person, the first to end first. */
export const reviews = question({
  for: 'operators',
  ask: zPageAsk,
  told: zPageOf(zBetInReview.extend({ system: z.enum(SYSTEMS).nullable(), placedAt: z.int(), dueAt: z.int() })),
  tell(ledger, { after, limit }) {
    const left = referredBets(ledger, 'desk').filter(
      (row) => after === null || row.dueAt > Number(after[0]) || (row.dueAt === after[0] && row.betId > String(after[1])),
    );
    const rows = left.map(({ legs, ...bet }) => ({ ...bet, legs: legs.map(({ lead = null, ...leg }) => ({ ...leg, lead })) }));
    return cut(rows, limit, ({ betId, dueAt }) => [dueAt, betId]);
  },
});

/** How what is not played to its end is settled, by scope; scopes are few. */
export const settlementRules = question({
  for: 'operators',
  ask: z.object({}),
  told: z.array(zRulesOfScope),
  tell: (ledger) => ledger.rules.entries().map(([scope, rules]) => ({ scope, rules: { ...rules } })),
});
