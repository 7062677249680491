// `npm run ok`: format, lint, types and unit tests, before every commit. `npm run ok -- checks` leaves the tests out.
// A step that looked at no file fails.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { faultOf, findTests, isUnitTest, runTests } from './run-tests.ts';

interface Outcome {
  readonly fault: string | null;
  readonly looked: string;
  readonly output: string;
}

interface Step {
  readonly name: string;
  run(): Promise<Outcome>;
}

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => `${root}/node_modules/.bin/${name}`;

const CHECKS: readonly Step[] = [
  { name: 'format', run: () => check(bin('oxfmt'), ['--check', '.'], / on (\d+) files/) },
  { name: 'lint', run: () => check(bin('oxlint'), [], / on (\d+) files/) },
  { name: 'types of core', run: () => check(bin('tsc'), ['-p', 'src/core/tsconfig.json', '--diagnostics'], /^Files: +(\d+)/m) },
  { name: 'types', run: () => check(bin('tsc'), ['-p', 'tsconfig.json', '--diagnostics'], /^Files: +(\d+)/m) },
];
const UNIT_TESTS: Step = { name: 'unit tests', run: unitTests };

async function check(program: string, args: readonly string[], files: RegExp): Promise<Outcome> {
  const { code, output } = await capture(program, args);
  const looked = Number(files.exec(output)?.[1] ?? 0);
  const fault = code !== 0 ? `exit code ${code}` : looked === 0 ? 'it looked at no file' : null;
  return { fault, looked: `${looked} files`, output };
}

async function unitTests(): Promise<Outcome> {
  const files = findTests(root).filter(isUnitTest);
  if (files.length === 0) return { fault: 'there is no test file', looked: '0 files', output: '' };
  const run = await runTests(root, files, false);
  return { fault: faultOf(run, process.env['CI'] === 'true'), looked: `${run.summary?.tests ?? 0} tests`, output: run.output };
}

function capture(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => (output += text));
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs a step and prints its line; the whole output only when it found a fault. */
async function report(step: Step): Promise<boolean> {
  const started = performance.now();
  const { fault, looked, output } = await step
    .run()
    .catch((error: unknown) => ({ fault: String(error), looked: '-', output: '' }));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (fault) console.log(output.trimEnd());
  console.log(
    `${fault ? 'FAULT' : 'ok   '}  ${step.name.padEnd(14)} ${looked.padStart(10)} ${seconds.padStart(6)} s${fault ? `  ${fault}` : ''}`,
  );
  return fault === null;
}

const [what, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (what !== undefined && what !== 'checks')) {
  console.error('usage: npm run ok [-- checks]');
  process.exit(2);
}
const results = await Promise.all(CHECKS.map(report));
if (what !== 'checks') results.push(await report(UNIT_TESTS));
process.exitCode = results.every(Boolean) ? 0 : 1;
