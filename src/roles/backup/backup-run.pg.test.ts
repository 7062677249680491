// The backup drill: bets, a moment, a settlement that was a mistake, and the way back to the moment, on a real embedded server.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { findPostmaster } from '#adapters/postgres/embedded/postmaster.ts';
import { ContentDigest } from '#engine/journal/digest.ts';
import { HeadExport } from '#engine/journal/head-export.ts';
import { stateHash } from '#engine/state/snapshot.ts';
import { Projector } from '#engine/projections/projector.ts';
import type { Journal } from '#ports/journal.ts';
import { silentLog } from '#ports/log.ts';
import { EVENT, Scene, settle, SHARD } from '../../../test/engine/scene.ts';
import { createBackupOf, listBackups, restoreBackup, verifyBackup } from './backup-run.ts';
import { openContext, type PlatformContext } from '../context.ts';
import { type Environment, readEnvironment } from '../environment.ts';
import { verifyJournal } from '../journal-tools.ts';

/** What the issue allows from the mistake to the restored state, s. */
const RESTORE_S_MAX = 60;

let root: string;
let environment: Environment;
before(() => {
  root = mkdtempSync(join(tmpdir(), 'palpite-drill-'));
  chmodSync(root, 0o755); // as root the server runs as another account, which must get in
  environment = readEnvironment({ PALPITE_DATA: join(root, 'data') });
});
after(() => {
  const left = findPostmaster(join(environment.dataDir, 'postgres'));
  if (left) process.kill(left.pid, 'SIGQUIT'); // a test failed half-way
  rmSync(root, { recursive: true, force: true });
});

async function withDatabase<T>(use: (context: PlatformContext, journal: Journal) => Promise<T>): Promise<T> {
  const context = await openContext({ environment, log: silentLog });
  try {
    return await use(context, await context.journal());
  } finally {
    await context.close();
  }
}

interface Remembered {
  /** When it was so, by the clock of the database, ms. */
  readonly at: number;
  readonly stateHash: string;
  readonly digest: string;
  readonly seq: number;
}

async function digestOf(journal: Journal): Promise<string> {
  const digest = new ContentDigest('main');
  for (const block of await journal.read(SHARD, 1, 100_000)) digest.addBlock(block);
  return digest.digest();
}

async function remember(context: PlatformContext, scene: Scene, journal: Journal): Promise<Remembered> {
  const { rows } = await context.database.pool.query('SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000) AS at');
  await sleep(5); // what follows is committed in another millisecond
  const seq = scene.writer.place?.seq ?? 0;
  return { at: Number(rows[0].at), stateHash: stateHash(scene.writer.state as never), digest: await digestOf(journal), seq };
}

async function recordResult(scene: Scene, home: number, away: number): Promise<void> {
  const scores = [{ period: 'ft', stat: 'goals', home, away }];
  const facts = { eventId: EVENT, source: 'test', version: 1, observedAt: scene.clock.now(), status: 'finished' } as const;
  await scene.done({ type: 'RecordResult', result: { ...facts, completedPeriods: ['ft'], scores } }, { lane: 'facts' });
  scene.clock.advance(scene.clock.now() + 10);
  await settle(40);
}

async function project(context: PlatformContext, journal: Journal): Promise<void> {
  await new Projector({ shard: SHARD }, { journal, projections: context.projections, log: silentLog }).catchUp();
}

async function exportHead(context: PlatformContext, journal: Journal): Promise<void> {
  const heads = await HeadExport.open(join(context.environment.dataDir, 'heads'));
  const head = await journal.head(SHARD);
  if (head) await heads.add(head, Date.now());
}

describe('the backup drill', { timeout: 300_000 }, () => {
  let moment: Remembered;
  let first: number;

  it('makes a base backup beside a working ledger and keeps the log from then on', async () => {
    await withDatabase(async (context, journal) => {
      const scene = await Scene.open({ store: journal });
      await scene.done(scene.bet(scene.user('ana')));
      const created = await createBackupOf(context);
      first = created.base.finishedAt;
      assert.equal(created.archivingWasOff, true);
      for (let i = 0; i < 20; i++) await scene.done(scene.bet(scene.user(i % 2 ? 'ana' : 'bob')));
      await project(context, journal);
      await exportHead(context, journal);
      moment = await remember(context, scene, journal);
      await recordResult(scene, 0, 3); // it ended 3:0
      await project(context, journal);
      await exportHead(context, journal);
      assert.notEqual(await digestOf(journal), moment.digest, 'the mistake is in the journal');
      await assert.rejects(restoreBackup({ at: moment.at }, environment), /runs .* in use/);
      await scene.writer.stop();
    });
  });

  it('lists the range and tries a backup out without touching the database', async () => {
    const catalog = await listBackups(environment);
    assert.equal(catalog.bases.length, 1);
    assert.equal(catalog.gaps.length, 0);
    assert.equal(catalog.ranges[0]?.from, first);
    assert.ok((catalog.ranges[0]?.until ?? 0) >= moment.at, 'a stopped server has handed over all of its log');
    const report = await verifyBackup({}, environment);
    assert.equal(report.chains[0]?.heads, 2);
    const before = await verifyBackup({ at: moment.at }, environment);
    assert.equal(before.chains[0]?.stateHash, moment.stateHash);
    assert.ok(!existsSync(`${join(environment.dataDir, 'postgres')}.verifying`));
  });

  it('refuses what lies outside the range, and says the range', async () => {
    await assert.rejects(restoreBackup({ at: first - 60_000 }, environment), (error: Error & { mend: string }) => {
      assert.match(error.message, /before the oldest backup/);
      assert.match(error.mend, new RegExp(new Date(first).toISOString()));
      return true;
    });
    await assert.rejects(restoreBackup({ at: Date.now() + 60_000 }, environment), /no archived log reaches it/);
    await assert.rejects(listBackups({ ...environment, DATABASE_URL: 'postgres://elsewhere/x' }), /does not run/);
  });

  it(`goes back to the moment before the mistake within ${RESTORE_S_MAX} s, and goes on from there`, async () => {
    const started = performance.now();
    const report = await restoreBackup({ at: moment.at }, environment);
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds < RESTORE_S_MAX, `took ${seconds} s`);
    assert.ok(existsSync(report.keptAside as string));
    assert.equal(report.chains[0]?.stateHash, moment.stateHash);
    assert.equal(report.chains[0]?.headsLater, 1);
    await withDatabase(async (context, journal) => {
      assert.equal(await digestOf(journal), moment.digest);
      const proof = await verifyJournal(context, SHARD, { decideAgain: true });
      assert.deepEqual([proof.ok, proof.fault], [true, null], 'heads of the history that was given up do not count');
      const { rows } = await context.database.pool.query(
        `SELECT (SELECT max(seq) FROM projection_positions WHERE shard = ${SHARD}) AS seq,
           (SELECT count(*) FROM bets WHERE status = 'settled') AS settled, (SELECT count(*) FROM bets) AS bets`,
      );
      assert.deepEqual(rows, [{ seq: String(moment.seq), settled: '0', bets: '21' }], 'the read models are those of the moment');
      const scene = new Scene({ store: journal });
      scene.clock.advance(scene.clock.now() + 60_000);
      await scene.start();
      await recordResult(scene, 3, 0);
      await project(context, journal);
      const settled = await context.database.pool.query(`SELECT count(*) FROM bets WHERE status = 'settled'`);
      assert.equal(settled.rows[0].count, '21');
      moment = await remember(context, scene, journal);
      await scene.fund(scene.user('ana'));
      await scene.writer.stop();
    });
  });

  it('follows the new history from the old base backup', async () => {
    const report = await restoreBackup({ at: moment.at }, environment);
    assert.equal(report.chains[0]?.stateHash, moment.stateHash);
    await withDatabase(async (_context, journal) => assert.equal(await digestOf(journal), moment.digest));
  });
});
