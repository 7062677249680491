// The default shape, from the outside: one process with all roles and its own database, killed under load and started again.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { silentLog } from '#ports/log.ts';
import { openContext } from '#roles/context.ts';
import { readEnvironment } from '#roles/environment.ts';
import { Load, makeBettors } from './bettors.ts';
import { Cluster, freePort, SPLIT } from './cluster.ts';
import { invariantsHold, projectionsCaughtUp } from './invariants.ts';
import { playedDigest, recordSeason } from './recorded.ts';

test('one process loses and doubles nothing when it is killed under load', { timeout: 120_000 }, async (t) => {
  const status = await freePort();
  const cluster = await Cluster.start({ members: [[]], env: { STATUS_PORT: String(status) } });
  t.after(() => cluster.remove());
  const context = await cluster.context();
  t.after(() => context.close());
  const load = new Load(cluster.url, 1);
  load.start(await makeBettors(context, 40));
  try {
    await load.nextAccepted(20_000);
    const asked = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${status}${path}`)).text();
    assert.match(await asked('/readyz'), /"status":"ready"/);
    assert.match(await asked('/metrics'), /^palpite_chain_head_seq\{shard="0"\} [1-9]/m);
    await sleep(2_000);
    const all = cluster.with('writer');
    await all.end('SIGKILL');
    all.start();
    await cluster.ready();
    const ms = await load.nextAccepted(10_000);
    t.diagnostic(`first bet ${Math.round(ms)} ms after it was ready again`);
    await sleep(1_000);
    await load.stop();
    await projectionsCaughtUp(context);
    await cluster.with('arena').end('SIGTERM');
    const held = await invariantsHold(context, load);
    t.diagnostic(
      `${load.accepted.length} bets accepted here of ${held.bets}, ${load.repeated} sent again, ${held.blocks} blocks`,
    );
    assert.ok(
      load.accepted.length > 100,
      `${load.accepted.length} bets are no load; refused: ${JSON.stringify([...load.refused])}`,
    );
  } catch (error) {
    t.diagnostic(cluster.troubles());
    throw error;
  }
});

test('one process on recorded time gives the digest of the recording', { timeout: 120_000 }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'palpite-recorded-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const database = await withTestDatabase();
  t.after(() => database.close());
  const environment = readEnvironment({ DATABASE_URL: database.url, PALPITE_DATA: dir });
  const source = await openContext({ environment, log: silentLog });
  t.after(() => source.close());
  const recorded = await recordSeason(source, join(dir, 'commands.jsonl'));
  const roles = [...SPLIT.flat(), 'replayer'];
  const cluster = await Cluster.start({
    members: [roles],
    env: { DATABASE_URL: database.url, CLOCK: 'recorded', RECORDING: recorded.file, BOTS: '0' },
  });
  t.after(() => cluster.remove());
  assert.equal(await playedDigest(source, recorded.events), recorded.contentDigest, cluster.troubles());
  t.diagnostic(`${recorded.batches} batches, ${recorded.events} events, digest ${recorded.contentDigest.slice(0, 12)}`);
  assert.ok(recorded.events > 1_000, 'a recording of next to nothing');
});
