// A wallet's holder: a person or a bot. Limits and exclusions bind the owner, the person behind it.

export interface Holder {
  readonly id: string;
  readonly ownerId: string;
  readonly tenantId: string;
  /** Account paths, built once: the hot path only looks them up. */
  readonly available: string;
  readonly held: string;
  readonly debt: string;
  readonly dnaHash: string;
  /** Account numbers of available and held in the ledger's currency; -1 until they are first needed. Not part of the state. */
  availableAccount: number;
  heldAccount: number;
  paused: boolean;
  retired: boolean;
  openBets: number;
}

export interface HolderFacts {
  readonly id: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly dnaHash?: string;
}

export function makeHolder(facts: HolderFacts): Holder {
  return {
    id: facts.id,
    ownerId: facts.ownerId,
    tenantId: facts.tenantId,
    available: pathOf(facts.id, 'available'),
    held: pathOf(facts.id, 'held'),
    debt: pathOf(facts.id, 'debt'),
    dnaHash: facts.dnaHash ?? '',
    availableAccount: -1,
    heldAccount: -1,
    paused: false,
    retired: false,
    openBets: 0,
  };
}

/** Joined rather than concatenated: that makes one run of characters, where a template leaves a tree whose flat form is one step further away in memory. */
function pathOf(id: string, account: string): string {
  return ['player:', id, ':', account].join('');
}

export function isBot(holder: Holder): boolean {
  return holder.id.startsWith('bot_');
}
