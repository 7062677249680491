// Folds what happened in pools into state: amounts and points as stated. After each event the pool's timer is set for what is next.
import { assert, unreachable } from '../base/assert.ts';
import type { EventData, NewEvent } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { Amounts } from './pay-pool.ts';
import { countEntry, countPoints, makePool, type Pool, type PoolFixture, type SeenResult, selectionOf } from './state/pool.ts';
import type { PoolEvents } from './pool-events.ts';
import { isCorrection, nextDueAt, poolKey } from './state/pool-phase.ts';
import { rulesText } from './open-pool.ts';

export type PoolEvent = NewEvent<keyof PoolEvents>;

export function isPoolEvent(e: NewEvent): e is PoolEvent {
  return e.type.startsWith('Pool') || e.type === 'PicksSet' || e.type === 'FixtureScored';
}

export function evolvePools(ledger: LedgerState, e: PoolEvent): void {
  if (e.type === 'FixtureScored') return onFixtureResult(ledger, e);
  if (e.type === 'PoolOpened') onPoolOpened(ledger, e);
  const pool = ledger.pools.of(e.data.poolId);
  fold(ledger, pool, e);
  if (e.type !== 'PoolArchived') rearm(ledger, pool, e.at);
}

/** What is known of a fixture reaches all pools that follow it. */
export function onFixtureResult(ledger: LedgerState, e: NewEvent<'MarketResulted' | 'FixtureScored'>): void {
  const { eventId, scores, source, status, version } = e.data;
  for (const pool of ledger.pools.followersOf(eventId)) {
    const isDeclared = pool.status !== 'open' && pool.status !== 'locked';
    if (isDeclared && status === 'live') continue;
    const seen = { ...runnersIn(e), status, scores, source, version };
    for (const fixture of pool.fixtures) {
      if (fixture.eventId !== eventId) continue;
      pool.stale ||= isDeclared && isCorrection(pool, fixture.seen, seen);
      fixture.seen = seen;
    }
    rearm(ledger, pool, e.at);
  }
}

/** Only what was told: what is kept of other fixtures stays as it is. */
function runnersIn(e: NewEvent<'MarketResulted' | 'FixtureScored'>): Partial<SeenResult> {
  if (e.type === 'FixtureScored') return {};
  const { completedPeriods, places, withdrawn } = e.data;
  return { ...(completedPeriods && { completedPeriods }), ...(places && { places }), ...(withdrawn && { withdrawn }) };
}

function fold(ledger: LedgerState, pool: Pool, e: Exclude<PoolEvent, { type: 'FixtureScored' }>): void {
  switch (e.type) {
    case 'PoolOpened':
      return;
    case 'PoolEntered':
      return onEntered(ledger, pool, e);
    case 'PoolLeft':
      return onLeft(ledger, pool, e);
    case 'PicksSet': {
      const row = rowOf(pool, e.data.entryId);
      for (const [fixture, home, away] of e.data.picks) pool.entries.setPick(row, fixture, { home, away });
      return;
    }
    case 'PoolInvited': {
      const { invitation, until, usesMax } = e.data;
      pool.invitations.set(invitation, { usesMax, until, uses: 0, revoked: false });
      return;
    }
    case 'PoolInvitationRevoked': {
      const invitation = pool.invitations.get(e.data.invitation);
      assert(invitation, () => `${pool.poolId}: unknown invitation`);
      invitation.revoked = true;
      return;
    }
    case 'PoolLocked':
      pool.status = 'locked';
      return;
    case 'PoolScored':
      return onScored(pool, e.data);
    case 'PoolScratched':
      pool.scratched.push(pool.market?.runners.indexOf(e.data.runner) ?? -1);
      return;
    case 'PoolResulted':
      pool.places = e.data.places;
      pool.stale = pool.status === 'closed';
      return;
    case 'PoolDeclared':
      return onDeclared(ledger, pool, e);
    case 'PoolPaid':
      return onPaid(ledger, pool, e.data);
    case 'PoolClosed':
      pool.status = 'closed';
      pool.closedAt ||= e.at;
      return;
    case 'PoolReversing':
      pool.status = e.data.mode === 'reverse' ? 'reversing' : 'locked';
      pool.difference = e.data.mode === 'difference';
      pool.stale = false;
      pool.cursor = 0;
      return;
    case 'PoolReclaimed':
      for (const [entryId, , amountMinor] of e.data.entries) pool.entries.addPaid(rowOf(pool, entryId), -amountMinor);
      pool.cursor = e.data.next;
      return;
    case 'PoolReversed':
      pool.status = 'locked';
      pool.stale = false; // what came meanwhile counts when it is declared again
      pool.declared = null;
      ledger.pools.carries.delete(pool.poolId);
      return;
    case 'PoolUncorrected':
      pool.stale = false;
      return;
    case 'PoolArchived':
      return onArchived(ledger, pool);
    default:
      return unreachable(e, 'event of pools');
  }
}

function onPoolOpened(ledger: LedgerState, e: NewEvent<'PoolOpened'>): void {
  const { bots, carryFrom, fixtures, holder, market, ownerId, poolId, rules, tenantId } = e.data;
  const pool = makePool({
    poolId,
    holder,
    ownerId,
    tenantId,
    bots,
    rules,
    market: market ?? null,
    fixtures: fixtures.map((fixture) => ({ ...fixture, seen: null, target: null, scored: null, cursor: 0 })),
    carryInMinor: e.postings?.[0]?.amountMinor ?? 0,
    status: 'open',
    scratched: [],
    places: null,
    version: 0,
    declared: null,
    oddLeft: [],
    cursor: 0,
    paidMinor: 0,
    paidEntries: 0,
    closedAt: 0,
    stale: false,
    difference: false,
  });
  ledger.pools.add(pool);
  if (carryFrom !== undefined) ledger.pools.carries.delete(carryFrom);
  for (const { eventId } of fixtures) {
    // Its result must be taken even when the fixture never had a market, or has none any more.
    if (ledger.fixtures.has(eventId)) continue;
    ledger.fixtures.set(eventId, { eventId, markets: [], worstLossMinor: 0, resultVersions: new Map(), resulted: false });
  }
}

function onEntered(ledger: LedgerState, pool: Pool, e: NewEvent<'PoolEntered'>): void {
  const { entryId, holder: id, invitation, selectionId, units } = e.data;
  const holder = ledger.holderRows.get(id);
  assert(holder !== undefined, () => `${entryId}: unknown holder`);
  const selection = pool.market ? selectionOf(pool.market, selectionId) : 0;
  const row = pool.entries.add({ entryId, holder, units, selection });
  const { ownerId } = ledger.holders[holder] as Holder;
  countEntry(pool, row, { ownerId, units });
  ledger.desk.days.addItem(entryId, { ownerId, stakeMinor: units * pool.rules.unitMinor, at: e.at });
  const used = invitation === undefined ? undefined : pool.invitations.get(invitation);
  if (used) used.uses++;
}

function onLeft(ledger: LedgerState, pool: Pool, e: NewEvent<'PoolLeft'>): void {
  const row = rowOf(pool, e.data.entryId);
  const { ownerId } = ledger.holders[pool.entries.holder(row)] as Holder;
  countEntry(pool, row, { ownerId, units: -pool.entries.units(row) });
  giveDayBack(ledger, pool, row);
  pool.entries.leave(row);
}

function onScored(pool: Pool, { done, fixture: number, from, points, score }: EventData['PoolScored']): void {
  const fixture = pool.fixtures[number] as PoolFixture;
  const { entries, standing } = pool;
  for (const [i, by] of points.entries()) {
    const row = from + i;
    if (by === 0) continue;
    countPoints(standing, entries.points(row), -1);
    entries.addPoints(row, by);
    countPoints(standing, entries.points(row), 1);
  }
  fixture.target = score ? { home: score[0], away: score[1] } : null;
  fixture.cursor = from + points.length;
  if (!done) return;
  fixture.scored = fixture.target;
  fixture.target = null;
  fixture.cursor = 0;
}

function onDeclared(ledger: LedgerState, pool: Pool, { data }: NewEvent<'PoolDeclared'>): void {
  pool.status = 'paying';
  pool.version = data.version;
  pool.declared = data;
  pool.oddLeft = [...data.dividends, ...data.prizes].map(([, , , odd]) => odd);
  pool.cursor = 0;
  pool.paidMinor = 0;
  pool.paidEntries = 0;
  if (data.carriedMinor === 0 || pool.difference) return;
  const { holder, poolId, rules } = pool;
  ledger.pools.carries.set(poolId, { poolId, holder, rules: rulesText(rules) });
}

function onPaid(ledger: LedgerState, pool: Pool, { entries, next }: EventData['PoolPaid']): void {
  const amounts = new Amounts(pool);
  for (const [entryId, , amountMinor] of entries) {
    const row = rowOf(pool, entryId);
    amounts.of(row, pool.oddLeft);
    if (amounts.isRefunded(row)) giveDayBack(ledger, pool, row);
    pool.entries.addPaid(row, amountMinor);
    pool.paidMinor += amountMinor;
    pool.paidEntries++;
  }
  pool.cursor = next;
}

/** An entry's stake came back as if it had never been placed: once, however often its pool is settled anew. */
function giveDayBack({ desk, holders }: LedgerState, { entries, rules }: Pool, row: number): void {
  if (!desk.days.counts) return;
  const entryId = entries.idOf(row);
  const { ownerId } = holders[entries.holder(row)] as Holder;
  desk.days.giveBack(entryId, ownerId, entries.units(row) * rules.unitMinor);
  desk.days.forget(entryId);
}

function onArchived(ledger: LedgerState, pool: Pool): void {
  ledger.timers.delete(poolKey(pool.poolId));
  ledger.pools.remove(pool);
  for (const { eventId } of pool.fixtures) {
    const isNeeded = (ledger.fixtures.get(eventId)?.markets.length ?? 0) > 0 || ledger.pools.followersOf(eventId).length > 0;
    if (isNeeded) continue;
    ledger.fixtures.delete(eventId);
    ledger.corrections.reports.delete(eventId);
  }
}

function rearm(ledger: LedgerState, pool: Pool, now: number): void {
  const at = nextDueAt(pool, now);
  if (at === null) ledger.timers.delete(poolKey(pool.poolId));
  else if (ledger.timers.dueAt(poolKey(pool.poolId)) !== at) ledger.timers.set(poolKey(pool.poolId), at);
}

function rowOf(pool: Pool, entryId: string): number {
  const row = pool.entries.find(entryId);
  assert(row >= 0, () => `${entryId} is not in ${pool.poolId}`);
  return row;
}
