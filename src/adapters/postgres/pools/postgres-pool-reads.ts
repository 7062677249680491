// The read models of pools, each answer from one snapshot with the journal place it is of.
import type pg from 'pg';
import type { InvitationRow, PoolEntryRow, PoolFilter, PoolReads, PoolRow, PoolWhole, RankingRow } from '#ports/pool-reads.ts';
import type { AsOf, Page, PageAsk, Viewer } from '#ports/read-models.ts';
import { type LedgerPlace, projectedSeq, whoseOf } from '../reads/read-models.ts';
import { readAs, type Reading } from '../reads/reader.ts';
import { readEntries, readInvitations, readPool, readPools, readRanking } from './pool-reads.ts';

type Ask = (reading: Reading, who: readonly unknown[]) => Promise<object>;

export class PostgresPoolReads implements PoolReads {
  readonly #pool: pg.Pool;
  readonly #place: LedgerPlace;

  constructor(pool: pg.Pool, place: LedgerPlace) {
    this.#pool = pool;
    this.#place = place;
  }

  pools(viewer: Viewer, filter: PoolFilter, page: PageAsk): Promise<AsOf<Page<PoolRow>>> {
    return this.#asOf(viewer, (reading, who) => readPools(reading, who, { filter, page }));
  }

  pool(viewer: Viewer, poolId: string): Promise<AsOf<{ pool: PoolWhole | null }>> {
    return this.#asOf(viewer, async (reading, who) => ({ pool: await readPool(reading, who, poolId) }));
  }

  poolEntries(viewer: Viewer, poolId: string, page: PageAsk): Promise<AsOf<{ page: Page<PoolEntryRow> | null }>> {
    const of = { poolId, entryId: null, ownerId: viewer.ownerId, page };
    return this.#asOf(viewer, async (reading, who) => ({ page: await readEntries(reading, who, of) }));
  }

  poolEntry(viewer: Viewer, poolId: string, entryId: string): Promise<AsOf<{ entry: PoolEntryRow | null }>> {
    const of = { poolId, entryId, ownerId: viewer.ownerId, page: { limit: 1, after: null } };
    return this.#asOf(viewer, async (reading, who) => ({ entry: (await readEntries(reading, who, of))?.items[0] ?? null }));
  }

  poolRanking(viewer: Viewer, poolId: string, page: PageAsk): Promise<AsOf<{ page: Page<RankingRow> | null }>> {
    return this.#asOf(viewer, async (reading, who) => ({
      page: await readRanking(reading, who, { poolId, ownerId: viewer.ownerId, page }),
    }));
  }

  poolInvitations(viewer: Viewer, poolId: string): Promise<AsOf<{ items: readonly InvitationRow[] | null }>> {
    return this.#asOf(viewer, async (reading, who) => ({ items: await readInvitations(reading, who, poolId) }));
  }

  #asOf<T extends object>(viewer: Viewer, work: (...of: Parameters<Ask>) => Promise<T>): Promise<AsOf<T>> {
    const { owner, tenant } = whoseOf(viewer);
    const { ledgerId, shard } = this.#place;
    return readAs(this.#pool, viewer.tenantId, async (reading) => {
      const seq = await projectedSeq(reading, shard);
      return { ...(await work(reading, [shard, ledgerId, tenant, owner])), seq };
    });
  }
}
