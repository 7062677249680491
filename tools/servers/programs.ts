// The programs that tests of real servers need: where they are, and what to say when one is missing. Under CI=true missing is a fault.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether the program can be started; `args` must make it end at once with success. */
export async function runs(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, [...args]).then(
    () => true,
    () => false,
  );
}

/** For `skip` of node's test runner: false when nothing is missing, else why the tests are skipped. Throws under CI=true. */
export function skipWhenMissing(missing: string | null): false | string {
  if (missing === null) return false;
  if (process.env['CI'] === 'true') throw new Error(`under CI=true every test must run: ${missing}`);
  console.error(`SKIPPED: ${missing}`);
  return missing;
}
