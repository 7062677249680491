// The stable reason codes: one list for decisions, the gate, bots and the API. A refusal is a value, never an exception.

export type Severity = 'info' | 'warn' | 'block';
export type Next = 'fix' | 'retry' | 'wait' | 'requote' | 'ask-person';

export interface Refusal {
  readonly code: ReasonCode;
  readonly severity: Severity;
  readonly next: Next;
  /** JSON pointer-like path of the fault in the input. */
  readonly path?: string;
  readonly need?: number;
  readonly have?: number;
  readonly retryAfterMs?: number;
}

type Row = readonly [httpStatus: number, severity: Severity, next: Next];

/** code -> HTTP status, severity, what the caller can do. */
export const REASONS = {
  malformed: [400, 'block', 'fix'],
  unauthorized: [401, 'block', 'fix'],
  forbidden: [403, 'block', 'ask-person'],
  not_found: [404, 'block', 'fix'],
  duplicate_key_other_payload: [409, 'block', 'fix'],
  already_resolved: [409, 'info', 'fix'],
  correction_closed: [409, 'block', 'ask-person'],
  second_person: [403, 'block', 'ask-person'],
  version_conflict: [409, 'warn', 'retry'],
  key_expired: [410, 'block', 'fix'],
  offer_expired: [410, 'warn', 'requote'],
  too_large: [413, 'block', 'fix'],
  odds_changed: [422, 'warn', 'requote'],
  market_suspended: [422, 'warn', 'wait'],
  market_closed: [422, 'block', 'fix'],
  price_stale: [422, 'warn', 'wait'],
  selection_withdrawn: [422, 'block', 'fix'],
  insufficient_funds: [422, 'block', 'fix'],
  stake_below_min: [422, 'block', 'fix'],
  stake_above_max: [422, 'block', 'fix'],
  step_invalid: [422, 'block', 'fix'],
  currency_mismatch: [422, 'block', 'fix'],
  same_ledger: [422, 'block', 'fix'],
  limit_user: [422, 'block', 'ask-person'],
  limit_market: [422, 'block', 'wait'],
  limit_house: [422, 'block', 'wait'],
  limit_event: [422, 'block', 'wait'],
  self_excluded: [422, 'block', 'ask-person'],
  cool_off: [422, 'block', 'wait'],
  loss_limit: [422, 'block', 'wait'],
  time_limit: [422, 'block', 'wait'],
  legs_related: [422, 'block', 'fix'],
  leg_not_combinable: [422, 'block', 'fix'],
  self_trade: [422, 'block', 'fix'],
  would_not_fill: [422, 'info', 'requote'],
  price_not_on_ladder: [422, 'block', 'fix'],
  gate_halted: [422, 'block', 'wait'],
  edge_too_small: [422, 'info', 'wait'],
  odds_out_of_range: [422, 'info', 'wait'],
  no_path: [422, 'info', 'wait'],
  no_fair_price: [422, 'info', 'wait'],
  no_goal_average: [422, 'info', 'wait'],
  condition_not_met: [422, 'info', 'wait'],
  market_unwanted: [422, 'info', 'wait'],
  already_bet: [422, 'info', 'wait'],
  bankroll_too_small: [422, 'info', 'wait'],
  bot_paused: [422, 'warn', 'ask-person'],
  max_open_bets: [422, 'info', 'wait'],
  daily_loss: [422, 'warn', 'wait'],
  timeout: [422, 'warn', 'fix'],
  oom: [422, 'warn', 'fix'],
  dead: [422, 'block', 'ask-person'],
  quarantined: [500, 'block', 'ask-person'],
  rate_limited: [429, 'warn', 'wait'],
  busy: [503, 'warn', 'retry'],
  writer_moving: [503, 'warn', 'retry'],
  outcome_unknown: [503, 'block', 'retry'],
  read_only: [503, 'block', 'ask-person'],
  storage_full: [503, 'block', 'wait'],
} as const satisfies Record<string, Row>;

export type ReasonCode = keyof typeof REASONS;

export type RefusalDetail = Pick<Refusal, 'path' | 'need' | 'have' | 'retryAfterMs'>;

/** Builds a refusal; keys are in alphabetical order so that its JSON is canonical as it stands. */
export function refuse(code: ReasonCode, detail: RefusalDetail = {}): Refusal {
  const [, severity, next] = REASONS[code];
  const { have, need, path, retryAfterMs } = detail;
  return {
    code,
    ...(have === undefined ? {} : { have }),
    ...(need === undefined ? {} : { need }),
    next,
    ...(path === undefined ? {} : { path }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    severity,
  };
}

export function isReasonCode(code: string): code is ReasonCode {
  return Object.hasOwn(REASONS, code);
}

export function httpStatusOf(code: ReasonCode): number {
  return REASONS[code][0];
}
