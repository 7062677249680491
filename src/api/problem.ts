// Errors as RFC 9457 problem details with a stable code. What is not a known refusal becomes a bare 500: no stack, no message from inside.
import { httpStatusOf, type ReasonCode, type Refusal, type RefusalDetail, refuse } from '#core/base/refusal.ts';
import type { Problem } from './contract.ts';

/** Thrown by routes and hooks to answer with a refusal. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: Refusal;
  readonly detail: string | undefined;

  constructor(refusal: Refusal, detail?: string) {
    super(refusal.code);
    this.refusal = refusal;
    this.detail = detail;
  }
}

export function refused(code: ReasonCode, detail: RefusalDetail = {}, text?: string): RefusedError {
  return new RefusedError(refuse(code, detail), text);
}

/** Says first what happened to the money. */
const TITLES: Partial<Record<ReasonCode, string>> = {
  malformed: 'Nothing happened: the request is not well formed',
  unauthorized: 'Nothing happened: a valid API key is needed',
  forbidden: 'Nothing happened: this key may not do that',
  not_found: 'Nothing happened: there is no such thing here',
  duplicate_key_other_payload: 'Nothing happened: this Idempotency-Key was used for another request',
  already_resolved: 'Nothing happened: it was so already',
  key_expired: 'Nothing happened: the Idempotency-Key is too old',
  too_large: 'Nothing happened: the request is too large',
  odds_changed: 'No bet, no money moved: the price is not one that you accept',
  legs_related: 'No bet, no money moved: two legs are of one fixture',
  leg_not_combinable: 'No bet, no money moved: this market takes no legs of a bet of several',
  market_suspended: 'No bet, no money moved: the market is suspended',
  market_closed: 'No bet, no money moved: the market is closed',
  price_stale: 'No bet, no money moved: the price has not been confirmed recently',
  insufficient_funds: 'No bet, no money moved: the wallet holds less than that',
  self_excluded: 'No bet, no money moved: betting is excluded for this person',
  gate_halted: 'No bet, no money moved: the house has halted this',
  rate_limited: 'Nothing happened: too many requests',
  busy: 'Nothing happened: try again with the same key',
  writer_moving: 'Nothing happened: the writer is moving; try again with the same key',
  outcome_unknown: 'It is not known whether this happened: ask again with the same key',
  read_only: 'Nothing happened: this ledger only answers questions until a person has looked',
  storage_full: 'Nothing new happens now: the disk of the database is nearly full; ask again later with the same key',
  quarantined: 'Nothing happened: the command failed inside and was set aside',
};

/** What a refusal means, for people. */
export function titleOf(code: ReasonCode): string {
  return TITLES[code] ?? `Refused: ${code.replaceAll('_', ' ')}`;
}

export interface ProblemPlace {
  readonly requestId: string;
  readonly detail?: string | undefined;
}

export function problemOf(refusal: Refusal, place: ProblemPlace): Problem {
  const { code, ...rest } = refusal;
  return {
    type: `urn:palpite:reason:${code}`,
    title: titleOf(code),
    status: httpStatusOf(code),
    ...(place.detail === undefined ? {} : { detail: place.detail }),
    instance: `urn:palpite:request:${place.requestId}`,
    code,
    ...rest,
  };
}

/** For what nobody foresaw: the request id leads to the log line. */
export function internalProblem(requestId: string): Problem {
  return {
    type: 'urn:palpite:reason:internal',
    title: 'Something failed inside; whether a change was made can be asked again with the same Idempotency-Key',
    status: 500,
    instance: `urn:palpite:request:${requestId}`,
    code: 'internal',
    severity: 'block',
    next: 'retry',
  };
}

interface Fault {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly validation?: readonly { readonly instancePath?: unknown; readonly message?: unknown; readonly params?: unknown }[];
  readonly validationContext?: unknown;
}

/** The refusal behind an error of the framework or of a route, or null when it is a fault of ours. */
export function refusalIn(error: unknown): RefusedError | null {
  if (error instanceof RefusedError) return error;
  const fault = error as Fault;
  const first = fault.validation?.[0];
  if (first) return refused('malformed', { path: pathOf(fault) }, String(first.message ?? 'is not valid'));
  if (fault.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return refused('too_large', { path: '' });
  if (fault.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return refused('malformed', { path: '' }, 'send the body as application/json');
  if (fault.code === 'FST_ERR_BAD_URL') return refused('malformed', { path: '' }, 'the path has a % that begins no character');
  const status = typeof fault.statusCode === 'number' ? fault.statusCode : 500;
  if (status >= 400 && status < 500) return refused('malformed', { path: '' }, 'the body is not JSON');
  return null;
}

/** JSON pointer of the first fault; what is not in the body is named by its part of the request. */
function pathOf(fault: Fault): string {
  const first = fault.validation?.[0];
  const given = typeof first?.instancePath === 'string' ? first.instancePath : '';
  const pointer = given === '/' ? '' : given; // the validator's spelling of the root
  const issue = first?.params as { issue?: { keys?: unknown }; keys?: unknown } | undefined;
  const keys = issue?.keys ?? issue?.issue?.keys;
  const stranger =
    Array.isArray(keys) && typeof keys[0] === 'string'
      ? `/${keys[0].slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`
      : '';
  const part = { querystring: '/query', params: '/params', headers: '/headers' }[String(fault.validationContext)] ?? '';
  return `${part}${pointer}${stranger}`;
}
