// palpite confirmation: where bets need the supplier's answer, which wait for one, and the answers that came too late or contradicted.
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { isId } from '#core/base/ids.ts';
import { CONFIRMATION_SCOPES, type ConfirmationScope } from '#core/confirmation/confirmation-commands.ts';
import { referredBets } from '#core/confirmation/referred-bets.ts';
import type { LedgerState } from '#core/kernel/state.ts';
import type { FlaggedAnswerRow } from '#ports/read-models.ts';
import { show, withContext } from '../session.ts';
import { act, type InLedger, inLedger, type Json, leadText, telling, whole, withLedger } from './operator-call.ts';

const FLAGGED_MAX = 200;
const HELP = `
A bet where an answer is needed waits as \`pending\`, its stake held, until the supplier confirms or rejects it, or its time is over.
An answer that comes again changes nothing; one that comes too late or contradicts is flagged, and a person looks at it.

Examples:
  npx palpite confirmation require market fb:E0:20240817:a:b/1x2
  npx palpite confirmation require source polled             all prices of this book
  npx palpite confirmation waive ledger main
  npx palpite confirmation list                              bets that wait, the first to end first
  npx palpite confirmation list --where                      what needs an answer
  npx palpite confirmation flagged --limit 20
  npx palpite confirmation show bet_01J...                   what became of one bet`;

export function addConfirmation(program: Command): void {
  const confirmation = program
    .command('confirmation')
    .description("bets that need the supplier's answer")
    .addHelpText('after', HELP);
  inLedger(
    confirmation
      .command('list')
      .description('bets that wait for the supplier')
      .option('--where', 'the markets, sources and ledgers that need an answer instead'),
  ).action(list);
  telling(
    confirmation
      .command('flagged')
      .description('answers that came too late or contradicted, of every ledger, newest first')
      .option('--limit <n>', `at most, up to ${FLAGGED_MAX}`, whole, FLAGGED_MAX),
  ).action(flagged);
  inLedger(confirmation.command('show').argument('<bet>', 'bet_ id', betId).description('what became of a bet')).action(one);
  for (const [name, description, answer] of [
    ['require', "ask for the supplier's answer before bets stand", 'supplier'],
    ['waive', 'ask no longer; what waits goes on waiting', 'none'],
  ] as const) {
    inLedger(
      confirmation
        .command(name)
        .addArgument(new Argument('<scope>', 'what').choices(CONFIRMATION_SCOPES))
        .argument('<target>', "a market's id, a source's name, or the ledger's own")
        .description(description),
    ).action((scope: ConfirmationScope, target: string, options: InLedger) =>
      act(options, {
        cmd: { type: 'SetConfirmation', scope, target, confirmation: answer },
        lane: 'control',
        text: `${scope} ${target}: ${name}d`,
      }),
    );
  }
}

async function list(options: InLedger & { readonly where?: boolean }): Promise<void> {
  await withLedger(options, (ledger) => {
    if (options.where) {
      const targets = (ledger.referrals.dump()?.targets ?? []).toSorted();
      show(targets, options.json === true, (rows) => console.log(rows.length === 0 ? 'no bet needs an answer' : rows.join('\n')));
      return;
    }
    show(referredBets(ledger, 'supplier'), options.json === true, (rows) => {
      if (rows.length === 0) console.log('no bet waits');
      for (const { betId, dueAt, holder, legs, stakeMinor } of rows)
        for (const leg of legs)
          console.log(
            `${betId}  ${stakeMinor} at ${leg.oddsMilli / 1000}${leadText(leg)}  until ${new Date(dueAt).toISOString()}  ${leg.marketId} ${leg.selectionId}  of ${holder}`,
          );
    });
  });
}

async function flagged({ json, limit }: Json & { readonly limit: number }): Promise<void> {
  await withContext(async ({ review }) => {
    const { items } = await review.flaggedAnswers({ limit: Math.min(limit, FLAGGED_MAX), after: null });
    show(items, json === true, (rows) => {
      if (rows.length === 0) console.log('no answer is flagged');
      for (const row of rows) console.log(lineOf(row));
    });
  });
}

async function one(id: string, options: InLedger): Promise<void> {
  await withLedger(options, async (ledger, { review }) => {
    const { items } = await review.flaggedAnswers({ limit: FLAGGED_MAX, after: null });
    const found = {
      ...stateOf(ledger, id),
      flagged: items.filter((row) => row.betId === id && row.ledgerId === ledger.ledgerId),
    };
    if (found.waits === null && found.ended === null && found.flagged.length === 0)
      throw new Error(
        `${ledger.ledgerId} knows of no answer about ${id}, asked for or given, within a day; GET /v1/bets/${id} shows the bet`,
      );
    show(found, options.json === true, ({ ended, flagged: rows, waits }) => {
      if (waits) console.log(`${id} waits for the supplier until ${new Date(waits.dueAt).toISOString()}`);
      if (ended) console.log(`${id} ended: ${ended.end}, ${new Date(ended.at).toISOString()}`);
      for (const row of rows) console.log(lineOf(row));
    });
  });
}

function stateOf(ledger: LedgerState, id: string) {
  return {
    betId: id,
    waits: referredBets(ledger, 'supplier').find((bet) => bet.betId === id) ?? null,
    ended: ledger.referrals.ended(id) ?? null,
  };
}

function lineOf({ answeredAt, at, betId: id, ended, ledgerId, providerRef, reason, status }: FlaggedAnswerRow): string {
  const more = [reason, providerRef && `ref ${providerRef}`].filter(Boolean).join('  ');
  return `${new Date(at).toISOString()}  ${ledgerId}  ${id}  ${status} at ${new Date(answeredAt).toISOString()}, but it was ${ended}  ${more}`.trimEnd();
}

function betId(text: string): string {
  if (!isId('bet', text)) throw new InvalidArgumentError('must be bet_ and 26 Crockford characters.');
  return text;
}
