// A ledger with some of everything, one random step of its history, and its end.
import { assert } from '#core/base/assert.ts';
import { makeRng, pickOne, randomInt, type Rng } from '#core/base/rng.ts';
import { winnerOf, worldOfMultiples } from '#core/bets/multiples/multiples-for-tests.ts';
import type { Command } from '#core/kernel/command.ts';
import type { ShardState } from '#core/kernel/state.ts';
import { ANA, BEA, goals, KICK_OFF, resultOf, TENANT, type World } from '#core/kernel/world-for-tests.ts';
import { OPERATORS, EVENTS, MARKETS, CY, type Ask } from './cast.ts';
import { openRace } from './race-makers.ts';
import { MAKERS } from './makers.ts';

/** Three fixtures with three markets each, three people, a bot, a rule for results, exchanges, everything cheap enough to be reached. */
export function wholeWorld(fingerprint: ((state: ShardState) => string) | null = null, race = false): World {
  const world = worldOfMultiples(fingerprint);
  if (race) openRace(world);
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

const ENDS: ReadonlySet<Command['type']> = new Set<Command['type']>([
  'RecordResult',
  'SettleMarket',
  'CloseMarket',
  'VoidBet',
  'VoidPool',
  'VoidMarket',
]);

export function habitsOf(seed: number): Habits {
  const rng = makeRng(seed, 'habits');
  const weights = MAKERS.map(([weight, , rare]) => (rng() < (rare ? 0.3 : 0.8) ? weight : 0));
  const strides = rng() < 0.6 ? [1, 1_000, 5_000, 60_000] : [1, 5_000, 60_000, 3_600_000, 3_600_000, 86_400_000];
  return { weights, total: weights.reduce((sum, weight) => sum + weight, 0), strides, lull: randomInt(rng, 0, 200) };
}

const JUNK: readonly unknown[] = [
  '',
  'x',
  '__proto__',
  null,
  undefined,
  -1,
  0,
  1.5,
  Number.NaN,
  Infinity,
  2 ** 53,
  true,
  [],
  {},
  [null],
  [[]],
];

/** One step: time passes, prices move, or something is asked. The seed and the world's state decide which. */
export function step(world: World, seed: number, habits: Habits): void {
  const rng = makeRng(seed);
  const what = rng();
  if (what < 0.1) return world.goTo(world.now + pickOne(rng, habits.strides));
  if (what < 0.2) return fireOne(world);
  if (what < 0.24) return moveQuote(world, rng);
  if (rng() < 0.6) refresh(world);
  let asked = askFor(world, rng, habits);
  // First there must be something to settle.
  if (world.asked.length < habits.lull && asked && ENDS.has(asked.cmd.type) && rng() < 0.95) asked = askFor(world, rng, habits);
  if (!asked) return;
  const { via, who } = asked;
  const cmd = rng() < 0.05 ? spoilt(asked.cmd, rng) : asked.cmd;
  world.ask(cmd, rng() < 0.01 ? 'api' : via, who);
}

/** What is done in chunks is not done at once: commands come between. */
function fireOne(world: World): void {
  const due = world.ledger.timers.first();
  if (due && due.dueAt <= world.now) world.fire();
}

/** All results come in, all windows end; nothing may be left in anybody's hold or escrow. */
export function finish(world: World): void {
  const { ledger } = world;
  world.goTo(Math.max(world.now, KICK_OFF) + 1);
  for (const trf of openTransfers(world)) world.ask({ type: 'ReturnTransfer', transferId: trf, reason: 'test' }, 'worker');
  for (const proposalId of ledger.corrections.proposals.keys())
    world.ask({ type: 'RejectSettlement', proposalId, reason: 'x' }, 'operator', { ownerId: OPERATORS[0] });
  for (const market of ledger.markets) {
    if (!market || market.outcomes !== null) continue;
    const result = resultOf({
      eventId: market.eventId,
      version: world.asked.length + 1,
      source: 'operator',
      scores: [goals(2, 1)],
    });
    world.ask({ type: 'RecordResult', result }, 'operator');
  }
  for (const market of ledger.markets) {
    if (!market || market.outcomes !== null) continue;
    world.done({ type: 'SetLimits', limits: { approvalAboveMinor: 2 ** 40 } });
    world.done({ type: 'VoidMarket', marketId: market.marketId, reason: 'x' }, 'operator');
  }
  world.goTo(world.now + 1);
  for (const pool of ledger.pools.all()) world.ask({ type: 'VoidPool', poolId: pool.poolId, reason: 'x' });
  world.goTo(world.now + 90 * 86_400_000);
  const left = [...ledger.accounts.rows()].filter(
    ({ balanceMinor, path }) => balanceMinor !== 0 && (path.endsWith(':held') || path.endsWith(':escrow')),
  );
  const markets = ledger.markets.filter(Boolean).map((m) => `${m?.marketId} ${m?.status}`);
  assert(left.length === 0, () => `left at the end: ${JSON.stringify(left)}; ${markets.join()}`);
  assert(markets.length === 0, () => `markets left: ${markets.join()}`);
  assert(ledger.multiples.size === 0 && ledger.bets.size === 0 && ledger.eachWay.size === 0, 'bets left');
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

function moveQuote(world: World, rng: Rng): void {
  const marketId = pickOne(rng, MARKETS);
  const known = world.quotes.get(marketId);
  if (!known) return;
  const prices = known.prices.map(({ selectionId }) => ({
    selectionId,
    oddsMilli: pickOne(rng, [1_001, 1_333, 1_900, 2_000, 3_470, 50_000]),
  }));
  const inPlay = world.now >= KICK_OFF || rng() < 0.1;
  world.quote(marketId, {
    prices,
    inPlay,
    betDelayMs: rng() < 0.5 ? 5_000 : 0,
    ...(inPlay ? { score: { home: 0, away: 0 } } : {}),
  });
}

function refresh(world: World): void {
  for (const [marketId, { betDelayMs, inPlay, prices, score }] of world.quotes) {
    const play = world.now >= KICK_OFF || inPlay;
    world.quote(marketId, {
      betDelayMs: play && !inPlay ? 5_000 : betDelayMs,
      inPlay: play,
      prices,
      ...(play ? { score: score ?? { home: 0, away: 0 } } : {}),
    });
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

function askFor(world: World, rng: Rng, { total, weights }: Habits): Ask | null {
  let at = rng() * total;
  for (const [i, [, make]] of MAKERS.entries()) {
    at -= weights[i] as number;
    if (at < 0) return make(world, rng);
  }
  return null;
}
