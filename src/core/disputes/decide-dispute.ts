// What operators do with a dispute: take it up, reject it, or uphold it with a payment of the house or a correction of the market. A correction
// goes the way of every other one: above the limit a second person has to agree.
import { isAmount } from '../base/money.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import type { Command, Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, isRefusal, type NewEvent } from '../kernel/event.ts';
import { holderOf, HOUSE, type LedgerState, marketOf } from '../kernel/state.ts';
import { posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import { OPERATOR, resettle } from '../settlement/corrections/resettle.ts';
import { faultInOutcomes } from '../settlement/corrections/settle-market.ts';
import type { DecideDispute, DisputeCommand, ReviewDispute } from './dispute-commands.ts';
import { type Dispute, isOpen } from './disputes.ts';
import { openDispute } from './open-dispute.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

const COMMANDS: Readonly<Record<DisputeCommand['type'], true>> = { OpenDispute: true, ReviewDispute: true, DecideDispute: true };

export function isDisputeCommand(cmd: Command): cmd is DisputeCommand {
  return Object.hasOwn(COMMANDS, cmd.type);
}

/** The one door for disputes. */
export function settleDispute(ledger: LedgerState, envelope: Envelope<DisputeCommand>, context: Context): Decision {
  const { cmd } = envelope;
  if (cmd.type === 'OpenDispute') return openDispute(ledger, envelope as Envelope<typeof cmd>, context);
  if (cmd.type === 'ReviewDispute') return reviewDispute(ledger, envelope as Envelope<typeof cmd>, context);
  return decideDispute(ledger, envelope as Envelope<typeof cmd>, context);
}

function reviewDispute(ledger: LedgerState, envelope: Envelope<ReviewDispute>, context: Context): Decision {
  const dispute = openOne(ledger, envelope);
  if ('code' in dispute) return dispute;
  if (dispute.state === 'under_review') return refuse('already_resolved', { path: '/disputeId' });
  const { disputeId, holder } = dispute;
  const dueAt = context.now + ledger.limits.disputeLifeMs;
  return [event({ envelope, context }, 'DisputeReviewed', { by: envelope.actor.ownerId, disputeId, dueAt, holder })];
}

function decideDispute(ledger: LedgerState, envelope: Envelope<DecideDispute>, context: Context): Decision {
  const { decision, goodwillMinor, outcomes, reason } = envelope.cmd;
  const dispute = openOne(ledger, envelope);
  if ('code' in dispute) return dispute;
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  if (dispute.ownerId === envelope.actor.ownerId) return refuse('second_person', { path: '/disputeId' });
  const cause = { envelope, context };
  if (decision === 'rejected') {
    if (goodwillMinor !== undefined || outcomes !== undefined) return refuse('malformed', { path: '/decision' });
    return [decided(cause, dispute, { decision, reason })];
  }
  if (decision !== 'upheld' || (goodwillMinor === undefined) === (outcomes === undefined))
    return refuse('malformed', { path: '/decision' });
  return goodwillMinor === undefined
    ? correct(ledger, cause, { dispute, cmd: envelope.cmd })
    : payGoodwill(ledger, cause, { dispute, cmd: envelope.cmd });
}

/** The end of a dispute that nobody took up, or decided, in time. */
export function expireDispute(ledger: LedgerState, cause: Cause, disputeId: string): Decision {
  const dispute = ledger.disputes.find(disputeId);
  return dispute && isOpen(dispute) ? [decided(cause, dispute, { decision: 'expired', reason: 'deadline' })] : [];
}

/** Disputes of a market ended by one timer. */
export const END_CHUNK_DISPUTES = 1_000;

/** What is still open when its market leaves memory ends before it, with an event: none is lost. Those set since wait longer than their market. */
export function endDisputes(ledger: LedgerState, cause: Cause, marketId: string): NewEvent[] {
  const open = ledger.disputes.openOfMarket(marketId).slice(0, END_CHUNK_DISPUTES);
  return open.map((dispute) => decided(cause, dispute, { decision: 'expired', reason: 'archived' }));
}

/** From the house's own, within what one person may move and the house has. */
function payGoodwill(ledger: LedgerState, cause: Cause, { cmd, dispute }: { dispute: Dispute; cmd: DecideDispute }): Decision {
  const { goodwillMinor, reason } = cmd;
  if (!isAmount(goodwillMinor)) return refuse('step_invalid', { path: '/goodwillMinor' });
  const { approvalAboveMinor, houseCapitalMinor } = ledger.limits;
  if (goodwillMinor > approvalAboveMinor)
    return refuse('limit_house', { need: approvalAboveMinor, have: goodwillMinor, path: '/goodwillMinor' });
  const house = ledger.accounts.balance(HOUSE, ledger.currency) - ledger.worstLossMinor - goodwillMinor;
  if (house < -houseCapitalMinor) return refuse('limit_house', { need: houseCapitalMinor, have: -house });
  const holder = holderOf(ledger, dispute.holder) as Holder;
  const pay = posting(HOUSE, holder.available, goodwillMinor, ledger.currency);
  return [decided(cause, dispute, { decision: 'upheld', reason, goodwillMinor, pay })];
}

function correct(ledger: LedgerState, cause: Cause, { cmd, dispute }: { dispute: Dispute; cmd: DecideDispute }): Decision {
  const market = marketOf(ledger, dispute.marketId);
  if (!market) return refuse('correction_closed', { path: '/disputeId' });
  const { outcomes = null, reason } = cmd;
  const fault = outcomes === null ? refuse('malformed', { path: '/outcomes' }) : faultInOutcomes(market, outcomes);
  if (fault) return fault;
  const wish = { outcomes, by: cause.envelope.actor.ownerId, source: OPERATOR, reason: 'dispute' };
  const corrected = resettle(ledger, cause, market, wish);
  return isRefusal(corrected) ? corrected : [decided(cause, dispute, { decision: 'upheld', reason }), ...corrected];
}

function openOne(ledger: LedgerState, { cmd }: Envelope<ReviewDispute | DecideDispute>): Dispute | Refusal {
  const dispute = typeof cmd.disputeId === 'string' ? ledger.disputes.find(cmd.disputeId) : undefined;
  if (!dispute) return refuse('not_found', { path: '/disputeId' });
  return isOpen(dispute) ? dispute : refuse('already_resolved', { path: '/disputeId' });
}

interface Verdict {
  readonly decision: 'upheld' | 'rejected' | 'expired';
  readonly reason: string;
  readonly goodwillMinor?: number;
  readonly pay?: ReturnType<typeof posting>;
}

function decided(cause: Cause, { disputeId, holder }: Dispute, { decision, goodwillMinor = 0, pay, reason }: Verdict) {
  const by = decision === 'expired' ? '' : cause.envelope.actor.ownerId;
  return event(cause, 'DisputeDecided', { by, decision, disputeId, goodwillMinor, holder, reason }, pay ? [pay] : []);
}
