// Plain JavaScript on purpose: it must run under any Node, to hand over to the pinned one or to explain what is wrong.
// Usage: node bin/run.js <file.ts> [arguments...]
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const MIN = [24, 12];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

export function recentEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > MIN[0] || (major === MIN[0] && minor >= MIN[1]);
}

export async function run(file, args) {
  const path = resolve(root, file);
  if (recentEnough(process.versions.node)) {
    process.argv = [process.argv[0], path, ...args];
    await import(pathToFileURL(path).href);
    return;
  }
  if (!existsSync(pinned)) {
    console.error(
      `Palpite needs Node ${MIN.join('.')} or newer; this is ${process.version}.\n` +
        'The right one is installed with the dependencies: run `npm ci` in the project folder, then try again.',
    );
    process.exit(1);
  }
  const child = spawn(pinned, [path, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  await run(process.argv[2], process.argv.slice(3));
}
