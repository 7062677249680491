// palpite pools list|show|void|scratch|resolve: what an operator sees and does of pools.
import { type Command, InvalidArgumentError } from 'commander';
import { isId } from '#core/base/ids.ts';
import { MAIN_LEDGER } from '#core/ledger/shard.ts';
import type { PoolCommand } from '#core/pools/pool-commands.ts';
import type { PoolRow, PoolWhole } from '#ports/pool-reads.ts';
import { show, withContext } from '../session.ts';
import { act, type Json, token } from './operator-call.ts';

const LIST_MAX = 200;
const HELP = `
Examples:
  npx palpite pools list --status open
  npx palpite pools show pool_01J...
  npx palpite pools void pool_01J... mistake            every stake goes back
  npx palpite pools resolve pool_01J... red-rum,arkle foinavon    the first two tied, then the third`;

export function addPoolCommands(program: Command): void {
  const pools = program.command('pools').description('prize pools of the ledger main').addHelpText('after', HELP);
  pools
    .command('list')
    .description(`the newest ${LIST_MAX} that you may see`)
    .option('--status <status>', 'open, locked, paying, reversing or closed')
    .option('--json', 'print JSON')
    .action(list);
  pools.command('show').argument('<pool>', 'pool_ id', poolId).description('one pool').option('--json', 'print JSON').action(one);
  pools
    .command('void')
    .argument('<pool>', 'pool_ id', poolId)
    .argument('<reason>', 'one word', token)
    .description('give every stake back')
    .option('--json', 'print JSON')
    .action((id: string, reason: string, options: Json) => send({ type: 'VoidPool', poolId: id, reason }, options));
  pools
    .command('scratch')
    .argument('<pool>', 'pool_ id', poolId)
    .argument('<runner>', 'as the pool was opened with', token)
    .description('take a runner out')
    .option('--json', 'print JSON')
    .action((id: string, runner: string, options: Json) => send({ type: 'ScratchRunner', poolId: id, runner }, options));
  pools
    .command('resolve')
    .argument('<pool>', 'pool_ id', poolId)
    .argument('<places...>', 'who finished first, second ...; those that tied with commas between them')
    .description('say who won; of a paid pool within its window this is a correction')
    .option('--json', 'print JSON')
    .action((id: string, places: string[], options: Json) =>
      send({ type: 'ResolvePool', poolId: id, places: places.map((group) => group.split(',')) }, options),
    );
}

async function list({ json, status }: Json & { readonly status?: string }): Promise<void> {
  await withContext(async (context) => {
    const { owner } = await context.keys.createOperator();
    const page = await context.pools.pools({ ...owner, wholeTenant: true }, { status }, { limit: LIST_MAX, after: null });
    show(page.items, json === true, (rows) => {
      for (const row of rows) console.log(lineOf(row));
    });
  });
}

async function one(id: string, { json }: Json): Promise<void> {
  await withContext(async (context) => {
    const { owner } = await context.keys.createOperator();
    const { pool } = await context.pools.pool({ ...owner, wholeTenant: true }, id);
    if (!pool) throw new Error(`there is no pool ${id} that you may see`);
    show(pool, json === true, tell);
  });
}

function tell(pool: PoolWhole): void {
  console.log(lineOf(pool));
  for (const { eventId, phase, score } of pool.fixtures)
    console.log(`  ${eventId}  ${phase}${score ? `  ${score.home}-${score.away}` : ''}`);
  for (const [selectionId, units] of Object.entries(pool.unitsOn)) console.log(`  ${selectionId}  ${units} units`);
  if (pool.declared) console.log(`  declared: ${JSON.stringify(pool.declared)}`);
}

function lineOf({ entries, lockAt, poolId: id, rules, status }: PoolRow): string {
  return `${id}  ${rules.kind}  ${rules.visibility}  ${status}  ${entries} entries  locks ${new Date(lockAt).toISOString()}`;
}

async function send(cmd: PoolCommand, { json }: Json): Promise<void> {
  await act({ ledger: MAIN_LEDGER, ...(json === undefined ? {} : { json }) }, { cmd, lane: 'facts', text: 'done' });
}

function poolId(text: string): string {
  if (!isId('pool', text)) throw new InvalidArgumentError('must be pool_ and 26 Crockford characters.');
  return text;
}
