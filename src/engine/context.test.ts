import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finish, placeMultiple, winnerOf, worldOfMultiples } from '#core/bets/multiples/multiples-for-tests.ts';
import { raceBet, RACE, worldWithRace } from '#core/bets/runners/race-for-tests.ts';
import type { Command } from '#core/kernel/command.ts';
import { ANA, idOf, LEDGER, TENANT, WINNER, type World } from '#core/kernel/world-for-tests.ts';
import { wantedMarkets } from './context.ts';

function wanted(world: World, cmd: Command): readonly string[] {
  const actor = { ownerId: ANA, tenantId: TENANT, via: 'operator' } as const;
  return wantedMarkets(world.state, { commandId: '', ledgerId: LEDGER, actor, payloadHash: '', lane: 'facts', cmd });
}

test('wantedMarkets() names every market by whose prices a bet is judged again', () => {
  const world = worldOfMultiples();
  world.bet('single');
  placeMultiple(world, 'double', {
    legs: [
      [0, 'home'],
      [1, 'home'],
    ],
  });
  const offer = { offerId: '', holder: ANA, ofMinor: 1, stakeMinor: 1, amountMinor: 1, quoteSeq: 1, expiresAt: 0 } as const;
  const markets = { single: [WINNER], double: [winnerOf(0), winnerOf(1)], nobody: [] } as const;
  for (const [name, expected] of Object.entries(markets)) {
    const betId = idOf('bet', name);
    assert.deepEqual(wanted(world, { type: 'ReviewBet', betId, decision: 'accept', reason: 'x' }), expected);
    assert.deepEqual(wanted(world, { type: 'CashOutBet', betId, ...offer }), expected);
    for (const key of [`bet:${betId}`, `cash:${betId}`, `multiple:${betId}`])
      assert.deepEqual(wanted(world, { type: 'FireTimer', key, dueAt: 1 }), expected);
    assert.deepEqual(wanted(world, { type: 'FireTimer', key: `refer:${betId}`, dueAt: 1 }), []);
  }
  // A leg whose market is archived has no price any more.
  finish(world, 0, [1, 0]);
  world.goTo(world.now + world.ledger.limits.correctionWindowMs + 10);
  assert.deepEqual(wanted(world, { type: 'CashOutBet', betId: idOf('bet', 'double'), ...offer }), [winnerOf(1)]);
  assert.deepEqual(wanted(world, { type: 'CashOutBet', betId: null as unknown as string, ...offer }), []);
});

test('wantedMarkets() names the market of an each-way bet', () => {
  const world = worldWithRace();
  raceBet(world, 'x', { eachWay: true });
  assert.deepEqual(wanted(world, { type: 'ReviewBet', betId: idOf('bet', 'x'), decision: 'accept', reason: 'x' }), [RACE]);
});
