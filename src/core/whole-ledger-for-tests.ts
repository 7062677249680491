// Random commands of every kind, valid and hostile, against one ledger; and what must be true of it after each of them.
import { assert } from './base/assert.ts';
import { makeRng, pickOne, randomInt, type Rng } from './base/rng.ts';
import { checkExposure, FIXTURES, handicapOf, winnerOf, worldOfMultiples } from './bets/multiples/multiples-for-tests.ts';
import { SETTLED } from './bets/multiples/open-multiples.ts';
import { stakeOf } from './bets/multiples/multiple-exposure.ts';
import { legsOf, SYSTEMS } from './bets/multiples/systems.ts';
import { ODDS_POLICIES } from './bets/odds-policy.ts';
import { DISPUTE_REASONS } from './disputes/dispute-commands.ts';
import { exposureOf } from './exchange/money/net-bets.ts';
import { escrowOf } from './exchange/money/draft.ts';
import { ORDER_KINDS, PERSISTENCES, SIDES } from './exchange/book/orders.ts';
import type { Actor, Command, Via } from './kernel/command.ts';
import type { NewEvent } from './kernel/event.ts';
import type { LedgerState, ShardState } from './kernel/state.ts';
import { holderOf, marketOf } from './kernel/state.ts';
import { ANA, BEA, BOT, DNA_HASH, goals, idOf, KICK_OFF, resultOf, TENANT, type World } from './kernel/world-for-tests.ts';
import { PLAY_KINDS } from './play/play-commands.ts';
import { bolaoRules, marketRules } from './pools/pools-for-tests.ts';
import type { PoolRules } from './pools/state/pool-rules.ts';
import { barredFrom } from './risk/gate.ts';
import { shutOut } from './risk/gate-bettor.ts';

const CY = idOf('usr', 'cy');
const PEOPLE = [ANA, BEA, CY] as const;
const HOLDERS = [...PEOPLE, BOT] as const;
const OPERATORS = [idOf('usr', 'olga'), idOf('usr', 'otto')] as const;
const FIXTURE_COUNT = 3;
const EVENTS = FIXTURES.slice(0, FIXTURE_COUNT);
const MARKETS = EVENTS.flatMap((eventId, i) => [winnerOf(i), handicapOf(i), `${eventId}/dc`]);
const SOURCES = ['test', 'other'] as const;
const JUNK: readonly unknown[] = ['', 'x', '__proto__', null, undefined, -1, 0, 1.5, Number.NaN, Infinity, 2 ** 53, true, [], {}, [null], [[]]];

export interface Ask {
  readonly cmd: Command;
  readonly via: Via;
  readonly who: Partial<Actor>;
}

/** Three fixtures with three markets each, three people, a bot, a rule for results, exchanges, everything cheap enough to be reached. */
export function wholeWorld(fingerprint: ((state: ShardState) => string) | null = null): World {
  const world = worldOfMultiples(fingerprint);
  for (const [i, eventId] of EVENTS.entries()) {
    world.done({ type: 'OpenMarket', marketId: `${eventId}/dc`, startAt: KICK_OFF });
    world.price(`${eventId}/dc`, { '1x': 1_300, '12': 1_250, x2: 1_700 });
    world.done({ type: 'OpenExchange', marketId: winnerOf(i), terms: { spLiabilityMinMinor: 100 } });
  }
  for (const usr of [ANA, BEA])
    world.done({ type: 'IssueFunds', holder: usr, ownerId: usr, tenantId: TENANT, amountMinor: 90_000 });
  world.done({ type: 'IssueFunds', holder: CY, ownerId: CY, tenantId: TENANT, amountMinor: 100_000 });
  world.done({ type: 'SetResultRule', agree: 1, sources: [] });
  return world;
}

/** What a history is made of: with everything at once, what shuts markets and people out would leave nothing else to see. */
export interface Habits {
  readonly weights: readonly number[];
  readonly total: number;
  readonly strides: readonly number[];
  /** Asked before results are as likely as everything else. */
  readonly lull: number;
}

const ENDS: ReadonlySet<Command['type']> = new Set<Command['type']>(['RecordResult', 'SettleMarket', 'CloseMarket', 'VoidBet', 'VoidPool']);

export function habitsOf(seed: number): Habits {
  const rng = makeRng(seed, 'habits');
  const weights = MAKERS.map(([weight, , rare]) => (rng() < (rare ? 0.3 : 0.8) ? weight : 0));
  const strides = rng() < 0.6 ? [1, 1_000, 5_000, 60_000] : [1, 5_000, 60_000, 3_600_000, 3_600_000, 86_400_000];
  return { weights, total: weights.reduce((sum, weight) => sum + weight, 0), strides, lull: randomInt(rng, 0, 200) };
}

/** One step: time passes, prices move, or something is asked. The seed and the world's state decide which. */
export function step(world: World, seed: number, habits: Habits): void {
  const rng = makeRng(seed);
  const what = rng();
  if (what < 0.1) return world.goTo(world.now + pickOne(rng, habits.strides));
  if (what < 0.14) return moveQuote(world, rng);
  if (rng() < 0.6) refresh(world);
  let asked = askFor(world, rng, habits);
  // First there must be something to settle.
  if (world.asked.length < habits.lull && asked && ENDS.has(asked.cmd.type) && rng() < 0.95) asked = askFor(world, rng, habits);
  if (!asked) return;
  const { via, who } = asked;
  const cmd = rng() < 0.05 ? spoilt(asked.cmd, rng) : asked.cmd;
  world.ask(cmd, rng() < 0.01 ? 'api' : via, who);
}

/** To be asked of every event: nobody who may take no risk takes any. */
export function checkGate({ ledger, now }: World, e: NewEvent): void {
  const holder = holderOf(ledger, riskTakenBy(e) ?? '');
  if (!holder) return;
  const barred =
    barredFrom(ledger, holder, now) ?? (e.type.endsWith('Placed') || e.type === 'PoolEntered' ? shutOut(ledger, holder.ownerId, '') : null);
  assert(barred === null, () => `${barred?.code}: ${JSON.stringify(e)}`);
}

/** All results come in, all windows end; nothing may be left in anybody's hold or escrow. */
export function finish(world: World): void {
  const { ledger } = world;
  world.goTo(Math.max(world.now, KICK_OFF) + 1);
  for (const trf of openTransfers(world)) world.ask({ type: 'ReturnTransfer', transferId: trf, reason: 'test' }, 'worker');
  for (const proposalId of ledger.corrections.proposals.keys())
    world.ask({ type: 'RejectSettlement', proposalId, reason: 'x' }, 'operator', { ownerId: OPERATORS[0] });
  for (const market of [...ledger.markets]) {
    if (!market || market.outcomes !== null) continue;
    const result = resultOf({ eventId: market.eventId, version: world.asked.length + 1, source: 'operator', scores: [goals(2, 1)] });
    world.ask({ type: 'RecordResult', result }, 'operator');
  }
  for (const market of [...ledger.markets]) {
    if (!market || market.outcomes !== null) continue;
    world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 2 ** 40 } });
    world.ask({ type: 'SettleMarket', marketId: market.marketId, outcomes: pushAll(market.selections), reason: 'x' }, 'operator');
  }
  world.goTo(world.now + 1);
  for (const pool of [...ledger.pools.all()]) world.ask({ type: 'VoidPool', poolId: pool.poolId, reason: 'x' });
  world.goTo(world.now + 90 * 86_400_000);
  const left = [...ledger.accounts.rows()].filter(
    ({ balanceMinor, path }) => balanceMinor !== 0 && (path.endsWith(':held') || path.endsWith(':escrow')),
  );
  const markets = ledger.markets.filter(Boolean).map((m) => `${m?.marketId} ${m?.status}`);
  assert(left.length === 0, () => `left at the end: ${JSON.stringify(left)}; ${markets.join()}`);
  assert(markets.length === 0, () => `markets left: ${markets.join()}`);
  assert(ledger.multiples.size === 0 && ledger.bets.size === 0, 'bets left');
  assert(ledger.worstLossMinor === 0, () => `worst loss ${ledger.worstLossMinor}`);
  assert([...ledger.referrals.waiting()].length === 0, 'referrals left');
  assert(ledger.corrections.proposals.size === 0 && ledger.corrections.markets.size === 0, 'corrections left');
}

function openTransfers({ events }: World): string[] {
  const open = new Set<string>();
  for (const e of events) {
    if (e.type === 'TransferSent') open.add(e.data.transferId);
    if (e.type === 'TransferConfirmed' || e.type === 'TransferReturned') open.delete(e.data.transferId);
  }
  return [...open];
}

/** Sums, holds, escrows and worst cases, worked out from what is open. */
export function check(world: World): void {
  const { ledger } = world;
  checkExposure(ledger);
  const held = new Map<number, number>();
  const hold = (row: number, minor: number): void => void held.set(row, (held.get(row) ?? 0) + minor);
  for (const market of ledger.markets) {
    if (!market) continue;
    for (let row = ledger.bets.first(market.row); row >= 0; row = ledger.bets.next(row)) {
      const bet = ledger.bets.get(row);
      hold(bet.holder, bet.stakeMinor);
    }
  }
  const { bets } = ledger.multiples;
  for (const [row, legs] of bets.legs.entries())
    if (legs > 0 && bets.status[row] !== SETTLED) hold(bets.holder[row] as number, stakeOf(ledger.multiples, row));
  const escrows = new Map<string, number>();
  for (const x of ledger.exchange.markets.values()) {
    const market = ledger.markets[x.market];
    assert(market, 'an exchange without a market');
    let matched = 0;
    for (let i = 0; i < x.netBets.count; i++) {
      const holder = x.netBets.holderAt(i);
      const { matchedMinor, totalMinor } = exposureOf(x.netBets.copyOf(holder), x.netBets);
      if (i >= x.settled) matched += matchedMinor;
      hold(holder, totalMinor - matchedMinor);
    }
    if (x.settled === 0) escrows.set(escrowOf(market.marketId), matched);
    else escrows.set(escrowOf(market.marketId), ledger.accounts.balance(escrowOf(market.marketId), ledger.currency));
  }
  for (const pool of ledger.pools.all()) escrows.set(pool.escrow, escrowOfPool(ledger, pool));
  for (const { balanceMinor, path } of ledger.accounts.rows()) {
    if (path.endsWith(':escrow')) assert(balanceMinor === (escrows.get(path) ?? 0), () => `${path}: ${balanceMinor}, not ${escrows.get(path)}`);
  }
  ledger.holders.forEach((holder, row) => {
    const have = ledger.accounts.balance(holder.held, ledger.currency);
    assert(have === (held.get(row) ?? 0), () => `held of ${holder.id}: ${have}, open items ${held.get(row)}`);
    const debt = ledger.accounts.balance(holder.debt, ledger.currency);
    assert(debt <= 0, () => `debt of ${holder.id} is ${debt}`);
    assert((debt < 0) === ledger.corrections.debtors.has(holder.id), () => `${holder.id} is a debtor: ${debt}`);
    const available = ledger.accounts.balance(holder.available, ledger.currency);
    assert(debt === 0 || available === 0, () => `${holder.id} owes ${debt} and has ${available}`);
  });
  for (const referral of ledger.referrals.waiting()) assert(ledger.bets.find(referral.betId) >= 0, 'a referral without a bet');
  checkDesk(ledger);
}

/** The stakes that the desk counts, from the open bets. */
function checkDesk(ledger: LedgerState): void {
  if (!ledger.desk.counts) return;
  const stakes = new Map<string, number>();
  const add = (market: number, holder: number, minor: number): void => {
    const key = `${market} ${ledger.holders[holder]?.ownerId}`;
    stakes.set(key, (stakes.get(key) ?? 0) + minor);
  };
  for (const market of ledger.markets) {
    if (!market) continue;
    for (let row = ledger.bets.first(market.row); row >= 0; row = ledger.bets.next(row)) {
      const bet = ledger.bets.get(row);
      add(market.row, bet.holder, bet.stakeMinor);
    }
  }
  const { bets, legs } = ledger.multiples;
  for (const [row, count] of bets.legs.entries()) {
    if (count === 0 || bets.status[row] === SETTLED) continue;
    for (const leg of ledger.multiples.legsOf(row)) {
      const market = legs.market[leg] as number;
      if (market >= 0) add(market, bets.holder[row] as number, stakeOf(ledger.multiples, row));
    }
  }
  for (const market of ledger.markets) {
    if (!market || ledger.desk.of(market.row)?.ownerStakeMaxMinor === undefined) continue;
    for (const ownerId of PEOPLE) {
      const have = ledger.desk.stakesOf(market.row, ownerId);
      const want = stakes.get(`${market.row} ${ownerId}`) ?? 0;
      assert(have === want, () => `${market.marketId} ${ownerId}: the desk counts ${have}, open are ${want}`);
    }
  }
}

function escrowOfPool(ledger: LedgerState, pool: ReturnType<LedgerState['pools']['of']>): number {
  if (pool.status !== 'open' && pool.status !== 'locked') {
    return pool.status === 'closed' ? 0 : ledger.accounts.balance(pool.escrow, ledger.currency);
  }
  let units = 0;
  for (let row = 0; row < pool.entries.rows; row++) units += pool.entries.units(row);
  return units * pool.rules.unitMinor + pool.carryInMinor;
}

function riskTakenBy(e: NewEvent): string | null {
  switch (e.type) {
    case 'BetPlaced':
    case 'MultiplePlaced':
    case 'MultipleAccepted':
    case 'OrderPlaced':
    case 'OrderReleased':
    case 'PoolEntered':
      return e.data.holder;
    default:
      return null;
  }
}

function moveQuote(world: World, rng: Rng): void {
  const marketId = pickOne(rng, MARKETS);
  const known = world.quotes.get(marketId);
  if (!known) return;
  const prices = known.prices.map(({ selectionId }) => ({ selectionId, oddsMilli: pickOne(rng, [1_001, 1_333, 1_900, 2_000, 3_470, 50_000]) }));
  const inPlay = world.now >= KICK_OFF || rng() < 0.1;
  world.quote(marketId, { prices, inPlay, betDelayMs: rng() < 0.5 ? 5_000 : 0, ...(inPlay ? { score: { home: 0, away: 0 } } : {}) });
}

function refresh(world: World): void {
  for (const [marketId, { betDelayMs, inPlay, prices, score }] of world.quotes) {
    const play = world.now >= KICK_OFF || inPlay;
    world.quote(marketId, { betDelayMs: play && !inPlay ? 5_000 : betDelayMs, inPlay: play, prices, ...(play ? { score: score ?? { home: 0, away: 0 } } : {}) });
  }
}

/** A command with one field that is something else, or is missing. */
function spoilt(cmd: Command, rng: Rng): Command {
  const copy = structuredClone(cmd) as unknown as Record<string, unknown>;
  let at: Record<string, unknown> = copy;
  for (let depth = 0; depth < 3; depth++) {
    const keys = Object.keys(at).filter((key) => key !== 'type');
    if (keys.length === 0) break;
    const key = pickOne(rng, keys);
    const value = at[key];
    if (typeof value === 'object' && value !== null && rng() < 0.6) {
      at = value as Record<string, unknown>;
      continue;
    }
    if (rng() < 0.3) delete at[key];
    else at[key] = pickOne(rng, JUNK);
    break;
  }
  return copy as unknown as Command;
}

function actorOf(holder: string): Partial<Actor> {
  return { ownerId: holder === BOT ? ANA : holder, tenantId: TENANT };
}

type Maker = (world: World, rng: Rng) => Ask | null;
const byOperator = (cmd: Command, ownerId: string = OPERATORS[0]): Ask => ({ cmd, via: 'operator', who: { ownerId } });
const byHolder = (cmd: Command, holder: string, rng: Rng): Ask => ({
  cmd,
  via: holder === BOT ? 'bot' : 'api',
  who: rng() < 0.03 ? { ownerId: BEA } : actorOf(holder),
});

function nameOf(prefix: 'bet' | 'ord' | 'bot', world: World): string {
  return idOf(prefix, `whole ${world.asked.length}`);
}

/** The ids that events of a kind named, newest last. */
function idsOf<T extends NewEvent['type']>(world: World, type: T, read: (e: NewEvent<T>) => string): string[] {
  return world.events.filter((e) => e.type === type).map((e) => read(e as unknown as NewEvent<T>));
}

function some<T>(rng: Rng, items: readonly T[]): T | null {
  if (items.length === 0) return null;
  // The newest are the likeliest.
  return (rng() < 0.5 ? items[items.length - 1 - Math.floor(rng() * Math.min(4, items.length))] : pickOne(rng, items)) as T;
}

function outcomesFor(world: World, marketId: string, rng: Rng): Record<string, readonly [number, number, number, number]> | null {
  const market = marketOf(world.ledger, marketId);
  const selections = market?.selections ?? ['home', 'draw', 'away'];
  const how = rng();
  if (how < 0.1) return null;
  if (how < 0.2) return pushAll(selections);
  const winner = pickOne(rng, selections);
  const part = how < 0.35 ? 2 : 1;
  return Object.fromEntries(selections.map((s) => [s, [s === winner ? 1 : 0, part, 0, 1] as const]));
}

function pushAll(selections: readonly string[]): Record<string, readonly [number, number, number, number]> {
  return Object.fromEntries(selections.map((s) => [s, [0, 1, 1, 1] as const]));
}

const MAKERS: readonly (readonly [weight: number, make: Maker, rare?: boolean])[] = [
  [
    14,
    (world, rng) => {
      const marketId = pickOne(rng, MARKETS);
      const holder = pickOne(rng, HOLDERS);
      const selectionId = pickOne(rng, marketOf(world.ledger, marketId)?.selections ?? ['home']);
      return byHolder(
        {
          type: 'PlaceBet',
          betId: nameOf('bet', world),
          holder,
          legs: [{ marketId, selectionId }],
          stakeMinor: randomInt(rng, 1, rng() < 0.3 ? 8_000 : 900),
          minOddsMilli: 1_001,
          quoteSeq: 1,
          ...(rng() < 0.3 ? { oddsPolicy: pickOne(rng, ODDS_POLICIES) } : {}),
        },
        holder,
        rng,
      );
    },
  ],
  [
    12,
    (world, rng) => {
      const holder = pickOne(rng, HOLDERS);
      const system = pickOne(rng, rng() < 0.7 ? (['accumulator', 'double', 'patent', 'trixie', 'treble'] as const) : SYSTEMS);
      const [least, most] = legsOf(system);
      const count = randomInt(rng, least, Math.min(most, 6));
      const fixtures = [0, 1, 2, 3, 4, 5].sort(() => rng() - 0.5).slice(0, Math.max(count, 2));
      const legs = fixtures.map((i) => {
        const marketId = i < FIXTURE_COUNT ? pickOne(rng, MARKETS.slice(i * 3, i * 3 + 3)) : winnerOf(i);
        const selectionId = pickOne(rng, marketOf(world.ledger, marketId)?.selections ?? ['home']);
        return { marketId, selectionId, minOddsMilli: 1_001, quoteSeq: 1 };
      });
      const cmd = { type: 'PlaceMultiple', betId: nameOf('bet', world), holder, system, legs } as const;
      return byHolder({ ...cmd, stakePerLineMinor: randomInt(rng, 1, 300), oddsPolicy: pickOne(rng, ODDS_POLICIES) }, holder, rng);
    },
  ],
  [
    14,
    (world, rng) => {
      const holder = pickOne(rng, HOLDERS);
      const kind = rng() < 0.7 ? 'limit' : pickOne(rng, ORDER_KINDS);
      return byHolder(
        {
          type: 'PlaceOrder',
          orderId: nameOf('ord', world),
          holder,
          marketId: winnerOf(randomInt(rng, 0, FIXTURE_COUNT - 1)),
          selectionId: pickOne(rng, ['home', 'draw', 'away']),
          side: pickOne(rng, SIDES),
          kind,
          priceMilli: kind === 'market-on-close' ? null : pickOne(rng, [1_500, 2_000, 2_020, 3_000]),
          sizeMinor: randomInt(rng, 100, 1_500),
          persistence: pickOne(rng, PERSISTENCES),
          timeInForce: kind === 'limit' && rng() < 0.15 ? 'fill-or-kill' : 'rest',
        },
        holder,
        rng,
      );
    },
  ],
  [
    5,
    (world, rng) => {
      const placed = some(rng, world.events.filter((e) => e.type === 'OrderPlaced') as NewEvent<'OrderPlaced'>[]);
      if (!placed) return null;
      const { holder, orderId } = placed.data;
      if (rng() < 0.5) {
        const newOrderId = nameOf('ord', world);
        return byHolder({ type: 'ReplaceOrder', orderId, newOrderId, priceMilli: pickOne(rng, [1_500, 2_000, 3_000]) }, holder, rng);
      }
      return byHolder({ type: 'CancelOrder', orderId, ...(rng() < 0.4 ? { sizeMinor: randomInt(rng, 1, 900) } : {}) }, holder, rng);
    },
  ],
  [
    9,
    (world, rng) => {
      const source = rng() < 0.1 ? 'operator' : pickOne(rng, SOURCES);
      const status = rng() < 0.8 ? 'finished' : pickOne(rng, ['live', 'cancelled', 'abandoned', 'postponed', 'walkover'] as const);
      const result = resultOf({
        eventId: pickOne(rng, FIXTURES),
        source,
        status,
        version: world.asked.length + 1,
        scores: [goals(randomInt(rng, 0, 2), randomInt(rng, 0, 2))],
        ...(rng() < 0.1 ? { completedPeriods: ['h1'] } : {}),
      });
      return { cmd: { type: 'RecordResult', result }, via: source === 'operator' ? 'operator' : 'feed', who: {} };
    },
  ],
  [
    6,
    (world, rng) => {
      const marketId = pickOne(rng, MARKETS);
      const outcomes = outcomesFor(world, marketId, rng);
      return byOperator({ type: 'SettleMarket', marketId, outcomes, reason: 'by_hand' }, pickOne(rng, OPERATORS));
    },
    true,
  ],
  [
    3,
    (world, rng) => {
      const proposal = some(rng, [...world.ledger.corrections.proposals.values()]);
      if (!proposal) return null;
      const { previewHash, proposalId } = proposal;
      if (rng() < 0.2) return byOperator({ type: 'RejectSettlement', proposalId, reason: 'x' }, pickOne(rng, OPERATORS));
      return byOperator({ type: 'ApproveSettlement', proposalId, previewHash }, pickOne(rng, OPERATORS));
    },
  ],
  [
    4,
    (world, rng) => {
      const paid = some(rng, world.events.filter((e) => e.type === 'BetsSettled') as NewEvent<'BetsSettled'>[]);
      const bet = paid && some(rng, paid.data.bets);
      if (!paid || !bet) return null;
      const { marketId } = paid.data;
      const cmd = { type: 'OpenDispute', betId: bet[0], marketId, reason: pickOne(rng, DISPUTE_REASONS) } as const;
      return byHolder({ ...cmd, evidenceHash: 'b'.repeat(64) }, bet[1], rng);
    },
  ],
  [
    4,
    (world, rng) => {
      const opened = some(rng, world.events.filter((e) => e.type === 'DisputeOpened') as NewEvent<'DisputeOpened'>[]);
      if (!opened) return null;
      const { disputeId } = opened.data;
      if (rng() < 0.4) return byOperator({ type: 'ReviewDispute', disputeId });
      const marketId = pickOne(rng, MARKETS);
      const how = rng();
      const outcomes = outcomesFor(world, marketId, rng) ?? {};
      if (how < 0.3) return byOperator({ type: 'DecideDispute', disputeId, decision: 'rejected', reason: 'x' });
      if (how < 0.6) return byOperator({ type: 'DecideDispute', disputeId, decision: 'upheld', reason: 'x', goodwillMinor: randomInt(rng, 1, 50) });
      return byOperator({ type: 'DecideDispute', disputeId, decision: 'upheld', reason: 'x', outcomes });
    },
  ],
  [
    3,
    (world, rng) => {
      const scope = pickOne(rng, ['market', 'source', 'ledger'] as const);
      const target = scope === 'market' ? pickOne(rng, MARKETS) : scope === 'source' ? 'test' : world.ledger.ledgerId;
      return byOperator({ type: 'SetConfirmation', scope, target, confirmation: rng() < 0.6 ? 'supplier' : 'none' });
    },
    true,
  ],
  [
    5,
    (world, rng) => {
      const ids = rng() < 0.9 ? [...world.ledger.referrals.waiting()].map(({ betId }) => betId) : idsOf(world, 'BetPlaced', (e) => e.data.betId);
      const betId = some(rng, ids);
      if (!betId) return null;
      const cmd = rng() < 0.6 ? ({ type: 'ConfirmBet' } as const) : ({ type: 'RejectBet', reason: 'no' } as const);
      return { cmd: { ...cmd, betId, answeredAt: world.now }, via: 'worker', who: {} };
    },
  ],
  [
    6,
    (_, rng) => {
      const market = pickOne(rng, MARKETS);
      const target = pickOne(rng, [market, market, pickOne(rng, EVENTS), 'fb:E0', 'fb', '*']);
      const type = pickOne(rng, ['SuspendMarket', 'ReopenMarket', 'ReopenMarket', 'ReopenMarket', 'CloseMarket'] as const);
      return byOperator({ type, target: type === 'CloseMarket' ? market : target, reason: 'x' });
    },
    true,
  ],
  [2, (_, rng) => byOperator({ type: 'TurnInPlay', marketId: winnerOf(randomInt(rng, 0, FIXTURE_COUNT - 1)), betDelayMs: pickOne(rng, [0, 5_000]) }), true],
  [
    3,
    (_, rng) => {
      const target = pickOne(rng, [pickOne(rng, MARKETS), pickOne(rng, EVENTS), 'fb', '*']);
      const value = (): number | null => (rng() < 0.5 ? null : pickOne(rng, [100, 1_000, 20_000, 1_000_000]));
      const limits = pickOne(rng, [{ ownerStakeMaxMinor: value() }, { stakeMaxMinor: value() }, { stakesMaxMinor: value() }, { lossMaxMinor: value(), payoutMaxMinor: value() }]);
      return byOperator({ type: 'SetMarketLimits', target, limits });
    },
    true,
  ],
  [2, (_, rng) => byOperator({ type: 'SetBettorFactor', ownerId: pickOne(rng, PEOPLE), factorPpm: pickOne(rng, [0, 500_000, 1_000_000, 1_000_000, 1_000_000]) }), true],
  [
    3,
    (_, rng) =>
      byOperator({
        type: 'SetLimits',
        limits: pickOne(rng, [
          { approvalAboveMinor: pickOne(rng, [0, 500, 2 ** 40]) },
          { correctionWindowMs: pickOne(rng, [0, 5_000, 3_600_000, 172_800_000]) },
          { ownerDayStakeMaxMinor: pickOne(rng, [5_000, 2 ** 50]) },
          { openBetsMax: pickOne(rng, [3, 1_000]) },
          { openOrdersMax: pickOne(rng, [2, 1_000]) },
          { houseCapitalMinor: pickOne(rng, [0, 10_000, 10_000_000_000]) },
        ]),
      }),
    true,
  ],
  [
    3,
    (_, rng) => {
      const ownerId = pickOne(rng, PEOPLE);
      const via = rng() < 0.7 ? ('api' as const) : ('operator' as const);
      const who = via === 'api' ? { ownerId } : { ownerId: OPERATORS[0] };
      const name = { kind: pickOne(rng, PLAY_KINDS), period: pickOne(rng, ['day', 'week', 'month'] as const), ownerId };
      const value = rng() < 0.3 ? null : pickOne(rng, [100, 1_000, 10_000]);
      return { cmd: rng() < 0.8 ? { type: 'SetPlayLimit', ...name, value } : { type: 'KeepPlayLimit', ...name }, via, who };
    },
    true,
  ],
  [
    1,
    (_, rng) => {
      const ownerId = pickOne(rng, PEOPLE);
      const cmd = rng() < 0.7 ? ({ type: 'CoolOff', ownerId, hours: 24 } as const) : ({ type: 'SelfExclude', ownerId, days: 184 } as const);
      return { cmd, via: 'api', who: { ownerId } };
    },
    true,
  ],
  [2, (world, rng) => byOperator({ type: 'SetExclusion', ownerId: pickOne(rng, PEOPLE), until: rng() < 0.6 ? 0 : world.now + 60_000 }), true],
  [3, (_, rng) => byOperator({ type: rng() < 0.35 ? 'Halt' : 'Resume', scope: pickOne(rng, ['bets', 'bots'] as const), reason: 'x' }), true],
  [
    3,
    (_, rng) => {
      const holder = pickOne(rng, HOLDERS);
      return byOperator({ type: 'IssueFunds', holder, ownerId: holder === BOT ? ANA : holder, tenantId: TENANT, amountMinor: randomInt(rng, 1, 5_000) });
    },
  ],
  [
    4,
    (world, rng) => {
      const holder = pickOne(rng, HOLDERS);
      const amountMinor = Math.max(1, Math.floor(world.available(holder) * pickOne(rng, [0.3, 1])));
      if (rng() < 0.5) return byOperator({ type: 'ReclaimFunds', holder, amountMinor });
      return byHolder({ type: 'SendTransfer', holder, toLedger: 'other', toHolder: holder, amountMinor, currency: 'PLAY' }, holder, rng);
    },
  ],
  [
    3,
    (world, rng) => {
      if (rng() < 0.4) {
        const holder = pickOne(rng, HOLDERS);
        const who = { ownerId: holder === BOT ? ANA : holder, tenantId: TENANT };
        const amountMinor = randomInt(rng, 1, 900);
        const transferId = idOf('trf' as 'bet', `whole ${randomInt(rng, 0, 50)}`);
        const cmd = { type: 'ReceiveTransfer', transferId, fromLedger: 'other', fromHolder: holder, holder, ...who } as const;
        return { cmd: { ...cmd, amountMinor, currency: 'PLAY', sentAt: world.now }, via: 'worker', who: {} };
      }
      const transferId = some(rng, idsOf(world, 'TransferSent', (e) => e.data.transferId));
      if (!transferId) return null;
      return { cmd: rng() < 0.5 ? { type: 'ConfirmTransfer', transferId } : { type: 'ReturnTransfer', transferId, reason: 'x' }, via: 'worker', who: {} };
    },
  ],
  [
    2,
    (world, rng) => {
      if (rng() < 0.1) return { cmd: { type: 'BirthBot', botId: nameOf('bot', world), ownerId: BEA, tenantId: TENANT, dnaHash: DNA_HASH }, via: 'worker', who: {} };
      return byOperator({ type: pickOne(rng, ['PauseBot', 'ResumeBot', 'ResumeBot'] as const), botId: BOT, reason: 'x' });
    },
    true,
  ],
  [
    3,
    (world, rng) => {
      const ids = [...idsOf(world, 'BetPlaced', (e) => e.data.betId), ...idsOf(world, 'MultiplePlaced', (e) => e.data.betId)];
      const betId = some(rng, ids);
      return betId ? byOperator({ type: 'VoidBet', betId, reason: 'x' }) : null;
    },
  ],
  [2, (_, rng) => byOperator({ type: 'SetCombinable', marketId: pickOne(rng, MARKETS), combinable: rng() < 0.7 })],
  [4, openPoolMaker],
  [9, enterPoolMaker],
  [5, changePoolMaker],
];

function askFor(world: World, rng: Rng, { total, weights }: Habits): Ask | null {
  let at = rng() * total;
  for (const [i, [, make]] of MAKERS.entries()) {
    at -= weights[i] as number;
    if (at < 0) return make(world, rng);
  }
  return null;
}

function rulesFor(rng: Rng): Partial<PoolRules> {
  return {
    unitMinor: pickOne(rng, [37, 100, 333]),
    takeoutPpm: pickOne(rng, [0, 150_000]),
    creatorFeePpm: pickOne(rng, [0, 33_333]),
    minEntries: pickOne(rng, [0, 2]),
    noWinner: pickOne(rng, ['refund', 'carry'] as const),
    correctionWindowMs: pickOne(rng, [0, 600_000, 86_400_000]),
    visibility: rng() < 0.8 ? 'public' : 'invite',
  };
}

function openPoolMaker(world: World, rng: Rng): Ask | null {
  const holder = pickOne(rng, PEOPLE);
  const how = rng();
  const carried = some(rng, idsOf(world, 'PoolOpened', (e) => e.data.poolId));
  const more = { bots: rng() < 0.5, ...(rng() < 0.3 && carried ? { carryFrom: carried } : {}) };
  if (how < 0.4) {
    const fixtures = EVENTS.slice(0, randomInt(rng, 1, FIXTURE_COUNT)).map((eventId) => ({ eventId }));
    return byHolder({ type: 'OpenPool', holder, rules: bolaoRules(rulesFor(rng)), fixtures, ...more }, holder, rng);
  }
  if (how < 0.8) {
    const rules = marketRules({ ...rulesFor(rng), minDividendMinor: pickOne(rng, [0, 30]), minusPool: pickOne(rng, ['house-pays', 'pay-what-is-there'] as const) });
    return byHolder({ type: 'OpenPool', holder, rules, market: { marketId: pickOne(rng, MARKETS) }, ...more }, holder, rng);
  }
  const market = { bet: pickOne(rng, ['win', 'exacta'] as const), eventId: 'race:1', runners: ['a', 'b', 'c'], startAt: KICK_OFF };
  return byOperator({ type: 'OpenPool', holder, rules: marketRules(rulesFor(rng)), market, ...more });
}

function enterPoolMaker(world: World, rng: Rng): Ask | null {
  const pool = some(rng, [...world.ledger.pools.all()]);
  if (!pool) return null;
  const holder = pickOne(rng, HOLDERS);
  const { poolId } = pool;
  const pick = (eventId: string): [string, number, number] => [eventId, randomInt(rng, 0, 2), randomInt(rng, 0, 2)];
  const wish = pool.market
    ? { units: randomInt(rng, 1, 9), selectionId: pickOne(rng, pool.market.bet === 'exacta' ? ['a>b', 'b>a', 'c>a'] : pool.market.runners) }
    : { units: 1, picks: pool.fixtures.filter(() => rng() < 0.7).map(({ eventId }) => pick(eventId)) };
  return byHolder({ type: 'EnterPool', poolId, holder, ...wish }, holder, rng);
}

function changePoolMaker(world: World, rng: Rng): Ask | null {
  const pool = some(rng, [...world.ledger.pools.all()]);
  if (!pool) return null;
  const { poolId } = pool;
  const how = rng();
  if (how < 0.15) return byOperator({ type: 'VoidPool', poolId, reason: 'x' });
  if (how < 0.25) return byOperator({ type: 'ScratchRunner', poolId, runner: pickOne(rng, ['a', 'b', 'c']) });
  if (how < 0.5) return byOperator({ type: 'ResolvePool', poolId, places: [['a'], ['b']] });
  if (pool.entries.rows === 0) return null;
  const row = randomInt(rng, 0, pool.entries.rows - 1);
  const entryId = pool.entries.idOf(row);
  const holder = world.ledger.holders[pool.entries.holder(row)]?.id ?? ANA;
  if (how < 0.75) return byHolder({ type: 'LeavePool', poolId, entryId }, holder, rng);
  return byHolder({ type: 'SetPicks', poolId, entryId, picks: [[pickOne(rng, EVENTS), randomInt(rng, 0, 3), 1]] }, holder, rng);
}
