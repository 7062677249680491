// What to subscribe to on an exchange stream, as an operator writes it: JSON of the protocol's own names.
import { z } from 'zod';
import type { Subscription } from './session.ts';

const SUBSCRIPTION = z.strictObject({
  marketFilter: z.record(z.string(), z.unknown()),
  fields: z.array(z.string()).optional(),
  ladderLevels: z.number().int().min(1).max(10).optional(),
  heartbeatMs: z.number().int().min(500).max(5_000).optional(),
  conflateMs: z.number().int().min(0).max(120_000).optional(),
});
/** Football, main markets. */
const DEFAULT_SUBSCRIPTION: Subscription = {
  marketFilter: { eventTypeIds: ['1'], marketTypes: ['MATCH_ODDS', 'OVER_UNDER_25', 'BOTH_TEAMS_TO_SCORE', 'ASIAN_HANDICAP'] },
};

/** Throws with what is wrong; without a text, the main markets of football. */
export function readSubscription(text: string | undefined): Subscription {
  if (text === undefined) return DEFAULT_SUBSCRIPTION;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('is not JSON');
  }
  const { data, error, success } = SUBSCRIPTION.safeParse(value);
  if (!success) throw new Error(error.issues.map(({ message, path }) => `${path.join('.')} ${message}`.trim()).join(', '));
  // Absent and undefined are one here: what is undefined is not sent.
  return data as Subscription;
}
