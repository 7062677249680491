// An API over ports held in memory, for tests: it records what is submitted and answers what it is told to.
import { createHmac } from 'node:crypto';
import type { Refusal } from '#core/base/refusal.ts';
import type { NumberedQuote } from '#core/catalog/quote.ts';
import type { Envelope } from '#core/kernel/command.ts';
import { encodeAnswer } from '#engine/envelope.ts';
import { DeskOffice } from '#engine/desk/desk-office.ts';
import type { DeskBook } from '#ports/desk-book.ts';
import type { Principal } from '#ports/identity.ts';
import { silentLog } from '#ports/log.ts';
import { silentMetrics } from '#ports/metrics.ts';
import type { ReadModels, WalletRow } from '#ports/read-models.ts';
import type { PoolReads } from '#ports/pool-reads.ts';
import type { ApiDeps } from './deps.ts';
import { LiveHub } from './live/live-hub.ts';
import type { Questions } from '#ports/questions.ts';
import type { WriterView } from './questions/question.ts';
import { answerQuestion } from './questions/questions.ts';
import { OddsHub } from './socket/odds-hub.ts';
import {
  BET,
  DISPUTE,
  DOUBLE,
  EVENT,
  FIXTURE,
  FLAGGED,
  LEADER,
  LEDGERS,
  MARKET,
  NOW,
  OPERATOR,
  PLAYER,
  PLAY_LIMIT,
  POOL,
  POOL_ENTRY,
  PRETENDER,
  READER,
  SETTLEMENT_FACT,
  TRANSFER,
  quoteOf,
} from './rows-for-tests.ts';

const KEYS: Record<string, Principal> = { player: PLAYER, operator: OPERATOR, pretender: PRETENDER, reader: READER };

function signed(text: string): string {
  return createHmac('sha256', 'only in tests').update(text).digest('base64url');
}
export interface TestApi extends ApiDeps {
  readonly submitted: Envelope[];
  readonly stored: NumberedQuote[];
  projected: number;
  result: 'done' | Refusal;
  isDraining: boolean;
}

export function depsForTests(parts: Partial<ApiDeps> = {}): TestApi {
  const submitted: Envelope[] = [];
  const stored = [{ n: 7, quote: quoteOf() }];
  const load = (eventId: string): Promise<NumberedQuote[]> => Promise.resolve(eventId === EVENT ? stored : []);
  const texts = new Map<string, { readonly at: number; readonly text: string }>();
  const deps: TestApi = {
    ledgerId: 'main',
    submitted,
    useShard: () => Promise.resolve(),
    stored,
    projected: 100,
    result: 'done',
    isDraining: false,
    commands: {
      submit(encoded) {
        const envelope = JSON.parse(encoded) as Envelope;
        submitted.push(envelope);
        return Promise.resolve(encodeAnswer({ commandId: envelope.commandId, shard: 0, seq: 42, result: deps.result }));
      },
    },
    identity: { authenticate: (key) => Promise.resolve(KEYS[key] ?? null) },
    readModels: readModelsForTests(() => deps.projected),
    review: {
      list: () => Promise.resolve({ items: [], after: null }),
      flaggedAnswers: () => Promise.resolve({ items: [FLAGGED], after: null }),
      resolve: (id) => Promise.resolve(id === 1 ? 'resolved' : 'not_found'),
    },
    questions: questionsTo(() => null),
    offers: {
      sign: (text) => ({ keyId: 'k1', signature: signed(text) }),
      verify: (text, by) => by.keyId === 'k1' && by.signature === signed(text),
    },
    evidence: {
      keep({ disputeId, sha256 }, { tenantId, at, text }) {
        const name = `${tenantId} ${disputeId} ${sha256}`;
        const old = texts.get(name);
        texts.set(name, old ? { ...old, at: Math.max(old.at + 1, at) } : { at, text });
        return Promise.resolve(!old);
      },
      drop({ disputeId, sha256 }, at) {
        for (const [name, kept] of texts) if (name.endsWith(` ${disputeId} ${sha256}`) && kept.at === at) texts.delete(name);
        return Promise.resolve();
      },
      read: (tenantId, { disputeId, sha256 }) => Promise.resolve(texts.get(`${tenantId} ${disputeId} ${sha256}`)?.text ?? null),
    },
    desk: new DeskOffice({
      book: EMPTY_BOOK,
      odds: { loadEvents: () => Promise.resolve([]) },
      clock: { now: () => NOW, schedule: () => () => undefined },
    }),
    odds: new OddsHub({ load, stored: load }),
    events: new LiveHub(),
    readiness: [],
    draining: () => deps.isDraining,
    metrics: silentMetrics,
    log: silentLog,
    clock: { now: () => NOW, schedule: () => () => undefined },
    options: { version: '9.9.9' },
    ...parts,
  };
  return deps;
}

/** The way to writers in this process. */
export function questionsTo(writerOf: (shard: number) => WriterView | null): Questions {
  return {
    isHere: (shard) => writerOf(shard)?.status === 'writing',
    ask: async (_shard, text) => answerQuestion(writerOf, text),
  };
}

const EMPTY_BOOK: DeskBook = {
  append: () => Promise.resolve(1),
  changesAfter: () => Promise.resolve([]),
  event: () => Promise.resolve([]),
  offers: () => Promise.resolve([]),
  expiring: () => Promise.resolve([]),
  fixtures: () => Promise.resolve([]),
};
function readModelsForTests(projected: () => number, place = { shard: 0, ledgerId: 'main' }): ReadModels {
  const wallet = { currency: 'PLAY', availableMinor: 5_000, heldMinor: 1_000, debtMinor: 0, status: 'active', seq: 3 };
  const walletOf = (holder: string): WalletRow => ({ holder, ownerId: holder, tenantId: PLAYER.tenantId, ...wallet });
  const page = <T>(items: T[]) => ({ items, after: null, seq: projected() });
  return {
    shard: place.shard,
    at: (other) => readModelsForTests(projected, other),
    ledgers: ({ after, limit }) => {
      const from = after ? LEDGERS.findIndex((row) => row.ledgerId === after[0]) + 1 : 0;
      const items = LEDGERS.slice(from, from + limit);
      return Promise.resolve({ items, after: from + limit < LEDGERS.length ? [items.at(-1)?.ledgerId ?? ''] : null });
    },
    ledger: (ledgerId) => Promise.resolve(LEDGERS.find((row) => row.ledgerId === ledgerId) ?? null),
    transfers: () => Promise.resolve(page([TRANSFER])),
    transfer: (_viewer, id) => Promise.resolve({ transfer: id === TRANSFER.transferId ? TRANSFER : null, seq: projected() }),
    projectedSeq: () => Promise.resolve(projected()),
    fixtures: (_filter, ask) =>
      Promise.resolve({ items: [FIXTURE], after: ask.after ? null : [FIXTURE.startAt, FIXTURE.eventId] }),
    fixture: (eventId) => Promise.resolve(eventId === EVENT ? FIXTURE : null),
    markets: (eventId) => {
      const row = {
        marketId: MARKET,
        eventId,
        startAt: NOW,
        status: 'open',
        outcomes: null,
        settledAt: null,
        stated: null,
        withdrawn: [],
      };
      return Promise.resolve({ items: eventId === EVENT ? [row] : [], after: null });
    },
    odds: () => Promise.resolve([{ n: 7, quote: quoteOf() }]),
    leaderboard: () => Promise.resolve({ items: [LEADER], after: null }),
    ownerOf: (_viewer, holder) => Promise.resolve(holder === PLAYER.ownerId ? holder : null),
    wallets: (viewer, holder = viewer.ownerId) => Promise.resolve(page(holder === viewer.ownerId ? [walletOf(holder)] : [])),
    entries: () => Promise.resolve(page([])),
    bets: () => Promise.resolve(page([BET])),
    bet: (_viewer, betId) => Promise.resolve({ bet: [BET, DOUBLE].find((row) => row.betId === betId) ?? null, seq: projected() }),
    play: () =>
      Promise.resolve({
        limits: [PLAY_LIMIT],
        ban: { coolOffUntil: 0, excludedUntil: NOW, selfExcludedUntil: 0 },
        seq: projected(),
      }),
    orders: () => Promise.resolve(page([])),
    order: () => Promise.resolve({ order: null, seq: projected() }),
    bots: () => Promise.resolve(page([])),
    decisions: () => Promise.resolve(null),
    pools: poolReadsForTests(projected),
    settlements: {
      settlements: () => Promise.resolve(page([SETTLEMENT_FACT])),
      proposals: () => Promise.resolve({ items: [], seq: projected() }),
      disputes: (_viewer, { disputeId }) =>
        Promise.resolve(page(disputeId === undefined || disputeId === DISPUTE.disputeId ? [DISPUTE] : [])),
      reversals: () => Promise.resolve({ items: [{ at: NOW, returnMinor: 500 }], seq: projected() }),
    },
  };
}

function poolReadsForTests(projected: () => number): PoolReads {
  const asOf = <T extends object>(of: T) => Promise.resolve({ ...of, seq: projected() });
  const isThere = (poolId: string): boolean => poolId === POOL.poolId;
  return {
    pools: () => asOf({ items: [POOL], after: [POOL.poolId] }),
    pool: (_viewer, poolId) => asOf({ pool: isThere(poolId) ? POOL : null }),
    poolEntries: (_viewer, poolId) => asOf({ page: isThere(poolId) ? { items: [POOL_ENTRY], after: null } : null }),
    poolEntry: (_viewer, _poolId, entryId) =>
      asOf({ entry: entryId === POOL_ENTRY.entryId ? { ...POOL_ENTRY, own: false } : null }),
    poolRanking: () => asOf({ page: { items: [{ ...POOL_ENTRY, rank: 1, row: 0 }], after: [5, 0] } }),
    poolInvitations: (viewer) => asOf({ items: viewer.wholeTenant ? [] : null }),
  };
}
