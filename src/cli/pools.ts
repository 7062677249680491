// palpite pools list|show|void|scratch|resolve: what an operator sees and does of pools.
import { type Command, InvalidArgumentError } from 'commander';
import { isId } from '#core/base/ids.ts';
import { isToken } from '#core/base/token.ts';
import type { PoolCommand } from '#core/pools/pool-commands.ts';
import type { PoolRow, PoolWhole } from '#ports/pool-reads.ts';
import { sendCommand } from '#roles/operator-commands.ts';
import { show, withContext } from './session.ts';

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
    .action((id: string, reason: string, options: Options) => send({ type: 'VoidPool', poolId: id, reason }, options));
  pools
    .command('scratch')
    .argument('<pool>', 'pool_ id', poolId)
    .argument('<runner>', 'as the pool was opened with', token)
    .description('take a runner out')
    .option('--json', 'print JSON')
    .action((id: string, runner: string, options: Options) => send({ type: 'ScratchRunner', poolId: id, runner }, options));
  pools
    .command('resolve')
    .argument('<pool>', 'pool_ id', poolId)
    .argument('<places...>', 'who finished first, second ...; those that tied with commas between them')
    .description('say who won; of a paid pool within its window this is a correction')
    .option('--json', 'print JSON')
    .action((id: string, places: string[], options: Options) =>
      send({ type: 'ResolvePool', poolId: id, places: places.map((group) => group.split(',')) }, options),
    );
}

interface Options {
  readonly json?: boolean;
}

async function list({ json, status }: Options & { readonly status?: string }): Promise<void> {
  await withContext(async (context) => {
    const { owner } = await context.keys.createOperator();
    const page = await context.pools.pools({ ...owner, wholeTenant: true }, { status }, { limit: LIST_MAX, after: null });
    show(page.items, json === true, (rows) => {
      for (const row of rows) console.log(lineOf(row));
    });
  });
}

async function one(id: string, { json }: Options): Promise<void> {
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

async function send(cmd: PoolCommand, { json }: Options): Promise<void> {
  await withContext(async (context) => {
    const { owner } = await context.keys.createOperator();
    const { ownerId, tenantId } = owner;
    const answer = await sendCommand(context, { cmd, lane: 'facts', ownerId, tenantId });
    show(answer, json === true, ({ result }) => {
      if (result === 'done') console.log('done');
      else console.error(`refused: ${result.code}${result.path ? ` at ${result.path}` : ''}`);
    });
    if (answer.result !== 'done') process.exitCode = 1;
  });
}

function poolId(text: string): string {
  if (!isId('pool', text)) throw new InvalidArgumentError('must be pool_ and 26 Crockford characters.');
  return text;
}

function token(text: string): string {
  if (!isToken(text)) throw new InvalidArgumentError('must be one word.');
  return text;
}
