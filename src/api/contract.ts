// The wire: every request and answer of the REST API as a schema, shared by server and web app; those of bets and of the exchange are in
// routes/betting. Requests refuse members they do not know.
// Times are RFC 3339 in UTC, money is {amountMinor, currency}, odds are thousandths.
import { z } from 'zod';
import { AMOUNT_MINOR_MAX, CURRENCIES, type Currency } from '#core/base/money.ts';
import { HALT_SCOPES } from '#core/kernel/command.ts';

export const PAGE_LIMIT_MAX = 200;
export const PAGE_LIMIT = 50;

const BODY = '[0-7][0-9A-HJKMNP-TV-Z]{25}';
export function id(prefix: string): z.ZodString {
  return z.string().regex(new RegExp(`^${prefix}_${BODY}$`), `must be ${prefix}_ and 26 Crockford characters`);
}
export const zTime = z.iso.datetime();
export const zMinor = z.number().int();
export const zCount = z.number().int().nonnegative();
export const zHolder = z.string().regex(new RegExp(`^(?:usr|bot)_${BODY}$`), 'must be a usr_ or bot_ id');
export const zAmount = z.number().int().positive().max(AMOUNT_MINOR_MAX);
export const zMarketId = z.string().min(3).max(160);
export const zSelectionId = z.string().min(1).max(64);
/** A word for a log, not a text: journal entries hold nothing that somebody may want erased. */
export const zReason = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be one word of a-z, 0-9, _ and -');

export const zMoney = z.object({ amountMinor: zMinor, currency: z.string() });
export type Money = z.infer<typeof zMoney>;

export const zProblem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  instance: z.string(),
  code: z.string(),
  severity: z.enum(['info', 'warn', 'block']),
  next: z.enum(['fix', 'retry', 'wait', 'requote', 'ask-person']),
  path: z.string().optional(),
  need: z.number().optional(),
  have: z.number().optional(),
  retryAfterMs: z.number().optional(),
});
export type Problem = z.infer<typeof zProblem>;

export const zPageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT),
  cursor: z.string().min(1).max(512).optional(),
});

export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

const zLedgerId = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, 'must begin with a-z and have a-z, 0-9, _ and - only');
/** Another ledger than `main`. */
const ledgerHeader = { 'palpite-ledger': zLedgerId.optional() };
export const zMinSeqHeaders = z.looseObject({
  ...ledgerHeader,
  'min-seq': z
    .string()
    .regex(/^\d{1,6}:\d{1,16}$/, 'must be shard:seq, as a Read-Token gave it')
    .optional(),
});
export const zKeyHeaders = z.looseObject({
  ...ledgerHeader,
  'idempotency-key': z
    .string({
      error:
        'is required: make a cmd_ id (a UUIDv7 in Crockford characters) before sending, and send the same one again when you retry',
    })
    .regex(new RegExp(`^cmd_${BODY}$`), 'must be cmd_ and 26 Crockford characters of a UUIDv7'),
});
export const zOptionalKeyHeaders = z.looseObject({
  ...ledgerHeader,
  'idempotency-key': zKeyHeaders.shape['idempotency-key'].optional(),
});

// Fixtures, markets, prices
export const zEventParams = z.strictObject({ id: z.string().min(3).max(160) });
export const zEventQuery = zPageQuery.extend({
  sport: z.string().max(40).optional(),
  competition: z.string().max(80).optional(),
  status: z.string().max(40).optional(),
  startFrom: zTime.optional(),
});
export const zEvent = z.object({
  eventId: z.string(),
  sport: z.string(),
  competition: z.string(),
  home: z.string(),
  away: z.string(),
  startAt: zTime,
  status: z.string(),
  result: z.unknown(),
});
export const zEventPage = page(zEvent);

/** The place part of an each-way bet: the first `places` pay 1 / `divisor` of the winnings. */
export const zEachWay = z.object({ divisor: zCount, places: zCount });
/** Goals that home was ahead when a handicap was struck in play: only goals since count. Null where the whole score does, and in rows of before it was told until `palpite journal rebuild`. */
export const zLead = z.number().int().nullable();
export const zMarket = z.object({
  marketId: z.string(),
  eventId: z.string(),
  type: z.string(),
  stat: z.string(),
  period: z.string(),
  lineQuarters: z.number().int().nullable(),
  selections: z.array(z.string()),
  /** How many win in a race or a competition; null for other markets. */
  places: zCount.nullable(),
  eachWay: zEachWay.nullable(),
  /** Runners that take no part. */
  withdrawn: z.array(z.string()),
  startAt: zTime,
  status: z.string(),
  settledAt: zTime.nullable(),
  outcomes: z.record(z.string(), z.array(z.number())).nullable(),
});
export const zMarketPage = page(zMarket);

export const zPrice = z.object({
  selectionId: z.string(),
  oddsMilli: z.number().int(),
  maxStakeMinor: z.number().int().optional(),
});
export const zOdds = z.object({
  marketId: z.string(),
  quoteSeq: zCount,
  status: z.enum(['open', 'suspended', 'closed']),
  inPlay: z.boolean(),
  betDelayMs: zCount,
  prices: z.array(zPrice),
  /** Whose list it is: a supplier's own, or the line that follows one supplier or another. Bets are made at one book. */
  book: z.string(),
  /** Who said the price: in a line the supplier that it follows. */
  source: z.string(),
  observedAt: zTime,
  confirmedAt: zTime,
  score: z.object({ home: zCount, away: zCount }).nullable(),
});
export const zOddsList = page(zOdds);

// Wallet
export const zHolderQuery = z.strictObject({ holder: zHolder.optional() });
export const zWallet = z.object({
  holder: z.string(),
  available: zMoney,
  held: zMoney,
  debt: zMoney,
  status: z.string(),
});
export const zEntryQuery = zPageQuery.extend(zHolderQuery.shape);
export const zEntry = z.object({
  entryId: z.string(),
  at: zTime,
  holder: z.string(),
  from: z.string(),
  to: z.string(),
  amount: zMoney,
  cause: z.string(),
  availableAfter: zMoney,
  heldAfter: zMoney,
  debtAfter: zMoney,
});
export const zEntryPage = page(zEntry);

// Bets
export const zReceipt = z.object({ commandId: z.string(), shard: z.number().int(), seq: zCount });
export const zBetReceipt = zReceipt.extend({ betId: z.string(), holder: z.string() });
export const zBetParams = z.strictObject({ id: id('bet') });
export const zBetQuery = zEntryQuery.extend({
  status: z.enum(['pending', 'accepted', 'settled', 'cashed_out', 'void', 'rejected']).optional(),
  marketId: zMarketId.optional(),
});

// Ledgers and transfers
const zCurrency = z.enum(Object.keys(CURRENCIES) as [Currency, ...Currency[]]);
export const zLedger = z.object({
  ledgerId: z.string(),
  shard: z.number().int(),
  currency: z.string(),
  moneyClass: z.enum(['play', 'real']),
  markets: z.boolean(),
});
export const zLedgerList = page(zLedger);
export const zOpenLedger = z.strictObject({
  ledgerId: zLedgerId,
  currency: zCurrency.default('PLAY'),
  markets: z.boolean().default(false),
});
export const zLedgerReceipt = zReceipt.extend({ ledgerId: z.string() });
export const zSendTransfer = z.strictObject({
  toLedger: zLedgerId,
  amountMinor: zAmount,
  holder: zHolder.optional(),
  toHolder: zHolder.optional(),
});
export const zTransferReceipt = zReceipt.extend({ transferId: z.string(), holder: z.string() });
export const zTransferParams = z.strictObject({ id: id('trf') });
export const zTransfer = z.object({
  transferId: z.string(),
  direction: z.enum(['out', 'in']),
  holder: z.string(),
  otherLedger: z.string(),
  otherHolder: z.string(),
  amount: zMoney,
  status: z.string(),
  reason: z.string().nullable(),
  at: zTime,
  endedAt: zTime.nullable(),
});
export const zTransferPage = page(zTransfer);

// Bots and the arena
export const zBot = z.object({
  botId: z.string(),
  ownerId: z.string(),
  dnaHash: z.string(),
  dna: z.unknown(),
  status: z.string(),
  bornAt: zTime,
});
export const zBotPage = page(zBot);
export const zBotParams = z.strictObject({ id: id('bot') });
export const zDecisionQuery = zPageQuery.extend({ code: z.string().max(40).optional() });
export const zDecision = z.object({
  snapshotId: zCount,
  at: zTime,
  marketId: z.string(),
  selectionId: z.string().nullable(),
  code: z.string(),
  need: z.number().nullable(),
  have: z.number().nullable(),
  stakeMinor: zMinor.nullable(),
  fairPpm: z.number().int().nullable(),
  quoteSeq: zCount,
  dnaHash: z.string(),
  betId: z.string().nullable(),
  snapshot: z.unknown(),
});
export const zDecisionPage = page(zDecision);
export const zLeader = z.object({
  rank: z.number().int(),
  botId: z.string(),
  betting: z.string(),
  math: z.string(),
  generation: z.number().int(),
  status: z.string(),
  bets: zCount,
  openBets: zCount,
  settledBets: zCount,
  balance: zMoney,
  turnover: zMoney,
  profit: zMoney,
  flatYieldPpm: z.number().int().nullable(),
  flatYieldCi95Ppm: z.array(z.number().int()).length(2).nullable(),
});
export const zLeaderPage = page(zLeader);
export type Leader = z.infer<typeof zLeader>;

// Risk and operation
export const zRisk = z.object({
  shard: z.number().int(),
  seq: zCount,
  halted: z.array(z.enum(HALT_SCOPES as ['bets', 'bots', 'trading'])),
  /** For operators only. */
  house: z.object({ balance: zMoney, worstLoss: zMoney, openBets: zCount, markets: zCount }).nullable(),
  limits: z.record(z.string(), z.number()).nullable(),
});
export const zHaltParams = z.strictObject({ scope: z.enum(HALT_SCOPES as ['bets', 'bots', 'trading']) });
export const zHalt = z.strictObject({ reason: zReason.default('operator') }).nullish();
export const zResume = z.strictObject({ reason: zReason });
export const zGrant = z.strictObject({ holder: zHolder, amountMinor: zAmount });
/** A market, a fixture, a competition (`fb:E0`), a sport (`fb`) or `*`: everything. */
export const zTargetParams = z.strictObject({ id: z.string().min(1).max(160) });

export const zReviewQuery = zPageQuery.extend({ resolved: z.enum(['true', 'false']).default('false') });
export const zReviewItem = z.object({
  id: zCount,
  source: z.string(),
  kind: z.string(),
  foreignId: z.string(),
  payload: z.unknown(),
  suggestion: z.string().nullable(),
  firstSeen: zTime,
  lastSeen: zTime,
  times: zCount,
  resolvedAt: zTime.nullable(),
  resolution: z.string().nullable(),
});
export const zReviewPage = page(zReviewItem);
export const zReviewParams = z.strictObject({ id: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER) });
export const zResolve = z.discriminatedUnion('resolution', [
  z.strictObject({ resolution: z.literal('alias'), ourId: z.string().min(1).max(160), swapped: z.boolean().default(false) }),
  z.strictObject({ resolution: z.literal('ignore') }),
]);

// Sockets: what a client of /ws/odds may say. `after` is the number of the last frame it has of the fixture. The server answers
// {eventId, n, payload: Quote}; to `after` first {type: 'resumed' | 'snapshot', eventId, n}; {type: 'pong'}; {type: 'error', code, detail}.
export const zOddsMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe'),
    eventId: z.string().min(3).max(160),
    after: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).optional(),
  }),
  z.strictObject({ type: z.literal('unsubscribe'), eventId: z.string().min(3).max(160) }),
  z.strictObject({ type: z.literal('ping'), eventId: z.string().max(160).optional() }),
]);

/** Of /ws/live: the number of the last frame of its own that the caller has; and what it may say. */
export const zLiveQuery = z.strictObject({
  after: z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).optional(),
  /** As the header Palpite-Ledger. */
  ledger: z.string().max(40).optional(),
});
const zBookChannel = z.string().regex(/^book:.{3,160}$/);
export const zLiveMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe'),
    channel: zBookChannel,
    // Both or neither: what the last frame of the channel said.
    room: z.string().max(40).optional(),
    after: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).optional(),
  }),
  z.strictObject({ type: z.literal('unsubscribe'), channel: zBookChannel }),
  z.strictObject({ type: z.literal('ping') }),
]);

/** Fixtures of one event stream. */
export const STREAM_EVENTS_MAX = 20;
const zEventId = z.string().min(3).max(160);
export const zStreamQuery = z.strictObject({ event: z.union([zEventId, z.array(zEventId).min(1).max(STREAM_EVENTS_MAX)]) });
export const zStreamHeaders = z.looseObject({ 'last-event-id': z.string().max(400).optional() });

// Operation
export const zVersion = z.object({ name: z.string(), version: z.string(), api: z.string(), node: z.string() });
export const zHealth = z.object({ status: z.literal('alive') });
export const zReadiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  draining: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});
