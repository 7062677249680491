// Opening the exchange of a market, and the off: the starting prices are declared and the market turns in play. What it does to a hundred
// thousand orders follows by timer.
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Market } from '../bets/market.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import { type Decision, event } from '../kernel/event.ts';
import { type LedgerState, marketOf } from '../kernel/state.ts';
import { SELECTIONS_MAX } from './book/orders.ts';
import type { ExchangeMarket } from './exchange.ts';
import { declareOff } from './off/declare-off.ts';
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
  const startingPrices = declareOff(ledger.exchange, x, market.selections);
  const data = startingPrices.length > 0 ? { betDelayMs, marketId, startingPrices } : { betDelayMs, marketId };
  return [event({ envelope, context }, 'MarketTurnedInPlay', data)];
}

function faultInTurn(market: Market, x: ExchangeMarket, betDelayMs: number): Refusal | null {
  if (!Number.isSafeInteger(betDelayMs) || betDelayMs < 0 || betDelayMs > BET_DELAY_MS_MAX)
    return refuse('malformed', { path: '/betDelayMs', need: BET_DELAY_MS_MAX });
  if (market.status !== 'open' && market.status !== 'suspended') return refuse('market_closed', { path: '/marketId' });
  if (x.leaving.length > 0) return refuse('market_suspended', { path: '/marketId', retryAfterMs: 50 });
  return x.inPlay ? refuse('already_resolved', { path: '/marketId' }) : null;
}
