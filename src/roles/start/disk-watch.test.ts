// On the real disk: its free space is made to pass the bounds by writing a file and deleting it.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync, closeSync, fsyncSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, test } from 'node:test';
import { silentLog } from '#ports/log.ts';
import { DiskLook } from './disk-watch.ts';

const MIB = 1024 * 1024;
const SHARED_MEMORY = '/dev/shm';
/** A disk that hardly anybody writes to; elsewhere the steps are larger than what others do meanwhile. */
const quiet = existsSync(SHARED_MEMORY) && statfsSync(SHARED_MEMORY).bavail * statfsSync(SHARED_MEMORY).bsize > 60 * MIB;
const FILE_MIB = quiet ? 32 : 320;
const dir = mkdtempSync(join(quiet ? SHARED_MEMORY : tmpdir(), 'palpite-disk-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const free = (): number => {
  const disk = statfsSync(dir);
  return disk.bavail * disk.bsize;
};

function fill(name: string, mib: number): void {
  const file = openSync(join(dir, name), 'w');
  const piece = Buffer.alloc(MIB, 1);
  for (let i = 0; i < mib; i++) writeSync(file, piece);
  fsyncSync(file);
  closeSync(file);
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !what(); i++) await sleep(20);
}

test('a disk is low below the least, and no longer low only with clearly more', async () => {
  fill('kept', FILE_MIB / 2);
  const start = free();
  const bounds = { minBytes: start - (FILE_MIB / 2) * MIB, enoughBytes: start + (FILE_MIB / 4) * MIB };
  const look = await DiskLook.open({ dir, everyMs: 20, ...bounds }, silentLog);
  assert.equal(look.low, false);
  fill('more', FILE_MIB);
  await until(() => look.low);
  assert.equal(look.low, true);
  rmSync(join(dir, 'more'));
  await until(() => (look.freeBytes ?? 0) > bounds.minBytes);
  await sleep(60);
  assert.equal(look.low, true, 'above the least, but not clearly');
  rmSync(join(dir, 'kept'));
  await until(() => !look.low);
  assert.equal(look.low, false);
  look.stop();
});

test('a disk that cannot be looked at changes nothing', async () => {
  const look = await DiskLook.open({ dir: join(dir, 'none'), minBytes: 1, enoughBytes: 2 }, silentLog);
  assert.deepEqual([look.low, look.freeBytes], [false, null]);
  look.stop();
});
