// Bets that were referred to the supplier, as messages: made from the journal's own events, so that none is lost between the ledger and the bus.
import type { NewEvent } from '#core/kernel/event.ts';
import type { PlacedBet } from '#ports/bet-supplier.ts';
import type { Message } from '#ports/bus.ts';
import { decodeEvent } from '../journal/event-codec.ts';

/** Canonical JSON ends with the type: what is not of it is not parsed. */
const REFERRED = '"type":"BetReferred"';

/** `text`: a block's events, one a line. */
export function placedBets(text: string, correlationId: string): Message[] {
  if (!text.includes(REFERRED)) return [];
  return text
    .split('\n')
    .filter((line) => line.includes(REFERRED))
    .map(decodeEvent)
    .filter((e): e is NewEvent<'BetReferred'> => e.type === 'BetReferred' && e.data.by === 'supplier')
    .map((e) => messageOf(e, correlationId));
}

function messageOf({ data, ledgerId }: NewEvent<'BetReferred'>, correlationId: string): Message {
  const { betId, currency, dueAt, holder, legs, placedAt, quoteSeq, stakeMinor } = data;
  const body: PlacedBet = { betId, ledgerId, holder, legs, stakeMinor, currency, quoteSeq, placedAt, answerBy: dueAt };
  return { topic: 'bet_placed', key: betId, id: betId, type: 'bet', v: 1, correlationId, body: JSON.stringify(body) };
}

/** How many answers a block flagged. */
export function flaggedIn(text: string): number {
  return text.split('"type":"AnswerFlagged"').length - 1;
}
