// OpenDispute: a person says that an own bet was settled wrongly, or one leg of it. Once a settlement, a few at a time, and while it can still be
// corrected.
import { isId } from '../base/ids.ts';
import { refuse } from '../base/refusal.ts';
import type { Context, Envelope } from '../kernel/command.ts';
import type { Market } from '../bets/market.ts';
import { type Decision, event } from '../kernel/event.ts';
import { type LedgerState, marketOf } from '../kernel/state.ts';
import type { Holder } from '../ledger/holder.ts';
import { actsFor } from '../risk/gate.ts';
import { DISPUTE_REASONS, disputeIdOf, type OpenDispute } from './dispute-commands.ts';
import { DISPUTES_OPEN_MAX } from './disputes.ts';

const HASH = /^[0-9a-f]{64}$/;

export function openDispute(ledger: LedgerState, envelope: Envelope<OpenDispute>, context: Context): Decision {
  const { betId, evidenceHash, marketId, reason } = envelope.cmd;
  if (!isId('bet', betId)) return refuse('malformed', { path: '/betId' });
  if (!DISPUTE_REASONS.includes(reason)) return refuse('malformed', { path: '/reason' });
  if (typeof evidenceHash !== 'string' || !HASH.test(evidenceHash)) return refuse('malformed', { path: '/evidenceHash' });
  const market = typeof marketId === 'string' ? marketOf(ledger, marketId) : undefined;
  const holder = market && holderOn(ledger, market, betId);
  if (!holder || !actsFor(envelope.actor, holder)) return refuse('not_found', { path: '/betId' });
  // A market that leaves memory piece by piece can no longer be taken back as a whole.
  if (ledger.corrections.markets.get(market.row)?.forgetting === true) return refuse('correction_closed', { path: '/betId' });
  if (ledger.disputes.ofBet(betId, marketId)) return refuse('already_resolved', { path: '/betId' });
  const { disputesOpenMax, disputeLifeMs } = ledger.limits;
  const have = ledger.disputes.openCountOf(holder.ownerId);
  if (have >= disputesOpenMax) return refuse('limit_user', { need: disputesOpenMax, have });
  const { openCount } = ledger.disputes;
  if (openCount >= DISPUTES_OPEN_MAX) return refuse('limit_house', { need: DISPUTES_OPEN_MAX, have: openCount });
  return [
    event({ envelope, context }, 'DisputeOpened', {
      betId,
      disputeId: disputeIdOf(envelope.commandId),
      dueAt: context.now + disputeLifeMs,
      evidenceHash,
      holder: holder.id,
      marketId: market.marketId,
      ownerId: holder.ownerId,
      reason,
    }),
  ];
}

/** Whose bet the market's settlement decided, alone or as a leg. */
function holderOn(ledger: LedgerState, { row }: Market, betId: string): Holder | undefined {
  const { corrections, holders, multiples } = ledger;
  const paid = corrections.markets.get(row)?.paid;
  if (!paid) return undefined;
  const place = paid.find(betId);
  if (place >= 0) return holders[paid.holderAt(place)];
  const bet = multiples.find(betId);
  if (bet < 0) return undefined;
  const isDecided = multiples.legsOf(bet).some((leg) => multiples.legs.market[leg] === row && multiples.legs.decided[leg] === 1);
  return isDecided ? holders[multiples.bets.holder[bet] as number] : undefined;
}
