import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { ANA, answerOf, FIXTURE, KICK_OFF, refusalOf, resultOf, WINNER, worldWithMarket } from '../kernel/world-for-tests.ts';
import { housePrices } from './house-prices.ts';
import type { Pricing } from './pricing-commands.ts';
import { marketOf } from '../kernel/state.ts';

const reference = { home: 500_000, draw: 250_000, away: 250_000 };
const MAKER: Pricing = { rule: 'market-maker', reference, liquidityMinor: 1_000, payoutMaxMinor: 500, marginPpm: 10_000 };
const BALANCE: Pricing = {
  rule: 'balance',
  reference,
  scaleMinor: 1_000,
  shiftMaxPpm: 100_000,
  winMaxMinor: 500,
  lossMaxMinor: 5_000,
  marginPpm: 50_000,
};

test('setPricing() states the rule and makes its bound the limit of the market, unless a narrower one stands', () => {
  const world = worldWithMarket(stateHash);
  assert.equal(answerOf(world.ask({ type: 'SetPricing', marketId: WINNER, pricing: MAKER })), 'PricingSet MarketLimitsSet');
  assert.equal(world.ledger.desk.limits.get(WINNER)?.lossMaxMinor, 1_387); // 1,000 ln 4 = 1,386.3
  world.done({ type: 'SetMarketLimits', target: WINNER, limits: { lossMaxMinor: 300 } });
  assert.equal(answerOf(world.ask({ type: 'SetPricing', marketId: WINNER, pricing: BALANCE })), 'PricingSet');
  assert.equal(world.ledger.desk.limits.get(WINNER)?.lossMaxMinor, 300);
  const market = marketOf(world.ledger, WINNER);
  assert.ok(market);
  // 1000 / (0.5 * 1.05) and 1000 / (0.25 * 1.05); 500 / 0.904 and 500 / 2.809
  assert.deepEqual(housePrices(market, BALANCE), [
    { selectionId: 'home', oddsMilli: 1_904, maxStakeMinor: 553 },
    { selectionId: 'draw', oddsMilli: 3_809, maxStakeMinor: 177 },
    { selectionId: 'away', oddsMilli: 3_809, maxStakeMinor: 177 },
  ]);
  assert.equal(answerOf(world.ask({ type: 'SetPricing', marketId: WINNER, pricing: null })), 'PricingSet');
  assert.equal(answerOf(world.ask({ type: 'SetPricing', marketId: WINNER, pricing: null })), 'already_resolved');
});

test('setPricing() refuses what is no rule, with its place', () => {
  const world = worldWithMarket(stateHash);
  world.done({ type: 'OpenMarket', marketId: `${FIXTURE}/dc`, startAt: KICK_OFF });
  for (const [change, path] of [
    [{ rule: 'other' }, '/pricing/rule'],
    [{ liquidityMinor: 0 }, '/pricing/liquidityMinor'],
    [{ liquidityMinor: '5' }, '/pricing/liquidityMinor'],
    [{ payoutMaxMinor: 2 ** 51 }, '/pricing/payoutMaxMinor'],
    [{ marginPpm: -1 }, '/pricing/marginPpm'],
    [{ reference: null }, '/pricing/reference'],
    [{ reference: { home: 500_000, away: 500_000 } }, '/pricing/reference'],
    [{ reference: { ...reference, home: 400_000 } }, '/pricing/reference'],
    [{ reference: { home: 1_000_000, draw: 0, away: 0 } }, '/pricing/reference/home'],
    [{ reference: { home: 500_000, draw: 250_000, toString: 250_000 } }, '/pricing/reference/away'],
  ] as const) {
    const refused = refusalOf(
      world.ask({ type: 'SetPricing', marketId: WINNER, pricing: { ...MAKER, ...change } as unknown as Pricing }),
    );
    assert.deepEqual([refused.code, refused.path], ['malformed', path]);
  }
  assert.equal(answerOf(world.ask({ type: 'SetPricing', marketId: `${FIXTURE}/dc`, pricing: MAKER })), 'malformed');
  assert.equal(answerOf(world.ask({ type: 'SetPricing', marketId: `${FIXTURE}/btts`, pricing: MAKER })), 'not_found');
  // Where several win, probabilities of one winner say nothing.
  const race = { startAt: world.now + 1_000, selections: ['home', 'draw', 'away'] };
  world.done({ type: 'OpenMarket', marketId: 'hr:a:1:b:-/place', places: 2, ...race });
  world.done({ type: 'OpenMarket', marketId: 'hr:a:1:b:-/win', eachWay: { divisor: 4, places: 2 }, ...race });
  world.done({ type: 'OpenMarket', marketId: 'hr:a:1:c:-/win', ...race });
  const ask = (marketId: string): string => answerOf(world.ask({ type: 'SetPricing', marketId, pricing: MAKER }));
  assert.deepEqual(
    ['b:-/place', 'b:-/win', 'c:-/win'].map((name) => ask(`hr:a:1:${name}`)),
    ['malformed', 'malformed', 'PricingSet MarketLimitsSet'],
  );
  assert.equal(
    answerOf(world.ask({ type: 'SetPricing', marketId: WINNER, pricing: MAKER }, 'api', { ownerId: ANA })),
    'forbidden',
  );
});

test('rules outlive a snapshot, end with their market, and leave no trace where there are none', () => {
  const world = worldWithMarket(stateHash);
  assert.ok(!Buffer.concat(dumpState(world.state)).toString('latin1').includes('"pricing":'));
  world.done({ type: 'SetPricing', marketId: WINNER, pricing: MAKER });
  const loaded = loadState(dumpState(world.state));
  assert.equal(stateHash(loaded), stateHash(world.state));
  assert.deepEqual([...(loaded.ledgers.get('main')?.pricing ?? [])], [[0, { ...MAKER }]]);
  world.done({ type: 'RecordResult', result: resultOf() }, 'feed');
  assert.equal(answerOf(world.ask({ type: 'SetPricing', marketId: WINNER, pricing: BALANCE })), 'market_closed');
  world.goTo(world.now + 30 * 86_400_000);
  assert.equal(world.ledger.pricing.size, 0);
});
