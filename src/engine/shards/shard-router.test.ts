import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { shardOf } from '#core/ledger/shard.ts';
import { ANA, BEA, idOf, TENANT } from '#core/kernel/world-for-tests.ts';
import { encodeEnvelope } from '../envelope.ts';
import { shardOfCommand, ShardRouter } from './shard-router.ts';

const HASH = 'a'.repeat(32);

function encoded(ledgerId: string, reason = 'x'): string {
  const actor = { ownerId: ANA, tenantId: TENANT, via: 'operator' } as const;
  return encodeEnvelope({
    commandId: idOf('cmd', 'x'),
    ledgerId,
    actor,
    lane: 'people',
    cmd: { type: 'VoidBet', betId: BEA, reason },
  });
}

test('shardOfCommand() reads what JSON.parse reads, of canonical envelopes and of any other', () => {
  const ledger = fc.oneof(fc.constantFrom('main', 'arena-1', 'a"b', '\\', ''), fc.string());
  const reason = fc.oneof(fc.string(), fc.constant(`","ledgerId":"other","payloadHash":"${HASH}"}`));
  fc.assert(
    fc.property(ledger, reason, fc.boolean(), (ledgerId, text, canonical) => {
      const envelope = encoded(ledgerId, text);
      const other = JSON.stringify({ payloadHash: HASH, ledgerId, cmd: { text, ledgerId: 'nested' }, z: `{"ledgerId":"x"}` });
      assert.equal(shardOfCommand(canonical ? envelope : other), shardOf(ledgerId));
    }),
  );
});

test('shardOfCommand() is not misled by members that come twice, and sends what cannot be read to shard 0', () => {
  for (const text of [
    `{"ledgerId":"main","payloadHash":"${HASH}","ledgerId":"arena-1","payloadHash":"${HASH}"}`,
    `{"ledgerId":"main","payloadHash":"x","ledgerId":"arena-1","payloadHash":"${HASH}"}`,
    `{"ledgerId":"main","payloadHash":"x","ledgerId":"arena-1${'1'.repeat(9)}"}`,
    `{"a":{"ledgerId":"main","payloadHash":"${HASH}"},"ledgerId":"arena-1"}`,
  ]) {
    const { ledgerId } = JSON.parse(text) as { ledgerId: string };
    assert.equal(shardOfCommand(text), shardOf(ledgerId), text);
  }
  for (const text of ['', '{', 'null', '5', '{"ledgerId":5}', '[]']) assert.equal(shardOfCommand(text), 0, text);
});

test('ShardRouter asks the writer of this process, else the way to the other', async () => {
  const asked: string[] = [];
  const way = (name: string) => ({ submit: async () => (asked.push(name), name) });
  const router = new ShardRouter({
    here: (shard) => (shard === 0 ? way('here 0') : null),
    away: (shard) => way(`away ${shard}`),
  });
  await router.submit(encoded('main'));
  await router.submit(encoded('foobar'));
  assert.deepEqual(asked, ['here 0', `away ${shardOf('foobar')}`]);
});
