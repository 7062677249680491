// Owned read models: wallets, entries, bets, bots and decisions. Each query names tenant and owner itself; row-level security is the second wall.
import type pg from 'pg';
import type {
  AsOf,
  BetFilter,
  BetRow,
  BotRow,
  DecisionRow,
  EntryRow,
  OrderFilter,
  OrderRow,
  OwnedReads,
  Page,
  PageAsk,
  PlayRows,
  TransferRow,
  Viewer,
  WalletRow,
} from '#ports/read-models.ts';
import { BET_COLUMNS, betOf, type BetSql } from '../bets/bet-reads.ts';
import { readOrder, readOrders } from './order-reads.ts';
import { readPlayBan, readPlayLimits } from './play-rows.ts';
import { readTransfers } from './read-transfers.ts';
import { numberOrNull, readAs, type Reading } from './reader.ts';

export interface LedgerPlace {
  readonly shard: number;
  readonly ledgerId: string;
}

/** Holders that a viewer may see: $1 shard, $2 ledger, $3 tenant, $4 owner or null for the whole tenant. */
const VISIBLE = 'w.shard = $1 AND w.ledger_id = $2 AND w.tenant_id = $3 AND ($4::text IS NULL OR w.owner_id = $4)';

const VISIBLE_BETS = `bets b WHERE b.shard = $1 AND b.ledger_id = $2 AND b.tenant_id = $3
  AND ($4::text IS NULL OR b.holder_id IN (SELECT w.holder_id FROM holders w WHERE ${VISIBLE}))`;

export class PostgresOwnedReads implements OwnedReads {
  readonly #pool: pg.Pool;
  readonly #place: LedgerPlace;

  constructor(pool: pg.Pool, place: LedgerPlace) {
    this.#pool = pool;
    this.#place = place;
  }

  ownerOf(viewer: Viewer, holder: string): Promise<string | null> {
    return readAs(this.#pool, viewer.tenantId, async (reading) => {
      const { owner, tenant } = whoseOf(viewer);
      const rows = await reading.rows<{ owner_id: string }>(
        `SELECT owner_id FROM principals WHERE owner_id = $1 AND tenant_id = $2 AND ($3::text IS NULL OR owner_id = $3)
         UNION ALL SELECT owner_id FROM bots WHERE bot_id = $1 AND tenant_id = $2 AND ($3::text IS NULL OR owner_id = $3) LIMIT 1`,
        [holder, tenant, owner],
      );
      return rows[0]?.owner_id ?? null;
    });
  }

  wallets(viewer: Viewer, holder: string | undefined, page: PageAsk): Promise<AsOf<Page<WalletRow>>> {
    return this.#asOf(viewer, async (reading) => {
      const rows = await reading.rows<WalletSql>(
        `SELECT w.holder_id, w.owner_id, w.tenant_id, w.currency, w.available_minor, w.held_minor, w.debt_minor, w.status, w.seq FROM wallets w
         WHERE ${VISIBLE} AND ($5::text IS NULL OR w.holder_id = $5) AND ($6::text IS NULL OR (w.holder_id, w.currency) > ($6, $7::text))
         ORDER BY w.holder_id, w.currency LIMIT $8`,
        [...this.#who(viewer), holder ?? null, page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit + 1],
      );
      return pageOf(rows, page, walletOf, (row) => [row.holder_id, row.currency]);
    });
  }

  entries(viewer: Viewer, holder: string, page: PageAsk): Promise<AsOf<Page<EntryRow>>> {
    return this.#asOf(viewer, async (reading) => {
      const rows = await reading.rows<EntrySql>(
        `SELECT e.seq, e.n, e.at, e.holder_id, e.from_path, e.to_path, e.currency, e.amount_minor, e.event_type,
           e.available_minor, e.held_minor, e.debt_minor FROM ledger_entries e
         WHERE e.holder_id = $5 AND e.shard = $1 AND e.ledger_id = $2
           AND EXISTS (SELECT FROM holders w WHERE w.holder_id = e.holder_id AND ${VISIBLE})
           AND ($6::bigint IS NULL OR (e.seq, e.n) < ($6, $7::int)) ORDER BY e.seq DESC, e.n DESC LIMIT $8`,
        [...this.#who(viewer), holder, page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit + 1],
      );
      return pageOf(rows, page, entryOf, (row) => [Number(row.seq), row.n]);
    });
  }

  bets(viewer: Viewer, filter: BetFilter, page: PageAsk): Promise<AsOf<Page<BetRow>>> {
    return this.#asOf(viewer, async (reading) => {
      const rows = await reading.rows<BetSql>(
        // Holder by holder: the primary key has each one's bets in order, and nobody else's are touched.
        `SELECT b.* FROM holders w CROSS JOIN LATERAL (
           SELECT ${BET_COLUMNS} FROM bets b WHERE b.holder_id = w.holder_id AND b.shard = $1 AND b.ledger_id = $2 AND b.tenant_id = $3
             AND ($6::text IS NULL OR b.status = $6) AND ($7::text IS NULL OR b.market_id = $7
               OR EXISTS (SELECT FROM bet_legs l WHERE l.bet_id = b.bet_id AND l.shard = b.shard AND l.market_id = $7)) AND ($8::text IS NULL OR b.bet_id < $8)
           ORDER BY b.bet_id DESC LIMIT $9) b
         WHERE ${VISIBLE} AND ($5::text IS NULL OR w.holder_id = $5) ORDER BY b.bet_id DESC LIMIT $9`,
        [
          ...this.#who(viewer),
          filter.holder ?? null,
          filter.status ?? null,
          filter.marketId ?? null,
          page.after?.[0] ?? null,
          page.limit + 1,
        ],
      );
      return pageOf(rows, page, betOf, (row) => [row.bet_id]);
    });
  }

  bet(viewer: Viewer, betId: string): Promise<AsOf<{ bet: BetRow | null }>> {
    return this.#asOf(viewer, async (reading) => {
      const rows = await reading.rows<BetSql>(`SELECT ${BET_COLUMNS} FROM ${VISIBLE_BETS} AND b.bet_id = $5`, [
        ...this.#who(viewer),
        betId,
      ]);
      return { bet: rows[0] ? betOf(rows[0]) : null };
    });
  }

  orders(viewer: Viewer, filter: OrderFilter, page: PageAsk): Promise<AsOf<Page<OrderRow>>> {
    return this.#asOf(viewer, (reading) => readOrders(reading, this.#who(viewer), { filter, page }));
  }

  order(viewer: Viewer, orderId: string): Promise<AsOf<{ order: OrderRow | null }>> {
    return this.#asOf(viewer, async (reading) => ({ order: await readOrder(reading, this.#who(viewer), orderId) }));
  }

  transfers(viewer: Viewer, holder: string | undefined, page: PageAsk): Promise<AsOf<Page<TransferRow>>> {
    return this.#asOf(viewer, (reading) => readTransfers(reading, this.#who(viewer), { holder: holder ?? null, id: null, page }));
  }

  transfer(viewer: Viewer, transferId: string): Promise<AsOf<{ transfer: TransferRow | null }>> {
    const page = { limit: 1, after: null };
    return this.#asOf(viewer, async (reading) => {
      const { items } = await readTransfers(reading, this.#who(viewer), { holder: null, id: transferId, page });
      return { transfer: items[0] ?? null };
    });
  }

  play(viewer: Viewer, ownerId: string): Promise<AsOf<PlayRows>> {
    return this.#asOf(viewer, async (reading) => {
      const of = { ...this.#place, ...whoseOf(viewer), ownerId };
      return { limits: await readPlayLimits(reading, of), ban: await readPlayBan(reading, of) };
    });
  }

  bots(viewer: Viewer, page: PageAsk): Promise<AsOf<Page<BotRow>>> {
    return this.#asOf(viewer, async (reading) => {
      const rows = await reading.rows<BotSql>(
        `SELECT b.bot_id, b.owner_id, b.dna, b.dna_hash, b.born_at, CASE WHEN b.status = 'active' THEN coalesce(w.status, b.status) ELSE b.status END AS status
         FROM bots b LEFT JOIN holders w ON w.holder_id = b.bot_id AND w.shard = $1 AND w.ledger_id = $2
         WHERE b.tenant_id = $3 AND ($4::text IS NULL OR b.owner_id = $4) AND ($5::text IS NULL OR b.bot_id > $5) ORDER BY b.bot_id LIMIT $6`,
        [...this.#who(viewer), page.after?.[0] ?? null, page.limit + 1],
      );
      return pageOf(rows, page, botOf, (row) => [row.bot_id]);
    });
  }

  async decisions(
    viewer: Viewer,
    ask: { botId: string; code?: string | undefined },
    page: PageAsk,
  ): Promise<AsOf<Page<DecisionRow>> | null> {
    const { owner, tenant } = whoseOf(viewer);
    const found = await this.#asOf(viewer, async (reading) => {
      const bots = await reading.rows(
        'SELECT FROM bots WHERE bot_id = $1 AND tenant_id = $2 AND ($3::text IS NULL OR owner_id = $3)',
        [ask.botId, tenant, owner],
      );
      if (bots.length === 0) return { page: null };
      const rows = await reading.rows<DecisionSql>(
        `SELECT d.snapshot_id, d.bot_id, d.dna_hash, d.at, d.market_id, d.selection_id, d.code, d.need, d.have, d.stake_minor, d.fair_ppm, d.quote_seq,
           d.bet_id, m.snapshot FROM decisions d LEFT JOIN market_snapshots m ON m.run_shard = d.run_shard AND m.snapshot_id = d.snapshot_id
         WHERE d.bot_id = $1 AND d.tenant_id = $2 AND d.run_shard = $3 AND ($4::text IS NULL OR d.code = $4) AND ($5::bigint IS NULL OR d.snapshot_id < $5)
         ORDER BY d.snapshot_id DESC LIMIT $6`,
        [ask.botId, tenant, this.#place.shard, ask.code ?? null, page.after?.[0] ?? null, page.limit + 1],
      );
      return { page: pageOf(rows, page, decisionOf, (row) => [Number(row.snapshot_id)]) };
    });
    return found.page === null ? null : { ...found.page, seq: found.seq };
  }

  #who(viewer: Viewer): unknown[] {
    const { owner, tenant } = whoseOf(viewer);
    return [this.#place.shard, this.#place.ledgerId, tenant, owner];
  }

  /** Reads the journal place and the rows from one snapshot. */
  #asOf<T>(viewer: Viewer, work: (reading: Reading) => Promise<T>): Promise<AsOf<T>> {
    return readAs(this.#pool, viewer.tenantId, async (reading) => {
      const seq = await projectedSeq(reading, this.#place.shard);
      return { ...(await work(reading)), seq };
    });
  }
}

/** The place of the slowest projection of a shard. */
export async function projectedSeq(reading: Reading, shard: number): Promise<number> {
  const rows = await reading.rows<{ seq: string | null }>('SELECT min(seq) AS seq FROM projection_positions WHERE shard = $1', [
    shard,
  ]);
  return Number(rows[0]?.seq ?? 0);
}

/** One row more than asked was read: it says whether there is a next page. */
export function pageOf<R, T>(rows: R[], page: PageAsk, map: (row: R) => T, key: (row: R) => (string | number)[]): Page<T> {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return { items: shown.map(map), after: rows.length > page.limit && last !== undefined ? key(last) : null };
}

export function whoseOf(viewer: Viewer): { tenant: string; owner: string | null } {
  return { tenant: viewer.tenantId, owner: viewer.wholeTenant ? null : viewer.ownerId };
}

interface WalletSql {
  holder_id: string;
  owner_id: string;
  tenant_id: string;
  currency: string;
  available_minor: string;
  held_minor: string;
  debt_minor: string;
  status: string;
  seq: string;
}

function walletOf(row: WalletSql): WalletRow {
  return {
    holder: row.holder_id,
    ownerId: row.owner_id,
    tenantId: row.tenant_id,
    currency: row.currency,
    availableMinor: Number(row.available_minor),
    heldMinor: Number(row.held_minor),
    debtMinor: Number(row.debt_minor),
    status: row.status,
    seq: Number(row.seq),
  };
}

interface EntrySql {
  seq: string;
  n: number;
  at: string;
  holder_id: string;
  from_path: string;
  to_path: string;
  currency: string;
  amount_minor: string;
  event_type: string;
  available_minor: string;
  held_minor: string;
  debt_minor: string;
}

function entryOf(row: EntrySql): EntryRow {
  return {
    seq: Number(row.seq),
    n: row.n,
    at: Number(row.at),
    holder: row.holder_id,
    from: row.from_path,
    to: row.to_path,
    currency: row.currency,
    amountMinor: Number(row.amount_minor),
    cause: row.event_type,
    availableMinor: Number(row.available_minor),
    heldMinor: Number(row.held_minor),
    debtMinor: Number(row.debt_minor),
  };
}

interface BotSql {
  bot_id: string;
  owner_id: string;
  dna: unknown;
  dna_hash: string;
  status: string;
  born_at: Date;
}

function botOf(row: BotSql): BotRow {
  return {
    botId: row.bot_id,
    ownerId: row.owner_id,
    dnaHash: row.dna_hash,
    dna: row.dna,
    status: row.status,
    bornAt: row.born_at.getTime(),
  };
}

interface DecisionSql {
  snapshot_id: string;
  bot_id: string;
  dna_hash: string;
  at: string;
  market_id: string;
  selection_id: string | null;
  code: string;
  need: string | null;
  have: string | null;
  stake_minor: string | null;
  fair_ppm: number | null;
  quote_seq: string;
  snapshot: unknown;
  bet_id: string | null;
}

function decisionOf(row: DecisionSql): DecisionRow {
  return {
    snapshotId: Number(row.snapshot_id),
    botId: row.bot_id,
    dnaHash: row.dna_hash,
    at: Number(row.at),
    marketId: row.market_id,
    selectionId: row.selection_id,
    code: row.code,
    need: numberOrNull(row.need),
    have: numberOrNull(row.have),
    stakeMinor: numberOrNull(row.stake_minor),
    fairPpm: row.fair_ppm,
    quoteSeq: Number(row.quote_seq),
    snapshot: row.snapshot,
    betId: row.bet_id,
  };
}
