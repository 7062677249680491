// A folded state as bytes and back. The same history gives the same bytes, so their hash compares writer, follower and rebuild.
// Layout: u32 length of a JSON head, the head (plain parts and section lengths), then raw little-endian sections; cut into chunks.
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { assert } from '#core/base/assert.ts';
import type { Currency, MoneyClass } from '#core/base/money.ts';
import type { Market } from '#core/bets/market.ts';
import type { MultiplesDump } from '#core/bets/multiples/open-multiples.ts';
import { OPEN_BET_COLUMNS, OpenBets, type OpenBetsDump } from '#core/bets/open-bets.ts';
import type { WaitingCashOut } from '#core/cash-out/cash-outs.ts';
import type { DeskDump } from '#core/desk/desk.ts';
import { Referrals, type ReferralsDump } from '#core/confirmation/referrals.ts';
import type { HaltScope } from '#core/kernel/command.ts';
import type { Dispute } from '#core/disputes/disputes.ts';
import { type ExchangeMarketFacts, makeExchangeMarket } from '#core/exchange/exchange.ts';
import { Orders } from '#core/exchange/book/orders.ts';
import { type EntrySections } from '#core/pools/state/pool-entries.ts';
import type { PoolsDump } from '#core/pools/state/pool.ts';
import { type Fixture, initialLedger, initialShard, type LedgerState, type ShardState } from '#core/kernel/state.ts';
import { Accounts } from '#core/ledger/accounts.ts';
import { type Holder, makeHolder } from '#core/ledger/holder.ts';
import { Transfers, type TransfersDump } from '#core/ledger/transfers.ts';
import type { Pricing } from '#core/pricing/pricing-commands.ts';
import type { BansDump } from '#core/play/bans.ts';
import type { PlayPersonDump } from '#core/play/play.ts';
import { DEFAULT_LIMITS, type Limits } from '#core/risk/limits.ts';
import type { CorrectionsDump } from '#core/settlement/corrections/corrections.ts';
import type { RulesDump } from '#core/settlement/rules/settlement-rules.ts';

export const SNAPSHOT_VERSION = 1;
/** Limits that release 0.1.0 did not have. */
const YOUNGER_LIMITS: ReadonlySet<string> = new Set<keyof Limits>([
  'openOrdersMax',
  'ownerDayStakeMaxMinor',
  'reviewAboveMinor',
  'reviewMs',
  'supplierAnswerMs',
  'cashOutMarginPpm',
  'cashOutOfferMs',
  'approvalAboveMinor',
  'proposalLifeMs',
  'disputeLifeMs',
  'disputesOpenMax',
]);
export const CHUNK_BYTES = 4 * 1024 * 1024;

type Numbers = Uint8Array | Int32Array | Uint32Array | Float64Array;
/** Sections that each pool has. */
const POOL_SECTIONS = 7;
type HolderRow = [
  id: string,
  ownerId: string,
  tenantId: string,
  dnaHash: string,
  paused: boolean,
  retired: boolean,
  openBets: number,
];

interface LedgerHead {
  ledgerId: string;
  currency: Currency;
  moneyClass: MoneyClass;
  paths: string[];
  currencies: Currency[];
  holders: HolderRow[];
  markets: (Market | null)[];
  fixtures: (Omit<Fixture, 'resultVersions'> & { resultVersions: [string, number][] })[];
  halted: HaltScope[];
  exclusions: [string, number][];
  timers: [string, number][];
  /** All that there were in release 0.1.0, and the younger ones that were changed. */
  limits: Partial<Limits>;
  worstLossMinor: number;
  /** Only where a market has an exchange: snapshots made before there was one are read as they are. */
  exchange?: { owners: string[]; markets: ExchangeMarketFacts[] };
  /** Only where there was an each-way bet. */
  eachWay?: true;
  /** Only where there are bets of several legs, with the place of their sections. */
  multiples?: MultiplesDump['head'] & { from: number; to: number };
  /** Only where there are pools, or money that one carried. */
  pools?: PoolsDump;
  /** Only where the desk has set something. */
  desk?: DeskDump;
  sections: number[];
  /** Only of a ledger that exchanged money with others. */
  transfers?: TransfersDump;
  disputes?: readonly Dispute[];
  /** Only where there is a rule for results or a debt; the paid bets are the section of this number. */
  corrections?: CorrectionsDump & { section: number };
  /** Only where somebody ever set a limit of play, a cool-off or an exclusion for himself. */
  play?: PlayPersonDump[];
  /** Only where bans are told to other ledgers, or by another. */
  bans?: BansDump;
  /** Only where the house prices a market by rule. */
  pricing?: [number, Pricing][];
  /** Only of a ledger where bets were referred, or are to be. */
  referrals?: ReferralsDump;
  /** Only while some wait. */
  cashOuts?: WaitingCashOut[];
  /** Only where rules of settlement are set. */
  rules?: RulesDump;
}

interface Head {
  version: number;
  epoch: number;
  ledgers: LedgerHead[];
}

/** The state as chunks of at most CHUNK_BYTES. */
export function dumpState(state: ShardState): Uint8Array[] {
  assert(endianness() === 'LE', 'snapshots are little-endian');
  const sections: Numbers[] = [];
  const head: Head = {
    version: SNAPSHOT_VERSION,
    epoch: 0, // a lease's number, not part of what happened
    ledgers: [...state.ledgers.values()].map((ledger) => dumpLedger(ledger, sections)),
  };
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return cut(Buffer.concat([length, json, ...sections.map(asBuffer)]));
}

export function loadState(chunks: readonly Uint8Array[]): ShardState {
  const bytes = Buffer.concat(chunks);
  const headLength = bytes.readUInt32LE(0);
  const head = JSON.parse(bytes.toString('utf8', 4, 4 + headLength)) as Head;
  assert(head.version === SNAPSHOT_VERSION, () => `snapshot version ${head.version} is not readable`);
  const state = initialShard();
  state.epoch = head.epoch;
  let at = 4 + headLength;
  for (const ledger of head.ledgers) {
    const parts = ledger.sections.map((length) => {
      // A copy, so that typed arrays are aligned.
      const part = new Uint8Array(bytes.subarray(at, at + length)).buffer;
      at += length;
      return part;
    });
    state.ledgers.set(ledger.ledgerId, loadLedger(ledger, parts));
  }
  return state;
}

/** sha256 of the state's bytes, hex. */
export function stateHash(state: ShardState): string {
  return hashChunks(dumpState(state));
}

export function hashChunks(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

function dumpLedger(ledger: LedgerState, sections: Numbers[]): LedgerHead {
  const accounts = ledger.accounts.dump();
  const own: Numbers[] = [accounts.balances];
  dumpBets(ledger.bets, own);
  const eachWay = dumpEachWay(ledger, own);
  const exchange = dumpExchange(ledger, own);
  const multiples = dumpMultiples(ledger, own);
  const section = own.length;
  const disputes = ledger.disputes.dump();
  const corrections = ledger.corrections.dump(own as Int32Array[]);
  for (const pool of ledger.pools.all()) own.push(...pool.entries.dump());
  const pools = ledger.pools.dump();
  sections.push(...own);
  const { currency, ledgerId, limits, markets, moneyClass, worstLossMinor } = ledger;
  const transfers = ledger.transfers.dump();
  const play = ledger.play.dump();
  const bans = ledger.bans.dump();
  const desk = ledger.desk.dump();
  const referrals = ledger.referrals.dump();
  const cashOuts = ledger.cashOuts.dump();
  const rules = ledger.rules.dump();
  return {
    ledgerId,
    currency,
    moneyClass,
    paths: accounts.paths,
    currencies: accounts.currencies,
    holders: ledger.holders.map((h) => [h.id, h.ownerId, h.tenantId, h.dnaHash, h.paused, h.retired, h.openBets]),
    markets,
    fixtures: [...ledger.fixtures.values()].map((f) => ({ ...f, resultVersions: [...f.resultVersions] })),
    halted: [...ledger.halted].sort(),
    exclusions: [...ledger.exclusions],
    timers: ledger.timers.entries(),
    limits: dumpLimits(limits),
    worstLossMinor,
    ...(exchange ? { exchange } : {}),
    ...(eachWay ? { eachWay: true as const } : {}),
    ...(multiples ? { multiples } : {}),
    ...(pools ? { pools } : {}),
    ...(desk ? { desk } : {}),
    sections: own.map((section) => section.byteLength),
    ...(transfers ? { transfers } : {}),
    ...(disputes ? { disputes } : {}),
    ...(corrections ? { corrections: { ...corrections, section } } : {}),
    ...(play ? { play } : {}),
    ...(bans ? { bans } : {}),
    ...(ledger.pricing.size > 0 ? { pricing: [...ledger.pricing] } : {}),
    ...(referrals ? { referrals } : {}),
    ...(cashOuts ? { cashOuts } : {}),
    ...(rules ? { rules } : {}),
  };
}

function loadLedger(head: LedgerHead, parts: ArrayBuffer[]): LedgerState {
  const ledger = initialLedger(head.ledgerId, head.currency, head.moneyClass);
  const part = (i: number): ArrayBuffer => parts[i] as ArrayBuffer;
  ledger.accounts = Accounts.load({ paths: head.paths, currencies: head.currencies, balances: new Float64Array(part(0)) });
  ledger.bets = loadBets(parts.slice(1));
  for (const row of head.holders) ledger.holders.push(loadHolder(row));
  ledger.holders.forEach((holder, row) => ledger.holderRows.set(holder.id, row));
  for (const market of head.markets) {
    ledger.markets.push(market && inOrder(market));
    if (market) ledger.marketRows.set(market.marketId, market.row);
  }
  let rest = parts.slice(BET_SECTIONS + 1);
  if (head.eachWay) {
    ledger.eachWay = loadBets(rest);
    rest = rest.slice(BET_SECTIONS);
  }
  if (head.exchange) loadExchange(ledger, head.exchange, rest);
  if (head.multiples) ledger.multiples.load(head.multiples, parts.slice(head.multiples.from, head.multiples.to));
  for (const fixture of head.fixtures) {
    ledger.fixtures.set(fixture.eventId, { ...fixture, resultVersions: new Map(fixture.resultVersions) });
  }
  for (const scope of head.halted) ledger.halted.add(scope);
  for (const [ownerId, until] of head.exclusions) ledger.exclusions.set(ownerId, until);
  for (const [key, dueAt] of head.timers) ledger.timers.set(key, dueAt);
  ledger.limits = { ...DEFAULT_LIMITS, ...head.limits }; // limits may be younger than the snapshot
  ledger.worstLossMinor = head.worstLossMinor;
  if (head.desk) ledger.desk.load(head.desk, ledger.markets);
  ledger.transfers = Transfers.load(head.transfers);
  ledger.disputes.load(head.disputes ?? []);
  if (head.corrections) ledger.corrections.load(head.corrections, new Int32Array(part(head.corrections.section)));
  ledger.play.load(ledger, head.play);
  ledger.bans.load(head.bans);
  for (const [row, pricing] of head.pricing ?? []) ledger.pricing.set(row, pricing);
  if (head.pools) loadPools(ledger, head.pools, parts);
  ledger.referrals = Referrals.load(head.referrals);
  ledger.cashOuts.load(head.cashOuts ?? []);
  ledger.rules.load(head.rules ?? []);
  return ledger;
}

/** With the members that come and go where a market that was never stored has them: what is added later then gives the same bytes. */
function inOrder({ leadStakesMinor, sweeps, ...market }: Market): Market {
  return { ...market, sweeps, leadStakesMinor };
}

/** Sections of one table of open bets: ids, free rows, first rows by market, then the columns. */
const BET_SECTIONS = 3 + OPEN_BET_COLUMNS.length;

function dumpBets(bets: OpenBets, own: Numbers[]): void {
  const { columns, free, heads, ids } = bets.dump();
  own.push(ids, Int32Array.from(free), Int32Array.from(heads));
  for (const name of OPEN_BET_COLUMNS) own.push(columns[name]);
}

function loadBets(parts: readonly ArrayBuffer[]): OpenBets {
  const part = (i: number): ArrayBuffer => parts[i] as ArrayBuffer;
  const columns = Object.fromEntries(OPEN_BET_COLUMNS.map((name, i) => [name, columnOf(name, part(3 + i))]));
  return OpenBets.load({
    ids: new Uint32Array(part(0)),
    free: [...new Int32Array(part(1))],
    heads: [...new Int32Array(part(2))],
    columns: columns as unknown as OpenBetsDump['columns'],
  });
}

/** True when there ever was one: freed rows are part of the state. */
function dumpEachWay({ eachWay }: LedgerState, own: Numbers[]): boolean {
  if (eachWay.rows === 0) return false;
  dumpBets(eachWay, own);
  return true;
}

/** A younger limit shows once it is changed: what older journals come to keeps its hash. */
function dumpLimits(limits: Limits): Partial<Limits> {
  const isTold = (name: string, value: number): boolean =>
    !YOUNGER_LIMITS.has(name) || value !== DEFAULT_LIMITS[name as keyof Limits];
  return Object.fromEntries(
    Object.entries(limits)
      .filter(([name, value]) => isTold(name, value as number))
      .sort(),
  );
}

/** Orders, then holders and numbers of each market's net bets. */
function dumpExchange({ exchange }: LedgerState, own: Numbers[]): LedgerHead['exchange'] | null {
  if (exchange.orders.rows === 0 && exchange.markets.size === 0) return null;
  const orders = exchange.orders.dump();
  own.push(Int32Array.from(orders.free), orders.records);
  for (const { netBets } of exchange.markets.values()) {
    const { holders, numbers } = netBets.dump();
    own.push(holders, numbers);
    if (netBets.prices) own.push(netBets.prices.dump());
  }
  return exchange.dump();
}

function dumpMultiples({ multiples }: LedgerState, own: Numbers[]): NonNullable<LedgerHead['multiples']> | null {
  const dump = multiples.dump();
  if (!dump) return null;
  const from = own.length;
  own.push(...dump.sections);
  return { ...dump.head, from, to: own.length };
}

function loadExchange(ledger: LedgerState, head: NonNullable<LedgerHead['exchange']>, parts: ArrayBuffer[]): void {
  const part = (i: number): ArrayBuffer => parts[i] as ArrayBuffer;
  const orders = Orders.load({ free: [...new Int32Array(part(0))], records: new Int32Array(part(1)) });
  let next = 2;
  for (const { market: row, terms, startingPrices, out, ...facts } of head.markets) {
    const market = ledger.markets[row];
    assert(market, () => `no market at row ${row}`);
    const x = Object.assign(makeExchangeMarket(market, terms, orders), facts);
    for (const [selection, price] of startingPrices.entries()) x.startingPrices[selection] = price;
    x.netBets.load(new Int32Array(part(next++)), new Float64Array(part(next++)));
    x.netBets.prices?.load(new Float64Array(part(next++)));
    for (const selection of out ?? []) x.netBets.withdraw(selection);
    ledger.exchange.markets.set(row, x);
  }
  ledger.exchange.load(head.owners, orders);
}

/** Their sections are the last ones. */
function loadPools(ledger: LedgerState, dump: PoolsDump, parts: ArrayBuffer[]): void {
  const first = parts.length - dump.pools.length * POOL_SECTIONS;
  const sectionsOf = (pool: number): EntrySections => {
    const [ids, holder, units, selection, points, paid, picks] = parts.slice(first + pool * POOL_SECTIONS) as [
      ArrayBuffer,
      ArrayBuffer,
      ArrayBuffer,
      ArrayBuffer,
      ArrayBuffer,
      ArrayBuffer,
      ArrayBuffer,
    ];
    const small = [holder, units, selection, points].map((part) => new Int32Array(part)) as [
      Int32Array,
      Int32Array,
      Int32Array,
      Int32Array,
    ];
    return [new Uint32Array(ids), ...small, new Float64Array(paid), new Uint8Array(picks)];
  };
  ledger.pools.load(dump, (row) => (ledger.holders[row] as Holder).ownerId, sectionsOf);
}

function loadHolder([id, ownerId, tenantId, dnaHash, paused, retired, openBets]: HolderRow): Holder {
  return Object.assign(makeHolder({ id, ownerId, tenantId, dnaHash }), { paused, retired, openBets });
}

function columnOf(name: (typeof OPEN_BET_COLUMNS)[number], bytes: ArrayBuffer): Numbers {
  if (name === 'stakeMinor' || name === 'placedAt') return new Float64Array(bytes);
  if (name === 'selection' || name === 'pending') return new Uint8Array(bytes);
  return new Int32Array(bytes);
}

function asBuffer(numbers: Numbers): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function cut(bytes: Buffer): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  return chunks;
}
