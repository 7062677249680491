// What can be asked of the read models of pools. Public pools are the same for everybody in the ledger; one by invitation is there for its creator
// and those who entered it, and for operators of their tenants.
import type { PoolEvents, PoolMarketOpened } from '#core/pools/pool-events.ts';
import type { PoolRules } from '#core/pools/state/pool-rules.ts';
import type { AsOf, Page, PageAsk, Viewer } from './read-models.ts';

export interface PoolRow {
  readonly poolId: string;
  readonly holder: string;
  readonly bots: boolean;
  readonly rules: PoolRules;
  readonly market: PoolMarketOpened | null;
  readonly carryInMinor: number;
  readonly openedAt: number;
  readonly lockAt: number;
  /** open, locked, paying or closed */
  readonly status: string;
  readonly entries: number;
  readonly paidMinor: number;
  readonly lockedAt: number | null;
  readonly closedAt: number | null;
  readonly declared: PoolEvents['PoolDeclared'] | null;
  readonly scratched: readonly string[];
}

export interface PoolFixtureRow {
  readonly eventId: string;
  readonly stage: string | null;
  readonly startAt: number;
  /** unknown, running, final or void */
  readonly phase: string;
  /** What points count with. */
  readonly score: { readonly home: number; readonly away: number } | null;
}

export interface PoolWhole extends PoolRow {
  readonly fixtures: readonly PoolFixtureRow[];
  /** Units by selection; empty of a bolão. */
  readonly unitsOn: Readonly<Record<string, number>>;
}

export interface PoolEntryRow {
  readonly entryId: string;
  readonly holder: string;
  readonly units: number;
  readonly selectionId: string | null;
  readonly stakeMinor: number;
  readonly enteredAt: number;
  /** Number of the fixture -> [home, away]. */
  readonly picks: Readonly<Record<string, readonly [number, number]>>;
  readonly points: number;
  readonly paidMinor: number;
  readonly gone: boolean;
  /** The viewer's own, or his bots'. */
  readonly own: boolean;
}

export interface RankingRow extends PoolEntryRow {
  /** Those with the same points have the same rank. */
  readonly rank: number;
  /** Place in the order of entering. */
  readonly row: number;
}

export interface InvitationRow {
  readonly invitation: string;
  readonly usesMax: number;
  readonly uses: number;
  readonly until: number;
  readonly revoked: boolean;
}

export interface PoolFilter {
  readonly status?: string | undefined;
  readonly kind?: string | undefined;
  /** Those the viewer made or entered. */
  readonly mine?: boolean | undefined;
  readonly eventId?: string | undefined;
}

export interface PoolReads {
  /** Newest first. */
  pools(viewer: Viewer, filter: PoolFilter, page: PageAsk): Promise<AsOf<Page<PoolRow>>>;
  pool(viewer: Viewer, poolId: string): Promise<AsOf<{ readonly pool: PoolWhole | null }>>;
  /** The viewer's own entries; null when he does not see the pool. */
  poolEntries(viewer: Viewer, poolId: string, page: PageAsk): Promise<AsOf<{ readonly page: Page<PoolEntryRow> | null }>>;
  poolEntry(viewer: Viewer, poolId: string, entryId: string): Promise<AsOf<{ readonly entry: PoolEntryRow | null }>>;
  /** Most points first; null when the viewer does not see the pool. */
  poolRanking(viewer: Viewer, poolId: string, page: PageAsk): Promise<AsOf<{ readonly page: Page<RankingRow> | null }>>;
  /** For the creator and operators of his tenant; null for others. */
  poolInvitations(viewer: Viewer, poolId: string): Promise<AsOf<{ readonly items: readonly InvitationRow[] | null }>>;
}
