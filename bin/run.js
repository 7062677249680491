// Plain JavaScript on purpose: it must run under any Node, to hand over to the pinned one or to explain what is wrong.
// Usage: node bin/run.js <file.ts> [arguments...]
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const NEEDED = [24, 12];
/** What the collector must not do to a writer that answers within milliseconds; see docs/decisions/0010. */
const V8_FLAGS = ['--no-allocation-site-pretenuring', '--external-memory-accounted-in-global-limit', '--no-memory-reducer'];
/** Of the young generation, MB, and the collector's helpers: read at the start of a process only, so package.json gives them to `start` and `bench` as well. */
const START_FLAGS = ['--max-semi-space-size=16', '--v8-pool-size=1'];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** Runs a TypeScript file of the project: in this process when its Node is recent enough, else in the pinned one. */
export async function run(file, args) {
  const path = resolve(root, file);
  if (!recentEnough(process.versions.node)) {
    if (!existsSync(pinned)) fail(`this is ${process.version}, and the right one is not installed.`);
    return handOver(path, args);
  }
  if (!existsSync(join(root, 'node_modules'))) fail(`this is ${process.version}, but the project's packages are not installed.`);
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  process.argv = [process.argv[0], path, ...args];
  await import(pathToFileURL(path).href);
}

function recentEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

function handOver(path, args) {
  const child = spawn(pinned, [...V8_FLAGS, ...START_FLAGS, path, ...args], { stdio: 'inherit' });
  child.on('error', (error) => fail(`the installed one does not start: ${error.message}.`));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  for (const signal of ['SIGINT', 'SIGHUP']) {
    // A terminal tells the child by itself; told twice, it would take it for "at once".
    process.on(signal, () => process.stdin.isTTY || child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function fail(what) {
  console.error(
    `Palpite needs Node ${NEEDED.join('.')} or newer and its packages; ${what}\n` +
      'Both come with the dependencies: run `npm ci` in the project folder, then try again.',
  );
  process.exit(1);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [, , file, ...args] = process.argv;
  if (!file) {
    console.error('usage: node bin/run.js <file.ts> [arguments...]');
    process.exit(2);
  }
  await run(file, args);
}
