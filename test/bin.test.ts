// The plain-JavaScript guard: it hands over to the pinned Node, or says what is missing, under any older one.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');
const RUN = join(ROOT, 'bin', 'run.js');
const PINNED = readFileSync(join(ROOT, '.nvmrc'), 'utf8').trim();
const SCRATCH = mkdtempSync(join(tmpdir(), 'palpite-bin-'));
after(() => rmSync(SCRATCH, { recursive: true, force: true }));

/** Makes a Node say that it is another version; a process that it starts does not inherit this. */
function pretend(version: string): string[] {
  const code = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}

function script(name: string, code: string): string {
  const path = join(SCRATCH, name);
  writeFileSync(path, code);
  return path;
}

const ECHO = script(
  'echo.ts',
  'const said: string = JSON.stringify([process.versions.node, ...process.argv.slice(2)]);\nconsole.log(said);\nprocess.exitCode = 7;',
);

function runUnder(version: string, args: string[], runner = RUN) {
  return spawnSync(process.execPath, [...pretend(version), runner, ...args], { encoding: 'utf8', timeout: 30_000 });
}

test('run.js hands over to the pinned Node, with arguments and exit code, when its own is too old', () => {
  for (const version of ['18.19.0', '20.20.2', '22.22.0', '24.11.1']) {
    const { status, stdout, stderr } = runUnder(version, [ECHO, '--seed', 'a b']);
    assert.deepEqual(JSON.parse(stdout), [PINNED, '--seed', 'a b'], `${version}: ${stderr}`);
    assert.equal(status, 7);
  }
});

test('run.js runs the file itself when its Node is recent enough', () => {
  for (const version of ['24.12.0', '26.0.0']) {
    const { status, stdout } = runUnder(version, [ECHO, 'x']);
    assert.deepEqual(JSON.parse(stdout), [version, 'x'], 'the pretended version shows that it is the same process');
    assert.equal(status, 7);
  }
});

test('run.js says what to do when the packages are missing', () => {
  const bare = join(SCRATCH, 'bare');
  cpSync(join(ROOT, 'bin'), join(bare, 'bin'), { recursive: true });
  for (const version of ['20.20.2', '24.21.0']) {
    const { status, stdout, stderr } = runUnder(version, ['src/main.ts'], join(bare, 'bin', 'run.js'));
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /needs Node 24\.12 or newer[\s\S]*npm ci/);
    assert.doesNotMatch(stderr, /\n\s+at /, 'no stack');
  }
  mkdirSync(join(bare, 'node_modules/node/bin'), { recursive: true });
  writeFileSync(join(bare, 'node_modules/node/bin/node'), 'not a program');
  const broken = runUnder('20.20.2', ['src/main.ts'], join(bare, 'bin', 'run.js'));
  assert.equal(broken.status, 1);
  assert.match(broken.stderr, /does not start[\s\S]*npm ci/);
});

test('run.js works through a link to its folder, and explains how it is called', () => {
  const link = join(SCRATCH, 'link');
  symlinkSync(ROOT, link);
  assert.equal(runUnder('20.20.2', [ECHO], join(link, 'bin', 'run.js')).status, 7);
  const empty = runUnder('24.21.0', []);
  assert.equal(empty.status, 2);
  assert.match(empty.stderr, /usage/);
});

test('run.js passes signals on and ends as its child did', async () => {
  const waiting =
    "const timer = setInterval(() => {}, 1000);\nprocess.on('SIGTERM', () => { clearInterval(timer); process.exitCode = 5; });\nconsole.log('up');";
  const graceful = await started(script('graceful.ts', waiting));
  graceful.kill('SIGTERM');
  assert.deepEqual(await ended(graceful), 5);
  const deaf = await started(script('deaf.ts', "setInterval(() => {}, 1000);\nconsole.log('up');"));
  deaf.kill('SIGTERM');
  assert.equal(await ended(deaf), 128 + 15);
});

async function started(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...pretend('20.20.2'), RUN, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('exit', resolve));
}

test('palpite prints its help, and a wrong call ends with 2', () => {
  const palpite = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'bin', 'palpite.js'), ...args], { encoding: 'utf8', timeout: 30_000 });
  const help = palpite('--help');
  assert.equal(help.status, 0);
  assert.match(help.stdout, /replay/);
  assert.equal(palpite('no-such-command').status, 2);
});
