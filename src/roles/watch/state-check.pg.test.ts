// A writer and the checker of states as two processes have them: they know of each other only what is in the database.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { makeId } from '#core/base/ids.ts';
import { encodeEnvelope } from '#engine/envelope.ts';
import { CHAIN_START } from '#engine/journal/chain-reader.ts';
import { Follower } from '#engine/journal/follower.ts';
import { dumpState, hashChunks, SNAPSHOT_VERSION } from '#engine/state/snapshot.ts';
import { initialShard } from '#core/kernel/state.ts';
import { silentLog } from '#ports/log.ts';
import { openContext, type PlatformContext } from '../context.ts';
import { readEnvironment } from '../environment.ts';
import { MAIN_LEDGER, MAIN_SHARD } from '../ledgers.ts';
import { makeRuntime, type Runtime } from '../runtime.ts';
import { startWriterRole } from '../start/writer-role.ts';
import { startStateCheck } from './state-check.ts';
import { startStateTeller } from './state-teller.ts';

const AGREED = 'palpite_state_hash_agreed_total{shard="0",between="writer"}';

interface Process {
  readonly runtime: Runtime;
  readonly context: PlatformContext;
  readonly failures: string[];
  readonly errors: string[];
}

/** Two processes over one new database. */
async function twoProcesses(t: TestContext): Promise<{ writing: Process; checking: Process }> {
  const database = await withTestDatabase();
  const dir = mkdtempSync(join(tmpdir(), 'palpite-states-'));
  const open = async (): Promise<Process> => {
    const [failures, errors]: [string[], string[]] = [[], []];
    const log = { ...silentLog, error: (event: string) => void errors.push(event) };
    const environment = readEnvironment({ DATABASE_URL: database.url, PALPITE_DATA: dir });
    const context = await openContext({ environment, log });
    const runtime = await makeRuntime(context, (reason) => void failures.push(reason));
    return { runtime, context, failures, errors };
  };
  const [writing, checking] = [await open(), await open()];
  t.after(async () => {
    for (const { context, runtime } of [writing, checking]) {
      runtime.commands.close();
      await runtime.bus.close();
      await context.close();
    }
    await database.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { writing, checking };
}

async function figure({ runtime }: Process, series: string): Promise<number> {
  const { text } = await runtime.metrics.export();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length));
}

async function reaches(process: Process, series: string, value: number): Promise<void> {
  for (const end = Date.now() + 20_000; (await figure(process, series)) !== value; await sleep(50))
    assert.ok(Date.now() < end, `${series} is ${await figure(process, series)}, not ${value}`);
}

test('what a writer tells agrees; what it does not hold is loud, and the snapshot behind it is dropped', async (t) => {
  const { checking, writing } = await twoProcesses(t);
  const role = await startWriterRole(writing.runtime);
  const { writer } = writing.runtime;
  assert.ok(writer);
  const teller = startStateTeller(writing.runtime, writer, 20);
  const check = startStateCheck(checking.runtime, 50);
  t.after(() => check.stop());
  await reaches(checking, AGREED, 1);
  await teller.stop();

  // A snapshot, a block behind it, and the last word of a writer that stops.
  const journal = await checking.context.journal();
  const { log, snapshots, stateHashes } = checking.context;
  const follower = new Follower({ shard: MAIN_SHARD }, { journal, snapshots, log });
  await follower.start(0);
  await follower.finish(1);
  const kept = await snapshots.latest(MAIN_SHARD, SNAPSHOT_VERSION);
  assert.ok(kept);
  const actor = { ownerId: 'system', tenantId: 'system', via: 'operator' } as const;
  const commandId = makeId('cmd', Date.now(), randomBytes(10));
  const cmd = { type: 'Halt', scope: 'bets', reason: 'test' } as const;
  await writing.runtime.commands.submit(encodeEnvelope({ commandId, ledgerId: MAIN_LEDGER, actor, lane: 'control', cmd }));
  await role.stop();
  await reaches(checking, AGREED, 2);

  // Now it says something else; of a block that there is not, it says nothing.
  const told = (await stateHashes.newest()).get(MAIN_SHARD);
  assert.ok(told && told.blockNo === kept.blockNo + 1);
  await stateHashes.publish(MAIN_SHARD, { ...told, blockNo: told.blockNo + 5, stateHash: '0'.repeat(64) });
  await sleep(500);
  assert.deepEqual(checking.errors, []);
  await stateHashes.publish(MAIN_SHARD, { ...told, stateHash: '0'.repeat(64) });
  await reaches(checking, 'palpite_state_hash_mismatch_total{shard="0",between="writer"}', 1);
  assert.deepEqual(checking.errors, ['state.differs']);
  for (const end = Date.now() + 20_000; await snapshots.latest(MAIN_SHARD, SNAPSHOT_VERSION); await sleep(20))
    assert.ok(Date.now() < end, 'the snapshot that took part is still there');
  assert.deepEqual(checking.failures, []);
});

test('a snapshot that its history does not come to is dropped, and the follower begins anew', async (t) => {
  const { checking, writing } = await twoProcesses(t);
  const role = await startWriterRole(writing.runtime);
  await role.stop();
  const { context } = checking;
  const head = await (await context.journal()).head(MAIN_SHARD);
  assert.ok(head && head.blockNo > CHAIN_START.blockNo);
  const chunks = dumpState(initialShard()); // a sound snapshot of nothing at all, said to be of the head
  const { blockNo, hash: blockHash, seq } = head;
  const claim = { blockNo, seq, blockHash, stateHash: hashChunks(chunks) };
  await context.snapshots.save({ ...claim, shard: MAIN_SHARD, version: SNAPSHOT_VERSION, chunks });
  assert.equal((await context.snapshots.latest(MAIN_SHARD, SNAPSHOT_VERSION))?.blockNo, blockNo);
  const check = startStateCheck(checking.runtime, 50);
  t.after(() => check.stop());
  const anew: number[] = [];
  checking.runtime.projector = { followAnew: (shard: number) => void anew.push(shard) } as never;
  check.saved(MAIN_SHARD, claim);
  await reaches(checking, 'palpite_state_hash_mismatch_total{shard="0",between="snapshot"}', 1);
  assert.deepEqual(checking.errors, ['state.differs']);
  for (const end = Date.now() + 20_000; anew.length === 0; await sleep(20)) assert.ok(Date.now() < end, 'the follower goes on');
  assert.deepEqual(anew, [MAIN_SHARD]);
  assert.equal(await context.snapshots.latest(MAIN_SHARD, SNAPSHOT_VERSION), null);
});
