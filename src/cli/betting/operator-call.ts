// What the commands of betting share: their options, who acts, a command sent to its ledger, and what is told of the answer.
import { type Command, InvalidArgumentError } from 'commander';
import { isId } from '#core/base/ids.ts';
import { isAmount } from '#core/base/money.ts';
import type { Refusal } from '#core/base/refusal.ts';
import { isToken } from '#core/base/token.ts';
import type { StruckLeg } from '#core/bets/live-handicap.ts';
import type { Command as LedgerCommand, Lane } from '#core/kernel/command.ts';
import type { LedgerState } from '#core/kernel/state.ts';
import { isLedgerId, MAIN_LEDGER } from '#core/ledger/shard.ts';
import type { PlatformContext } from '#roles/context.ts';
import { explainRefusal } from '#roles/explain.ts';
import { sendCommand } from '#roles/operator-commands.ts';
import { readLedger } from '#roles/shards/ledger-state.ts';
import { show, withContext } from '../session.ts';

export interface Json {
  readonly json?: boolean;
}
export interface InLedger extends Json {
  readonly ledger: string;
}
export interface Owner {
  readonly ownerId: string;
  readonly tenantId: string;
}

/** Adds --json. */
export function telling(command: Command): Command {
  return command.option('--json', 'print JSON');
}

/** Adds --ledger and --json. */
export function inLedger(command: Command): Command {
  return telling(command.option('--ledger <ledger>', 'another ledger than main', ledgerId, MAIN_LEDGER));
}

/** Adds --reason to inLedger(). */
export function withReason(command: Command): Command {
  return inLedger(command.option('--reason <word>', 'recorded in the journal', token, 'operator'));
}

/** Who acts is said by a key, as for REST, and never by a name: whoever has the shell has not everybody's word. */
export async function withOwner(use: (context: PlatformContext, owner: Owner) => Promise<void>): Promise<void> {
  await withContext(async (context) => {
    const { ownerId, tenantId } = await context.keys.operatorOf(context.environment.PALPITE_KEY);
    await use(context, { ownerId, tenantId });
  });
}

/** A ledger as its journal has it now. */
export async function withLedger(
  { ledger }: InLedger,
  use: (state: LedgerState, context: PlatformContext) => Promise<void> | void,
): Promise<void> {
  await withContext(async (context) => use(await readLedger(context, ledger), context));
}

export interface Order {
  readonly cmd: LedgerCommand;
  readonly lane: Lane;
  /** Told when it is done. */
  readonly text: string;
}

/** Sends a command to its ledger and tells the answer; a refusal makes the exit code 1. */
export async function act(options: InLedger, order: Order): Promise<void> {
  await withOwner((context, owner) => actIn(context, owner, { options, order }));
}

export async function actIn(
  context: PlatformContext,
  { ownerId, tenantId }: Owner,
  { options, order }: { readonly options: InLedger; readonly order: Order },
): Promise<void> {
  const { json, ledger } = options;
  const { cmd, lane, text } = order;
  const answer = await sendCommand(context, { cmd, lane, ledgerId: ledger, ownerId, tenantId });
  outcome(answer.result === 'done' ? answer : answer.result, json, () => `${text} (seq ${answer.seq})`);
}

/** Tells what came of it: a refusal with its mend and exit code 1, or the text. */
export function outcome(told: object | Refusal, json: boolean | undefined, text: () => string): void {
  const refusal = 'code' in told ? (told as Refusal) : null;
  show(told, json === true, () => {
    if (refusal) console.error(explainRefusal(refusal));
    else console.log(text());
  });
  if (refusal) process.exitCode = 1;
}

export function ledgerId(text: string): string {
  if (!isLedgerId(text)) throw new InvalidArgumentError('must begin with a-z and have a-z, 0-9, _ and - only.');
  return text;
}

export function person(text: string): string {
  if (!isId('usr', text)) throw new InvalidArgumentError('must be a usr_ id.');
  return text;
}

export function token(text: string): string {
  if (!isToken(text)) throw new InvalidArgumentError('must be one word of a-z, 0-9, _ and -.');
  return text;
}

export function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('must be a whole number.');
  return Number(text);
}

export function minor(text: string): number {
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || !isAmount(value))
    throw new InvalidArgumentError('must be a positive whole number of minor units.');
  return value;
}

export function probability(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('must lie between 0 and 1.');
  return value;
}

export function time(text: string): number {
  const at = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('must be a time in UTC such as 2026-12-31T18:00:00Z.');
  return at;
}

/** `selection=odds` pairs as odds in thousandths by selection. */
export function oddsOf(pairs: readonly string[]): Record<string, number> {
  return numbersOf(pairs, /^([^=\s]+)=(\d{1,4}(?:\.\d{1,3})?)$/, { scale: 1_000, example: 'selection=odds, such as yes=1.90' });
}

/** `selection=probability` pairs in millionths by selection. */
export function shareOf(pairs: readonly string[]): Record<string, number> {
  return numbersOf(pairs, /^([^=\s]+)=(0\.\d{1,6})$/, { scale: 1_000_000, example: 'selection=probability, such as yes=0.55' });
}

function numbersOf(
  pairs: readonly string[],
  shape: RegExp,
  { example, scale }: { readonly scale: number; readonly example: string },
): Record<string, number> {
  const found: Record<string, number> = {};
  for (const text of pairs) {
    const [, name, value] = shape.exec(text) ?? [];
    if (name === undefined) throw new InvalidArgumentError(`${text} is not ${example}`);
    if (Object.hasOwn(found, name)) throw new InvalidArgumentError(`${name} is named twice`);
    found[name] = Math.round(Number(value) * scale);
  }
  return found;
}

/** After the price of a leg: the lead at which a handicap was struck in play. */
export function leadText({ lead }: StruckLeg): string {
  return lead === undefined ? '' : `, struck with home at ${lead > 0 ? '+' : ''}${lead}`;
}
