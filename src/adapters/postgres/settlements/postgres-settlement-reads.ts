// The read models of settlements, proposals and disputes, each answer from one snapshot with the journal place it is of.
import type pg from 'pg';
import type { AsOf, Page, PageAsk, Viewer } from '#ports/read-models.ts';
import type {
  DisputeFilter,
  DisputeRow,
  ProposalRow,
  Reversal,
  SettlementFact,
  SettlementFilter,
  SettlementReads,
} from '#ports/settlement-reads.ts';
import { type LedgerPlace, projectedSeq, whoseOf } from '../reads/read-models.ts';
import { readAs, type Reading } from '../reads/reader.ts';
import { readDisputes, readProposals, readReversals, readSettlements } from './settlement-log.ts';

export class PostgresSettlementReads implements SettlementReads {
  readonly #pool: pg.Pool;
  readonly #place: LedgerPlace;

  constructor(pool: pg.Pool, place: LedgerPlace) {
    this.#pool = pool;
    this.#place = place;
  }

  settlements(viewer: Viewer, filter: SettlementFilter, page: PageAsk): Promise<AsOf<Page<SettlementFact>>> {
    return this.#asOf(viewer, (reading, who) => readSettlements(reading, who.slice(0, 2), { filter, page }));
  }

  proposals(viewer: Viewer): Promise<AsOf<{ items: readonly ProposalRow[] }>> {
    return this.#asOf(viewer, async (reading, who) => ({ items: await readProposals(reading, who.slice(0, 2)) }));
  }

  disputes(viewer: Viewer, filter: DisputeFilter, page: PageAsk): Promise<AsOf<Page<DisputeRow>>> {
    return this.#asOf(viewer, (reading, who) => readDisputes(reading, who, { filter, page }));
  }

  reversals(viewer: Viewer, betId: string): Promise<AsOf<{ items: readonly Reversal[] }>> {
    return this.#asOf(viewer, async (reading, who) => ({ items: await readReversals(reading, who, betId) }));
  }

  #asOf<T extends object>(viewer: Viewer, work: (reading: Reading, who: readonly unknown[]) => Promise<T>): Promise<AsOf<T>> {
    const { owner, tenant } = whoseOf(viewer);
    const { ledgerId, shard } = this.#place;
    return readAs(this.#pool, viewer.tenantId, async (reading) => {
      const seq = await projectedSeq(reading, shard);
      return { ...(await work(reading, [shard, ledgerId, tenant, owner])), seq };
    });
  }
}
