// The wire of settlements by hand, corrections, proposals and disputes, as contract.ts has the rest.
import { z } from 'zod';
import { isStorable } from '#core/base/storable-text.ts';
import { isScope } from '#core/desk/target.ts';
import { DISPUTE_REASONS } from '#core/disputes/dispute-commands.ts';
import { DISPUTE_STATES } from '#core/disputes/disputes.ts';
import { RULE_SOURCES_MAX } from '#core/settlement/corrections/settle-market.ts';
import { ABANDONED_RULES, LIVE_HANDICAP_RULES, POSTPONED_MS_MAX } from '#core/settlement/rules/settlement-rules.ts';
import {
  id,
  page,
  zAmount,
  zCount,
  zMarketId,
  zMinor,
  zMoney,
  zPageQuery,
  zReceipt,
  zSelectionId,
  zTime,
} from '../../contract.ts';
import { NOT_STORABLE } from '../../hooks/storable-text.ts';

const zWord = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be one word of a-z, 0-9, _ and -');
const zHash = z.string().regex(/^[0-9a-f]{32}$/, 'must be the previewHash of a preview');
const zPart = z.number().int().min(0).max(1_000);
/** Share won and share of the stake returned besides, as [number, of, number, of]: won [1,1,0,1], lost [0,1,0,1], void [0,1,1,1]. */
const zOutcome = z.tuple([zPart, zPart, zPart, zPart]);
const zOutcomes = z.record(zSelectionId, zOutcome);

export const zPreviewBody = z.strictObject({ marketId: zMarketId, outcomes: zOutcomes.nullable() });
const zChange = z.object({ holder: z.string(), change: zMoney });
export const zPreview = z.object({
  marketId: z.string(),
  previewHash: z.string(),
  /** It is settled already: this would correct it. */
  correction: z.boolean(),
  bets: zCount,
  staked: zMoney,
  returnedNow: zMoney,
  returnedAfter: zMoney,
  houseNow: zMoney,
  houseAfter: zMoney,
  moved: zMoney,
  /** A second person has to agree. */
  needsApproval: z.boolean(),
  debts: z.array(z.object({ holder: z.string(), debt: zMoney })),
  debtsInAll: zMoney,
  winners: z.array(zChange),
  losers: z.array(zChange),
});
export const zSettle = zPreviewBody.extend({ reason: zWord, previewHash: zHash.optional() });
export const zRule = z.strictObject({
  agree: z.number().int().min(1).max(RULE_SOURCES_MAX),
  sources: z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_:.-]{0,63}$/)).max(RULE_SOURCES_MAX),
});

export const zRecall = z.strictObject({ marketId: zMarketId });

export const zSettlementQuery = zPageQuery.extend({
  marketId: zMarketId.optional(),
  eventId: z.string().min(3).max(128).optional(),
  kind: z
    .string()
    .regex(/^[A-Z][A-Za-z]{2,39}$/)
    .optional(),
});
const zFact = z.object({
  seq: zCount,
  at: zTime,
  kind: z.string(),
  eventId: z.string().nullable(),
  marketId: z.string().nullable(),
  data: z.unknown(),
});
export const zSettlementPage = page(zFact);
const zProposal = z.object({
  proposalId: z.string(),
  marketId: z.string(),
  outcomes: z.record(z.string(), z.array(z.number())).nullable(),
  movedMinor: zMinor,
  previewHash: z.string(),
  by: z.string(),
  source: z.string(),
  reason: z.string(),
  proposedAt: zTime,
  expiresAt: zTime,
});
export const zProposals = z.object({ items: z.array(zProposal) });
export const zProposalParams = z.strictObject({ id: id('prp') });
export const zApprove = z.strictObject({ previewHash: zHash });
export const zReject = z.strictObject({ reason: zWord });

/** Characters of a dispute's evidence. */
export const EVIDENCE_CHARS_MAX = 8_000;

export const zOpenDispute = z.strictObject({
  betId: id('bet'),
  /** Of a bet of several legs: the market of the one that was decided wrongly. */
  marketId: zMarketId.optional(),
  reason: z.enum(DISPUTE_REASONS),
  evidence: z.string().min(1).max(EVIDENCE_CHARS_MAX).refine(isStorable, NOT_STORABLE).optional(),
  evidenceHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the sha256 of the evidence, hex')
    .optional(),
});
export const zEvidence = z.object({ disputeId: z.string(), evidenceHash: z.string(), evidence: z.string() });
export const zDisputeReceipt = zReceipt.extend({ disputeId: z.string() });
export const zDisputeParams = z.strictObject({ id: id('dsp') });
export const zDisputeQuery = zPageQuery.extend({ state: z.enum(DISPUTE_STATES).optional() });
export const zDispute = z.object({
  disputeId: z.string(),
  betId: z.string(),
  marketId: z.string(),
  holder: z.string(),
  reason: z.string(),
  evidenceHash: z.string(),
  state: z.string(),
  openedAt: zTime,
  dueAt: zTime.nullable(),
  by: z.string().nullable(),
  endedAt: zTime.nullable(),
  decisionReason: z.string().nullable(),
  goodwillMinor: zMinor,
});
export const zDisputePage = page(zDispute);
export const zDecideDispute = z.strictObject({
  decision: z.enum(['upheld', 'rejected']),
  reason: zWord,
  goodwillMinor: zAmount.optional(),
  outcomes: zOutcomes.optional(),
});

const zRules = z.strictObject({
  /** What stands of an abandoned fixture: all that was decided, only what completed periods decide, or nothing. */
  abandoned: z.enum(ABANDONED_RULES),
  /** What an Asian handicap struck in play counts: goals since the bet, or the whole score. */
  liveHandicap: z.enum(LIVE_HANDICAP_RULES),
  /** How long after its planned start a postponed fixture is waited for before its bets are void. */
  postponedMs: z.number().int().min(0).max(POSTPONED_MS_MAX),
});
export const zRuleChange = z.strictObject({
  abandoned: zRules.shape.abandoned.nullable().optional(),
  liveHandicap: zRules.shape.liveHandicap.nullable().optional(),
  postponedMs: zRules.shape.postponedMs.nullable().optional(),
});
const zScope = z.string().min(1).max(128).refine(isScope, 'must be a sport, a competition such as fb:E0, or *');
export const zScopeParams = z.strictObject({ scope: zScope });
export const zRulesOfScope = z.object({ scope: z.string(), rules: zRules.partial() });
export const zRulesOfLedger = z.object({
  /** What holds where nobody set anything, by sport; `*`: in all others. */
  defaults: z.record(z.string(), zRules),
  items: z.array(zRulesOfScope),
});
