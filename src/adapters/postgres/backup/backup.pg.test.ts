// Base backups and the archive with a real server: what is refused, what a kill leaves behind, damaged and missing pieces of the log.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Client } from 'pg';
import { findPostmaster } from '../embedded/postmaster.ts';
import { type EmbeddedServer, startEmbedded } from '../embedded/server.ts';
import { installScript } from './archive-command.ts';
import { readCatalog } from './backup-catalog.ts';
import { type BackupPlace, locateBackups } from './backup-place.ts';
import { createBackup, type Created } from './base-backup.ts';
import { restoreTo, tryOut } from './restore.ts';

const root = mkdtempSync(join(tmpdir(), 'palpite-backup-'));
chmodSync(root, 0o755); // as root the server runs as another account, which must get in
after(() => {
  for (const name of readdirSync(root)) {
    const left = findPostmaster(join(root, name, 'postgres'));
    if (left) process.kill(left.pid, 'SIGQUIT'); // a test failed half-way
  }
  rmSync(root, { recursive: true, force: true });
});

/** A database with one table of numbers, and its backups. */
class World {
  readonly dataDir: string;
  place!: BackupPlace;
  server!: EmbeddedServer;
  client!: Client;

  constructor(name: string) {
    mkdirSync(join(root, name));
    this.dataDir = join(root, name, 'postgres');
  }

  async start(): Promise<this> {
    const settings = { shared_buffers: '16MB', max_wal_size: '256MB' };
    this.server = await startEmbedded({ dataDir: this.dataDir, log: () => undefined, settings });
    this.client = new Client({ connectionString: this.server.url });
    this.client.on('error', () => undefined);
    await this.client.connect();
    await this.client.query('CREATE TABLE IF NOT EXISTS numbers (n int)');
    this.place = await locateBackups(this.dataDir);
    return this;
  }

  async add(n: number): Promise<number> {
    await this.client.query('INSERT INTO numbers VALUES ($1)', [n]);
    const { rows } = await this.client.query('SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000) AS at');
    await sleep(25); // what follows is committed at another time, also by the clock of files, which ticks every 10 ms at worst
    return Number(rows[0].at);
  }

  backup(keep = 3): Promise<Created> {
    return createBackup(this.place, { client: this.client, keep });
  }

  /** Finishes the present piece of the log and waits until it is archived. */
  async handOver(): Promise<string> {
    const { rows } = await this.client.query('SELECT pg_walfile_name(pg_switch_wal()) AS name');
    const name = rows[0].name as string;
    for (let i = 0; i < 400 && !existsSync(this.archived(name)); i++) await sleep(25);
    assert.ok(existsSync(this.archived(name)), `${name} was not archived`);
    return name;
  }

  archived(name: string): string {
    return join(this.place.wal, `${name}.gz`);
  }

  async stop(): Promise<void> {
    await this.client.end();
    await this.server.stop();
  }
}

async function numbersAt(url: string): Promise<number[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ n: number }>('SELECT n FROM numbers ORDER BY n')).rows.map((row) => row.n);
  } finally {
    await client.end();
  }
}

describe('the archive script', () => {
  const dir = join(root, 'script');
  mkdirSync(join(dir, 'wal'), { recursive: true });
  const place = { data: { account: { name: 'me', ids: undefined } }, wal: join(dir, 'wal') } as BackupPlace;
  installScript(dir, place);
  const run = (action: string, name: string, path: string): number | null =>
    spawnSync('/bin/sh', ['palpite-archive.sh', action, place.wal, name, path], { cwd: dir }).status;
  writeFileSync(join(dir, 'piece'), 'the log');
  utimesSync(join(dir, 'piece'), 1_000, 1_000);

  it('keeps a piece packed, and the same piece again', () => {
    assert.equal(run('keep', 'A', 'piece'), 0);
    assert.equal(gunzipSync(readFileSync(join(place.wal, 'A.gz'))).toString(), 'the log');
    assert.equal(run('keep', 'A', 'piece'), 0);
    assert.deepEqual(readdirSync(place.wal), ['A.gz'], 'no draft is left');
  });
  it('never writes another piece over one that is there', () => {
    writeFileSync(join(dir, 'other'), 'another log');
    assert.equal(run('keep', 'A', 'other'), 1);
    assert.equal(gunzipSync(readFileSync(join(place.wal, 'A.gz'))).toString(), 'the log');
  });
  it('fails, and leaves nothing, when the piece or the folder is missing', () => {
    assert.notEqual(run('keep', 'B', 'nothing'), 0);
    assert.deepEqual(readdirSync(place.wal), ['A.gz']);
    assert.notEqual(spawnSync('/bin/sh', ['palpite-archive.sh', 'keep', `${dir}/none`, 'A', 'piece'], { cwd: dir }).status, 0);
  });
  it('gives back what is there, and tells a missing piece from a damaged one', () => {
    assert.equal(run('fetch', 'A', 'back'), 0);
    assert.equal(readFileSync(join(dir, 'back'), 'utf8'), 'the log');
    assert.equal(run('fetch', 'C', 'back'), 1);
    writeFileSync(join(place.wal, 'D.gz'), 'no gzip');
    assert.ok((run('fetch', 'D', 'back') ?? 0) > 125, 'PostgreSQL must stop, not take it for the end of the log');
  });
});

describe('backups of a real server', { timeout: 240_000 }, () => {
  it('restores the log that a killed server could not hand over', async () => {
    const world = await new World('killed').start();
    await world.backup();
    const at = await world.add(1);
    await world.add(2);
    const { pid } = findPostmaster(world.place.data.real) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await world.stop();
    while (findPostmaster(world.place.data.real)) await sleep(10);
    const restored = await restoreTo(world.place, { at, check: numbersAt });
    assert.deepEqual(restored.checked, [1]);
    await world.start();
    assert.deepEqual(await numbersAt(world.server.url), [1], 'the restored database is the one that starts');
    await world.stop();
  });

  it('stops at a damaged piece and names a missing one, and changes nothing', async () => {
    const world = await new World('damaged').start();
    await world.backup();
    await world.add(1);
    const damaged = await world.handOver();
    const at = await world.add(2);
    await world.handOver();
    await world.add(3);
    await world.stop();
    const sound = readFileSync(world.archived(damaged));
    const before = readdirSync(join(root, 'damaged')).sort();
    writeFileSync(world.archived(damaged), sound.subarray(0, sound.length / 2));
    await assert.rejects(restoreTo(world.place, { at, check: numbersAt }), /is there and cannot be read/);
    rmSync(world.archived(damaged));
    rmSync(join(world.place.data.real, 'pg_wal', damaged), { force: true });
    assert.equal(readCatalog(world.place).gaps[0]?.missing, damaged);
    await assert.rejects(restoreTo(world.place, { at, check: numbersAt }), /no archived log reaches it/);
    assert.deepEqual(readdirSync(join(root, 'damaged')).sort(), before, 'nothing is left behind');
    writeFileSync(world.archived(damaged), sound);
    const tried = await tryOut(world.place, { at, check: numbersAt });
    assert.deepEqual(tried.checked, [1, 2]);
  });

  it('restores into an empty folder when disk and password are lost and only the backups were saved', async () => {
    const world = await new World('lost').start();
    await world.backup();
    await world.add(1);
    const at = await world.add(2);
    await world.add(3);
    await world.stop();
    const home = join(root, 'lost');
    for (const name of readdirSync(home).filter((each) => each !== 'backups')) rmSync(join(home, name), { recursive: true });
    mkdirSync(join(home, 'postgres.restoring')); // a first attempt was killed: an empty database must not take its place
    await assert.rejects(world.start(), /a restore into it was cut short/);
    const restored = await restoreTo(world.place, { at, check: numbersAt });
    assert.deepEqual([restored.checked, restored.keptAside], [[1, 2], null]);
    await world.start();
    assert.deepEqual(await numbersAt(world.server.url), [1, 2]);
    await world.backup();
    await world.stop();
    assert.equal(readCatalog(world.place).ranges.length, 2);
  });

  it('keeps the newest base backups and the log they need', async () => {
    const world = await new World('pruned').start();
    const first = await world.backup(2);
    const at = await world.add(1);
    const [dead, alive] = [`.${'0'.repeat(24)}.4194305`, `.${'0'.repeat(24)}.${process.pid}`]; // the first is above what Linux gives
    for (const draft of [dead, alive]) writeFileSync(join(world.place.wal, draft), 'half a piece');
    const second = await world.backup(2);
    assert.deepEqual(
      [dead, alive].map((draft) => existsSync(join(world.place.wal, draft))),
      [false, true],
      'what a killed archiver left behind is gone, what one is packing is not',
    );
    const third = await world.backup(2);
    assert.deepEqual(third.pruned.bases, [first.base.id]);
    const catalog = readCatalog(world.place);
    assert.deepEqual(
      catalog.bases.map((base) => base.id),
      [second.base.id, third.base.id],
    );
    assert.ok(!existsSync(world.archived(first.base.startWal)));
    assert.ok(existsSync(world.archived(second.base.startWal)));
    await world.stop();
    await assert.rejects(restoreTo(world.place, { at: at - 1, check: numbersAt }), /before the oldest backup/);
  });

  it('makes one base backup at a time: the second would delete the unfinished first', async () => {
    const world = await new World('twice').start();
    const other = new Client({ connectionString: world.server.url });
    await other.connect();
    const both = await Promise.allSettled([world.backup(), createBackup(world.place, { client: other, keep: 3 })]);
    const refused = both.filter((one) => one.status === 'rejected').map(({ reason }) => String(reason));
    assert.equal(refused.length, 1);
    assert.match(refused[0] as string, /Another base backup is being made/);
    assert.equal(readCatalog(world.place).bases.length, 1);
    await other.end();
    await world.backup();
    await world.stop();
  });

  it("refuses the folder of another database's backups", async () => {
    const world = await new World('foreign').start();
    mkdirSync(world.place.dir);
    writeFileSync(join(world.place.dir, 'backups.json'), '{"madeBy":"palpite","systemId":"1"}');
    await assert.rejects(world.backup(), /backups of another database/);
    const { rows } = await world.client.query('SHOW archive_command');
    assert.equal(rows[0].archive_command, 'true', 'and switches nothing on');
    await world.stop();
  });
});
