// Suspending a sport, a competition or everything, and reopening it. What opens in it meanwhile is suspended as well; what had been suspended
// for a reason of its own stays so when the scope reopens.
import { refuse } from '../base/refusal.ts';
import type { Market } from '../bets/market.ts';
import type { ChangeMarkets, Context, Envelope } from '../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import { type LedgerState, marketAt } from '../kernel/state.ts';
import { covers } from './target.ts';

/** Scopes suspended at once. */
const SCOPES_MAX = 1_000;

export function changeScope(ledger: LedgerState, envelope: Envelope<ChangeMarkets>, context: Context): Decision {
  const { reason, target: scope, type } = envelope.cmd;
  const { desk } = ledger;
  const cause = { envelope, context };
  if (desk.scopes.has(scope) === (type === 'SuspendMarket')) return refuse('already_resolved', { path: '/target' });
  if (type === 'SuspendMarket') {
    if (desk.scopes.size >= SCOPES_MAX) return refuse('too_large', { need: SCOPES_MAX, path: '/target' });
    const events: NewEvent[] = [event(cause, 'ScopeSuspended', { reason, scope })];
    for (const { marketId } of openMarketsIn(ledger, scope))
      events.push(event(cause, 'MarketSuspended', { marketId, reason, scope }));
    return events;
  }
  const events: NewEvent[] = [event(cause, 'ScopeReopened', { reason, scope })];
  for (const row of desk.heldOnlyBy(scope, (market) => marketAt(ledger, market).eventId))
    events.push(event(cause, 'MarketReopened', { marketId: marketAt(ledger, row).marketId, reason }));
  return events;
}

export function onScopeChanged(ledger: LedgerState, e: NewEvent<'ScopeSuspended' | 'ScopeReopened'>): void {
  if (e.type === 'ScopeSuspended') ledger.desk.scopes.add(e.data.scope);
  else ledger.desk.reopen(e.data.scope, (row) => marketAt(ledger, row).eventId);
}

function* openMarketsIn(ledger: LedgerState, scope: string): Iterable<Market> {
  for (const { eventId, markets } of ledger.fixtures.values()) {
    if (!covers(scope, eventId)) continue;
    for (const row of markets) {
      const market = marketAt(ledger, row);
      if (market.status === 'open') yield market;
    }
  }
}
