// `npm test`: every test there is; `npm test -- src/core/bets` only those below a path. The last lines are node's own summary.
import { join } from 'node:path';
import { findTests, faultOf, runTests } from './run-tests.ts';

const root = join(import.meta.dirname, '..');
const wanted = process.argv.slice(2);
const files = findTests(root, wanted);
if (files.length === 0) {
  console.error(`npm test: no test file ${wanted.length > 0 ? `at ${wanted.join(', ')}` : 'in this project'}`);
  process.exit(1);
}
const run = await runTests(root, files, true);
const fault = faultOf(run, process.env['CI'] === 'true');
if (fault) console.error(`npm test: ${fault}`);
process.exitCode = fault ? run.exitCode || 1 : 0;
