// palpite dlq: messages that could not be handled. Marks rows; the running server does the sending, whatever bus it uses.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type DeadLetters, type KeptLetter, LETTER_STATES, type LetterState } from '#ports/dead-letters.ts';
import { show, withContext } from './session.ts';

const LIMIT = 50;
const LIMIT_MAX = 1_000;

interface ListOptions {
  readonly state: LetterState | 'all';
  readonly topic?: string;
  readonly limit: number;
  readonly after: number;
  readonly json?: boolean;
}

interface MarkOptions {
  readonly all?: boolean;
  readonly topic?: string;
  readonly json?: boolean;
}

export function addDeadLetters(program: Command): void {
  const dlq = program.command('dlq').description('messages that could not be handled: look, send again, drop');
  dlq.addHelpText(
    'after',
    `
Examples:
  npx palpite dlq list                      what waits for a decision
  npx palpite dlq list --state dropped      what was dropped; replay undoes it
  npx palpite dlq show 12                   one letter whole, with its reason
  npx palpite dlq replay 12 13              send again; the running server does it within seconds
  npx palpite dlq replay --all --topic odds_raw
  npx palpite dlq drop 14                   not wanted; removed after 30 days

A message that is sent again goes to every group of its topic; those that had it know it by its id.
Exit codes: 0 done, 1 it failed and nothing was changed, 2 called wrongly.`,
  );
  addList(dlq);
  addShow(dlq);
  addMark(dlq, 'replay', 'send letters again to the topic they came from');
  addMark(dlq, 'drop', 'put letters away; replay undoes it');
}

function addList(dlq: Command): void {
  dlq
    .command('list')
    .description('letters, oldest first')
    .addOption(new Option('--state <state>', 'letters in this state').choices([...LETTER_STATES, 'all']).default('waiting'))
    .option('--topic <topic>', 'letters of this topic')
    .option('--limit <n>', `at most so many, up to ${LIMIT_MAX}`, limit, LIMIT)
    .option('--after <id>', 'go on after this letter', whole, 0)
    .option('--json', 'print JSON')
    .action(async ({ after, json, limit: most, state, topic }: ListOptions) => {
      await withContext(async ({ deadLetters }) => {
        const rows = await deadLetters.list({
          after,
          limit: most,
          ...(state === 'all' ? {} : { state }),
          ...(topic === undefined ? {} : { topic }),
        });
        show(rows, json === true, (letters) => {
          if (letters.length === 0) console.log(state === 'all' ? 'no dead letters' : `no dead letters are ${state}`);
          for (const letter of letters) console.log(lineOf(letter));
          if (letters.length === most) console.log(`there may be more: --after ${letters.at(-1)?.id}`);
        });
      });
    });
}

function addShow(dlq: Command): void {
  dlq
    .command('show')
    .argument('<id>', 'number of the letter', whole)
    .description('one letter whole')
    .option('--json', 'print JSON')
    .action(async (id: number, { json }: { json?: boolean }) => {
      await withContext(async ({ deadLetters }) => {
        const letter = await deadLetters.find(id);
        if (!letter) throw new Error(`there is no dead letter ${id}`);
        show(letter, json === true, (found) => {
          console.log(lineOf(found));
          console.log(`reason: ${found.reason}`);
          console.log(JSON.stringify(found.message, null, 2));
        });
      });
    });
}

function addMark(dlq: Command, name: 'replay' | 'drop', text: string): void {
  dlq
    .command(name)
    .argument('[id...]', 'numbers of letters')
    .description(text)
    .option('--all', 'all that wait for a decision')
    .option('--topic <topic>', 'with --all: of this topic only')
    .option('--json', 'print JSON')
    .action(async (given: string[], options: MarkOptions, command: Command) => {
      const { all = false, json, topic } = options;
      if (all === given.length > 0) command.error('error: give the numbers of letters, or --all', { exitCode: 2 });
      if (topic !== undefined && !all) command.error('error: --topic goes with --all', { exitCode: 2 });
      const numbers = given.map((id) =>
        numberOr(id, () => command.error(`error: ${id} is no number of a letter`, { exitCode: 2 })),
      );
      await withContext(async ({ deadLetters }) => {
        const ids = all ? await waiting(deadLetters, topic) : [...new Set(numbers)];
        const state = name === 'replay' ? 'replay' : 'dropped';
        await deadLetters.mark(ids, state);
        show({ ids, state }, json === true, () => {
          if (ids.length === 0) console.log('nothing waits');
          else if (name === 'replay') console.log(`${ids.length} marked: the running server sends them again within seconds`);
          else console.log(`${ids.length} dropped; npx palpite dlq replay brings them back`);
        });
      });
    });
}

/** One page: who has more waiting calls again. */
async function waiting(letters: DeadLetters, topic: string | undefined): Promise<number[]> {
  const rows = await letters.list({ state: 'waiting', limit: LIMIT_MAX, ...(topic === undefined ? {} : { topic }) });
  return rows.map(({ id }) => id);
}

function lineOf({ group, id, message, reason, receivedAt, state, times }: KeptLetter): string {
  const when = new Date(receivedAt).toISOString();
  const often = times > 1 ? ` (${times} times)` : '';
  return `${id}  ${state}  ${when}  ${message.topic} -> ${group}${often}  ${message.type} ${message.id}  ${reason.split('\n')[0]}`;
}

function numberOr(text: string, refuse: () => never): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : refuse();
}

function whole(text: string): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('must be a whole number.');
  return value;
}

function limit(text: string): number {
  const value = whole(text);
  if (value < 1 || value > LIMIT_MAX) throw new InvalidArgumentError(`must be from 1 to ${LIMIT_MAX}.`);
  return value;
}
