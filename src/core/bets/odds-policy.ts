// What a bettor takes when the price is another than he saw: a better one, any, or none.

/** In the order of their numbers in stored state. */
export const ODDS_POLICIES = ['better', 'any', 'exact'] as const;
export type OddsPolicy = (typeof ODDS_POLICIES)[number];

export function isOddsPolicy(value: unknown): value is OddsPolicy {
  return (ODDS_POLICIES as readonly unknown[]).includes(value);
}

/** Whether this price serves. */
export function takesOdds(policy: OddsPolicy, wantedMilli: number, oddsMilli: number): boolean {
  if (policy === 'any') return true;
  return policy === 'exact' ? oddsMilli === wantedMilli : oddsMilli >= wantedMilli;
}

/**
 * What a delayed bet is accepted at, once its price serves. It was reserved against the payout at `placedMilli` and never gets more;
 * who takes any price gets the one of this moment where that is lower.
 */
export function acceptedOdds(policy: OddsPolicy, placedMilli: number, nowMilli: number): number {
  return policy === 'any' ? Math.min(placedMilli, nowMilli) : placedMilli;
}
