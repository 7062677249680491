import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CY, order, worldWithExchange } from '#core/exchange/exchange-for-tests.ts';
import { ANA, worldWithMarket } from '#core/kernel/world-for-tests.ts';
import { DEFAULT_LIMITS } from '#core/risk/limits.ts';
import { dumpState, loadState, stateHash } from './snapshot.ts';

interface Head {
  ledgers: { exchange?: unknown; limits: Record<string, number> }[];
}

function headOf(chunks: readonly Uint8Array[]): { head: Head; rest: Buffer } {
  const bytes = Buffer.concat(chunks);
  const end = 4 + bytes.readUInt32LE(0);
  return { head: JSON.parse(bytes.toString('utf8', 4, end)) as Head, rest: bytes.subarray(end) };
}

test('loadState() reads a snapshot made before there were exchanges, and before a limit was there', () => {
  const world = worldWithMarket();
  world.bet('a');
  const { head, rest } = headOf(dumpState(world.state));
  const ledger = head.ledgers[0] as Head['ledgers'][number];
  assert.ok(!('exchange' in ledger), 'without an exchange there is nothing new in it');
  assert.ok(!('openOrdersMax' in ledger.limits), 'a limit that nobody changed is not in it either');
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const loaded = loadState([length, json, rest]);
  assert.equal(loaded.ledgers.get('main')?.limits.openOrdersMax, DEFAULT_LIMITS.openOrdersMax);
  assert.equal(stateHash(loaded), stateHash(world.state));
  world.done({ type: 'SetLimits', limits: { openOrdersMax: 7 } });
  const changed = loadState(dumpState(world.state));
  assert.equal(changed.ledgers.get('main')?.limits.openOrdersMax, 7);
});

test('loadState() gives books, counts and exposures back', () => {
  const world = worldWithExchange();
  order(world, 'a', ANA, { priceMilli: 2_100 });
  order(world, 'b', CY, { side: 'lay', priceMilli: 2_000, kind: 'limit-on-close', sizeMinor: 2_000 });
  order(world, 'c', CY, { side: 'lay', priceMilli: 2_100, sizeMinor: 400 });
  const loaded = loadState(dumpState(world.state)).ledgers.get('main');
  const x = loaded?.exchange.market(0);
  assert.deepEqual([x?.books[0]?.backs.best, x?.books[0]?.backs.sizeAt(x.ladder.tickOf(2_100))], [x?.ladder.tickOf(2_100), 600]);
  assert.equal(x?.atStartingPrice[0]?.lays.count, 1);
  assert.deepEqual([loaded?.exchange.openOrdersOf(0), loaded?.exchange.orders.size], [1, 2]);
});
