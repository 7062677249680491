// Who asks in tests of the API, and the rows that its read models show.
import { randomBytes } from 'node:crypto';
import { makeId, type IdPrefix } from '#core/base/ids.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Principal } from '#ports/identity.ts';
import type {
  BetRow,
  FixtureRow,
  FlaggedAnswerRow,
  LeaderRow,
  LedgerRow,
  PlayLimitRow,
  TransferRow,
} from '#ports/read-models.ts';
import type { PoolEntryRow, PoolWhole } from '#ports/pool-reads.ts';
import { bolaoRules } from '#core/pools/pools-for-tests.ts';
import type { DisputeRow, SettlementFact } from '#ports/settlement-reads.ts';

export const EVENT = 'fb:E0:20240816:man-united:fulham';
export const MARKET = `${EVENT}/1x2`;
export const NOW = 1_750_000_000_000;

export function newId(prefix: IdPrefix, at = NOW): string {
  return makeId(prefix, at, randomBytes(10));
}

export const PLAYER: Principal = {
  keyId: newId('key'),
  ownerId: newId('usr'),
  tenantId: newId('ten'),
  role: 'player',
  scopes: ['read', 'bet'],
};
export const OPERATOR: Principal = {
  ...PLAYER,
  keyId: newId('key'),
  ownerId: newId('usr'),
  role: 'operator',
  scopes: ['read', 'bet', 'operate'],
};
/** A key of a player that somehow carries the operators' scope. */
export const PRETENDER: Principal = { ...PLAYER, scopes: ['read', 'operate'] };
export const READER: Principal = { ...PLAYER, scopes: ['read'] };

export function quoteOf(parts: Partial<Quote> = {}): Quote {
  const prices = [
    { selectionId: 'home', oddsMilli: 1950 },
    { selectionId: 'draw', oddsMilli: 3400 },
    { selectionId: 'away', oddsMilli: 4200 },
  ];
  const place = {
    marketId: MARKET,
    quoteSeq: 7,
    source: 'sim',
    sourceEpoch: 1,
    sourceVersion: 7,
    observedAt: NOW,
    confirmedAt: NOW,
  };
  return { ...place, status: 'open', inPlay: false, betDelayMs: 0, prices, ...parts };
}

export const FIXTURE: FixtureRow = {
  eventId: EVENT,
  sport: 'football',
  competition: 'E0',
  home: 'Man United',
  away: '=Fulham, "the" Cottagers',
  startAt: NOW,
  status: 'scheduled',
  result: null,
};

const QUOTE_SEEN = { quoteSeq: 7, quoteSource: 'sim', quoteAgeMs: 12 };
export const BET: BetRow = {
  betId: newId('bet'),
  holder: PLAYER.ownerId,
  system: null,
  lines: 1,
  legs: [{ marketId: MARKET, selectionId: 'home', lead: null, oddsMilli: 1950, ...QUOTE_SEEN, outcome: null }],
  stakeMinor: 1_000,
  eachWay: null,
  currency: 'PLAY',
  placedAt: NOW,
  status: 'settled',
  returnMinor: 1_950,
  cashedStakeMinor: 0,
  cashedMinor: 0,
  settledAt: NOW + 1,
  reason: null,
  seq: 3,
};
/** Of two legs, the second on another fixture. */
export const DOUBLE: BetRow = {
  ...BET,
  betId: newId('bet'),
  system: 'accumulator',
  legs: BET.legs.flatMap((leg) => [leg, { ...leg, marketId: 'fb:E0:20260103:gamma:delta/1x2' }]),
};

export const FLAGGED: FlaggedAnswerRow = {
  ledgerId: 'main',
  shard: 0,
  seq: 9,
  betId: BET.betId,
  holder: PLAYER.ownerId,
  by: 'supplier',
  status: 'confirmed',
  ended: 'timed_out',
  reason: null,
  providerRef: 'SUP-1',
  answeredAt: NOW,
  at: NOW + 1,
};

export const SETTLEMENT_FACT: SettlementFact = {
  seq: 9,
  at: NOW,
  kind: 'ResultConflicted',
  eventId: EVENT,
  marketId: null,
  data: { conflicts: [[MARKET, 'other']] },
};

export const DISPUTE: DisputeRow = {
  disputeId: newId('dsp'),
  betId: BET.betId,
  marketId: MARKET,
  holder: PLAYER.ownerId,
  reason: 'wrong_result',
  evidenceHash: 'a'.repeat(64),
  state: 'open',
  openedAt: NOW,
  dueAt: NOW + 1,
  by: null,
  endedAt: null,
  decisionReason: null,
  goodwillMinor: 0,
};

export const LEDGERS: readonly LedgerRow[] = [
  { ledgerId: 'main', shard: 0, currency: 'PLAY', moneyClass: 'play', markets: true },
  { ledgerId: 'arena', shard: 9, currency: 'PLAY', moneyClass: 'play', markets: false },
  { ledgerId: 'reais', shard: 11, currency: 'BRL', moneyClass: 'real', markets: false },
];

export const TRANSFER: TransferRow = {
  transferId: newId('trf'),
  direction: 'out',
  holder: PLAYER.ownerId,
  otherLedger: 'arena',
  otherHolder: PLAYER.ownerId,
  currency: 'PLAY',
  amountMinor: 100,
  at: NOW,
  status: 'received',
  reason: null,
  endedAt: NOW + 1,
};

export const PLAY_LIMIT: PlayLimitRow = {
  setBy: 'person',
  kind: 'loss',
  period: 'day',
  value: 500,
  waiting: { value: null, dueAt: NOW },
};

/** A bolão of two fixtures, the first under way. */
export const POOL: PoolWhole = {
  poolId: newId('pool'),
  holder: PLAYER.ownerId,
  bots: false,
  rules: bolaoRules({ lock: { before: 'each-start', marginMs: 0 } }),
  market: null,
  carryInMinor: 0,
  openedAt: NOW - 10_000,
  lockAt: NOW - 5_000,
  status: 'locked',
  entries: 1,
  paidMinor: 0,
  lockedAt: NOW - 5_000,
  closedAt: null,
  declared: null,
  scratched: [],
  fixtures: [
    { eventId: EVENT, stage: null, startAt: NOW - 5_000, phase: 'running', score: { home: 1, away: 0 } },
    { eventId: `${EVENT}:2`, stage: null, startAt: NOW + 3_600_000, phase: 'unknown', score: null },
  ],
  unitsOn: {},
};

export const POOL_ENTRY: PoolEntryRow = {
  entryId: newId('ent'),
  holder: PLAYER.ownerId,
  units: 1,
  selectionId: null,
  stakeMinor: 1_000,
  enteredAt: NOW - 9_000,
  picks: { 0: [2, 1], 1: [0, 0] },
  points: 5,
  paidMinor: 0,
  gone: false,
  own: true,
};

export const LEADER: LeaderRow = {
  rank: 1,
  botId: newId('bot'),
  betting: 'draw_hunter',
  math: 'flat',
  generation: 0,
  status: 'active',
  currency: 'PLAY',
  balanceMinor: 10_500,
  bets: 4,
  openBets: 1,
  settledBets: 3,
  turnoverMinor: 3_000,
  profitMinor: 500,
  flatYieldPpm: 166_667,
  flatYieldCi95Ppm: [-100_000, 433_333],
};
