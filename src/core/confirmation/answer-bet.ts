// The answer to a referred bet. The first one that comes in time decides; the same again changes nothing; one that comes too late or says
// something else changes no money either, but is written down, once, for a person to look at.
import { isId } from '../base/ids.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import { type HeldBet, heldBet, refundOf } from '../bets/held-bet.ts';
import { multipleKey, rejected } from '../bets/multiples/release-multiple.ts';
import { releaseKey } from '../bets/release-bet.ts';
import { repriceBet } from '../bets/reprice-bet.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import type {
  AnswerStatus,
  ConfirmationCommand,
  ConfirmationEvents,
  ConfirmBet,
  Referee,
  ReferralEnd,
  RejectBet,
} from './confirmation-commands.ts';
import { isDeclared, onConfirmationSet, referralKey, setConfirmation } from './refer-bet.ts';
import type { Referral } from './referrals.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

export interface BetAnswer {
  readonly betId: string;
  readonly by: Referee;
  readonly status: AnswerStatus;
  readonly answeredAt: number;
  readonly providerRef?: string | undefined;
  readonly reason?: string | undefined;
  /** At which it stands, where it is not what it was placed at. */
  readonly oddsMilli?: number;
  /** Of the price at which it was judged again, where it was. */
  readonly quoteSeq?: number;
}

/** Door into decide(). */
export function decideConfirmation(ledger: LedgerState, envelope: Envelope<ConfirmationCommand>, context: Context): Decision {
  const { cmd } = envelope;
  if (cmd.type === 'SetConfirmation') return setConfirmation(ledger, envelope as Envelope<typeof cmd>, context);
  const fault = faultIn(cmd);
  if (fault) return fault;
  const { answeredAt, betId, providerRef } = cmd;
  const rejected = cmd.type === 'RejectBet';
  const status = rejected ? 'rejected' : 'confirmed';
  const reason = rejected ? cmd.reason : undefined;
  return judgeAnswer(ledger, { envelope, context }, { answeredAt, betId, by: 'supplier', providerRef, reason, status });
}

function faultIn(cmd: ConfirmBet | RejectBet): Refusal | null {
  if (!isId('bet', cmd.betId)) return refuse('malformed', { path: '/betId' });
  if (!Number.isSafeInteger(cmd.answeredAt) || cmd.answeredAt < 0) return refuse('malformed', { path: '/answeredAt' });
  if (cmd.providerRef !== undefined && !isToken(cmd.providerRef)) return refuse('malformed', { path: '/providerRef' });
  if (cmd.type === 'RejectBet' && !isToken(cmd.reason)) return refuse('malformed', { path: '/reason' });
  return null;
}

/** What an answer does, whoever gives it. */
export function judgeAnswer(ledger: LedgerState, cause: Cause, answer: BetAnswer): Decision {
  const { betId, by, status } = answer;
  const referral = ledger.referrals.find(betId);
  const bet = referral?.by === by ? heldBet(ledger, betId) : null;
  if (referral && bet) {
    if (!isDeclared(ledger, bet.market)) return [end(ledger, cause, { answer, bet, referral })];
    return flag(ledger, cause, { answer, ended: 'settled', holder: (ledger.holders[bet.holder] as Holder).id });
  }
  const ended = ledger.referrals.ended(betId);
  if (ended?.by === by && ended.end === status) return refuse('already_resolved', { path: '/betId' });
  return flag(ledger, cause, { answer, ended: ended?.end ?? 'unknown', holder: ended?.holder ?? null });
}

/** At the stake it was placed with, and at no better odds: what it can win was reserved for. */
function end(
  ledger: LedgerState,
  cause: Cause,
  { answer, bet, referral }: { answer: BetAnswer; bet: HeldBet; referral: Referral },
): NewEvent {
  const { betId, by, providerRef } = answer;
  const holder = ledger.holders[bet.holder] as Holder;
  const named = providerRef === undefined ? {} : { providerRef };
  if (answer.status === 'confirmed') {
    const { oddsMilli = bet.oddsMilli, quoteSeq = referral.quoteSeq } = answer;
    return event(cause, 'BetAccepted', { betId, holder: holder.id, oddsMilli, ...named, quoteSeq });
  }
  const reason = answer.reason ?? 'rejected';
  return event(cause, 'BetRejected', { betId, by, holder: holder.id, ...named, reason }, [refundOf(ledger, bet)]);
}

/** Nobody answered in time. */
export function timeOutReferral(ledger: LedgerState, cause: Cause, betId: string): Decision {
  if (!ledger.referrals.find(betId)) return [];
  const reason = 'timed_out';
  const multiple = ledger.multiples.find(betId);
  if (multiple >= 0) return [rejected(ledger, cause, { bet: multiple, reason })];
  const bet = heldBet(ledger, betId);
  if (!bet) return [];
  const holder = (ledger.holders[bet.holder] as Holder).id;
  return [event(cause, 'BetRejected', { betId, holder, reason }, [refundOf(ledger, bet)])];
}

function flag(
  ledger: LedgerState,
  cause: Cause,
  of: { readonly answer: BetAnswer; readonly ended: ReferralEnd | 'unknown'; readonly holder: string | null },
): Decision {
  const { answeredAt, betId, by, providerRef, reason, status } = of.answer;
  if (ledger.referrals.ended(betId)?.flagged.includes(status)) return refuse('already_resolved', { path: '/betId' });
  const data: ConfirmationEvents['AnswerFlagged'] = {
    answeredAt,
    betId,
    by,
    ended: of.ended,
    ...(of.holder === null ? {} : { holder: of.holder }),
    ...(providerRef === undefined ? {} : { providerRef }),
    ...(reason === undefined ? {} : { reason }),
    status,
  };
  return [event(cause, 'AnswerFlagged', data)];
}

export type ConfirmationEvent = NewEvent<keyof ConfirmationEvents>;

export function isConfirmationEvent(e: NewEvent): e is ConfirmationEvent {
  return e.type === 'BetReferred' || e.type === 'AnswerFlagged' || e.type === 'ConfirmationSet';
}

/** Door into evolve(). */
export function evolveConfirmation(ledger: LedgerState, e: ConfirmationEvent): void {
  if (e.type === 'ConfirmationSet') return onConfirmationSet(ledger, e.data);
  if (e.type === 'AnswerFlagged') return ledger.referrals.flag(e.data.betId, { by: e.data.by, status: e.data.status, at: e.at });
  const { betId, by, dueAt, legs, quoteSeq } = e.data;
  ledger.referrals.wait({ betId, by, dueAt, quoteSeq });
  if (legs.length === 1) repriceBet(ledger, betId, (legs[0] as (typeof legs)[number]).oddsMilli);
  for (const key of [releaseKey(betId), multipleKey(betId)]) ledger.timers.delete(key); // where its in-play delay came first
  ledger.timers.set(referralKey(betId), dueAt);
}

/** A bet that may have waited ends, or stands. */
export function endReferral(
  ledger: LedgerState,
  betId: string,
  of: { readonly end: ReferralEnd; readonly holder: string; readonly at: number },
): void {
  if (!ledger.referrals.find(betId)) return;
  ledger.referrals.end(betId, of.end, of);
  ledger.timers.delete(referralKey(betId));
}
