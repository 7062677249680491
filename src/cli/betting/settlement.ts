// palpite settlement: what waits for a second person, what settling or correcting a market would do, doing it, and agreeing to it.
import type { Command } from 'commander';
import { marketOf } from '#core/kernel/state.ts';
import { OUTCOME_WORDS, outcomesFromWords } from '#core/settlement/corrections/outcome-words.ts';
import { rulesFromWords } from '#core/settlement/rules/rule-words.ts';
import { DEFAULT_RULES } from '#core/settlement/rules/settlement-rules.ts';
import { type Preview, preview } from '#core/settlement/corrections/preview.ts';
import { readLedger } from '#roles/shards/ledger-state.ts';
import { show } from '../session.ts';
import { act, actIn, inLedger, type InLedger, withLedger, withOwner, withReason } from './operator-call.ts';

const HELP = `
An outcome is SELECTION=WORD for every selection, with the words ${OUTCOME_WORDS.join(', ')}.

Examples:
  npx palpite settlement preview fb:E0:20240817:a:b/1x2 home=lost draw=lost away=won
  npx palpite settlement correct fb:E0:20240817:a:b/1x2 home=lost draw=lost away=won --preview 0f3a...
  npx palpite settlement correct fb:E0:20240817:a:b/1x2 --take-back
  npx palpite settlement recall fb:E0:20240817:a:b/1x2   when its window is over: first bring it back
  npx palpite settlement list                          what waits for a second person
  PALPITE_KEY=key_01J... npx palpite settlement approve prp_01J...   by a second person's key (PALPITE_KEY_FILE: from a file)
  npx palpite settlement rules                         how what is not played to its end is settled
  npx palpite settlement rule fb:E0 abandoned=periods  decided, periods or nothing; \`default\` takes a rule away
  npx palpite settlement rule fb liveHandicap=whole    since (goals since the bet) or whole
  npx palpite settlement rule fb postponedMs=43200000  wait 12 hours for a postponed match, then void`;

interface Options extends InLedger {
  readonly reason: string;
  readonly preview?: string;
  readonly takeBack?: boolean;
}

export function addSettlement(program: Command): void {
  const settlement = program
    .command('settlement')
    .description('settling by hand, corrections and approvals')
    .addHelpText('after', HELP);
  inLedger(settlement.command('list').description('proposals that wait for a second person')).action(list);
  inLedger(
    settlement
      .command('preview')
      .argument('<market>')
      .argument('[outcome...]', 'SELECTION=WORD')
      .description('what it would do; changes nothing')
      .option('--take-back', 'the settlement is taken back and the market stays closed'),
  ).action(look);
  withReason(
    settlement
      .command('correct')
      .argument('<market>')
      .argument('[outcome...]', 'SELECTION=WORD')
      .description('settle a market by hand, or correct it')
      .option('--take-back', 'take the settlement back and leave the market closed')
      .option('--preview <hash>', 'only if the market is as in this preview'),
  ).action(correct);
  withReason(
    settlement.command('recall').argument('<market>').description('bring back a market whose window is over, to correct it'),
  ).action(recall);
  withReason(settlement.command('approve').argument('<proposal>').description('agree to a proposal of somebody else')).action(
    approve,
  );
  inLedger(settlement.command('rules').description('how what is not played to its end is settled')).action(rules);
  withReason(
    settlement
      .command('rule')
      .argument('<scope>', "a sport, a competition, or '*'")
      .argument('<rule...>', 'NAME=VALUE')
      .description('say how a scope settles what is not played to its end'),
  ).action(setRules);
  withReason(settlement.command('reject').argument('<proposal>').description('reject a proposal')).action(reject);
}

async function list(options: Options): Promise<void> {
  await withLedger(options, ({ corrections }) => {
    show([...corrections.proposals.values()], options.json === true, (rows) => {
      if (rows.length === 0) console.log('nothing waits');
      for (const p of rows) {
        const until = new Date(p.expiresAt).toISOString();
        console.log(`${p.proposalId}  ${p.marketId}  moves ${p.movedMinor}  by ${p.by || p.source}  ${p.reason}  until ${until}`);
      }
    });
  });
}

async function look(marketId: string, words: string[], options: Options, command: Command): Promise<void> {
  await withLedger(options, (ledger) => {
    const market = marketOf(ledger, marketId);
    if (!market)
      throw new Error(`there is no market ${marketId} that can be settled or corrected; GET /v1/operator/settlements lists them`);
    const found = preview(ledger, market, outcomesOf({ words, options, command }, market.selections));
    show(found, options.json === true, printPreview);
  });
}

async function correct(marketId: string, words: string[], options: Options, command: Command): Promise<void> {
  const outcomes = outcomesOf({ words, options, command });
  const previewHash = options.preview === undefined ? {} : { previewHash: options.preview };
  await act(options, {
    cmd: { type: 'SettleMarket', marketId, outcomes, reason: options.reason, ...previewHash },
    lane: 'facts',
    text: `${marketId} is being settled, or proposed`,
  });
}

async function recall(marketId: string, options: Options): Promise<void> {
  const text = `${marketId} is back for another correction window`;
  await act(options, { cmd: { type: 'RecallMarket', marketId }, lane: 'facts', text });
}

async function approve(proposalId: string, options: Options): Promise<void> {
  await withOwner(async (context, owner) => {
    if (context.environment.PALPITE_KEY === undefined)
      throw new Error('a second person agrees with a key of its own: set PALPITE_KEY; `npx palpite operator add` makes one');
    const ledger = await readLedger(context, options.ledger);
    const proposal = ledger.corrections.proposals.get(proposalId);
    if (!proposal) throw new Error(`there is no proposal ${proposalId}; \`npx palpite settlement list\` shows them`);
    const cmd = { type: 'ApproveSettlement', proposalId, previewHash: proposal.previewHash } as const;
    await actIn(context, owner, { options, order: { cmd, lane: 'facts', text: `${proposalId} is approved` } });
  });
}

async function reject(proposalId: string, options: Options): Promise<void> {
  const cmd = { type: 'RejectSettlement', proposalId, reason: options.reason } as const;
  await act(options, { cmd, lane: 'facts', text: `${proposalId} is rejected` });
}

async function rules(options: Options): Promise<void> {
  await withLedger(options, (ledger) => {
    const set = ledger.rules.entries().map(([scope, of]) => ({ scope, rules: of }));
    show({ defaults: DEFAULT_RULES, items: set }, options.json === true, ({ defaults, items }) => {
      const usual = Object.entries(defaults).map(([scope, of]) => ({ scope: `default ${scope}`, rules: of }));
      for (const { rules: of, scope } of [...usual, ...items]) {
        console.log([scope, ...Object.entries(of).map(([name, value]) => `${name}=${value}`)].join('  '));
      }
    });
  });
}

async function setRules(scope: string, words: string[], options: Options, command: Command): Promise<void> {
  const wanted = rulesFromWords(words);
  if (wanted === null) return command.error('error: say each rule once as NAME=VALUE; --help shows them', { exitCode: 2 });
  await act(options, {
    cmd: { type: 'SetSettlementRules', scope, rules: wanted },
    lane: 'facts',
    text: `the rules of ${scope} are set`,
  });
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
