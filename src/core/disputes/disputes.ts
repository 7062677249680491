// Disputes of a ledger: open ones, and those that ended while their market can still be corrected, so that one settlement of a bet is disputed once.

export const DISPUTE_STATES = ['open', 'under_review', 'upheld', 'rejected', 'expired'] as const;
export type DisputeState = (typeof DISPUTE_STATES)[number];

export interface Dispute {
  readonly disputeId: string;
  readonly betId: string;
  readonly marketId: string;
  readonly holder: string;
  readonly ownerId: string;
  readonly state: DisputeState;
}

/** Disputes of a ledger that wait at a time. */
export const DISPUTES_OPEN_MAX = 10_000;

/** Ends a dispute that nobody took up or decided. */
export function disputeKey(disputeId: string): string {
  return `dispute:${disputeId}`;
}

export function isOpen({ state }: Pick<Dispute, 'state'>): boolean {
  return state === 'open' || state === 'under_review';
}

function betKey({ betId, marketId }: Pick<Dispute, 'betId' | 'marketId'>): string {
  return `${betId} ${marketId}`;
}

export class Disputes {
  readonly #byId = new Map<string, Dispute>();
  /** A bet on a market is disputed once a settlement. */
  readonly #ofBet = new Map<string, string>();
  readonly #ofMarket = new Map<string, Set<string>>();
  readonly #openOf = new Map<string, number>();
  #open = 0;

  get openCount(): number {
    return this.#open;
  }

  openCountOf(ownerId: string): number {
    return this.#openOf.get(ownerId) ?? 0;
  }

  find(disputeId: string): Dispute | undefined {
    return this.#byId.get(disputeId);
  }

  ofBet(betId: string, marketId: string): Dispute | undefined {
    const disputeId = this.#ofBet.get(betKey({ betId, marketId }));
    return disputeId === undefined ? undefined : this.#byId.get(disputeId);
  }

  openOfMarket(marketId: string): Dispute[] {
    return this.#allOf(marketId).filter(isOpen);
  }

  set(dispute: Dispute): void {
    const known = this.#byId.get(dispute.disputeId);
    this.#count(dispute.ownerId, Number(isOpen(dispute)) - Number(known !== undefined && isOpen(known)));
    this.#byId.set(dispute.disputeId, dispute);
    if (known) return;
    this.#ofBet.set(betKey(dispute), dispute.disputeId);
    const ids = this.#ofMarket.get(dispute.marketId);
    if (ids) ids.add(dispute.disputeId);
    else this.#ofMarket.set(dispute.marketId, new Set([dispute.disputeId]));
  }

  /** A market is settled anew or leaves memory: what ended on it is forgotten; `all` forgets the open ones as well. */
  forget(marketId: string, all: boolean): string[] {
    const forgotten: string[] = [];
    const ids = this.#ofMarket.get(marketId);
    for (const dispute of this.#allOf(marketId)) {
      if (isOpen(dispute) && !all) continue;
      if (isOpen(dispute)) this.#count(dispute.ownerId, -1);
      this.#byId.delete(dispute.disputeId);
      this.#ofBet.delete(betKey(dispute));
      ids?.delete(dispute.disputeId);
      forgotten.push(dispute.disputeId);
    }
    if (ids?.size === 0) this.#ofMarket.delete(marketId);
    return forgotten;
  }

  /** Null while there is none. */
  dump(): readonly Dispute[] | null {
    return this.#byId.size === 0 ? null : [...this.#byId.values()];
  }

  load(disputes: readonly Dispute[]): void {
    for (const dispute of disputes) this.set(dispute);
  }

  #allOf(marketId: string): Dispute[] {
    return [...(this.#ofMarket.get(marketId) ?? [])].map((disputeId) => this.#byId.get(disputeId) as Dispute);
  }

  #count(ownerId: string, by: number): void {
    this.#open += by;
    const open = this.openCountOf(ownerId) + by;
    if (open > 0) this.#openOf.set(ownerId, open);
    else this.#openOf.delete(ownerId);
  }
}
