// OpenPool: the rules, what it is on and when it locks. A person may not make the house pay, nor say when a match starts: who knew better could
// pick after the goal.
import { canonical } from '../base/canonical.ts';
import { isId } from '../base/ids.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import { isEventId, type MarketName, type MarketType, parseMarketId, selectionsOf } from '../catalog/market.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event } from '../kernel/event.ts';
import { holderOf, type LedgerState, marketAt } from '../kernel/state.ts';
import { posting } from '../ledger/accounts.ts';
import type { Holder } from '../ledger/holder.ts';
import { actsFor, barredFrom } from '../risk/gate.ts';
import {
  CARRIES_MAX,
  CARRIES_PER_HOLDER_MAX,
  carryOf,
  POOL_FIXTURES_MAX,
  POOL_RUNNERS_MAX,
  POOLS_MAX,
  POOLS_PER_OWNER_MAX,
} from './state/pool.ts';
import { type FixtureToPick, type OpenPool, poolIdOf, type PoolMarket } from './pool-commands.ts';
import type { PoolFixtureOpened, PoolMarketOpened } from './pool-events.ts';
import { firstLockAt, type PoolRules, readRules } from './state/pool-rules.ts';

/** Markets whose selections win or lose whole, or are all given back. */
const CATALOGUE: ReadonlySet<MarketType> = new Set<MarketType>(['1x2', 'dc', 'dnb', 'btts', 'yesno', 'ou', 'ah']);

interface Subject {
  readonly fixtures: readonly PoolFixtureOpened[];
  readonly market?: PoolMarketOpened;
}

export function openPool(ledger: LedgerState, envelope: Envelope<OpenPool>, context: Context): Decision {
  const { actor, cmd, commandId } = envelope;
  const holder = isId('usr', cmd.holder) ? holderOf(ledger, cmd.holder) : undefined;
  const isOperator = actor.via === 'operator';
  if (!holder || !(isOperator ? actor.tenantId === holder.tenantId : actsFor(actor, holder)))
    return refuse('not_found', { path: '/holder' });
  const barred = isOperator ? null : (barredFrom(ledger, holder, context.now) ?? tooMany(ledger, holder));
  if (barred) return barred;
  if (cmd.bots !== undefined && typeof cmd.bots !== 'boolean') return refuse('malformed', { path: '/bots' });
  const rules = readRules(cmd.rules);
  if ('code' in rules) return rules;
  const unfit = unfitFor(ledger, rules, isOperator);
  if (unfit) return unfit;
  const subject = subjectOf(ledger, cmd, { rules, isOperator });
  if ('code' in subject) return subject;
  const early = faultInLock(rules, subject, context.now);
  if (early) return early;
  const waiting = tooManyCarries(ledger, cmd, rules);
  if (waiting) return waiting;
  const carry = carryFor(ledger, cmd, rules);
  if (typeof carry !== 'number') return carry;
  const poolId = poolIdOf(commandId);
  const data = {
    bots: cmd.bots ?? false,
    ...(cmd.carryFrom === undefined ? {} : { carryFrom: cmd.carryFrom }),
    fixtures: subject.fixtures,
    holder: holder.id,
    ...(subject.market ? { market: subject.market } : {}),
    ownerId: holder.ownerId,
    poolId,
    rules,
    tenantId: holder.tenantId,
  };
  const from = carryOf(cmd.carryFrom ?? '');
  const postings = carry > 0 ? [posting(from, `pool:${poolId}:escrow`, carry, ledger.currency)] : [];
  return [event({ envelope, context }, 'PoolOpened', data, postings)];
}

function tooMany(ledger: LedgerState, { ownerId }: Holder): Refusal | null {
  const have = ledger.pools.countOf(ownerId);
  return have >= POOLS_PER_OWNER_MAX ? refuse('limit_user', { need: POOLS_PER_OWNER_MAX, have }) : null;
}

function unfitFor(ledger: LedgerState, rules: PoolRules, isOperator: boolean): Refusal | null {
  if (rules.currency !== ledger.currency) return refuse('currency_mismatch', { path: '/rules/currency' });
  if (ledger.pools.size >= POOLS_MAX) return refuse('limit_house', { need: POOLS_MAX, have: ledger.pools.size });
  if (isOperator) return null;
  if (rules.minusPool === 'house-pays') return refuse('forbidden', { path: '/rules/minusPool' });
  return rules.afterWindow === 'stands' ? null : refuse('forbidden', { path: '/rules/afterWindow' });
}

function subjectOf(
  ledger: LedgerState,
  cmd: OpenPool,
  of: { readonly rules: PoolRules; readonly isOperator: boolean },
): Subject | Refusal {
  if (of.rules.kind === 'bolao') {
    if (cmd.market !== undefined) return refuse('malformed', { path: '/market' });
    return fixturesOf(ledger, cmd.fixtures, of);
  }
  if (cmd.fixtures !== undefined) return refuse('malformed', { path: '/fixtures' });
  const market: unknown = cmd.market;
  if (typeof market !== 'object' || market === null) return refuse('malformed', { path: '/market' });
  return 'marketId' in market
    ? catalogueOf(ledger, market as PoolMarket & { marketId: string }, of)
    : raceOf(ledger, market as Race, of);
}

function fixturesOf(
  ledger: LedgerState,
  fixtures: unknown,
  { isOperator, rules }: { readonly rules: PoolRules; readonly isOperator: boolean },
): Subject | Refusal {
  if (!Array.isArray(fixtures) || fixtures.length === 0 || fixtures.length > POOL_FIXTURES_MAX)
    return refuse('malformed', { path: '/fixtures', need: POOL_FIXTURES_MAX });
  const opened: PoolFixtureOpened[] = [];
  for (const [i, fixture] of (fixtures as (FixtureToPick | null)[]).entries()) {
    const path = `/fixtures/${i}`;
    const { eventId, stage } = fixture ?? { eventId: null };
    if (!isEventId(eventId) || opened.some((other) => other.eventId === eventId))
      return refuse('malformed', { path: `${path}/eventId` });
    const isStage = stage === undefined || (isToken(stage) && Object.hasOwn(rules.scoring?.factorByStage ?? {}, stage));
    if (!isStage) return refuse('malformed', { path: `${path}/stage` });
    const startAt = startOf(ledger, { eventId, stated: fixture?.startAt, isOperator, path });
    if (typeof startAt !== 'number') return startAt;
    opened.push(stage === undefined ? { eventId, startAt } : { eventId, stage, startAt });
  }
  return { fixtures: opened };
}

function catalogueOf(
  ledger: LedgerState,
  { marketId, startAt: stated }: { readonly marketId: string; readonly startAt?: number },
  { isOperator }: { readonly isOperator: boolean },
): Subject | Refusal {
  const name = typeof marketId === 'string' ? parseMarketId(marketId) : null;
  if (!name || !CATALOGUE.has(name.type) || !isWholeBet(name)) return refuse('malformed', { path: '/market/marketId' });
  const startAt = startOf(ledger, { eventId: name.eventId, stated, isOperator, path: '/market' });
  if (typeof startAt !== 'number') return startAt;
  const market = { bet: 'catalogue', marketId, places: 1, runners: selectionsOf(name.type) } as const;
  return { fixtures: [{ eventId: name.eventId, startAt }], market };
}

/** Quarter lines win by halves: there is no dividend of half a unit. */
function isWholeBet({ lineQuarters }: MarketName): boolean {
  return lineQuarters === undefined || lineQuarters % 2 === 0;
}

type Race = Extract<PoolMarket, { bet: string }>;

function raceOf(ledger: LedgerState, race: Race, { isOperator }: { readonly isOperator: boolean }): Subject | Refusal {
  const { bet, eventId, places = 1, runners, startAt: stated } = race;
  if (bet !== 'win' && bet !== 'place' && bet !== 'exacta') return refuse('malformed', { path: '/market/bet' });
  if (!isEventId(eventId)) return refuse('malformed', { path: '/market/eventId' });
  const list: readonly unknown[] = Array.isArray(runners) ? runners : [];
  const sound = list.length >= 2 && list.length <= POOL_RUNNERS_MAX && list.every(isToken) && new Set(list).size === list.length;
  if (!sound) return refuse('malformed', { path: '/market/runners', need: POOL_RUNNERS_MAX });
  const placesMax = bet === 'place' ? list.length - 1 : 1;
  if (!Number.isSafeInteger(places) || places < 1 || places > placesMax)
    return refuse('malformed', { path: '/market/places', need: placesMax });
  const startAt = startOf(ledger, { eventId, stated, isOperator, path: '/market' });
  if (typeof startAt !== 'number') return startAt;
  return { fixtures: [{ eventId, startAt }], market: { bet, places, runners: [...(list as string[])] } };
}

interface StartAsked {
  readonly eventId: string;
  readonly stated: unknown;
  readonly isOperator: boolean;
  readonly path: string;
}

/** The earliest start of the fixture's markets; an operator may state another, and must where there is no market. */
function startOf(ledger: LedgerState, { eventId, isOperator, path, stated }: StartAsked): number | Refusal {
  const fixture = ledger.fixtures.get(eventId);
  if (fixture?.resulted) return refuse('market_closed', { path: `${path}/eventId` });
  if (stated !== undefined) {
    if (!isOperator) return refuse('forbidden', { path: `${path}/startAt` });
    return Number.isSafeInteger(stated) ? (stated as number) : refuse('malformed', { path: `${path}/startAt` });
  }
  const starts = (fixture?.markets ?? []).map((row) => marketAt(ledger, row).startAt);
  return starts.length > 0 ? Math.min(...starts) : refuse('not_found', { path: `${path}/eventId` });
}

function faultInLock(rules: PoolRules, { fixtures }: Subject, now: number): Refusal | null {
  const firstStartAt = Math.min(...fixtures.map(({ startAt }) => startAt));
  const lockAt = firstLockAt(rules, firstStartAt);
  if (lockAt > firstStartAt) return refuse('malformed', { path: '/rules/lock/at', need: firstStartAt, have: lockAt });
  return lockAt <= now ? refuse('market_closed', { path: '/rules/lock', need: now, have: lockAt }) : null;
}

/** Who has much carried money waiting takes some of it on (`carryFrom`) before a pool is opened that may add to it. */
function tooManyCarries({ pools }: LedgerState, { carryFrom, holder }: OpenPool, rules: PoolRules): Refusal | null {
  const mayCarry = rules.noWinner === 'carry' || rules.breakage.to === 'pool';
  if (!mayCarry || carryFrom !== undefined || pools.carries.size < CARRIES_PER_HOLDER_MAX) return null;
  const have = pools.carries.size;
  if (have >= CARRIES_MAX) return refuse('limit_house', { need: CARRIES_MAX, have, path: '/carryFrom' });
  let own = 0;
  for (const carry of pools.carries.values()) if (carry.holder === holder) own++;
  const need = CARRIES_PER_HOLDER_MAX;
  return own >= need ? refuse('limit_user', { need, have: own, path: '/carryFrom' }) : null;
}

/** What the earlier pool carried. Same creator and same rules: carried money belongs to those who go on with the same pool. */
function carryFor(ledger: LedgerState, { carryFrom, holder }: OpenPool, rules: PoolRules): number | Refusal {
  if (carryFrom === undefined) return 0;
  const carry = typeof carryFrom === 'string' ? ledger.pools.carries.get(carryFrom) : undefined;
  const fits = carry?.holder === holder && carry.rules === rulesText(rules);
  return fits ? ledger.accounts.balance(carryOf(carryFrom), ledger.currency) : refuse('not_found', { path: '/carryFrom' });
}

/** What must be equal: a moment of lock cannot be. */
export function rulesText({ lock: _lock, ...rules }: PoolRules): string {
  return canonical(rules);
}
