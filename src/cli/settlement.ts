// palpite settlement: what waits for a second person, what settling or correcting a market would do, doing it, and agreeing to it.
import { type Command, InvalidArgumentError } from 'commander';
import { isId } from '#core/base/ids.ts';
import { marketOf } from '#core/kernel/state.ts';
import { isLedgerId, MAIN_LEDGER } from '#core/ledger/shard.ts';
import { OUTCOME_WORDS, outcomesFromWords } from '#core/settlement/corrections/outcome-words.ts';
import { type Preview, preview } from '#core/settlement/corrections/preview.ts';
import { readLedger } from '#roles/shards/ledger-state.ts';
import { type OperatorCommand, sendCommand } from '#roles/operator-commands.ts';
import type { PlatformContext } from '#roles/context.ts';
import { show, withContext } from './session.ts';

const HELP = `
An outcome is SELECTION=WORD for every selection, with the words ${OUTCOME_WORDS.join(', ')}.

Examples:
  npx palpite settlement preview fb:E0:20240817:a:b/1x2 home=lost draw=lost away=won
  npx palpite settlement correct fb:E0:20240817:a:b/1x2 home=lost draw=lost away=won --preview 0f3a...
  npx palpite settlement correct fb:E0:20240817:a:b/1x2 --take-back
  npx palpite settlement list                          what waits for a second person
  npx palpite settlement approve prp_01J... --as usr_01J...`;

interface Options {
  readonly ledger: string;
  readonly as?: string;
  readonly json?: boolean;
  readonly reason: string;
  readonly preview?: string;
  readonly takeBack?: boolean;
}

export function addSettlement(program: Command): void {
  const settlement = program
    .command('settlement')
    .description('settling by hand, corrections and approvals')
    .addHelpText('after', HELP);
  const common = (command: Command): Command =>
    command.option('--ledger <ledger>', 'another ledger than main', ledgerId, MAIN_LEDGER).option('--json', 'print JSON');
  const acting = (command: Command): Command =>
    common(command)
      .option('--as <usr_id>', 'the operator who acts (default: the first)', person)
      .option('--reason <word>', 'recorded in the journal', 'operator');
  common(settlement.command('list').description('proposals that wait for a second person')).action(list);
  common(
    settlement
      .command('preview')
      .argument('<market>')
      .argument('[outcome...]', 'SELECTION=WORD')
      .description('what it would do; changes nothing')
      .option('--take-back', 'the settlement is taken back and the market stays closed'),
  ).action(look);
  acting(
    settlement
      .command('correct')
      .argument('<market>')
      .argument('[outcome...]', 'SELECTION=WORD')
      .description('settle a market by hand, or correct it')
      .option('--take-back', 'take the settlement back and leave the market closed')
      .option('--preview <hash>', 'only if the market is as in this preview'),
  ).action(correct);
  acting(settlement.command('approve').argument('<proposal>').description('agree to a proposal of somebody else')).action(
    approve,
  );
  acting(settlement.command('reject').argument('<proposal>').description('reject a proposal')).action(reject);
}

async function list({ json, ledger }: Options): Promise<void> {
  await withContext(async (context) => {
    const { corrections } = await readLedger(context, ledger);
    show([...corrections.proposals.values()], json === true, (rows) => {
      if (rows.length === 0) console.log('nothing waits');
      for (const p of rows) {
        const until = new Date(p.expiresAt).toISOString();
        console.log(`${p.proposalId}  ${p.marketId}  moves ${p.movedMinor}  by ${p.by || p.source}  ${p.reason}  until ${until}`);
      }
    });
  });
}

async function look(marketId: string, words: string[], options: Options, command: Command): Promise<void> {
  await withContext(async (context) => {
    const ledger = await readLedger(context, options.ledger);
    const market = marketOf(ledger, marketId);
    if (!market) throw new Error(`there is no market ${marketId} that can be settled or corrected`);
    const found = preview(ledger, market, outcomesOf({ words, options, command }, market.selections));
    show(found, options.json === true, printPreview);
  });
}

async function correct(marketId: string, words: string[], options: Options, command: Command): Promise<void> {
  const outcomes = outcomesOf({ words, options, command });
  const previewHash = options.preview === undefined ? {} : { previewHash: options.preview };
  await act(
    options,
    { type: 'SettleMarket', marketId, outcomes, reason: options.reason, ...previewHash },
    `${marketId} is being settled, or proposed`,
  );
}

async function approve(proposalId: string, options: Options): Promise<void> {
  await withContext(async (context) => {
    const ledger = await readLedger(context, options.ledger);
    const proposal = ledger.corrections.proposals.get(proposalId);
    if (!proposal) throw new Error(`there is no proposal ${proposalId}; \`npx palpite settlement list\` shows them`);
    const cmd = { type: 'ApproveSettlement', proposalId, previewHash: proposal.previewHash } as const;
    await send(context, { options, cmd, text: `${proposalId} is approved` });
  });
}

async function reject(proposalId: string, options: Options): Promise<void> {
  await act(options, { type: 'RejectSettlement', proposalId, reason: options.reason }, `${proposalId} is rejected`);
}

async function act(options: Options, cmd: OperatorCommand['cmd'], text: string): Promise<void> {
  await withContext((context) => send(context, { options, cmd, text }));
}

async function send(
  context: PlatformContext,
  of: { options: Options; cmd: OperatorCommand['cmd']; text: string },
): Promise<void> {
  const { cmd, options, text } = of;
  const { owner } = await context.keys.createOperator();
  const ownerId = options.as ?? owner.ownerId;
  const answer = await sendCommand(context, { cmd, lane: 'facts', ledgerId: options.ledger, ownerId, tenantId: owner.tenantId });
  show(answer, options.json === true, ({ result, seq }) => {
    if (result === 'done') console.log(`${text} (seq ${seq})`);
    else console.error(`refused: ${result.code}${result.path ? ` at ${result.path}` : ''}`);
  });
  if (answer.result !== 'done') process.exitCode = 1;
}

/** What the words say; called wrongly when they do not name each selection once, or when neither they nor --take-back are given. */
function outcomesOf(of: { words: string[]; options: Options; command: Command }, selections?: readonly string[]) {
  const { command, options, words } = of;
  if (options.takeBack === true) {
    if (words.length > 0) command.error('error: give outcomes or --take-back, not both', { exitCode: 2 });
    return null;
  }
  const outcomes = outcomesFromWords(words);
  const wrong = outcomes === null || words.length === 0 || selections?.some((name) => !Object.hasOwn(outcomes, name)) === true;
  if (wrong) command.error('error: name every selection as SELECTION=WORD; --help shows the words', { exitCode: 2 });
  return outcomes;
}

function printPreview(p: Preview): void {
  console.log(`${p.correction ? 'corrects' : 'settles'} ${p.marketId}: ${p.bets} bets, staked ${p.stakedMinor}`);
  console.log(
    `returned: ${p.returnedNowMinor} now, ${p.returnedAfterMinor} after; house: ${p.houseNowMinor} now, ${p.houseAfterMinor} after`,
  );
  console.log(`moves ${p.movedMinor}; debts of ${p.debtsMinor} in all`);
  for (const { debtMinor, holder } of p.debts) console.log(`  owes   ${holder}  ${debtMinor}`);
  for (const { changeMinor, holder } of [...p.winners, ...p.losers]) console.log(`  change ${holder}  ${changeMinor}`);
  console.log(`preview ${p.previewHash}`);
}

function ledgerId(text: string): string {
  if (!isLedgerId(text)) throw new InvalidArgumentError('must begin with a-z and have a-z, 0-9, _ and - only.');
  return text;
}

function person(text: string): string {
  if (!isId('usr', text)) throw new InvalidArgumentError('must be a usr_ id.');
  return text;
}
