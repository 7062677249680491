// Finds the test files and hands them to node's own runner. A run that looked at nothing fails, and so does a skipped test under CI=true.
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { constants } from 'node:os';
import { stripVTControlCharacters } from 'node:util';

/** Test files of two processes run at a time: the machines that check this have two cores. */
const CONCURRENCY = 2;
/** A test that takes longer hangs, ms. */
const TEST_MS_MAX = 600_000;
/** The runner's summary is at the end: characters of output that are kept to read it. */
const TAIL_CHARS = 4_000_000;
const FOLDERS = ['src', 'test', 'tools', 'bench', 'examples', 'web'];

export interface Summary {
  readonly tests: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface TestRun {
  readonly exitCode: number;
  readonly output: string;
  readonly summary: Summary | null;
}

/** Test files below the root, sorted, that lie at or below one of `wanted` (all of them when it is empty). */
export function findTests(root: string, wanted: readonly string[] = []): string[] {
  const paths = wanted.map((path) => path.replace(/^\.\//, '').replace(/\/+$/, ''));
  const inside = (file: string): boolean => paths.some((path) => path === '.' || file === path || file.startsWith(`${path}/`));
  return FOLDERS.flatMap((folder) =>
    globSync(`${folder}/**/*.test.ts`, { cwd: root, exclude: (name) => name === 'node_modules' }),
  )
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => paths.length === 0 || inside(file))
    .sort();
}

/** True for tests that need nothing beside them: no database, no broker, no whole program. */
export function isUnitTest(file: string): boolean {
  return !/\.(?:pg|kafka|redis)\.test\.ts$/.test(file) && !/^test\/(?:e2e|sim|golden)\//.test(file);
}

/** Runs the files; `echo` shows the output as it comes. Its last lines are the runner's own summary. */
export function runTests(root: string, files: readonly string[], echo: boolean): Promise<TestRun> {
  const options = ['--test', '--test-reporter=spec', `--test-concurrency=${CONCURRENCY}`, `--test-timeout=${TEST_MS_MAX}`];
  // The tests are themselves started by a test runner when this runs inside one; they must not report to that.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const env = echo && process.stdout.isTTY ? { FORCE_COLOR: '1', ...environment } : environment;
  const child = spawn(process.execPath, [...options, ...files], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output = (output + text).slice(-TAIL_CHARS);
      if (echo) (stream === child.stdout ? process.stdout : process.stderr).write(text);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
      resolve({ exitCode, output, summary: readSummary(output) });
    });
  });
}

/** The counts of the runner's last summary; null when there is none. */
export function readSummary(output: string): Summary | null {
  const plain = stripVTControlCharacters(output);
  const count = (name: string): number | null => {
    const found = [...plain.matchAll(new RegExp(`^\\S+ ${name} (\\d+)$`, 'gm'))].at(-1);
    return found ? Number(found[1]) : null;
  };
  const [tests, failed, skipped] = [count('tests'), count('fail'), count('skipped')];
  return tests === null || failed === null || skipped === null ? null : { tests, failed, skipped };
}

/** Why a run is not good enough, or null. */
export function faultOf(run: TestRun, ci: boolean): string | null {
  const { exitCode, summary } = run;
  if (exitCode !== 0) return `tests failed (exit code ${exitCode})`;
  if (!summary) return 'the test runner printed no summary';
  if (summary.tests === 0) return 'no test ran';
  if (ci && summary.skipped > 0) return `${summary.skipped} skipped: under CI=true every test must run`;
  return null;
}
