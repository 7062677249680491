// Opening the exchange of a market, and the off: the starting prices are made and the market turns in play.
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Market } from '../bets/market.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event } from '../kernel/event.ts';
import { type LedgerState, marketOf } from '../kernel/state.ts';
import { Draft } from './money/draft.ts';
import { SELECTIONS_MAX } from './book/orders.ts';
import { matchAtStartingPrice } from './orders/match-at-start.ts';
import type { ExchangeMarket } from './exchange.ts';
import type { Matching } from './orders/match-order.ts';
import type { OpenExchange, TurnInPlay } from './order-commands.ts';
import { BET_DELAY_MS_MAX, readTerms } from './terms.ts';

export function openExchange(ledger: LedgerState, envelope: Envelope<OpenExchange>, context: Context): Decision {
  const { marketId } = envelope.cmd;
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  if (!market) return refuse('not_found', { path: '/marketId' });
  if (market.status !== 'open' && market.status !== 'suspended') return refuse('market_closed', { path: '/marketId' });
  if (ledger.exchange.markets.has(market.row)) return refuse('already_resolved', { path: '/marketId' });
  if (market.selections.length > SELECTIONS_MAX) return refuse('malformed', { path: '/marketId', need: SELECTIONS_MAX });
  const read = readTerms(envelope.cmd.terms);
  if ('code' in read) return read;
  // In alphabetical order: an event is canonical JSON as it stands.
  const { commissionPpm, ladder, onSuspend, selfTrade, spLiabilityMinMinor, stakeMinMinor, stakeStepMinor } = read;
  const terms = { commissionPpm, ladder, onSuspend, selfTrade, spLiabilityMinMinor, stakeMinMinor, stakeStepMinor };
  return [event({ envelope, context }, 'ExchangeOpened', { marketId, terms })];
}

export function turnInPlay(ledger: LedgerState, envelope: Envelope<TurnInPlay>, context: Context): Decision {
  const { betDelayMs, marketId } = envelope.cmd;
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  const x = market && ledger.exchange.markets.get(market.row);
  if (!market || !x) return refuse('not_found', { path: '/marketId' });
  const fault = faultInTurn(market, x, betDelayMs);
  if (fault) return fault;
  const draft = new Draft(ledger, x, marketId);
  const of: Matching = { ledger, cause: { envelope, context }, market, x, draft };
  for (let selection = 0; selection < market.selections.length; selection++) matchAtStartingPrice(of, selection);
  draft.events.push(event(of.cause, 'MarketTurnedInPlay', { betDelayMs, marketId }));
  return draft.events;
}

function faultInTurn(market: Market, x: ExchangeMarket, betDelayMs: number): Refusal | null {
  if (!Number.isSafeInteger(betDelayMs) || betDelayMs < 0 || betDelayMs > BET_DELAY_MS_MAX)
    return refuse('malformed', { path: '/betDelayMs', need: BET_DELAY_MS_MAX });
  if (market.status !== 'open' && market.status !== 'suspended') return refuse('market_closed', { path: '/marketId' });
  if (x.leaving.length > 0) return refuse('market_suspended', { path: '/marketId', retryAfterMs: 50 });
  return x.inPlay ? refuse('already_resolved', { path: '/marketId' }) : null;
}
