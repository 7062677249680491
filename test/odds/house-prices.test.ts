// The house's own prices through everything: a rule in the ledger, prices from its bets, the desk's book, feed and pipeline, and bets at what came out.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { DeskFeed } from '#adapters/feeds/desk/desk-feed.ts';
import { MemoryAliases } from '#adapters/memory/memory-aliases.ts';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MemoryDeskBook } from '#adapters/memory/memory-desk-book.ts';
import { MemoryOddsStore } from '#adapters/memory/memory-odds-store.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { evolve } from '#core/evolve.ts';
import { ANA, answerOf, TENANT, World } from '#core/kernel/world-for-tests.ts';
import type { Pricing } from '#core/pricing/pricing-commands.ts';
import { initialShard, type LedgerState, marketOf } from '#core/kernel/state.ts';
import { DeskOffice } from '#engine/desk/desk-office.ts';
import { type Ingest, startIngest } from '#engine/odds/ingest.ts';
import { type OddsProcessor, startOddsProcessor } from '#engine/odds/odds-processor.ts';
import { HousePricer } from '#engine/pricing/house-pricer.ts';
import { DESK_FEED } from '#ports/desk-book.ts';
import { realClock as clock, until } from './pipeline-harness.ts';

const HOUR = 3_600_000;
let book: MemoryDeskBook;
let store: MemoryOddsStore;
let bus: MemoryBus;
let processor: OddsProcessor;
let ingest: Ingest;
let world: World;
let pricer: HousePricer;
let eventId: string;
let marketId: string;

beforeEach(async () => {
  book = new MemoryDeskBook();
  store = new MemoryOddsStore();
  const aliases = new MemoryAliases();
  bus = new MemoryBus({ clock });
  processor = await startOddsProcessor({ bus, store, clock, sweepMs: 20 });
  const feed = new DeskFeed({ book, aliases, clock, sells: 'simA', pollMs: 10 });
  ingest = await startIngest({ feed, source: DESK_FEED, idStamp: 'day', aliases, store, bus, clock });
  const office = new DeskOffice({ book, odds: store, clock });
  const startAt = clock.now() + HOUR;
  const row = { sport: 'q', competition: 'weather', home: 'rain', away: '-', startAt, title: 'Will it rain?' };
  const made = await office.make([row], { by: ANA });
  assert.ok('eventIds' in made, JSON.stringify(made));
  eventId = made.eventIds[0] as string;
  marketId = `${eventId}/yesno`;
  world = new World();
  world.now = clock.now();
  world.done({ type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
  world.done({ type: 'IssueFunds', holder: ANA, ownerId: ANA, tenantId: TENANT, amountMinor: 10_000_000 });
  world.done({ type: 'OpenMarket', marketId, startAt });
  pricer = new HousePricer({ ledgers: () => [world.ledger], book, odds: store, clock });
});
afterEach(async () => {
  await pricer.stop();
  await ingest.stop();
  await processor.stop();
  await bus.close();
});

const EVEN = { yes: 500_000, no: 500_000 };
const MAKER: Pricing = { rule: 'market-maker', reference: EVEN, liquidityMinor: 10_000, payoutMaxMinor: 1_000, marginPpm: 0 };

/** The next quote, once the pricer has looked. */
async function next(after: number): Promise<Quote> {
  const changed = await pricer.look();
  assert.deepEqual(changed, [marketId]);
  const stored = async (): Promise<Quote | undefined> => (await store.loadEvents([eventId]))[0]?.quotes[0]?.quote;
  await until(async () => ((await stored())?.quoteSeq ?? 0) > after, 'the quote');
  const quote = (await stored()) as Quote;
  world.now = clock.now();
  world.quotes.set(marketId, quote);
  return quote;
}

const oddsOf = (quote: Quote, id: string): number => quote.prices.find((price) => price.selectionId === id)?.oddsMilli ?? 0;
const maxOf = (quote: Quote, id: string): number => quote.prices.find((price) => price.selectionId === id)?.maxStakeMinor ?? 0;

function bet(name: string, selectionId: string, stakeMinor: number, quoteSeq: number): string {
  return answerOf(world.bet(name, { marketId, selectionId, stakeMinor, quoteSeq }));
}

test('bets move the price, opposite bets move it back, and the house never risks more than the bound', async () => {
  world.done({ type: 'SetPricing', marketId, pricing: MAKER });
  const first = await next(0);
  // As worked by hand beside the rule: a payout of 1,000 at even chances costs 512.49.
  assert.deepEqual([oddsOf(first, 'yes'), oddsOf(first, 'no'), maxOf(first, 'yes')], [1_951, 1_951, 512]);
  assert.deepEqual([first.source, first.from], ['simA', 'desk']);
  assert.equal(bet('too much', 'yes', 513, first.quoteSeq), 'limit_market');
  assert.deepEqual(await pricer.look(), [], 'nothing was bet, so nothing is said');
  let quote = first;
  for (let i = 0; i < 8; i++) {
    assert.equal(bet(`yes ${i}`, 'yes', maxOf(quote, 'yes'), quote.quoteSeq), 'BetPlaced');
    const moved = await next(quote.quoteSeq);
    assert.ok(oddsOf(moved, 'yes') < oddsOf(quote, 'yes') && oddsOf(moved, 'no') > oddsOf(quote, 'no'));
    quote = moved;
  }
  const far = oddsOf(quote, 'yes');
  for (let i = 0; i < 8; i++) {
    assert.equal(bet(`no ${i}`, 'no', maxOf(quote, 'no'), quote.quoteSeq), 'BetPlaced');
    quote = await next(quote.quoteSeq);
  }
  assert.ok(oddsOf(quote, 'yes') > far);
  // Both sides pay nearly the same now: the price is back within what the last whole units leave.
  assert.ok(Math.abs(oddsOf(quote, 'yes') - 1_951) < 20, `${oddsOf(quote, 'yes')}`);
  const market = marketOf(world.ledger, marketId);
  assert.ok((market?.worstLossMinor ?? Infinity) <= 6_932); // 10,000 ln 2 = 6,931.5
});

test('many bets at one quote cannot break the bound together: the gate holds the market to it', async () => {
  world.done({ type: 'SetPricing', marketId, pricing: MAKER });
  const quote = await next(0);
  let placed = 0;
  for (let i = 0; i < 40; i++) if (bet(`b${i}`, 'yes', 512, quote.quoteSeq) === 'BetPlaced') placed++;
  const market = marketOf(world.ledger, marketId);
  // Each risks ceil(512 * 1.951) - 512 = 999 - 512 = 487 of 6,932: fourteen are 6,818.
  assert.deepEqual([placed, market?.worstLossMinor], [14, 6_818]);
  assert.equal(bet('one more', 'yes', 512, quote.quoteSeq), 'limit_market');
});

test('a balanced price leans against the liability, and is withdrawn with its rule', async () => {
  const rule = { rule: 'balance', reference: EVEN, scaleMinor: 10_000, shiftMaxPpm: 100_000, winMaxMinor: 5_000 } as const;
  world.done({ type: 'SetPricing', marketId, pricing: { ...rule, lossMaxMinor: 50_000, marginPpm: 50_000 } });
  const first = await next(0);
  assert.deepEqual([oddsOf(first, 'yes'), maxOf(first, 'yes')], [1_904, 5_530]); // 1000 / 0.525; 5,000 / 0.904
  assert.equal(bet('a', 'yes', 5_530, first.quoteSeq), 'BetPlaced');
  const moved = await next(first.quoteSeq);
  assert.ok(oddsOf(moved, 'yes') < 1_904 && oddsOf(moved, 'no') > 1_904);
  world.done({ type: 'SetPricing', marketId, pricing: null });
  assert.equal((await next(moved.quoteSeq)).status, 'suspended');
  assert.deepEqual(await pricer.look(), []);
});

test('a pricer that starts anew says nothing that was said', async () => {
  world.done({ type: 'SetPricing', marketId, pricing: MAKER });
  const first = await next(0);
  const again = new HousePricer({ ledgers: () => [world.ledger], book, odds: store, clock });
  assert.deepEqual(await again.look(), []);
  assert.equal(bet('a', 'no', 100, first.quoteSeq), 'BetPlaced');
  assert.deepEqual(await again.look(), [marketId]);
});

/** The same ledger under another name, as its journal would leave it. */
function asLedger(ledgerId: string): LedgerState {
  const state = initialShard();
  for (const event of world.events) evolve(state, { ...event, ledgerId });
  return state.ledgers.get(ledgerId) as LedgerState;
}

test('each ledger with a rule prices its markets; of two that price one, the second waits until the first ends', async () => {
  world.done({ type: 'SetPricing', marketId, pricing: MAKER });
  const vip = asLedger('vip');
  world.done({ type: 'SetPricing', marketId, pricing: null });
  const pricerOf = (...ledgers: LedgerState[]) => new HousePricer({ ledgers: () => ledgers, book, odds: store, clock });
  const there = pricerOf(world.ledger, vip);
  assert.deepEqual(await there.look(), [marketId]);
  const lastBy = async (): Promise<string | undefined> => (await book.event(eventId)).find(({ kind }) => kind === 'offer')?.by;
  assert.equal(await lastBy(), 'house:vip');

  // Main wants it as well, in this process or in another: vip was first.
  world.done({ type: 'SetPricing', marketId, pricing: { ...MAKER, marginPpm: 90_000 } });
  const elsewhere = pricerOf(world.ledger);
  assert.deepEqual([await there.look(), await elsewhere.look()], [[], []]);
  vip.pricing.clear();
  assert.deepEqual(await there.look(), [marketId, marketId]); // withdrawn by one, priced by the other
  assert.equal(await lastBy(), 'house');
  assert.deepEqual(await elsewhere.look(), [], 'known from the book');
});

test('a rule that ended while no pricer ran leaves no price behind, and holds up no other ledger', async () => {
  world.done({ type: 'SetPricing', marketId, pricing: MAKER });
  const vip = asLedger('vip');
  const pricerOf = (...ledgers: LedgerState[]) => new HousePricer({ ledgers: () => ledgers, book, odds: store, clock });
  const last = async () => {
    const change = (await book.event(eventId)).find(({ kind }) => kind === 'offer');
    return [change?.by, change?.kind === 'offer' ? change.offer.prices.length : -1];
  };
  assert.deepEqual(await pricerOf(vip).look(), [marketId]);
  vip.pricing.clear();
  // Of a ledger that is not here nobody knows whether its rule ended.
  assert.deepEqual([await pricerOf(world.ledger).look(), await last()], [[], ['house:vip', 2]]);
  assert.deepEqual([await pricerOf(vip).look(), await last()], [[marketId], ['house:vip', 0]]);
  assert.deepEqual([await pricerOf(world.ledger).look(), await last()], [[marketId], ['house', 2]]);

  // What an operator priced meanwhile stands; a ledger that comes later is read back then.
  const here: LedgerState[] = [vip];
  const late = new HousePricer({ ledgers: () => here, book, odds: store, clock });
  assert.deepEqual([await late.look(), await last()], [[], ['house', 2]]);
  world.done({ type: 'SetPricing', marketId, pricing: null });
  here.push(world.ledger);
  assert.deepEqual([await late.look(), await last()], [[marketId], ['house', 0]]);
});
