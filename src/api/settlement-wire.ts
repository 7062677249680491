// Settlements, proposals and disputes as the API shows them.
import type { z } from 'zod';
import type { DisputeRow, ProposalRow, SettlementFact } from '#ports/settlement-reads.ts';
import type { Told } from './questions/questions.ts';
import type { zDispute, zPreview, zProposals, zSettlementPage } from './routes/desk/settlement-contract.ts';
import { money, timeText } from './wire.ts';

export function previewWire({ currency, needsApproval, preview: p }: Told<'preview'>): z.infer<typeof zPreview> {
  const of = (amountMinor: number) => money(amountMinor, currency);
  const changes = (list: typeof p.winners) => list.map(({ changeMinor, holder }) => ({ holder, change: of(changeMinor) }));
  return {
    marketId: p.marketId,
    previewHash: p.previewHash,
    correction: p.correction,
    bets: p.bets,
    staked: of(p.stakedMinor),
    returnedNow: of(p.returnedNowMinor),
    returnedAfter: of(p.returnedAfterMinor),
    houseNow: of(p.houseNowMinor),
    houseAfter: of(p.houseAfterMinor),
    moved: of(p.movedMinor),
    needsApproval,
    debts: p.debts.map(({ debtMinor, holder }) => ({ holder, debt: of(debtMinor) })),
    debtsInAll: of(p.debtsMinor),
    winners: changes(p.winners),
    losers: changes(p.losers),
  };
}

export function factWire({ at, ...rest }: SettlementFact): z.infer<typeof zSettlementPage>['items'][number] {
  return { ...rest, at: timeText(at) };
}

export function proposalWire({ at, expiresAt, outcomes, ...rest }: ProposalRow): z.infer<typeof zProposals>['items'][number] {
  const plain = outcomes && Object.fromEntries(Object.entries(outcomes).map(([name, parts]) => [name, [...parts]]));
  return { ...rest, outcomes: plain, proposedAt: timeText(at), expiresAt: timeText(expiresAt) };
}

export function disputeWire({ dueAt, endedAt, openedAt, ...rest }: DisputeRow): z.infer<typeof zDispute> {
  const timeOrNull = (ms: number | null): string | null => (ms === null ? null : timeText(ms));
  return { ...rest, openedAt: timeText(openedAt), dueAt: timeOrNull(dueAt), endedAt: timeOrNull(endedAt) };
}
