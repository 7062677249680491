// Rows of the read models as the wire shows them.
import type { z } from 'zod';
import { parseMarketId, selectionsOf } from '#core/catalog/market.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type {
  BetLegRow,
  BetRow,
  BotRow,
  DecisionRow,
  EntryRow,
  FixtureRow,
  LeaderRow,
  LedgerRow,
  MarketRow,
  OrderRow,
  ReviewRow,
  TransferRow,
} from '#ports/read-models.ts';
import type {
  Money,
  zBot,
  zDecision,
  zEntry,
  zEvent,
  zLeader,
  zLedger,
  zMarket,
  zOdds,
  zReviewItem,
  zTransfer,
  zWallet,
} from './contract.ts';
import type { Told } from './questions/questions.ts';
import type { zBet } from './routes/betting/bet-contract.ts';
import type { zOrder } from './routes/betting/order-contract.ts';

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

export function money(amountMinor: number, currency: string): Money {
  return { amountMinor, currency };
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : timeText(ms);
}

export function eventWire(row: FixtureRow): z.infer<typeof zEvent> {
  return { ...row, startAt: timeText(row.startAt) };
}

export function marketWire(row: MarketRow): z.infer<typeof zMarket> {
  const name = parseMarketId(row.marketId);
  const { eventId, marketId, status } = row;
  return {
    marketId,
    eventId,
    type: name?.type ?? '',
    stat: name?.stat ?? '',
    period: name?.period ?? '',
    lineQuarters: name?.lineQuarters ?? null,
    selections: [...(row.stated?.selections ?? (name ? selectionsOf(name.type) : []))],
    places: row.stated?.places ?? null,
    eachWay: row.stated?.eachWay ? { ...row.stated.eachWay } : null,
    withdrawn: [...row.withdrawn],
    startAt: timeText(row.startAt),
    status,
    settledAt: timeOrNull(row.settledAt),
    outcomes:
      row.outcomes && Object.fromEntries(Object.entries(row.outcomes).map(([selection, parts]) => [selection, [...parts]])),
  };
}

export function oddsWire(quote: Quote): z.infer<typeof zOdds> {
  const { betDelayMs, from, inPlay, marketId, prices, quoteSeq, score, source, status } = quote;
  return {
    marketId,
    quoteSeq,
    status,
    inPlay,
    betDelayMs,
    prices: prices.map((price) => ({ ...price })),
    book: source,
    source: from ?? source, // who said the price, as a bet on it will name him
    observedAt: timeText(quote.observedAt),
    confirmedAt: timeText(quote.confirmedAt),
    score: score ? { ...score } : null,
  };
}

export function walletWire(row: Omit<Told<'wallet'>, 'ownerId' | 'tenantId'>): z.infer<typeof zWallet> {
  const { availableMinor, currency, debtMinor, heldMinor, holder, status } = row;
  return {
    holder,
    available: money(availableMinor, currency),
    held: money(heldMinor, currency),
    debt: money(debtMinor, currency),
    status,
  };
}

export function entryWire(row: EntryRow): z.infer<typeof zEntry> {
  const { amountMinor, at, cause, currency, from, holder, n, seq, to } = row;
  return {
    entryId: `${seq}.${n}`,
    at: timeText(at),
    holder,
    from,
    to,
    amount: money(amountMinor, currency),
    cause,
    availableAfter: money(row.availableMinor, currency),
    heldAfter: money(row.heldMinor, currency),
    debtAfter: money(row.debtMinor, currency),
  };
}

type BetWire = z.infer<typeof zBet>;

export function betWire(row: BetRow): BetWire {
  const { betId, currency, holder, legs, lines, reason, status, system } = row;
  const [first] = legs;
  return {
    betId,
    holder,
    legs: legs.map((leg) => legWire(leg, system !== null)),
    stake: money(row.stakeMinor, currency),
    return: row.returnMinor === null ? null : money(row.returnMinor, currency),
    status,
    reason,
    quote: system === null && first ? quoteWire(first) : null,
    placedAt: timeText(row.placedAt),
    settledAt: timeOrNull(row.settledAt),
    eachWay: row.eachWay && { ...row.eachWay },
    cashedOut:
      row.cashedStakeMinor === 0
        ? null
        : { stake: money(row.cashedStakeMinor, currency), amount: money(row.cashedMinor, currency) },
    system: (system ?? 'single') as BetWire['system'],
    lines,
  };
}

function legWire(leg: BetLegRow, isOneOfSeveral: boolean): BetWire['legs'][number] {
  const { lead, marketId, oddsMilli, outcome, selectionId } = leg;
  const struck = { marketId, selectionId, lead, oddsMilli };
  if (!isOneOfSeveral) return struck;
  const quote = quoteWire(leg);
  if (outcome === null) return { ...struck, quote, outcome: null };
  const [wonNum = 0, wonDen = 1, backNum = 0, backDen = 1] = outcome;
  const result = resultOf(wonNum / wonDen, backNum / backDen);
  return { ...struck, quote, outcome: { result, won: [wonNum, wonDen], back: [backNum, backDen] } };
}

type LegResult = NonNullable<BetWire['legs'][number]['outcome']>['result'];

/** A word for the usual outcomes; `part` for what only its fractions say, such as a dead heat. */
function resultOf(won: number, back: number): LegResult {
  if (back === 0) return won === 1 ? 'won' : won === 0 ? 'lost' : 'part';
  if (won === 0) return back === 1 ? 'void' : back === 0.5 ? 'half-lost' : 'part';
  return won === 0.5 && back === 0.5 ? 'half-won' : 'part';
}

function quoteWire({ quoteAgeMs, quoteSeq, quoteSource }: BetLegRow): NonNullable<BetWire['quote']> {
  return { seq: quoteSeq, source: quoteSource, ageMs: quoteAgeMs };
}

export function orderWire(row: OrderRow): z.infer<typeof zOrder> {
  const { currency, endedMinor, matchedMinor, matchedValue: _value, placedAt, seq: _seq, sizeMinor, ...rest } = row;
  return {
    ...rest,
    size: money(sizeMinor, currency),
    matched: money(matchedMinor, currency),
    ended: money(endedMinor, currency),
    placedAt: timeText(placedAt),
  };
}

export function ledgerWire(row: LedgerRow): z.infer<typeof zLedger> {
  return { ...row };
}

export function transferWire(row: TransferRow): z.infer<typeof zTransfer> {
  const { amountMinor, at, currency, endedAt, ...rest } = row;
  return { ...rest, amount: money(amountMinor, currency), at: timeText(at), endedAt: timeOrNull(endedAt) };
}

export function botWire(row: BotRow): z.infer<typeof zBot> {
  return { ...row, bornAt: timeText(row.bornAt) };
}

export function decisionWire(row: DecisionRow): z.infer<typeof zDecision> {
  const { botId: _bot, ...rest } = row;
  return { ...rest, at: timeText(row.at) };
}

export function leaderWire(row: LeaderRow): z.infer<typeof zLeader> {
  const { balanceMinor, currency, flatYieldCi95Ppm, profitMinor, turnoverMinor, ...rest } = row;
  return {
    ...rest,
    balance: money(balanceMinor, currency),
    turnover: money(turnoverMinor, currency),
    profit: money(profitMinor, currency),
    flatYieldCi95Ppm: flatYieldCi95Ppm && [...flatYieldCi95Ppm],
  };
}

export function reviewWire(row: ReviewRow): z.infer<typeof zReviewItem> {
  return { ...row, firstSeen: timeText(row.firstSeen), lastSeen: timeText(row.lastSeen), resolvedAt: timeOrNull(row.resolvedAt) };
}
