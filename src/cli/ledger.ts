// palpite ledger open|list|transfer: sets of accounts that can pay each other, and the money between them.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CURRENCIES, type Currency, isAmount } from '#core/base/money.ts';
import { isLedgerId, MAIN_LEDGER } from '#core/ledger/shard.ts';
import { HOME_LEDGER } from '#core/play/bans.ts';
import { transferIdOf } from '#core/ledger/transfer-money.ts';
import { sendCommand } from '#roles/operator-commands.ts';
import { show, withContext } from './session.ts';

const HELP = `
Examples:
  npx palpite ledger open arena-1 --markets            play money, and bets on the same fixtures as in main
  npx palpite ledger transfer usr_01J... arena-1 5000  50.00 PLAY from main into the same person's wallet there
  npx palpite ledger list`;

export function addLedger(program: Command): void {
  const ledger = program.command('ledger').description('ledgers, and the money between them').addHelpText('after', HELP);
  ledger
    .command('open')
    .argument('<ledger>', 'a name of a-z, 0-9, _ and -', ledgerId)
    .description('open a ledger; its currency is for ever')
    .addOption(new Option('--currency <code>', 'what it keeps').choices(Object.keys(CURRENCIES)).default('PLAY'))
    .option('--markets', 'fixtures and results reach it, so that bets can be placed')
    .option('--json', 'print JSON')
    .action(open);
  ledger.command('list').description('every ledger and where it lives').option('--json', 'print JSON').action(list);
  ledger
    .command('transfer')
    .argument('<holder>', 'usr_ or bot_ id')
    .argument('<to>', 'the ledger that gets it', ledgerId)
    .argument('<amount>', 'minor units, a positive whole number', minor)
    .description('send money of a holder to another ledger')
    .option('--from <ledger>', 'the ledger that it is in', ledgerId, MAIN_LEDGER)
    .option('--to-holder <id>', 'another wallet than his own')
    .option('--json', 'print JSON')
    .action(transfer);
}

async function open(ledger: string, options: { currency: string; markets?: boolean; json?: boolean }): Promise<void> {
  await withContext(async (context) => {
    const owner = await context.keys.operatorOf(context.environment.PALPITE_KEY);
    const { ownerId, tenantId } = owner;
    const currency = options.currency as Currency;
    const moneyClass = CURRENCIES[currency].class;
    const markets = options.markets === true;
    const cmd = { type: 'OpenLedger', currency, home: HOME_LEDGER, moneyClass, markets } as const;
    const answer = await sendCommand(context, { cmd, lane: 'people', ledgerId: ledger, ownerId, tenantId });
    told(answer, options.json === true, `ledger ${ledger} is open on shard ${answer.shard}: ${moneyClass} money, ${currency}`);
  });
}

async function list(options: { json?: boolean }): Promise<void> {
  await withContext(async (context) => {
    show(await context.ledgers(), options.json === true, (rows) => {
      for (const { currency, ledgerId: name, markets, moneyClass, shard } of rows)
        console.log(`${name}  shard ${shard}  ${currency}  ${moneyClass}  ${markets ? 'markets' : 'no markets'}`);
    });
  });
}

async function transfer(
  holder: string,
  toLedger: string,
  amountMinor: number,
  options: { from: string; toHolder?: string; json?: boolean },
): Promise<void> {
  await withContext(async (context) => {
    const owner = await context.keys.operatorOf(context.environment.PALPITE_KEY);
    const { ownerId, tenantId } = owner;
    const currencyOf = async (name: string): Promise<Currency> => {
      const row = await context.ledger(name);
      if (!row) throw new Error(`there is no ledger ${name}; \`npx palpite ledger list\` shows them`);
      return row.currency;
    };
    const [from, to] = [await currencyOf(options.from), await currencyOf(toLedger)];
    if (from !== to) throw new Error(`${from} cannot go to a ledger of ${to}`);
    const cmd = {
      type: 'SendTransfer',
      holder,
      toLedger,
      toHolder: options.toHolder ?? holder,
      amountMinor,
      currency: from,
    } as const;
    const answer = await sendCommand(context, { cmd, lane: 'people', ledgerId: options.from, ownerId, tenantId });
    const text = `${transferIdOf(answer.commandId)}: ${amountMinor} minor units of ${from} are on their way to ${toLedger}`;
    told(answer, options.json === true, text);
  });
}

function told(answer: Awaited<ReturnType<typeof sendCommand>>, json: boolean, text: string): void {
  show(answer, json, ({ result }) => {
    if (result === 'done') console.log(text);
    else console.error(`refused: ${result.code}${result.path ? ` at ${result.path}` : ''}`);
  });
  if (answer.result !== 'done') process.exitCode = 1;
}

function ledgerId(text: string): string {
  if (!isLedgerId(text)) throw new InvalidArgumentError('must begin with a-z and have a-z, 0-9, _ and - only.');
  return text;
}

function minor(text: string): number {
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || !isAmount(value))
    throw new InvalidArgumentError('must be a positive whole number of minor units.');
  return value;
}
