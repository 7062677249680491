// Birth, pause and retirement of bots as ledger holders. Their DNA lives elsewhere; the journal carries its hash.
import { assert } from '../base/assert.ts';
import { isId } from '../base/ids.ts';
import { refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import type { BirthBot, ChangeBot, Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { holderOf, type LedgerState } from '../kernel/state.ts';
import { addHolder } from '../ledger/funds.ts';
import { actsFor } from '../risk/gate.ts';

const DNA_HASH = /^[0-9a-f]{64}$/;

export function birthBot(ledger: LedgerState, envelope: Envelope<BirthBot>, context: Context): Decision {
  const { botId, dnaHash, ownerId, tenantId } = envelope.cmd;
  if (!isId('bot', botId)) return refuse('malformed', { path: '/botId' });
  if (!isId('usr', ownerId)) return refuse('malformed', { path: '/ownerId' });
  if (!isToken(tenantId)) return refuse('malformed', { path: '/tenantId' });
  if (typeof dnaHash !== 'string' || !DNA_HASH.test(dnaHash)) return refuse('malformed', { path: '/dnaHash' });
  if (holderOf(ledger, botId)) return refuse('already_resolved', { path: '/botId' });
  return [event({ envelope, context }, 'BotBorn', { botId, dnaHash, ownerId, tenantId })];
}

export function changeBot(ledger: LedgerState, envelope: Envelope<ChangeBot>, context: Context): Decision {
  const { botId, reason, type } = envelope.cmd;
  const bot = holderOf(ledger, botId);
  if (!bot || !isId('bot', botId)) return refuse('not_found', { path: '/botId' });
  // Through the API a person reaches only bots of his own.
  if (envelope.actor.via === 'api' && !actsFor(envelope.actor, bot)) return refuse('not_found', { path: '/botId' });
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  if (bot.retired) return refuse('dead', { path: '/botId' });
  const cause = { envelope, context };
  if (type === 'RetireBot') return [event(cause, 'BotRetired', { botId, reason })];
  if (bot.paused === (type === 'PauseBot')) return refuse('already_resolved', { path: '/botId' });
  return [event(cause, type === 'PauseBot' ? 'BotPaused' : 'BotResumed', { botId, reason })];
}

export function onBotBorn(ledger: LedgerState, e: NewEvent<'BotBorn'>): void {
  const { botId, dnaHash, ownerId, tenantId } = e.data;
  addHolder(ledger, { id: botId, ownerId, tenantId, dnaHash });
}

export function onBotChanged(ledger: LedgerState, e: NewEvent<'BotPaused' | 'BotResumed' | 'BotRetired'>): void {
  const bot = holderOf(ledger, e.data.botId);
  assert(bot, () => `${e.data.botId} is unknown`);
  if (e.type === 'BotRetired') bot.retired = true;
  else bot.paused = e.type === 'BotPaused';
}
