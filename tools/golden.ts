// `npm run golden -- DIR [--json]`: checks the reference sets below DIR (laid out as golden/, football/ ...) against the real core.
// Ends with 1 when a set differs, when one has no checker, and when there is nothing to check.
import { checkFolder } from './golden/find-sets.ts';
import { asJson, asTable, verdict } from './golden/report.ts';

const args = process.argv.slice(2);
const json = args.includes('--json');
const [folder, ...more] = args.filter((arg) => arg !== '--json');
if (folder === undefined || more.length > 0 || folder.startsWith('-')) {
  console.error('usage: npm run golden -- DIR [--json]');
  process.exit(2);
}
const report = checkFolder(folder);
const fault = verdict(report);
console.log(json ? asJson(report) : asTable(report));
if (fault !== null) console.error(`golden: ${fault}`);
process.exitCode = fault === null ? 0 : 1;
