// Carried money that nobody takes on is bounded: its creator takes some on before another pool may carry.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash } from '#engine/state/snapshot.ts';
import { ANA, KICK_OFF, refusalOf } from '../kernel/world-for-tests.ts';
import { CY, enter, marketRules, openRace, poolOf, worldWithPools } from './pools-for-tests.ts';
import { CARRIES_PER_HOLDER_MAX } from './state/pool.ts';

test('fifty pools whose money was carried and waits stop the next that may carry, not one that takes it on or never carries', () => {
  const world = worldWithPools(stateHash);
  const DAY = 86_400_000;
  const rules = { noWinner: 'carry', correctionWindowMs: 0 } as const;
  const gone: string[] = [];
  for (let n = 0; n < CARRIES_PER_HOLDER_MAX; n++) {
    const startAt = KICK_OFF + n * DAY;
    const poolId = openRace(world, ['a', 'b'], rules, { startAt });
    enter(world, poolId, CY, { selectionId: 'a' });
    world.goTo(startAt);
    world.done({ type: 'ResolvePool', poolId, places: [['b']] });
    world.goTo(startAt + 1);
    gone.push(poolId);
  }
  assert.equal(world.ledger.pools.carries.size, 50);
  const market = { bet: 'win', eventId: 'race:1', runners: ['a', 'b'], startAt: world.now + DAY } as const;
  const opening = (change: object, more: object = {}) =>
    world.ask({ type: 'OpenPool', holder: ANA, market, rules: marketRules(change), ...more });
  const refused = refusalOf(opening(rules));
  assert.deepEqual([refused.code, refused.have, refused.need, refused.path], ['limit_user', 50, 50, '/carryFrom']);
  assert.ok(!('code' in opening({ noWinner: 'refund' })));
  const [taken] = opening(rules, { carryFrom: gone[0] }) as unknown as [{ data: { poolId: string } }];
  assert.equal(poolOf(world, taken.data.poolId).carryInMinor, 100);
  assert.ok(!('code' in opening(rules)), 'there is room again');
});
