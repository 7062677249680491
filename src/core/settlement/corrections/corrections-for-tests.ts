// Worlds with a rule for results, and one story that has every event of corrections in it.
import { canonical } from '../../base/canonical.ts';
import type { Result } from '../../catalog/result.ts';
import type { Decision } from '../../kernel/event.ts';
import { availableMinor, holderOf, marketOf, type ShardState } from '../../kernel/state.ts';
import { ANA, BEA, goals, idOf, resultOf, TENANT, WINNER, type World, worldWithMarket } from '../../kernel/world-for-tests.ts';
import { fileOf } from '../recall/market-file.ts';
import type { Outcomes } from './corrections.ts';
import { type Preview, preview } from './preview.ts';

export const OLGA = idOf('usr', 'olga');
export const OTTO = idOf('usr', 'otto');
/** The market's winner by name, as a person would state it. */
export const wonBy = (winner: 'home' | 'draw' | 'away'): Outcomes => ({
  away: [winner === 'away' ? 1 : 0, 1, 0, 1],
  draw: [winner === 'draw' ? 1 : 0, 1, 0, 1],
  home: [winner === 'home' ? 1 : 0, 1, 0, 1],
});

/** worldWithMarket() in whose ledger results can be corrected: any source, the first to speak. */
export function worldWithRule(fingerprint: ((state: ShardState) => string) | null = null): World {
  const world = worldWithMarket(fingerprint);
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  return world;
}

export function record(world: World, change: Partial<Result> = {}) {
  return world.ask({ type: 'RecordResult', result: resultOf(change) }, 'feed');
}

/** A full-time score that has this winner. */
export const scoreFor = (winner: 'home' | 'draw' | 'away') => [
  winner === 'home' ? goals(1, 0) : winner === 'away' ? goals(0, 1) : goals(1, 1),
];

export function settleBy(world: World, outcomes: Outcomes | null, by = OLGA, previewHash?: string) {
  const cmd = { type: 'SettleMarket', marketId: WINNER, outcomes, reason: 'wrong_score' } as const;
  return world.ask(previewHash === undefined ? cmd : { ...cmd, previewHash }, 'operator', { ownerId: by });
}

export function previewOf(world: World, outcomes: Outcomes | null): Preview {
  const market = marketOf(world.ledger, WINNER);
  if (!market) throw new Error('there is no market');
  return preview(world.ledger, market, outcomes);
}

export function debtOf(world: World, holder = ANA): number {
  return world.ledger.accounts.balance(`player:${holder}:debt`, world.ledger.currency);
}

/** Everything a holder has less what is owed. */
export function worthOf(world: World, id: string): number {
  const holder = holderOf(world.ledger, id);
  return holder ? availableMinor(world.ledger, holder) + world.held(id) + debtOf(world, id) : 0;
}

/** All balances that are not 0, as text. */
export function balancesOf(world: World): string {
  const rows = [...world.ledger.accounts.rows()].filter(({ balanceMinor }) => balanceMinor !== 0);
  return canonical(Object.fromEntries(rows.map(({ balanceMinor, path }) => [path, balanceMinor])));
}

/** Spends a holder's available money by taking it out of circulation. */
export function spend(world: World, amountMinor: number, holder = ANA): void {
  world.done({ type: 'ReclaimFunds', holder, amountMinor });
}

export function grant(world: World, amountMinor: number, holder = ANA): void {
  world.done({ type: 'IssueFunds', holder, ownerId: holder, tenantId: TENANT, amountMinor });
}

/** Lets a market leave memory, and recalls it with what the journal would say of it. */
export function recall(world: World, marketId: string): Decision {
  world.loaded = JSON.parse(JSON.stringify(fileOf(world.ledger, marketId))) as World['loaded']; // as the journal keeps it
  world.goTo(world.now + world.ledger.limits.correctionWindowMs + 1);
  const recalled = world.ask({ type: 'RecallMarket', marketId }, 'operator', { ownerId: OLGA });
  world.loaded = undefined;
  return recalled;
}

/** Every event of corrections at least once. */
export function correctedWorld(): World {
  const world = worldWithRule();
  world.bet('a');
  world.bet('b', { holder: BEA, selectionId: 'away' });
  record(world);
  world.goTo(world.now);
  spend(world, world.available());
  record(world, { source: 'other', scores: scoreFor('draw') });
  record(world, { version: 2, scores: scoreFor('away') });
  world.goTo(world.now);
  grant(world, 1);
  world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 1 } });
  settleBy(world, wonBy('home'));
  settleBy(world, wonBy('draw'));
  const [proposal] = world.ledger.corrections.proposals.values();
  const { previewHash = '', proposalId = '' } = proposal ?? {};
  world.done({ type: 'ApproveSettlement', previewHash, proposalId }, 'operator', { ownerId: OTTO });
  world.goTo(world.now);
  const disputed = { betId: idOf('bet', 'a'), marketId: WINNER, reason: 'other', evidenceHash: 'a'.repeat(64) } as const;
  const [opened] = world.done({ type: 'OpenDispute', ...disputed }, 'api');
  const disputeId = opened?.type === 'DisputeOpened' ? opened.data.disputeId : '';
  world.done({ type: 'ReviewDispute', disputeId }, 'operator', { ownerId: OLGA });
  world.done({ type: 'DecideDispute', disputeId, decision: 'upheld', reason: 'x', goodwillMinor: 1 }, 'operator', {
    ownerId: OLGA,
  });
  recall(world, WINNER);
  world.done({ type: 'OpenMarket', marketId: WINNER.replace('alpha', 'gamma'), startAt: world.now });
  const other = { marketId: WINNER.replace('alpha', 'gamma'), outcomes: wonBy('draw'), reason: 'by_hand' };
  world.done({ type: 'SettleMarket', ...other }, 'operator', { ownerId: OLGA });
  return world;
}

/** worldWithRule() in which Ana lost 5.00 on away and Bea won 2.00 on home at 2.0, both paid. */
export function worldWithPaidBets(fingerprint: ((state: ShardState) => string) | null = null): World {
  const world = worldWithRule(fingerprint);
  world.bet('lost', { selectionId: 'away', stakeMinor: 500 });
  world.bet('won', { holder: BEA, stakeMinor: 200 });
  record(world);
  world.goTo(world.now);
  return world;
}
