// PlaceBet: holds the stake against the quote of this moment. In play the bet waits and is judged again on the quote at release.
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Context, Envelope, PlaceBet } from '../kernel/command.ts';
import { type Decision, event, type EventData } from '../kernel/event.ts';
import { availableMinor, type LedgerState } from '../kernel/state.ts';
import { posting } from '../ledger/accounts.ts';
import { type Approved, type BetToPlace, gateBet, gateExposure } from '../risk/gate.ts';
import { priceMaxMinor } from '../risk/gate-bettor.ts';
import { refereeOf, referBet } from '../confirmation/refer-bet.ts';
import { leadOf } from './live-handicap.ts';
import { takePrice, type TakenPrice } from './price.ts';

export function placeBet(ledger: LedgerState, envelope: Envelope<PlaceBet>, context: Context): Decision {
  const { cmd } = envelope;
  const bet = gateBet(ledger, envelope, context.now);
  if ('code' in bet) return bet;
  if (ledger.bets.find(cmd.betId) >= 0) return refuse('already_resolved', { path: '/betId' });
  const { market, selection } = bet;
  const price = takePrice(ledger, context, { market, selection, minOddsMilli: cmd.minOddsMilli, oddsPolicy: cmd.oddsPolicy });
  if ('code' in price) return price;
  const refused = refusedAtPrice(ledger, bet, price);
  if (refused) return refused;
  const hold = posting(bet.holder.available, bet.holder.held, cmd.stakeMinor, ledger.currency);
  const cause = { envelope, context };
  const data = placed(bet, price, context.now);
  const by = refereeOf(ledger, market, { quote: price.quote, stakeMinor: cmd.stakeMinor });
  if (by === null) return [event(cause, 'BetPlaced', data, [hold])];
  // In play the delay comes first: the bet is referred when it is released.
  if (data.status === 'pending') return [event(cause, 'BetPlaced', data, [hold])];
  const referral = { placed: data, placedAt: context.now, quoteSeq: price.quote.quoteSeq, by } as const;
  // The desk judges the price once more: by what the bettor takes.
  const policy = cmd.oddsPolicy === undefined || cmd.oddsPolicy === 'better' ? {} : { oddsPolicy: cmd.oddsPolicy };
  const { betId, holder, legs, minOddsMilli, quote, stakeMinor } = data;
  const pending = { betId, holder, legs, minOddsMilli, ...policy, quote, stakeMinor, status: 'pending' } as const;
  return [event(cause, 'BetPlaced', pending, [hold]), referBet(ledger, cause, referral)];
}

function refusedAtPrice(ledger: LedgerState, bet: Approved<BetToPlace>, price: TakenPrice): Refusal | null {
  const { cmd, holder, market, selection } = bet;
  const named = price.quote.prices.find((p) => p.selectionId === market.selections[selection])?.maxStakeMinor;
  const max = named === undefined || !ledger.desk.hasRules ? named : priceMaxMinor(ledger, holder.ownerId, named);
  if (max !== undefined && cmd.stakeMinor > max)
    return refuse('limit_market', { need: max, have: cmd.stakeMinor, path: '/stakeMinor' });
  const exposure = gateExposure(ledger, bet, price);
  if (exposure) return exposure;
  const available = availableMinor(ledger, holder);
  if (available < cmd.stakeMinor) return refuse('insufficient_funds', { need: cmd.stakeMinor, have: available });
  return null;
}

function placed(bet: Approved<BetToPlace>, price: TakenPrice, now: number): EventData['BetPlaced'] {
  const { cmd, market, selection } = bet;
  const { quote } = price;
  const { betId, holder, minOddsMilli, oddsPolicy, stakeMinor } = cmd;
  const leg = { marketId: market.marketId, oddsMilli: price.oddsMilli, selectionId: market.selections[selection] as string };
  const legs = [price.selection === selection ? leg : { lead: leadOf(price.selection), ...leg }];
  const seen = quoteSeen(price);
  // Two literals and no spread: this runs for every bet, and a spread costs as much as the rest of it.
  if (quote.betDelayMs <= 0) return { betId, holder, legs, minOddsMilli, quote: seen, stakeMinor, status: 'accepted' };
  const releaseAt = now + quote.betDelayMs;
  // The policy is only asked for again while the bet is pending, and only told when it is not the usual one.
  if (oddsPolicy === undefined || oddsPolicy === 'better')
    return { betId, holder, legs, minOddsMilli, quote: seen, releaseAt, stakeMinor, status: 'pending' };
  return { betId, holder, legs, minOddsMilli, oddsPolicy, quote: seen, releaseAt, stakeMinor, status: 'pending' };
}

/** What a bet's event tells of the quote it took. */
export function quoteSeen({ ageMs, quote }: TakenPrice): EventData['BetPlaced']['quote'] {
  const { quoteSeq: seq, score } = quote;
  const source = quote.from ?? quote.source;
  return score ? { ageMs, score: { away: score.away, home: score.home }, seq, source } : { ageMs, seq, source };
}
