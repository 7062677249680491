// RecallMarket: a market that left memory after its correction window comes back as it was, settled, and can be disputed and corrected like any
// other until it leaves again. No money moves. What it was is not in state: it stands in the command's context, read from the journal beforehand.
import { assert } from '../../base/assert.ts';
import { refuse } from '../../base/refusal.ts';
import { addTo } from '../../bets/live-handicap.ts';
import { type Market, makeMarket } from '../../bets/market.ts';
import { parseMarketId } from '../../catalog/market.ts';
import type { Context, Envelope } from '../../kernel/command.ts';
import { type Decision, event, type NewEvent } from '../../kernel/event.ts';
import { type LedgerState, marketOf } from '../../kernel/state.ts';
import type { RecallMarket } from '../corrections/correction-commands.ts';
import { SettledBets } from '../corrections/settled-bets.ts';
import { archiveKey } from '../timer-keys.ts';
import { EACH_WAY_MARK, type LoadedMarket, type MarketFacts, PENDING_MARK, RECALL_BETS_MAX } from './market-file.ts';

/** Bets of one event. */
export const RECALL_CHUNK_BETS = 1_000;

export function recallMarket(ledger: LedgerState, envelope: Envelope<RecallMarket>, context: Context): Decision {
  const { marketId } = envelope.cmd;
  if (typeof marketId !== 'string' || !parseMarketId(marketId)) return refuse('malformed', { path: '/marketId' });
  if (marketOf(ledger, marketId)) return refuse('already_resolved', { path: '/marketId' });
  const loaded = context.loaded as LoadedMarket | undefined;
  // Whoever decides without a journal to read has nothing to recall from.
  if (!loaded) return refuse('correction_closed', { path: '/marketId' });
  if ('code' in loaded) {
    const size = loaded.code === 'too_large' ? { need: RECALL_BETS_MAX, have: loaded.have } : {};
    return refuse(loaded.code, { path: '/marketId', ...size });
  }
  const { bets, facts } = loaded;
  assert(loaded.marketId === marketId, 'another market was loaded');
  const cause = { envelope, context };
  const by = envelope.actor.ownerId;
  const events: NewEvent[] = [event(cause, 'MarketRecalled', { bets: bets.length, by, market: facts, marketId })];
  for (let at = 0; at < bets.length; at += RECALL_CHUNK_BETS)
    events.push(event(cause, 'BetsRecalled', { bets: bets.slice(at, at + RECALL_CHUNK_BETS), marketId }));
  return events;
}

export function onMarketRecalled(ledger: LedgerState, e: NewEvent<'MarketRecalled'>): void {
  const { bets, market: facts, marketId } = e.data;
  const name = parseMarketId(marketId);
  assert(name, () => `${marketId} is no market id`);
  const market = makeMarket(ledger.markets.length, { ...name, marketId, startAt: facts.startAt }, facts);
  market.status = 'settled';
  market.suspensions = facts.suspensions;
  market.outcomes = { ...facts.outcomes };
  market.settledBets = bets;
  market.settledStakeMinor = facts.stakedMinor;
  market.returnedMinor = facts.returnedMinor;
  market.runners?.withdrawals.push(...(facts.withdrawals ?? []));
  ledger.markets.push(market);
  ledger.marketRows.set(marketId, market.row);
  const { corrections } = ledger;
  corrections.markets.set(market.row, { paid: new SettledBets(), byHand: facts.byHand, plan: null, forgetting: false });
  putFixture(ledger, market, facts);
  ledger.timers.set(archiveKey(marketId), e.at + ledger.limits.correctionWindowMs);
}

/** The fixture may still be there with other markets: then it knows more than the file. */
function putFixture(ledger: LedgerState, { eventId, row }: Market, facts: MarketFacts): void {
  const fixture = ledger.fixtures.get(eventId);
  if (fixture) fixture.markets.push(row);
  else {
    const resultVersions = new Map(facts.resultVersions);
    ledger.fixtures.set(eventId, { eventId, markets: [row], worstLossMinor: 0, resultVersions, resulted: true });
  }
  const { reports } = ledger.corrections;
  if (facts.reports.length > 0 && !reports.has(eventId)) reports.set(eventId, [...facts.reports]);
}

export function onBetsRecalled(ledger: LedgerState, { data }: NewEvent<'BetsRecalled'>): void {
  const market = marketOf(ledger, data.marketId);
  assert(market, () => `${data.marketId} is unknown`);
  const { paid } = ledger.corrections.market(market.row);
  for (const [betId, id, selection, oddsMilli, minOddsMilli, stakeMinor, placedAt, suspensions, marks, returned] of data.bets) {
    const holder = ledger.holderRows.get(id);
    assert(holder !== undefined, () => `${id} is unknown`);
    addTo(market.payoutsMinor, selection, 0); // a handicap's leads are known by the bets struck at them
    const bet = { betId, holder, market: market.row, selection, oddsMilli, minOddsMilli, stakeMinor, placedAt, suspensions };
    const eachWay = (marks & EACH_WAY_MARK) === 0 ? {} : { eachWay: true };
    paid.push({ ...bet, pending: (marks & PENDING_MARK) !== 0, ...eachWay }, returned);
  }
}
