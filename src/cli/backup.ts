// palpite backup create|list|verify|restore|off: copies of the embedded database, and the way back to a moment.
import { type Command, InvalidArgumentError } from 'commander';
import {
  createBackupOf,
  listBackups,
  restoreBackup,
  type RestoreReport,
  stopArchiving,
  type TrialReport,
  verifyBackup,
} from '#roles/backup/backup-run.ts';
import { progressBar, type ProgressBar } from './progress.ts';
import { show, withContext } from './session.ts';

const HELP = `
Examples:
  npx palpite backup create                                 also while Palpite runs; the first one switches the archive on
  npx palpite backup list                                   what there is, and to which moments one can go back
  npx palpite backup verify                                 restores the newest into a scratch server and checks every chain
  npx palpite backup restore --to 2026-11-21T12:04:00Z      with Palpite stopped; the old database is kept aside
  npx palpite backup restore --to 2026-11-21T09:04:00.250-03:00
  npx palpite backup off                                    keeps no more log from now on

Make a base backup every day (cron): without one the archived log only grows. create keeps the newest BACKUP_KEEP
and the log that they need. Backups lie in BACKUP_DIR, best on another disk.`;

const MIB = 1024 ** 2;

export function addBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('backups of the embedded database, and the way back')
    .addHelpText('after', HELP);
  const json = (command: Command): Command => command.option('--json', 'print one JSON object');
  json(backup.command('create').description('make a base backup and keep the log from then on')).action(create);
  json(backup.command('list').description('base backups, moments that can be restored, gaps, sizes')).action(list);
  json(backup.command('verify').description('restore into a scratch server and check the chains'))
    .option('--backup <id>', 'this base backup instead of the newest')
    .option('--to <time>', 'up to this moment instead of the end of the log', moment)
    .action(verify);
  json(backup.command('restore').description('go back to a moment; Palpite must be stopped'))
    .requiredOption('--to <time>', 'the moment, RFC 3339', moment)
    .action(restore);
  json(backup.command('off').description('switch the archive off; what is there stays')).action(off);
}

async function create(options: { json?: boolean }): Promise<void> {
  await withContext(
    async (context) => {
      const bar = progressBar(options.json !== true, 'MiB');
      const onBytes = (done: number, total: number): void => bar.update('copying', toMib(done), toMib(total));
      const created = await createBackupOf(context, onBytes).finally(bar.stop);
      show(created, options.json === true, ({ archivingWasOff, base, pruned }) => {
        console.log(`base backup ${base.id}: ${toMib(base.bytes)} MiB, good from ${text(base.finishedAt)} on`);
        if (archivingWasOff) console.log('the log is archived from now on; make a base backup every day, or it only grows');
        if (pruned.bases.length > 0) console.log(`deleted ${pruned.bases.join(' ')} and ${pruned.walFiles} pieces of the log`);
      });
    },
    { migrate: false },
  );
}

async function list(options: { json?: boolean }): Promise<void> {
  const catalog = await listBackups();
  show(catalog, options.json === true, ({ bases, bytes, dir, gaps, ranges, wal }) => {
    console.log(`${dir}: ${bases.length} base backups, ${wal.files} pieces of the log, ${toMib(bytes)} MiB`);
    for (const base of bases) {
      const range = ranges.find((each) => each.base === base.id);
      const reach = range ? `${text(range.from)} to ${text(range.until)}` : 'leads to no moment of the present history';
      console.log(`  ${base.id}  ${toMib(base.bytes)} MiB  ${reach}`);
    }
    for (const gap of gaps) console.log(`  ${gap.base} GAP: the log after ${text(gap.after)} lacks ${gap.missing}`);
    if (bases.length === 0) console.log('  none: npx palpite backup create');
  });
}

async function verify(options: { backup?: string; to?: number; json?: boolean }): Promise<void> {
  const bar = progressBar(options.json !== true, '');
  const { backup: id, to: at } = options;
  const want = { ...(id === undefined ? {} : { id }), ...(at === undefined ? {} : { at }) };
  const report = await verifyBackup({ ...want, onProgress: told(bar) }).finally(bar.stop);
  show(report, options.json === true, (r) => {
    console.log(`base backup ${r.base} restored to ${text(r.until)} in a scratch server, ${r.seconds} s`);
    printChains(r);
  });
}

async function restore(options: { to: number; json?: boolean }): Promise<void> {
  const bar = progressBar(options.json !== true, '');
  const report = await restoreBackup({ at: options.to, onProgress: told(bar) }).finally(bar.stop);
  show(report, options.json === true, (r: RestoreReport) => {
    console.log(`the database is as it was at ${text(r.at)}, from base backup ${r.base}, ${r.seconds} s`);
    printChains(r);
    if (r.keptAside) console.log(`the old one is kept in ${r.keptAside}: delete it when nobody needs it`);
  });
}

async function off(options: { json?: boolean }): Promise<void> {
  await withContext(
    async (context) => {
      await stopArchiving(context);
      show({ archiving: false }, options.json === true, () => console.log('the log is no longer archived; the backups stay'));
    },
    { migrate: false },
  );
}

function printChains({ chains }: TrialReport): void {
  if (chains.length === 0) console.log('  it holds no ledger yet, so there was no chain to check');
  for (const c of chains)
    console.log(
      `  shard ${c.shard}: ${c.blocks} blocks, ${c.events} events, ${c.heads} signed heads: all hold. Head ${c.head.slice(0, 16)}, state ${c.stateHash.slice(0, 16)}`,
    );
}

function told(bar: ProgressBar): (stage: 'copy' | 'log', done: number, total: number) => void {
  return (stage, done, total) =>
    stage === 'copy' ? bar.update('copying back, MiB', toMib(done), toMib(total)) : bar.update('reading the log', done, total);
}

const toMib = (bytes: number): number => Math.round(bytes / MIB);
const text = (at: number): string => new Date(at).toISOString();

/** RFC 3339 to the millisecond: a moment without its offset would be a guess. */
function moment(value: string): number {
  const at = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:[Zz]|[+-]\d\d:\d\d)$/.test(value)
    ? Date.parse(value.replace(' ', 'T').toUpperCase())
    : Number.NaN;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('must be a moment like 2026-11-21T12:04:00Z or 2026-11-21T09:04:00.250-03:00.');
  return at;
}
