// npm run sim -- --seed N --steps N [--json]: the whole engine on a virtual clock from one seed, with faults. Exits with 1 and names seed and step.
import { parseArgs } from 'node:util';
import { Simulation, SimulationFailed } from './simulation.ts';

const HELP = `npm run sim -- [--seed N] [--steps N] [--json]

  --seed N    the seed; without it one is drawn and printed
  --steps N   how many steps (default 2000)
  --json      print one JSON object as the last thing on standard output

Example: npm run sim -- --seed 7 --steps 5000`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    steps: { type: 'string', default: '2000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const seed = whole('--seed', values.seed ?? String(Date.now() % 2 ** 31));
const steps = whole('--steps', values.steps);
if (!values.json) console.log(`simulating ${steps} steps from seed ${seed}`);
const started = performance.now();
try {
  const report = await new Simulation({ seed, steps, onStep: progress }).run();
  const seconds = Math.round(performance.now() - started) / 1000;
  if (process.stderr.isTTY) process.stderr.write('\n');
  if (values.json) console.log(JSON.stringify({ ok: true, ...report, seconds }));
  else console.log(`held: ${JSON.stringify({ ...report, seconds }, null, 2)}`);
} catch (error) {
  if (values.json) console.log(JSON.stringify({ ok: false, seed, steps, error: String((error as Error).message) }));
  else console.error(error instanceof SimulationFailed ? error.message : error);
  console.error(`again: npm run sim -- --seed ${seed} --steps ${steps}`);
  process.exitCode = 1;
}

function progress(step: number): void {
  if (process.stderr.isTTY && step % 50 === 0) process.stderr.write(`\rstep ${step} of ${steps}`);
}

function whole(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  console.error(`${name} must be a whole number, not ${text}`);
  process.exit(2);
}
