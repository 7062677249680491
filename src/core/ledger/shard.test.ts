import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLedgerId, MAIN_SHARD, shardOf, SHARDS } from './shard.ts';

test('shardOf() is FNV-1a modulo 64, and puts main on shard 0', () => {
  // Published test vectors of 32-bit FNV-1a (Noll): their last six bits.
  for (const [name, fnv] of [
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['b', 0xe70c2de5],
    ['foo', 0xa9f37ed7],
    ['foobar', 0xbf9cf968],
    ['chongo was here!\n', 0xd49930d5],
  ] as const) {
    assert.equal(shardOf(name), fnv & 63, JSON.stringify(name));
  }
  assert.equal(shardOf('main'), MAIN_SHARD);
});

test('shardOf() spreads names over all shards', () => {
  const counts = Array.from({ length: SHARDS }, () => 0);
  for (let i = 0; i < 6_400; i++) counts[shardOf(`arena-${i}`)] = (counts[shardOf(`arena-${i}`)] ?? 0) + 1;
  assert.ok(Math.min(...counts) > 50 && Math.max(...counts) < 200, counts.join(' '));
});

test('isLedgerId() takes short lower-case names and nothing else', () => {
  for (const name of ['main', 'a', 'arena-1', 'x'.repeat(64)]) assert.ok(isLedgerId(name), name);
  for (const name of ['', '1a', 'Main', 'a b', 'a:b', 'a\n', 'x'.repeat(65), null, 5]) assert.ok(!isLedgerId(name), String(name));
});
