// Folds what happened in pools into changes of rows: pools, their fixtures and selections, entries, invitations. Of what changed often in a batch
// one change remains.
import type { EventData, NewEvent } from '#core/kernel/event.ts';
import type { PoolEvent } from '#core/pools/evolve-pools.ts';

export interface PoolRow {
  readonly ledgerId: string;
  readonly seq: number;
  readonly openedAt: number;
  readonly carryInMinor: number;
  readonly data: EventData['PoolOpened'];
}

export interface PoolEntryRow {
  readonly ledgerId: string;
  readonly seq: number;
  readonly enteredAt: number;
  readonly stakeMinor: number;
  readonly data: EventData['PoolEntered'];
}

export interface PoolChange {
  status: string | null;
  entries: number;
  paidMinor: number;
  lockedAt: number | null;
  closedAt: number | null;
  declared: string | null;
  scratched: string[];
  seq: number;
}

export interface PoolEntryChange {
  readonly poolId: string;
  left: boolean;
  readonly picks: Record<string, readonly [number, number]>;
  paidMinor: number;
  seq: number;
}

export interface InvitationChange {
  readonly poolId: string;
  readonly invitation: string;
  usesMax: number | null;
  until: number | null;
  uses: number;
  revoked: boolean;
}

export class PoolChanges {
  readonly opened: PoolRow[] = [];
  readonly entered: PoolEntryRow[] = [];
  readonly pools = new Map<string, PoolChange>();
  readonly entries = new Map<string, PoolEntryChange>();
  /** `pool row` -> points gained. */
  readonly points = new Map<string, number>();
  /** `pool fixture` -> the score that points count with. */
  readonly scores = new Map<string, EventData['PoolScored']['score']>();
  /** `pool invitation` */
  readonly invitations = new Map<string, InvitationChange>();
  /** Fixture -> what is known of it: running, final or void. */
  readonly phases = new Map<string, string>();

  get size(): number {
    return this.opened.length + this.pools.size + this.entries.size + this.invitations.size + this.phases.size;
  }

  /** What is known of a fixture, for the pools that follow it. */
  see({ completedPeriods = [], eventId, status }: EventData['MarketResulted']): void {
    const isFinal = status === 'finished' || completedPeriods.includes('ft');
    this.phases.set(eventId, status === 'live' ? 'running' : isFinal ? 'final' : 'void');
  }

  add(e: PoolEvent, seq: number): void {
    switch (e.type) {
      case 'FixtureScored':
        return this.see(e.data);
      case 'PoolOpened': {
        const carryInMinor = e.postings?.[0]?.amountMinor ?? 0;
        this.opened.push({ ledgerId: e.ledgerId, seq, openedAt: e.at, carryInMinor, data: e.data });
        return;
      }
      case 'PoolEntered':
        return this.#entered(e, seq);
      case 'PoolLeft':
        this.#entry(e.data, seq).left = true;
        this.#pool(e.data.poolId, seq).entries--;
        return;
      case 'PicksSet': {
        const { picks } = this.#entry(e.data, seq);
        for (const [fixture, home, away] of e.data.picks) picks[fixture] = [home, away];
        return;
      }
      case 'PoolInvited':
        Object.assign(this.#invitation(e.data), { usesMax: e.data.usesMax, until: e.data.until });
        return;
      case 'PoolInvitationRevoked':
        this.#invitation(e.data).revoked = true;
        return;
      case 'PoolScored':
        return this.#scored(e.data, seq);
      default:
        return this.#moved(e, seq);
    }
  }

  #moved(
    e: NewEvent<
      | 'PoolLocked'
      | 'PoolReversing'
      | 'PoolReclaimed'
      | 'PoolReversed'
      | 'PoolUncorrected'
      | 'PoolScratched'
      | 'PoolResulted'
      | 'PoolDeclared'
      | 'PoolPaid'
      | 'PoolClosed'
      | 'PoolArchived'
    >,
    seq: number,
  ): void {
    const change = this.#pool(e.data.poolId, seq);
    if (e.type === 'PoolLocked') Object.assign(change, { status: 'locked', lockedAt: e.at });
    else if (e.type === 'PoolScratched') change.scratched.push(e.data.runner);
    else if (e.type === 'PoolDeclared') Object.assign(change, { status: 'paying', declared: JSON.stringify(e.data) });
    else if (e.type === 'PoolClosed') Object.assign(change, { status: 'closed', closedAt: e.at });
    else if (e.type === 'PoolReversing') change.status = 'reversing';
    else if (e.type === 'PoolReversed') change.status = 'locked';
    else if (e.type === 'PoolPaid' || e.type === 'PoolReclaimed') {
      const sign = e.type === 'PoolPaid' ? 1 : -1;
      for (const [entryId, , amountMinor] of e.data.entries) {
        this.#entry({ entryId, poolId: e.data.poolId }, seq).paidMinor += sign * amountMinor;
        change.paidMinor += sign * amountMinor;
      }
    }
  }

  #entered(e: NewEvent<'PoolEntered'>, seq: number): void {
    const { invitation, poolId } = e.data;
    this.entered.push({
      ledgerId: e.ledgerId,
      seq,
      enteredAt: e.at,
      stakeMinor: e.postings?.[0]?.amountMinor ?? 0,
      data: e.data,
    });
    this.#pool(poolId, seq).entries++;
    if (invitation !== undefined) this.#invitation({ invitation, poolId }).uses++;
  }

  #scored({ fixture, from, points, poolId, score }: EventData['PoolScored'], seq: number): void {
    this.#pool(poolId, seq);
    this.scores.set(`${poolId} ${fixture}`, score);
    for (const [i, by] of points.entries()) {
      if (by === 0) continue;
      const key = `${poolId} ${from + i}`;
      this.points.set(key, (this.points.get(key) ?? 0) + by);
    }
  }

  #pool(poolId: string, seq: number): PoolChange {
    let change = this.pools.get(poolId);
    if (!change) {
      const none = { status: null, lockedAt: null, closedAt: null, declared: null };
      change = { ...none, entries: 0, paidMinor: 0, scratched: [], seq };
      this.pools.set(poolId, change);
    }
    change.seq = seq;
    return change;
  }

  #entry({ entryId, poolId }: { readonly entryId: string; readonly poolId: string }, seq: number): PoolEntryChange {
    let change = this.entries.get(entryId);
    if (!change) this.entries.set(entryId, (change = { poolId, left: false, picks: {}, paidMinor: 0, seq }));
    change.seq = seq;
    return change;
  }

  #invitation({ invitation, poolId }: { readonly invitation: string; readonly poolId: string }): InvitationChange {
    const key = `${poolId} ${invitation}`;
    let change = this.invitations.get(key);
    if (!change) {
      change = { poolId, invitation, usesMax: null, until: null, uses: 0, revoked: false };
      this.invitations.set(key, change);
    }
    return change;
  }
}
