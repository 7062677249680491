// What must hold after whatever happened: no acknowledged bet lost or doubled, every cent accounted for, the chain whole, the read models equal.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventsOf } from '#engine/journal/chain-reader.ts';
import { verifyChain } from '#engine/journal/journal-verify.ts';
import type { PlatformContext } from '#roles/context.ts';
import { MAIN_SHARD } from '#roles/ledgers.ts';
import { NaiveFold } from '../engine/naive-fold.ts';
import { projectionFaults } from '../engine/projection-check.ts';
import type { Load } from './bettors.ts';

const CATCH_UP_MS_MAX = 30_000;

export interface Held {
  readonly bets: number;
  readonly events: number;
  readonly blocks: number;
  /** By command id: how many events it made. */
  readonly commands: ReadonlyMap<string, number>;
}

/** Call when nothing writes any more. Throws with the first thing that does not hold. */
export async function invariantsHold(context: PlatformContext, load: Load): Promise<Held> {
  const journal = await context.journal();
  const fold = new NaiveFold();
  const placed = new Map<string, number>();
  const declared = new Map<string, number>();
  const commands = new Map<string, number>();
  let events = 0;
  for (let from = 1; ;) {
    const blocks = await journal.read(MAIN_SHARD, from, 500);
    if (blocks.length === 0) break;
    for (const block of blocks) {
      for (const event of eventsOf(block)) {
        events++;
        fold.add(event);
        if (event.type === 'BetPlaced') count(placed, event.data.betId);
        if (event.type === 'MarketResulted') count(declared, `${event.data.eventId} ${event.data.source} ${event.data.version}`);
        if (event.type === 'SettlementStarted') count(declared, event.data.marketId);
        count(commands, event.commandId);
      }
    }
    from = (blocks.at(-1)?.blockNo ?? 0) + 1;
  }
  assert.deepEqual(fold.check(), []);
  for (const { betId } of load.accepted) assert.equal(placed.get(betId), 1, `${betId} is there ${placed.get(betId) ?? 0} times`);
  for (const [betId, times] of placed) assert.equal(times, 1, `${betId} was placed ${times} times`);
  for (const [what, times] of declared) assert.equal(times, 1, `${what} was declared ${times} times`);
  const report = await verifyChain(journal, MAIN_SHARD, { decideAgain: true });
  assert.deepEqual(report.fault, null);
  assert.deepEqual((await projectionFaults(context.database.pool, MAIN_SHARD, fold)).slice(0, 10), []);
  return { bets: placed.size, events, blocks: report.blocks, commands };
}

/** Resolves once the read models have the whole journal. */
export async function projectionsCaughtUp(context: PlatformContext): Promise<void> {
  const end = Date.now() + CATCH_UP_MS_MAX;
  while ((await context.projectionLags()).size > 0) {
    assert.ok(Date.now() < end, 'the read models do not catch up');
    await sleep(50);
  }
}

function count(of: Map<string, number>, key: string): void {
  of.set(key, (of.get(key) ?? 0) + 1);
}
