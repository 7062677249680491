// What /ws/live says of one journal event: to everybody, the state of markets and results; to whom it belongs, bets, orders and movements of money.
// Pure. An event is at most one frame for a reader, so after a frame a reader has everything up to its number.
import type { NewEvent } from '#core/kernel/event.ts';
import type { Posting } from '#core/ledger/accounts.ts';

/** The journal events that a screen may care about; all others are not even parsed. */
export const TOLD =
  /"type":"(?:Market(?:Opened|Suspended|Reopened|Closed|Resulted)|SettlementFinished|BetPlaced|BetAccepted|BetRejected|BetVoided|BetCashedOut|BetsSettled|OrderPlaced|OrderReleased|OrdersMatched|OrdersReduced|StartingPriceMade|MatchedBetsReduced|NetBets(?:Settled|Reversed)|CommissionCharged|FundsIssued|FundsReclaimed|Transfer(?:Sent|Received|Returned)|BotBorn)"/;

const ACCOUNT = /^player:([^:]+):(available|held|debt)$/;
const MARKET_STATUS: Partial<Record<NewEvent['type'], string>> = {
  MarketOpened: 'open',
  MarketSuspended: 'suspended',
  MarketReopened: 'open',
  MarketClosed: 'closed',
  SettlementFinished: 'settled',
};

/** True when a holder's money and bets are this reader's to see. */
export type Sees = (holder: string) => boolean;

/** The frame of event `n` for a reader; null when there is nothing in it for it. `orders` are those of its orders that the event changed. */
export function liveFrame(
  { event, n }: { readonly event: NewEvent; readonly n: number },
  sees: Sees,
  orders: readonly object[] = [],
): object | null {
  const about = publicPart(event) ?? (orders.length > 0 ? { type: 'orders', orders } : ownPart(event, sees));
  const moves = movesOf(event.postings ?? [], sees);
  if (!about && moves.length === 0) return null;
  return { ...(about ?? { type: 'wallet' }), n, at: event.at, ...(moves.length > 0 ? { moves } : {}) };
}

/** A holder that this event brings into being, and whose it is. */
export function newHolder(event: NewEvent): { holder: string; ownerId: string; tenantId: string } | null {
  if (event.type === 'BotBorn') return { ...event.data, holder: event.data.botId };
  if (event.type !== 'FundsIssued' && event.type !== 'TransferReceived') return null;
  const { holder, ownerId, tenantId } = event.data;
  return { holder, ownerId, tenantId };
}

function publicPart(event: NewEvent): object | null {
  if (event.type === 'MarketResulted') {
    const { eventId, scores, status } = event.data;
    return { type: 'result', eventId, status, scores };
  }
  const status = MARKET_STATUS[event.type];
  return status === undefined ? null : { type: 'market', marketId: (event.data as { marketId: string }).marketId, status };
}

function ownPart(event: NewEvent, sees: Sees): object | null {
  if (event.type === 'BetsSettled') {
    const bets = event.data.bets.filter(([, holder]) => sees(holder));
    const settled = bets.map(([betId, holder, returnMinor]) => ({ betId, holder, returnMinor }));
    return bets.length === 0 ? null : { type: 'settled', marketId: event.data.marketId, bets: settled };
  }
  if (event.type === 'BetsVoided') {
    const bets = event.data.bets.filter(([, holder]) => sees(holder));
    const { marketId, reason } = event.data;
    const back = bets.map(([betId, holder, returnMinor]) => ({ betId, holder, returnMinor }));
    return bets.length === 0 ? null : { type: 'voided', marketId, reason, bets: back };
  }
  if (event.type === 'EachWayPlaced') {
    const { betId, eachWay, holder, legs, stakeMinor, status } = event.data;
    return sees(holder) ? { type: 'bet', betId, holder, status, legs, stakeMinor, eachWay } : null;
  }
  if (event.type === 'BetPlaced') {
    const { betId, holder, legs, stakeMinor, status } = event.data;
    return sees(holder) ? { type: 'bet', betId, holder, status, legs, stakeMinor } : null;
  }
  if (event.type === 'BetCashedOut') {
    const { amountMinor, betId, holder, remainingMinor, stakeMinor } = event.data;
    return sees(holder) ? { type: 'cash_out', betId, holder, stakeMinor, amountMinor, remainingMinor } : null;
  }
  if (event.type !== 'BetAccepted' && event.type !== 'BetRejected' && event.type !== 'BetVoided') return null;
  const { betId, holder } = event.data;
  if (!sees(holder)) return null;
  if (event.type === 'BetAccepted') return { type: 'bet', betId, holder, status: 'accepted', oddsMilli: event.data.oddsMilli };
  return { type: 'bet', betId, holder, status: event.type === 'BetVoided' ? 'void' : 'rejected', reason: event.data.reason };
}

/** What came to (plus) and went from (minus) each account of the reader's holders. */
function movesOf(postings: readonly Posting[], sees: Sees): object[] {
  return postings.flatMap(({ amountMinor, currency, from, to }) =>
    [
      { path: from, amountMinor: -amountMinor },
      { path: to, amountMinor },
    ].flatMap(({ amountMinor: moved, path }) => {
      const [, holder, account] = ACCOUNT.exec(path) ?? [];
      return holder !== undefined && sees(holder) ? [{ holder, account, amountMinor: moved, currency }] : [];
    }),
  );
}
