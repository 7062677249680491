// Pools opened, entered, changed and resolved.
import { pickOne, randomInt, type Rng } from '#core/base/rng.ts';
import { ANA, KICK_OFF, type World } from '#core/kernel/world-for-tests.ts';
import { bolaoRules, marketRules } from '#core/pools/pools-for-tests.ts';
import type { PoolRules } from '#core/pools/state/pool-rules.ts';
import { PEOPLE, HOLDERS, FIXTURE_COUNT, EVENTS, MARKETS, type Ask, byOperator, byHolder, idsOf, some } from './cast.ts';

export function rulesFor(rng: Rng): Partial<PoolRules> {
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

export function openPoolMaker(world: World, rng: Rng): Ask | null {
  const holder = pickOne(rng, PEOPLE);
  const how = rng();
  const carried = some(
    rng,
    idsOf(world, 'PoolOpened', (e) => e.data.poolId),
  );
  const more = { bots: rng() < 0.5, ...(rng() < 0.3 && carried ? { carryFrom: carried } : {}) };
  if (how < 0.4) {
    const fixtures = EVENTS.slice(0, randomInt(rng, 1, FIXTURE_COUNT)).map((eventId) => ({ eventId }));
    return byHolder({ type: 'OpenPool', holder, rules: bolaoRules(rulesFor(rng)), fixtures, ...more }, holder, rng);
  }
  if (how < 0.8) {
    const rules = marketRules({
      ...rulesFor(rng),
      minDividendMinor: pickOne(rng, [0, 30]),
      minusPool: pickOne(rng, ['house-pays', 'pay-what-is-there'] as const),
    });
    return byHolder({ type: 'OpenPool', holder, rules, market: { marketId: pickOne(rng, MARKETS) }, ...more }, holder, rng);
  }
  const market = {
    bet: pickOne(rng, ['win', 'exacta'] as const),
    eventId: 'race:1',
    runners: ['a', 'b', 'c'],
    startAt: KICK_OFF,
  };
  return byOperator({ type: 'OpenPool', holder, rules: marketRules(rulesFor(rng)), market, ...more });
}

export function enterPoolMaker(world: World, rng: Rng): Ask | null {
  const pool = some(rng, [...world.ledger.pools.all()]);
  if (!pool) return null;
  const holder = pickOne(rng, HOLDERS);
  const { poolId } = pool;
  const pick = (eventId: string): [string, number, number] => [eventId, randomInt(rng, 0, 2), randomInt(rng, 0, 2)];
  const wish = pool.market
    ? {
        units: randomInt(rng, 1, 9),
        selectionId: pickOne(rng, pool.market.bet === 'exacta' ? ['a>b', 'b>a', 'c>a'] : pool.market.runners),
      }
    : { units: 1, picks: pool.fixtures.filter(() => rng() < 0.7).map(({ eventId }) => pick(eventId)) };
  return byHolder({ type: 'EnterPool', poolId, holder, ...wish }, holder, rng);
}

export function changePoolMaker(world: World, rng: Rng): Ask | null {
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
