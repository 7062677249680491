// What operators decide: which sources count, a market settled or corrected by hand, and a second person's yes or no to what another proposed.
import { unreachable } from '../../base/assert.ts';
import { type Refusal, refuse } from '../../base/refusal.ts';
import { isToken } from '../../base/token.ts';
import type { Market } from '../../bets/market.ts';
import { outcomeNames } from '../../bets/runners/runners.ts';
import type { Command, Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, isRefusal, type OutcomeNumbers } from '../../kernel/event.ts';
import { type LedgerState, marketOf } from '../../kernel/state.ts';
import type {
  ApproveSettlement,
  CorrectionCommand,
  RejectSettlement,
  SetResultRule,
  SettleMarket,
} from './correction-commands.ts';
import { recallMarket } from '../recall/recall-market.ts';
import { closed, OPERATOR, resettle } from './resettle.ts';

/** Sources that a rule may name. */
export const RULE_SOURCES_MAX = 16;
/** Largest part of an outcome's fraction: dead heats of so many. */
const FRACTION_MAX = 1_000;

const COMMANDS: Readonly<Record<CorrectionCommand['type'], true>> = {
  SetResultRule: true,
  SettleMarket: true,
  ApproveSettlement: true,
  RejectSettlement: true,
  RecallMarket: true,
};

export function isCorrectionCommand(cmd: Command): cmd is CorrectionCommand {
  return Object.hasOwn(COMMANDS, cmd.type);
}

/** The one door for what operators decide about settlements. */
export function decideCorrection(ledger: LedgerState, envelope: Envelope<CorrectionCommand>, context: Context): Decision {
  const { cmd } = envelope;
  switch (cmd.type) {
    case 'SetResultRule':
      return setResultRule(ledger, envelope as Envelope<typeof cmd>, context);
    case 'SettleMarket':
      return settleMarket(ledger, envelope as Envelope<typeof cmd>, context);
    case 'ApproveSettlement':
      return approveSettlement(ledger, envelope as Envelope<typeof cmd>, context);
    case 'RejectSettlement':
      return rejectSettlement(ledger, envelope as Envelope<typeof cmd>, context);
    case 'RecallMarket':
      return recallMarket(ledger, envelope as Envelope<typeof cmd>, context);
    default:
      return unreachable(cmd, 'command');
  }
}

function setResultRule(ledger: LedgerState, envelope: Envelope<SetResultRule>, context: Context): Decision {
  const { agree, sources } = envelope.cmd;
  if (!Array.isArray(sources) || sources.length > RULE_SOURCES_MAX)
    return refuse('malformed', { need: RULE_SOURCES_MAX, path: '/sources' });
  for (const [i, source] of sources.entries()) {
    if (!isToken(source) || source === OPERATOR || sources.indexOf(source) !== i)
      return refuse('malformed', { path: `/sources/${i}` });
  }
  const most = sources.length || RULE_SOURCES_MAX;
  if (!Number.isSafeInteger(agree) || agree < 1 || agree > most) return refuse('malformed', { need: most, path: '/agree' });
  const { rule } = ledger.corrections;
  if (rule?.agree === agree && JSON.stringify(rule.sources) === JSON.stringify(sources))
    return refuse('already_resolved', { path: '/sources' });
  return [event({ envelope, context }, 'ResultRuleSet', { agree, by: envelope.actor.ownerId, sources })];
}

function settleMarket(ledger: LedgerState, envelope: Envelope<SettleMarket>, context: Context): Decision {
  const { marketId, outcomes, previewHash, reason } = envelope.cmd;
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  if (!market) return refuse('not_found', { path: '/marketId' });
  const fault = faultInOutcomes(market, outcomes);
  if (fault) return fault;
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  if (previewHash !== undefined && !isToken(previewHash)) return refuse('malformed', { path: '/previewHash' });
  const wish = { outcomes, by: envelope.actor.ownerId, source: OPERATOR, reason, previewHash };
  return resettle(ledger, { envelope, context }, market, wish);
}

function approveSettlement(ledger: LedgerState, envelope: Envelope<ApproveSettlement>, context: Context): Decision {
  const { previewHash, proposalId } = envelope.cmd;
  const proposal = typeof proposalId === 'string' ? ledger.corrections.proposals.get(proposalId) : undefined;
  const market = proposal && marketOf(ledger, proposal.marketId);
  if (!proposal || !market) return refuse('not_found', { path: '/proposalId' });
  const by = envelope.actor.ownerId;
  if (proposal.by === by) return refuse('second_person', { path: '/proposalId' });
  if (previewHash !== proposal.previewHash) return refuse('version_conflict', { path: '/previewHash' });
  const cause = { envelope, context };
  const { marketId, outcomes, reason, source } = proposal;
  const done = resettle(ledger, cause, market, {
    outcomes,
    by: proposal.by,
    source,
    reason,
    previewHash,
    approved: proposalId,
  });
  return isRefusal(done) ? done : [event(cause, 'SettlementApproved', { by, marketId, proposalId }), ...done];
}

function rejectSettlement(ledger: LedgerState, envelope: Envelope<RejectSettlement>, context: Context): Decision {
  const { proposalId, reason } = envelope.cmd;
  const proposal = typeof proposalId === 'string' ? ledger.corrections.proposals.get(proposalId) : undefined;
  if (!proposal) return refuse('not_found', { path: '/proposalId' });
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  const by = envelope.actor.ownerId;
  return [closed({ envelope, context }, proposal, { by, reason })];
}

/** The end of a proposal that nobody answered. */
export function expireProposal(
  ledger: LedgerState,
  cause: { envelope: Envelope; context: Context },
  proposalId: string,
): Decision {
  const proposal = ledger.corrections.proposals.get(proposalId);
  return proposal ? [closed(cause, proposal, { by: '', reason: 'expired' })] : [];
}

/** Every selection once, each with fractions that a bet can be paid with: no share below 0, all together 1 at most. */
export function faultInOutcomes(market: Market, outcomes: unknown): Refusal | null {
  if (outcomes === null) return null;
  if (typeof outcomes !== 'object' || Array.isArray(outcomes)) return refuse('malformed', { path: '/outcomes' });
  const given = outcomes as Record<string, unknown>;
  const names = outcomeNames(market);
  for (const name of Object.keys(given)) if (!names.includes(name)) return refuse('malformed', { path: '/outcomes' });
  for (const selection of names) {
    if (!isOutcome(given[selection])) return refuse('malformed', { path: `/outcomes/${selection}` });
  }
  return null;
}

function isOutcome(value: unknown): value is OutcomeNumbers {
  if (!Array.isArray(value) || value.length !== 4) return false;
  if (!value.every((part) => Number.isSafeInteger(part) && part >= 0 && part <= FRACTION_MAX)) return false;
  const [won, wonOf, back, backOf] = value as unknown as OutcomeNumbers;
  return wonOf > 0 && backOf > 0 && won * backOf + back * wonOf <= wonOf * backOf;
}
