// Where bets need the supplier's answer, which bets wait for one, and how those of late ended, so that an answer that comes again or too late
// is known for what it is. Bounded: what waits by the open bets, what ended by age and number.
import { assert } from '../base/assert.ts';
import type { AnswerStatus, ConfirmationScope, Referee, ReferralEnd } from './confirmation-commands.ts';

/** How long the end of a referred bet is remembered, ms, and how many at most. An exact copy of an answer is known by its key for longer. */
export const ENDED_LIFE_MS = 86_400_000;
export const ENDED_MAX = 100_000;
/** Markets and sources that need a supplier's answer, at most. */
export const CONFIRMATION_TARGETS_MAX = 10_000;

export interface Referral {
  readonly betId: string;
  readonly by: Referee;
  readonly dueAt: number;
  readonly quoteSeq: number;
}

export interface EndedReferral {
  readonly by: Referee;
  readonly end: ReferralEnd | 'unknown';
  readonly holder: string | null;
  readonly at: number;
  /** An answer that does not fit was flagged: once for each status. */
  readonly flagged: readonly AnswerStatus[];
}

export interface ReferralsDump {
  readonly targets: readonly string[];
  readonly waiting: readonly Referral[];
  readonly ended: readonly (readonly [string, EndedReferral])[];
}

export class Referrals {
  /** `scope target`. */
  readonly #targets = new Set<string>();
  readonly #waiting = new Map<string, Referral>();
  /** In the order in which they ended. */
  readonly #ended = new Map<string, EndedReferral>();

  /** False in a ledger where nothing needs an answer: what every bet asks. */
  get anyTarget(): boolean {
    return this.#targets.size > 0;
  }

  get targetCount(): number {
    return this.#targets.size;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  hasTarget(scope: ConfirmationScope, target: string): boolean {
    return this.#targets.has(`${scope} ${target}`);
  }

  setTarget(scope: ConfirmationScope, target: string, on: boolean): void {
    if (on) this.#targets.add(`${scope} ${target}`);
    else this.#targets.delete(`${scope} ${target}`);
  }

  find(betId: string): Referral | undefined {
    return this.#waiting.get(betId);
  }

  waiting(): IterableIterator<Referral> {
    return this.#waiting.values();
  }

  ended(betId: string): EndedReferral | undefined {
    return this.#ended.get(betId);
  }

  wait(referral: Referral): void {
    this.#waiting.set(referral.betId, referral);
  }

  /** The bet waits no longer. */
  end(betId: string, end: ReferralEnd, of: { readonly holder: string; readonly at: number }): void {
    const referral = this.#waiting.get(betId);
    assert(referral, () => `${betId} waits for nobody`);
    this.#waiting.delete(betId);
    const flagged = this.#ended.get(betId)?.flagged ?? []; // while its market was being settled
    this.#remember(betId, { by: referral.by, end, holder: of.holder, at: of.at, flagged });
  }

  flag(betId: string, of: { readonly by: Referee; readonly status: AnswerStatus; readonly at: number }): void {
    const known = this.#ended.get(betId);
    // In its place where it is known: the order is that of age.
    if (known) this.#ended.set(betId, { ...known, flagged: [...known.flagged, of.status] });
    else this.#remember(betId, { by: of.by, end: 'unknown', holder: null, at: of.at, flagged: [of.status] });
  }

  #remember(betId: string, ended: EndedReferral): void {
    this.#ended.delete(betId);
    this.#ended.set(betId, ended);
    for (const [oldest, { at }] of this.#ended) {
      if (this.#ended.size <= ENDED_MAX && at >= ended.at - ENDED_LIFE_MS) break;
      this.#ended.delete(oldest);
    }
  }

  /** Null while the ledger never needed an answer: its snapshot is then what it was before there were any. */
  dump(): ReferralsDump | null {
    if (this.#targets.size === 0 && this.#waiting.size === 0 && this.#ended.size === 0) return null;
    return { targets: [...this.#targets], waiting: [...this.#waiting.values()], ended: [...this.#ended] };
  }

  static load(dump: ReferralsDump | null | undefined): Referrals {
    const referrals = new Referrals();
    for (const target of dump?.targets ?? []) referrals.#targets.add(target);
    for (const referral of dump?.waiting ?? []) referrals.#waiting.set(referral.betId, referral);
    for (const [betId, ended] of dump?.ended ?? []) referrals.#ended.set(betId, ended);
    return referrals;
  }
}
