// Opening, suspending, reopening and closing markets, one by one or for a whole fixture.
import { refuse } from '../base/refusal.ts';
import { isToken } from '../base/token.ts';
import { parseMarketId } from '../catalog/market.ts';
import type { ChangeMarkets, Context, Envelope, OpenMarket } from '../kernel/command.ts';
import { type Decision, event, type EventData, type NewEvent } from '../kernel/event.ts';
import { applyLimits } from '../desk/set-limits.ts';
import { changeScope } from '../desk/suspend-scope.ts';
import { isScope } from '../desk/target.ts';
import { type LedgerState, marketAt, marketOf } from '../kernel/state.ts';
import { reverseKey } from '../settlement/timer-keys.ts';
import { assert } from '../base/assert.ts';
import { type Market, type MarketStatus, marketFromId } from './market.ts';
import { readStated, type Stated } from './runners/stated-market.ts';

export function openMarket(ledger: LedgerState, envelope: Envelope<OpenMarket>, context: Context): Decision {
  const { marketId, startAt } = envelope.cmd;
  const name = typeof marketId === 'string' ? parseMarketId(marketId) : null;
  if (!name) return refuse('malformed', { path: '/marketId' });
  if (!Number.isSafeInteger(startAt)) return refuse('malformed', { path: '/startAt' });
  if (marketOf(ledger, marketId)) return refuse('already_resolved', { path: '/marketId' });
  if (ledger.fixtures.get(name.eventId)?.resulted) return refuse('market_closed', { path: '/marketId' });
  const stated = readStated(name.type, envelope.cmd);
  if ('code' in stated) return stated;
  const opened = event({ envelope, context }, 'MarketOpened', factsOf(marketId, startAt, stated));
  const scope = ledger.desk.scopeOver(name.eventId);
  if (scope === null) return [opened];
  return [opened, event({ envelope, context }, 'MarketSuspended', { marketId, reason: 'scope', scope })];
}

/** In alphabetical order: an event is canonical JSON as it stands. */
function factsOf(marketId: string, startAt: number, stated: Stated): EventData['MarketOpened'] {
  const { deductions, eachWay, places, selections } = stated;
  return {
    ...(deductions === undefined ? {} : { deductions }),
    ...(eachWay === undefined ? {} : { eachWay }),
    marketId,
    ...(places === undefined ? {} : { places }),
    ...(selections === undefined ? {} : { selections }),
    startAt,
  };
}

const CHANGES = {
  SuspendMarket: { type: 'MarketSuspended', from: ['open'], to: 'suspended' },
  ReopenMarket: { type: 'MarketReopened', from: ['suspended'], to: 'open' },
  CloseMarket: { type: 'MarketClosed', from: ['open', 'suspended'], to: 'closed' },
} as const;

export function changeMarkets(ledger: LedgerState, envelope: Envelope<ChangeMarkets>, context: Context): Decision {
  const { target, reason, type } = envelope.cmd;
  if (!isToken(reason)) return refuse('malformed', { path: '/reason' });
  if (type !== 'CloseMarket' && isScope(target) && !ledger.fixtures.has(target)) return changeScope(ledger, envelope, context);
  const markets = targetsOf(ledger, target);
  if (markets.length === 0) return refuse('not_found', { path: '/target' });
  // What a whole scope's suspension covers reopens with that and not before.
  if (type === 'ReopenMarket' && ledger.desk.scopeOver((markets[0] as Market).eventId) !== null)
    return refuse('market_suspended', { path: '/target' });
  const change = CHANGES[type];
  const events: NewEvent[] = [];
  for (const market of markets) {
    if (!(change.from as readonly MarketStatus[]).includes(market.status)) continue;
    events.push(event({ envelope, context }, change.type, { marketId: market.marketId, reason }));
  }
  return events.length > 0 ? events : refuse('already_resolved', { path: '/target' });
}

export function onMarketOpened(ledger: LedgerState, e: NewEvent<'MarketOpened'>): void {
  const { marketId } = e.data;
  const market = marketFromId(ledger.markets.length, e.data);
  assert(market, () => `${marketId} is no market id`);
  ledger.markets.push(market);
  ledger.marketRows.set(marketId, market.row);
  if (ledger.desk.limits.size > 0) applyLimits(ledger, market);
  const fixture = ledger.fixtures.get(market.eventId);
  if (fixture) fixture.markets.push(market.row);
  else {
    const { eventId } = market;
    ledger.fixtures.set(eventId, {
      eventId,
      markets: [market.row],
      worstLossMinor: 0,
      resultVersions: new Map(),
      resulted: false,
    });
  }
}

export function onMarketChanged(ledger: LedgerState, e: NewEvent<'MarketSuspended' | 'MarketReopened' | 'MarketClosed'>): void {
  const market = marketOf(ledger, e.data.marketId);
  assert(market, () => `${e.data.marketId} is unknown`);
  if (e.type === 'MarketClosed' && market.status === 'reversing') onLeftOpen(ledger, market);
  if (e.type === 'MarketSuspended') {
    market.suspensions++;
    if (e.data.scope !== undefined) ledger.desk.hold(market.row, e.data.scope);
  } else ledger.desk.release(market.row);
  market.status = e.type === 'MarketSuspended' ? 'suspended' : e.type === 'MarketReopened' ? 'open' : 'closed';
}

function targetsOf(ledger: LedgerState, target: string): Market[] {
  const market = marketOf(ledger, target);
  if (market) return [market];
  return (ledger.fixtures.get(target)?.markets ?? []).map((row) => marketAt(ledger, row));
}

/** A settlement was taken back and nothing came in its place: the market is as one that no result decided. */
function onLeftOpen(ledger: LedgerState, market: Market): void {
  market.outcomes = null;
  const kept = ledger.corrections.markets.get(market.row);
  if (kept) kept.plan = null;
  ledger.timers.delete(reverseKey(market.marketId));
}
