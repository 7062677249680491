// Base backups on a schedule: the embedded server is really copied, the newest copy says when the next is due, and two processes make one.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '#ports/log.ts';
import { openContext, type PlatformContext } from '../context.ts';
import { type Environment, readEnvironment } from '../environment.ts';
import { makeRuntime } from '../runtime.ts';
import { watchBackups } from '../watch/backup-age.ts';
import { listBackups } from './backup-run.ts';
import { startBackups } from './backup-schedule.ts';

let root: string;
let environment: Environment;
let context: PlatformContext;
before(async () => {
  root = mkdtempSync(join(tmpdir(), 'palpite-scheduled-'));
  chmodSync(root, 0o755); // as root the server runs as another account, which must get in
  environment = readEnvironment({ PALPITE_DATA: join(root, 'data'), BACKUP_EVERY_HOURS: '24' });
  context = await openContext({ environment, log: silentLog });
});
after(async () => {
  await context.close();
  rmSync(root, { recursive: true, force: true });
});

async function bases(): Promise<number> {
  return (await listBackups(environment)).bases.length;
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); await sleep(50)) assert.ok(Date.now() < end, what);
}

test('two processes make one backup when none is there, and no other before it is due', { timeout: 120_000 }, async () => {
  const both = [startBackups(context, { lookMs: 50 }), startBackups(context, { lookMs: 50 })];
  await until(async () => (await bases()) > 0, 'no backup was made');
  await sleep(1_000);
  assert.equal(await bases(), 1);
  await Promise.all(both.map((each) => each.stop()));
});

test('the next is made once the newest is a day old', { timeout: 120_000 }, async () => {
  const { bases: known, dir } = await listBackups(environment);
  const facts = join(dir, 'base', String(known[0]?.id), 'base.json');
  const aged = (await readFile(facts, 'utf8')).replace(
    /"finishedAt": (\d+)/,
    (_, at) => `"finishedAt": ${Number(at) - 86_400_000}`,
  );
  await writeFile(facts, aged);
  const running = startBackups(context, { lookMs: 50 });
  await until(async () => (await bases()) === 2, 'no second backup was made');
  await running.stop();
});

test('one that fails is told and does not end the schedule at once', async () => {
  const told: string[] = [];
  const log = { ...silentLog, error: (event: string) => void told.push(event) };
  const failing = { ...context, log, environment: { ...environment, BACKUP_DIR: join(root, 'elsewhere') } };
  let tries = 0;
  const running = startBackups(failing, { lookMs: 10, make: () => Promise.reject(new Error(`disk full ${++tries}`)) });
  await sleep(500);
  await running.stop();
  assert.deepEqual([tries, told], [1, ['backup.failed']]); // the next try is a quarter of an hour later
});

test('/metrics says when the last backup was made and the log handed over', { timeout: 60_000 }, async () => {
  const runtime = await makeRuntime(context, () => undefined);
  const watch = watchBackups(runtime);
  const figure = async (series: string): Promise<number> => {
    const { text } = await runtime.metrics.export();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length) ?? Number.NaN,
    );
  };
  const base = 'palpite_backup_timestamp_seconds{kind="base"}';
  await until(async () => !Number.isNaN(await figure(base)), 'no figure');
  const newest = (await listBackups(environment)).bases.at(-1)?.finishedAt ?? 0;
  assert.equal(await figure(base), newest / 1000);
  const log = await figure('palpite_backup_timestamp_seconds{kind="log"}');
  assert.ok(Math.abs(log - Date.now() / 1000) < 120, `the log was handed over at ${log}`);
  assert.equal(await figure('palpite_backup_interval_seconds'), 86_400);
  await watch.stop();
  runtime.commands.close();
  await runtime.bus.close();
});
