// Bans on their way from the home ledger to the others: a ledger asks to be told, is told a few hundred at a time, and home notes how far it got.
// A word that comes twice changes nothing; one that is lost is asked for again, because home knows what it owes.
import { unreachable } from '../base/assert.ts';
import { isId } from '../base/ids.ts';
import { refuse } from '../base/refusal.ts';
import { onBarred } from '../exchange/orders/pull-orders.ts';
import type { Command, Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import { isLedgerId } from '../ledger/shard.ts';
import { type BanRow, BANS_PER_COMMAND, HOME_LEDGER } from './bans.ts';
import type { BanCommand, FollowBans, NoteBansTold, TakeBans } from './play-commands.ts';

interface Cause {
  readonly envelope: Envelope;
  readonly context: Context;
}

export function isBanCommand(cmd: Command): cmd is BanCommand {
  return cmd.type === 'FollowBans' || cmd.type === 'TakeBans' || cmd.type === 'NoteBansTold';
}

export function decideBans(ledger: LedgerState, envelope: Envelope<BanCommand>, context: Context): Decision {
  const { cmd } = envelope;
  const cause = { envelope, context };
  switch (cmd.type) {
    case 'FollowBans':
      return followBans(ledger, cause, cmd);
    case 'TakeBans':
      return takeBans(ledger, cause, cmd);
    case 'NoteBansTold':
      return noteBansTold(ledger, cause, cmd);
    default:
      return unreachable(cmd, 'command');
  }
}

/** `have` of the refusal says how far a ledger that follows already has to get. */
function followBans({ bans, ledgerId }: LedgerState, cause: Cause, { follower }: FollowBans): Decision {
  if (ledgerId !== HOME_LEDGER) return refuse('not_found', { path: '/ledgerId' });
  if (!isLedgerId(follower)) return refuse('malformed', { path: '/follower' });
  if (follower === ledgerId) return refuse('same_ledger', { path: '/follower' });
  if (bans.toldTo(follower) !== undefined) return refuse('already_resolved', { have: bans.last, path: '/follower' });
  return [event(cause, 'BansFollowed', { follower })];
}

function takeBans(ledger: LedgerState, cause: Cause, { bans, upTo }: TakeBans): Decision {
  if (ledger.ledgerId === HOME_LEDGER) return refuse('same_ledger', { path: '/ledgerId' });
  if (!isCount(upTo)) return refuse('malformed', { path: '/upTo' });
  if (!Array.isArray(bans) || bans.length > BANS_PER_COMMAND)
    return refuse('malformed', { need: BANS_PER_COMMAND, path: '/bans' });
  const wrong = bans.findIndex((row) => !isBanRow(row));
  if (wrong >= 0) return refuse('malformed', { path: `/bans/${wrong}` });
  const { takenUpTo } = ledger.bans;
  if (takenUpTo !== null && upTo <= takenUpTo) return refuse('already_resolved', { have: takenUpTo, path: '/upTo' });
  const { now } = cause.context;
  return [event(cause, 'BansTaken', { bans: bans.map((row) => joined(ledger, row, now)), upTo })];
}

function noteBansTold({ bans }: LedgerState, cause: Cause, { follower, upTo }: NoteBansTold): Decision {
  const told = bans.toldTo(follower);
  if (told === undefined) return refuse('not_found', { path: '/follower' });
  if (!isCount(upTo) || upTo > bans.last) return refuse('malformed', { need: bans.last, path: '/upTo' });
  if (upTo <= told) return refuse('already_resolved', { have: told, path: '/upTo' });
  return [event(cause, 'BansTold', { follower, upTo })];
}

/** Home decides; but what the person set here himself is not made shorter. */
function joined(ledger: LedgerState, [ownerId, excludedUntil, selfExcludedUntil, coolOffUntil]: BanRow, now: number): BanRow {
  const here = ledger.play.find(ownerId);
  const self = Math.max(selfExcludedUntil, here?.selfExcludedUntil ?? 0);
  const excluded = self > now ? Math.max(excludedUntil, self) : excludedUntil;
  return [ownerId, excluded, self, Math.max(coolOffUntil, here?.coolOffUntil ?? 0)];
}

function isBanRow(row: unknown): boolean {
  return Array.isArray(row) && row.length === 4 && isId('usr', row[0]) && row.slice(1).every(isCount);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** What home tells of these people. */
export function banRows(ledger: LedgerState, owners: readonly string[]): BanRow[] {
  return owners.map((ownerId) => {
    const person = ledger.play.find(ownerId);
    return [ownerId, ledger.exclusions.get(ownerId) ?? 0, person?.selfExcludedUntil ?? 0, person?.coolOffUntil ?? 0];
  });
}

export function onBansEvent(ledger: LedgerState, e: NewEvent<'BansFollowed' | 'BansTaken' | 'BansTold'>): void {
  if (e.type === 'BansFollowed') return ledger.bans.follow(e.data.follower, everybodyBarred(ledger));
  if (e.type === 'BansTold') return ledger.bans.tell(e.data.follower, e.data.upTo);
  ledger.bans.takenUpTo = e.data.upTo;
  ledger.bans.waits = false;
  for (const row of e.data.bans) takeBan(ledger, row, e.at);
}

function takeBan(ledger: LedgerState, row: BanRow, at: number): void {
  const [ownerId, excludedUntil, selfExcludedUntil, coolOffUntil] = row;
  if (excludedUntil === 0) ledger.exclusions.delete(ownerId);
  else ledger.exclusions.set(ownerId, excludedUntil);
  if (selfExcludedUntil > 0 || coolOffUntil > 0)
    Object.assign(ledger.play.enter(ledger, ownerId), { selfExcludedUntil, coolOffUntil });
  if (Math.max(excludedUntil, coolOffUntil) > at) onBarred(ledger, ownerId);
}

function everybodyBarred({ exclusions, play }: LedgerState): Set<string> {
  const cooling = [...play.people()].filter(({ coolOffUntil }) => coolOffUntil > 0);
  return new Set([...exclusions.keys(), ...cooling.map(({ ownerId }) => ownerId)]);
}
