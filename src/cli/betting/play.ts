// palpite play: limits, cool-off and exclusion of a person, and those that an operator sets for him.
import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { LedgerState } from '#core/kernel/state.ts';
import { type Period, PERIODS } from '#core/play/calendar.ts';
import { FOR_GOOD, PLAY_KINDS, type PlayKind } from '#core/play/play-commands.ts';
import { sendCommand } from '#roles/operator-commands.ts';
import type { Refusal } from '#core/base/refusal.ts';
import { show } from '../session.ts';
import {
  act,
  type InLedger,
  inLedger,
  type Json,
  outcome,
  person,
  telling,
  time,
  withLedger,
  withOwner,
} from './operator-call.ts';

const HELP = `
An operator's limit stands beside the person's own, and the lower one binds. Lowering binds at once; raising or removing waits a day
for a daily limit, else seven days. What a person set himself can be seen here and not loosened. Amounts are minor units, time is minutes.

Examples:
  npx palpite play show usr_01J...
  npx palpite play limit usr_01J... loss week 50000
  npx palpite play limit usr_01J... loss week none           removes the operator's, after its wait
  npx palpite play exclude usr_01J... --until 2027-01-01T00:00:00Z
  npx palpite play exclude usr_01J... --lift                 in every ledger; never what he set himself`;

export function addPlay(program: Command): void {
  const play = program.command('play').description('responsible play: limits and exclusion of people').addHelpText('after', HELP);
  inLedger(play.command('show').argument('<person>', 'usr_ id', person).description('limits and bans of a person')).action(one);
  inLedger(
    play
      .command('limit')
      .argument('<person>', 'usr_ id', person)
      .addArgument(new Argument('<kind>', 'of what').choices(PLAY_KINDS))
      .addArgument(new Argument('<period>', 'each').choices(PERIODS))
      .argument('<value>', 'minor units, for time minutes; or none', value)
      .description('limit a person'),
  ).action(limit);
  telling(
    play
      .command('exclude')
      .argument('<person>', 'usr_ id', person)
      .description('take no bets of a person, in every ledger')
      .option('--until <time>', 'when it ends, UTC (default: never)', time)
      .option('--lift', 'end the exclusion instead'),
  ).action(exclude);
}

async function one(ownerId: string, options: InLedger): Promise<void> {
  await withLedger(options, (ledger, { clock }) => {
    show(stateOf(ledger, ownerId), options.json === true, ({ coolOffUntil, excludedUntil, limits, selfExcluded }) => {
      if (limits.length === 0) console.log('no limits');
      for (const { kind, period, setBy, value: bound, waiting } of limits)
        console.log(
          `${kind} a ${period}: ${bound ?? 'none'}  set by the ${setBy}${waiting ? `; ${waiting.value ?? 'none'} from ${textOf(waiting.dueAt)}` : ''}`,
        );
      if (coolOffUntil > clock.now()) console.log(`cools off until ${textOf(coolOffUntil)}`);
      if (excludedUntil > clock.now())
        console.log(
          `excluded ${excludedUntil >= FOR_GOOD ? 'for good' : `until ${textOf(excludedUntil)}`}${selfExcluded ? ', by himself' : ''}`,
        );
    });
  });
}

function stateOf(ledger: LedgerState, ownerId: string) {
  const found = ledger.play.find(ownerId);
  const keys = new Set([...(found?.limits.keys() ?? []), ...(found?.waiting.keys() ?? [])]);
  const excludedUntil = ledger.exclusions.get(ownerId) ?? 0;
  const selfExcludedUntil = found?.selfExcludedUntil ?? 0;
  return {
    ownerId,
    limits: [...keys].sort().map((key) => {
      const [setBy, kind, period] = key.split(':');
      return { kind, period, setBy, value: found?.limits.get(key) ?? null, waiting: found?.waiting.get(key) ?? null };
    }),
    coolOffUntil: found?.coolOffUntil ?? 0,
    excludedUntil,
    selfExcluded: selfExcludedUntil > 0 && excludedUntil >= selfExcludedUntil,
  };
}

// oxlint-disable-next-line max-params -- the arguments of the command line come one by one
async function limit(ownerId: string, kind: PlayKind, period: Period, bound: number | null, options: InLedger): Promise<void> {
  await act(options, {
    cmd: { type: 'SetPlayLimit', ownerId, kind, period, value: bound },
    lane: 'people',
    text: `${kind} a ${period} of ${ownerId}: ${bound ?? 'none'}`,
  });
}

async function exclude(
  ownerId: string,
  { json, lift, until = FOR_GOOD }: Json & { readonly until?: number; readonly lift?: boolean },
): Promise<void> {
  const end = lift ? 0 : until;
  await withOwner(async (context, owner) => {
    const refused: Refusal[] = [];
    const ledgers: string[] = [];
    for (const { ledgerId } of await context.ledgers()) {
      const cmd = { type: 'SetExclusion', ownerId, until: end } as const;
      const { result } = await sendCommand(context, { cmd, lane: 'control', ledgerId, ...owner });
      if (result === 'done') ledgers.push(ledgerId);
      else refused.push(result);
    }
    outcome(refused[0] ?? { ownerId, until: end, ledgers }, json, () =>
      lift
        ? `${ownerId} is no longer excluded`
        : `${ownerId} is excluded ${end >= FOR_GOOD ? 'for good' : `until ${textOf(end)}`}`,
    );
  });
}

function textOf(at: number): string {
  return new Date(at).toISOString();
}

function value(text: string): number | null {
  if (text === 'none') return null;
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('must be a whole number, or none.');
  return Number(text);
}
