// What an operator takes back: bets of a market that were struck at a palpable error (by time, selection or price), or the whole market.
import { type Refusal, refuse } from '../../base/refusal.ts';
import { isToken } from '../../base/token.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../../kernel/event.ts';
import { type LedgerState, marketOf } from '../../kernel/state.ts';
import { OPERATOR, resettle } from '../../settlement/corrections/resettle.ts';
import { voidOutcomes } from '../../settlement/declare.ts';
import type { Market } from '../market.ts';
import type { VoidBets, VoidMarket } from './void-commands.ts';
import { beginSweep, type VoidWish, voidKey } from './sweep.ts';

/** Sweeps of one market that wait at a time. */
export const SWEEPS_MAX = 32;

export function voidBets(ledger: LedgerState, envelope: Envelope<VoidBets>, context: Context): Decision {
  const { cmd } = envelope;
  const market = openMarketOf(ledger, cmd);
  if ('code' in market) return market;
  const wish = readWish(market, cmd);
  if ('code' in wish) return wish;
  if ((market.sweeps?.length ?? 0) >= SWEEPS_MAX) return refuse('busy', { have: SWEEPS_MAX, need: SWEEPS_MAX });
  const { marketId, reason } = cmd;
  return [event({ envelope, context }, 'VoidingStarted', { bets: market.bets, marketId, reason, wish })];
}

export function onVoidingStarted(ledger: LedgerState, e: NewEvent<'VoidingStarted'>): void {
  const { marketId, reason, wish } = e.data;
  const market = marketOf(ledger, marketId) as Market;
  const { selectionId, ...rest } = wish;
  const selection = selectionId === undefined ? {} : { selection: market.selections.indexOf(selectionId) };
  beginSweep(ledger, market, { reason, wish: { ...rest, ...selection } });
  ledger.timers.set(voidKey(marketId), e.at);
}

/** A settlement by hand in which everything is void; of a settled market, a correction. */
export function voidMarket(ledger: LedgerState, envelope: Envelope<VoidMarket>, context: Context): Decision {
  const { marketId, reason } = envelope.cmd;
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  if (!market) return refuse('not_found', { path: '/marketId' });
  const outcomes = voidOutcomes(market);
  const by = envelope.actor.ownerId;
  return resettle(ledger, { envelope, context }, market, { outcomes, by, source: OPERATOR, reason });
}

function openMarketOf(ledger: LedgerState, { marketId, reason }: { marketId: string; reason: string }): Market | Refusal {
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  if (!market) return refuse('not_found', { path: '/marketId' });
  // What is paid is corrected, not voided.
  return market.outcomes === null ? market : refuse('already_resolved', { path: '/marketId' });
}

type NamedWish = Omit<VoidWish, 'selection'> & { readonly selectionId?: string };

function readWish(market: Market, cmd: VoidBets): NamedWish | Refusal {
  const { oddsMilliFrom, placedFrom, placedUntil, selectionId } = cmd;
  const wish: Record<string, number | string> = {};
  for (const [name, value] of Object.entries({ oddsMilliFrom, placedFrom, placedUntil })) {
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0) return refuse('malformed', { path: `/${name}` });
    wish[name] = value;
  }
  if (selectionId !== undefined) {
    if (!market.selections.includes(selectionId)) return refuse('not_found', { path: '/selectionId' });
    wish.selectionId = selectionId;
  }
  // Everything is what VoidMarket is for; here somebody forgot to say what.
  return Object.keys(wish).length > 0 ? (wish as NamedWish) : refuse('malformed', { path: '/placedFrom' });
}
