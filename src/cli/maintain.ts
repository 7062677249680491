// palpite migrate|config|doctor|runs|review: the state of the installation, and its upkeep.
import type { Command } from 'commander';
import { migrationsOf } from '#roles/journal-tools.ts';
import { checkEnvironment, ENVIRONMENT } from '#roles/environment.ts';
import { examine } from '#roles/doctor.ts';
import { show, withContext } from './session.ts';

export function addMaintain(program: Command): void {
  addMigrate(program);
  addConfig(program);
  addRuns(program);
  addReview(program);
  program
    .command('doctor')
    .description('look at everything an installation needs and say what to mend')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const findings = await examine();
      show(findings, options.json === true, (rows) => {
        for (const { mend, name, ok, text } of rows)
          console.log(`${ok ? 'ok   ' : 'FAULT'} ${name}: ${text}${ok || !mend ? '' : `\n      ${mend}`}`);
      });
      if (findings.some((finding) => !finding.ok)) process.exitCode = 1;
    });
}

function addMigrate(program: Command): void {
  const migrate = program.command('migrate').description('the database schema');
  for (const action of ['status', 'up'] as const) {
    migrate
      .command(action)
      .description(action === 'status' ? 'what is applied and what is pending' : 'apply what is pending')
      .option('--json', 'print JSON')
      .action(async (options: { json?: boolean }) => {
        await withContext(
          async (context) => {
            const status = await migrationsOf(context, action);
            show(status, options.json === true, (s) => {
              console.log(`schema ${s.databaseVersion} of ${s.shippedVersion}: ${s.state}`);
              for (const { name, version } of s.pending) console.log(`  pending ${version} ${name}`);
              if (s.fault) console.error(s.fault);
            });
            if (status.state === 'newer' || status.state === 'altered') process.exitCode = 1;
          },
          { migrate: false },
        );
      });
  }
}

function addConfig(program: Command): void {
  program
    .command('config')
    .description('the environment')
    .command('check')
    .description('list every fault of the environment at once, and the settings there are')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => {
      const { faults, warnings } = checkEnvironment(process.env);
      const settings = Object.entries(ENVIRONMENT).map(([name, schema]) => ({ name, text: schema.description ?? '' }));
      show({ ok: faults.length === 0, faults, warnings, settings }, options.json === true, (report) => {
        for (const { name, text } of report.settings) console.log(`  ${name.padEnd(16)} ${text}`);
        for (const { message, name } of report.warnings) console.log(`warning: ${name} ${message}`);
        for (const { message, name } of report.faults) console.error(`fault: ${name}: ${message}`);
        if (report.ok) console.log('the environment is sound');
      });
      if (faults.length > 0) process.exitCode = 1;
    });
}

function addRuns(program: Command): void {
  const runs = program.command('runs').description('kept replays');
  runs
    .command('list')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      await withContext(async (context) => {
        show(await context.runs.list(100), options.json === true, (rows) => {
          for (const run of rows)
            console.log(
              `${run.runId}  ${run.kind}  ${new Date(run.startedAt).toISOString()}  ${run.finishedAt ? 'finished' : 'unfinished'}`,
            );
        });
      });
    });
  runs
    .command('delete')
    .argument('<run_id>')
    .description('delete a run, its journal and all that was folded from it (cannot be undone: it can be replayed)')
    .action(async (runId: string) => {
      await withContext(async (context) => {
        if (!(await context.runs.delete(runId))) throw new Error(`there is no run ${runId}`);
        console.log(`${runId} is deleted`);
      });
    });
}

function addReview(program: Command): void {
  const review = program.command('review').description('what a supplier said that no alias matches');
  review
    .command('list')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      await withContext(async (context) => {
        const { items } = await context.review.list(false, { limit: 200, after: null });
        show(items, options.json === true, (rows) => {
          for (const row of rows) console.log(JSON.stringify(row));
          if (rows.length === 0) console.log('nothing to review');
        });
      });
    });
  review
    .command('resolve')
    .argument('<id>')
    .argument('<our_id>', 'our id of what it is')
    .option('--swapped', 'home and away are the other way round')
    .description('name what it is: it flows from then on')
    .action(async (id: string, ourId: string, options: { swapped?: boolean }) => {
      await withContext(async (context) => {
        const owner = await context.keys.operatorOf(context.environment.PALPITE_KEY);
        const result = await context.review.resolve(Number(id), { alias: ourId, swapped: options.swapped === true }, owner);
        if (result !== 'resolved') throw new Error(`${id}: ${result}`);
        console.log(`${id} is ${ourId}`);
      });
    });
  review
    .command('dismiss')
    .argument('<id>')
    .description('ignore it from now on')
    .action(async (id: string) => {
      await withContext(async (context) => {
        const owner = await context.keys.operatorOf(context.environment.PALPITE_KEY);
        const result = await context.review.resolve(Number(id), 'ignored', owner);
        if (result !== 'resolved') throw new Error(`${id}: ${result}`);
        console.log(`${id} is dismissed`);
      });
    });
}
