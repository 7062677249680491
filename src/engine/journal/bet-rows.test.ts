// Bets folded from bytes must leave exactly the state that decodeEvent() and evolve() leave, and anything else must be left alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { evolve } from '#core/evolve.ts';
import { initialShard, type ShardState } from '#core/kernel/state.ts';
import { Scene, SHARD } from '../../../test/engine/scene.ts';
import { BetRows } from './bet-rows.ts';
import { BlockBody } from './block-body.ts';
import { CHAIN_START, eventsOf } from './chain-reader.ts';
import { decodeEvent } from './event-codec.ts';
import { foldFrom } from '../state/restore.ts';
import { dumpState, loadState, stateHash } from '../state/snapshot.ts';

/** A journal with two bets of one holder: the first opens her accounts, the second is read from bytes. */
async function twoBets(): Promise<{ scene: Scene; before: () => ShardState; line: string }> {
  const scene = await Scene.open();
  const ana = scene.user('ana');
  for (const stakeMinor of [100, 250]) await scene.done(scene.bet(ana, { stakeMinor }), { ownerId: ana });
  const blocks = await scene.blocks();
  const lines = blocks.flatMap((block) => new BlockBody(block.body).eventLines());
  const last = lines.findLastIndex((line) => line.includes('"type":"BetPlaced"'));
  const state = initialShard();
  for (const line of lines.slice(0, last)) evolve(state, decodeEvent(line));
  const chunks = dumpState(state);
  const before = (): ShardState => {
    const copy = loadState(chunks);
    for (const holder of copy.ledgers.get('main')?.holders ?? []) {
      const { accounts, currency } = copy.ledgers.get('main') as NonNullable<ReturnType<typeof copy.ledgers.get>>;
      holder.availableAccount = accounts.numberOf(holder.available, currency);
      holder.heldAccount = accounts.numberOf(holder.held, currency);
    }
    return copy;
  };
  return { scene, before, line: lines[last] as string };
}

function foldBytes(state: ShardState, line: string): boolean {
  const bytes = Buffer.from(`{"x":1}\n${line}\n`);
  return new BetRows(state).fold(bytes, 8, bytes.length - 1);
}

test('a rebuild gives the state that folding event by event gives', async () => {
  const { scene } = await twoBets();
  const slow = initialShard();
  for (const block of await scene.blocks()) for (const event of eventsOf(block)) evolve(slow, event);
  const state = initialShard();
  const { events } = await foldFrom(scene.journal, SHARD, { state, place: CHAIN_START });
  assert.equal(stateHash(state), stateHash(slow));
  assert.equal(events, (await scene.events()).length);
});

test('a plain bet is folded from bytes, to the same state', async () => {
  const { before, line } = await twoBets();
  const [fast, slow] = [before(), before()];
  assert.equal(foldBytes(fast, line), true);
  evolve(slow, decodeEvent(line));
  assert.equal(stateHash(fast), stateHash(slow));
});

test('a line that was changed anywhere is folded to the same state, or not at all', async () => {
  const { before, line } = await twoBets();
  const untouched = stateHash(before());
  const change = fc.record({
    at: fc.nat(line.length - 1),
    cut: fc.integer({ min: 0, max: 3 }),
    put: fc.constantFrom('', '0', '7', '"', '\\', '}', ',', 'é', '-1', 'usr_', '1e3', ' '),
  });
  fc.assert(
    fc.property(change, ({ at, cut, put }) => {
      const bent = line.slice(0, at) + put + line.slice(at + cut);
      const [fast, slow] = [before(), before()];
      if (!foldBytes(fast, bent)) return assert.equal(stateHash(fast), untouched, bent);
      evolve(slow, decodeEvent(bent));
      return assert.equal(stateHash(fast), stateHash(slow), bent);
    }),
    { numRuns: 500 },
  );
});
