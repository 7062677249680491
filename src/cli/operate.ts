// palpite operator|apikey|player|grant|halt|resume|market: what an operator does at the command line, beside a running server or without one.
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { isId } from '#core/base/ids.ts';
import { HALT_SCOPES, type HaltScope } from '#core/kernel/command.ts';
import { sendCommand } from '#roles/operator-commands.ts';
import { show, withContext } from './session.ts';

export function addOperate(program: Command): void {
  addOperator(program);
  addKeys(program);
  addMoney(program);
  addSwitches(program);
}

function addOperator(program: Command): void {
  const operator = program.command('operator').description('the operator of this installation');
  operator
    .command('create')
    .description('make the first operator and print its API key once')
    .option('--name <name>', 'name of the house', 'house')
    .option('--json', 'print JSON')
    .action(async (options: { name: string; json?: boolean }) => {
      await withContext(async (context) => {
        const { issued, owner } = await context.keys.createOperator(options.name);
        show({ ownerId: owner.ownerId, tenantId: owner.tenantId, apiKey: issued?.apiKey ?? null }, options.json === true, (o) => {
          console.log(`operator ${o.ownerId} of tenant ${o.tenantId}`);
          console.log(
            o.apiKey ? `API key (shown once): ${o.apiKey}` : 'exists already; `palpite apikey create` makes another key',
          );
        });
      });
    });
  operator
    .command('add')
    .argument('<label>', 'a name to find the operator by')
    .description('make another operator and print its API key once: what needs a second person needs that key (PALPITE_KEY)')
    .option('--json', 'print JSON')
    .action(async (label: string, options: { json?: boolean }) => {
      await withContext(async (context) => {
        const { apiKey, ownerId, tenantId } = await context.keys.addOperator(label);
        show({ ownerId, tenantId, apiKey }, options.json === true, () => {
          console.log(`operator ${ownerId} of tenant ${tenantId}\nAPI key (shown once): ${apiKey}`);
        });
      });
    });
}

function addKeys(program: Command): void {
  const apikey = program.command('apikey').description('API keys: hashed, scoped, shown once');
  apikey
    .command('create')
    .description("make a key for an owner, or for a new player of the operator's tenant")
    .option('--owner <usr_id>', 'whose key (default: the operator)')
    .option('--new-player <label>', 'make a player and a key to read and bet')
    .addOption(new Option('--scopes <list>', 'read, bet, operate').default('read,bet'))
    .option('--label <text>', 'a name to find it by', '')
    .option('--json', 'print JSON')
    .action(createKey);
  apikey
    .command('revoke')
    .argument('<key_id>')
    .description('end a key; takes hold within a second')
    .action(async (keyId: string) => {
      await withContext(async (context) => {
        if (await context.keys.revokeKey(keyId)) console.log(`${keyId} is revoked`);
        else throw new Error(`there is no live key ${keyId}`);
      });
    });
  apikey
    .command('list')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      await withContext(async (context) => {
        const keys = await context.keys.listKeys();
        show(keys, options.json === true, (rows) => {
          for (const key of rows)
            console.log(
              `${key.keyId}  ${key.role}  ${key.scopes.join(',')}  ${key.revokedAt ? 'revoked' : 'live'}  ${key.label}`,
            );
        });
      });
    });
}

async function createKey(options: {
  owner?: string;
  newPlayer?: string;
  scopes: string;
  label: string;
  json?: boolean;
}): Promise<void> {
  await withContext(async (context) => {
    const { owner } = await context.keys.createOperator();
    const scopes = options.scopes.split(',').map((scope) => scope.trim()) as ('read' | 'bet' | 'operate')[];
    const issued =
      options.newPlayer === undefined
        ? await context.keys.createKey({ ownerId: options.owner ?? owner.ownerId, scopes, label: options.label })
        : await context.keys.createPlayer(owner.tenantId, options.newPlayer);
    show(issued, options.json === true, (key) => {
      console.log(`key ${key.keyId} of ${key.ownerId}`);
      console.log(`API key (shown once): ${key.apiKey}`);
    });
  });
}

function addMoney(program: Command): void {
  program
    .command('grant')
    .argument('<holder>', 'usr_ or bot_ id')
    .argument('<amount>', 'minor units, a positive whole number', minor)
    .description('give play money to a wallet')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  npx palpite grant usr_01J... 100000     gives 1000.00 PLAY')
    .action(async (holder: string, amountMinor: number, options: { json?: boolean }) => {
      await withContext(async (context) => {
        const owner = await context.keys.operatorOf(context.environment.PALPITE_KEY);
        if (!isId('bot', holder)) await context.keys.assertOwner(holder);
        const behind = isId('bot', holder) ? owner.ownerId : holder;
        const cmd = { type: 'IssueFunds', holder, ownerId: behind, tenantId: owner.tenantId, amountMinor } as const;
        const answer = await sendCommand(context, { cmd, lane: 'people', ownerId: owner.ownerId, tenantId: owner.tenantId });
        done(answer, options.json === true, `${amountMinor} minor units of play money for ${holder}`);
      });
    });
}

function addSwitches(program: Command): void {
  for (const [name, type] of [
    ['halt', 'Halt'],
    ['resume', 'Resume'],
  ] as const) {
    program
      .command(name)
      .addArgument(new Argument('<scope>', 'what').choices([...HALT_SCOPES]))
      .description(name === 'halt' ? 'stop all bets, all bots or all trading' : 'undo a halt')
      .option('--reason <word>', 'recorded in the journal', 'operator')
      .option('--json', 'print JSON')
      .action(async (scope: HaltScope, options: { reason: string; json?: boolean }) => {
        await withContext(async (context) => {
          const owner = await context.keys.operatorOf(context.environment.PALPITE_KEY);
          const cmd = { type, scope, reason: options.reason } as const;
          const answer = await sendCommand(context, { cmd, lane: 'control', ownerId: owner.ownerId, tenantId: owner.tenantId });
          done(answer, options.json === true, `${scope}: ${name === 'halt' ? 'halted' : 'resumed'}`);
        });
      });
  }
}

function done(answer: Awaited<ReturnType<typeof sendCommand>>, json: boolean, text: string): void {
  show(answer, json, (a) => {
    if (a.result === 'done') console.log(`${text} (seq ${a.seq})`);
    else console.error(`refused: ${a.result.code}${a.result.path ? ` at ${a.result.path}` : ''}`);
  });
  if (answer.result !== 'done') process.exitCode = 1;
}

function minor(text: string): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value === 0) throw new InvalidArgumentError('must be a positive whole number of minor units.');
  return value;
}
