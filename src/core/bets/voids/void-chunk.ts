// One chunk of a sweep: stakes go back whole, what was voided and where to go on is stated in the event.
import { assert } from '../../base/assert.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, type EventData, type NewEvent } from '../../kernel/event.ts';
import { type LedgerState, marketOf } from '../../kernel/state.ts';
import { type Posting, posting } from '../../ledger/accounts.ts';
import type { Holder } from '../../ledger/holder.ts';
import { stakeOf } from '../each-way/each-way.ts';
import { endReferral } from '../../confirmation/answer-bet.ts';
import { closeBet, giveDayBack } from '../evolve-bets.ts';
import type { Market } from '../market.ts';
import type { OpenBets } from '../open-bets.ts';
import { releaseKey } from '../release-bet.ts';
import { isMeant, type Sweep, voidKey } from './sweep.ts';
import { CHUNK_BETS } from '../chunk.ts';

/** Bets looked at for one event: those that are not meant cost a look each. */
export const VOID_LOOKS = 20_000;

interface Chunk {
  readonly bets: [string, string, number][];
  readonly postings: Posting[];
  looks: number;
}

export function voidChunk(ledger: LedgerState, cause: { envelope: Envelope; context: Context }, market: Market): Decision {
  const sweep = market.sweeps?.[0];
  if (!sweep) return [];
  const chunk: Chunk = { bets: [], postings: [], looks: 0 };
  const single = walk(ledger, chunk, { bets: ledger.bets, from: sweep.single, market, sweep });
  const eachWay = single >= 0 ? sweep.eachWay : walk(ledger, chunk, { bets: ledger.eachWay, from: sweep.eachWay, market, sweep });
  const next = single >= 0 ? ledger.bets.get(single).betId : eachWay >= 0 ? ledger.eachWay.get(eachWay).betId : null;
  const { marketId } = market;
  const { bets, postings } = chunk;
  const data = { bets, marketId, ...(next === null ? {} : { next }), reason: sweep.reason };
  return [event(cause, 'BetsVoided', data, postings)];
}

/** Returns the row where the next chunk begins, or -1. */
function walk(
  ledger: LedgerState,
  chunk: Chunk,
  { bets, from, market, sweep }: { bets: OpenBets; from: number; market: Market; sweep: Sweep },
): number {
  let row = from;
  for (; row >= 0; row = bets.next(row)) {
    if (chunk.bets.length >= CHUNK_BETS || chunk.looks >= VOID_LOOKS) return row;
    chunk.looks++;
    const bet = bets.get(row);
    if (!isMeant(market, sweep.wish, bet)) continue;
    const holder = ledger.holders[bet.holder] as Holder;
    const stakeMinor = stakeOf(ledger, bets, bet);
    chunk.bets.push([bet.betId, holder.id, stakeMinor]);
    chunk.postings.push(posting(holder.held, holder.available, stakeMinor, ledger.currency));
  }
  return row;
}

export function onBetsVoided(ledger: LedgerState, e: NewEvent<'BetsVoided'>): void {
  const { bets, marketId, next } = e.data as EventData['BetsVoided'];
  for (const [betId, holder] of bets) {
    giveDayBack(ledger, closeBet(ledger, betId));
    ledger.timers.delete(releaseKey(betId));
    endReferral(ledger, betId, { end: 'void', holder, at: e.at });
  }
  const market = marketOf(ledger, marketId);
  const sweep = market?.sweeps?.[0];
  assert(market && sweep, () => `${marketId}: nothing is being voided`);
  if (next !== undefined) {
    sweep.single = ledger.bets.find(next);
    if (sweep.single < 0) sweep.eachWay = ledger.eachWay.find(next);
    return;
  }
  market.sweeps?.shift();
  if (market.sweeps?.length !== 0) return;
  market.sweeps = undefined;
  ledger.timers.delete(voidKey(marketId));
}
