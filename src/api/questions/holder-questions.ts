// What only the writer's memory knows of people and their bots: balances of this moment, and what they used of their limits.
import { z } from 'zod';
import { refuse } from '#core/base/refusal.ts';
import { holderOf } from '#core/kernel/state.ts';
import { PERIODS, windowEnd } from '#core/play/calendar.ts';
import { maySee, question } from './question.ts';

/** What somebody has; `not_found` for who is not there, and for who is not the viewer's to see. */
export const wallet = question({
  for: 'owners',
  ask: z.object({ holder: z.string() }),
  told: z.object({
    holder: z.string(),
    ownerId: z.string(),
    tenantId: z.string(),
    currency: z.string(),
    availableMinor: z.int(),
    heldMinor: z.int(),
    debtMinor: z.int(),
    status: z.string(),
  }),
  tell(ledger, ask, viewer) {
    const holder = holderOf(ledger, ask.holder);
    if (!holder || !maySee(viewer, holder)) return refuse('not_found', { path: '/query/holder' });
    const { currency } = ledger;
    const { available, debt, held, id, ownerId, paused, retired, tenantId } = holder;
    return {
      holder: id,
      ownerId,
      tenantId,
      currency,
      availableMinor: ledger.accounts.balance(available, currency),
      heldMinor: ledger.accounts.balance(held, currency),
      debtMinor: ledger.accounts.balance(debt, currency),
      status: retired ? 'retired' : paused ? 'paused' : 'active',
    };
  },
});

/** What a person used of each window so far: minor units, for time minutes; null where nothing is counted. */
export const playUsed = question({
  for: 'owners',
  ask: z.object({ ownerId: z.string(), now: z.int().nonnegative() }),
  told: z
    .array(
      z.object({
        period: z.enum(PERIODS),
        /** When the window ends, ms. */
        until: z.int(),
        deposit: z.int(),
        stake: z.int(),
        loss: z.int(),
        time: z.int(),
      }),
    )
    .nullable(),
  tell(ledger, { now, ownerId }, viewer) {
    const person = holderOf(ledger, ownerId);
    // Who has no wallet here may still have been counted; that is shown to himself alone.
    if (person ? !maySee(viewer, person) : viewer?.ownerId !== ownerId) return refuse('not_found');
    const counters = ledger.play.find(ownerId)?.counters;
    if (!counters) return null;
    return PERIODS.map((period) => ({
      period,
      until: windowEnd(period, now),
      deposit: counters.used(period, 'deposit', now),
      stake: counters.used(period, 'stake', now),
      loss: counters.used(period, 'loss', now),
      time: Math.ceil(counters.used(period, 'time', now) / 60_000),
    }));
  },
});
