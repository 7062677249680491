// What a market and the house may lose, by sums worked by hand: a cash-out and an each-way bet are held to the limits of any bet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Refusal } from '../base/refusal.ts';
import { placeMultiple, winnerOf, worldOfMultiples } from '../bets/multiples/multiples-for-tests.ts';
import { RACE, raceBet, worldWithRace } from '../bets/runners/race-for-tests.ts';
import { offerCashOut } from '../cash-out/cash-out-bet.ts';
import type { Offer } from '../cash-out/offer.ts';
import { marketOf } from '../kernel/state.ts';
import { answerOf, BEA, idOf, refusalOf, WINNER, type World, worldWithMarket } from '../kernel/world-for-tests.ts';

/** What is offered for the bet; the command is judged alike. */
function cashOut(world: World): Offer | Refusal {
  const betId = idOf('bet', 'x');
  const offer = offerCashOut(world.ledger, world.context(), { betId, part: {} });
  const terms = { ofMinor: 2_000, stakeMinor: 2_000, amountMinor: 1_900, quoteSeq: 1, expiresAt: world.now };
  const { delayMs: _delay, ...told } = 'code' in offer ? { ...terms, holder: holderOfX(world), delayMs: 0 } : offer;
  const done = world.ask({ type: 'CashOutBet', betId, offerId: idOf('offer', 'o'), ...told, expiresAt: world.now }, 'api');
  assert.equal(answerOf(done), 'code' in offer ? offer.code : 'BetCashedOut');
  return offer;
}

function holderOfX(world: World): string {
  const placed = world.events.find((e) => e.type === 'BetPlaced' && e.data.betId === idOf('bet', 'x'));
  assert.ok(placed?.type === 'BetPlaced');
  return placed.data.holder;
}

test("a cash-out keeps a market's own limit of losses, which takes the place of the ledger's", () => {
  for (const lossMaxMinor of [6_000, 5_999]) {
    const world = worldWithMarket();
    world.bet('x', { stakeMinor: 2_000, selectionId: 'home' }); // at 2.0
    world.bet('y', { stakeMinor: 2_000, selectionId: 'away', holder: BEA }); // at 4.0: 80.00 less both stakes
    assert.equal(marketOf(world.ledger, WINNER)?.worstLossMinor, 4_000);
    world.done({ type: 'SetMarketLimits', target: WINNER, limits: { lossMaxMinor } });
    world.done({ type: 'SetLimits', limits: { marketLossMaxMinor: 5_000 } }); // not asked
    const offer = cashOut(world); // without x: 80.00 - 20.00
    if (lossMaxMinor === 6_000) assert.ok(!('code' in offer));
    else assert.deepEqual([offer], [{ ...offer, code: 'limit_market', need: 5_999, have: 6_000 }]);
  }
});

test("a cash-out keeps the house's capital where bets of several legs count beside the market", () => {
  for (const houseCapitalMinor of [8_900, 8_899]) {
    const world = worldOfMultiples();
    const legs = [[0, 'home'] as const, [1, 'home'] as const];
    placeMultiple(world, 'm', { system: 'double', stakePerLineMinor: 2_000, legs }); // wins 60.00
    world.bet('x', { marketId: winnerOf(0), selectionId: 'home', stakeMinor: 2_000 });
    world.bet('y', { marketId: winnerOf(0), selectionId: 'away', stakeMinor: 1_000, holder: BEA });
    assert.equal(world.ledger.worstLossMinor, 7_000); // 60.00, and of the singles 40.00 - 30.00
    world.done({ type: 'SetLimits', limits: { houseCapitalMinor } });
    // 19.00 for 20.00: the house has 1.00 and can lose 60.00 and 40.00 - 10.00, though of the market alone its worst case falls.
    const offer = cashOut(world);
    if (houseCapitalMinor === 8_899) assert.deepEqual([offer], [{ ...offer, code: 'limit_house', need: 8_899, have: 8_900 }]);
    else assert.deepEqual([world.ledger.worstLossMinor, world.house()], [9_000, 100]);
  }
});

test("an each-way bet counts with both its parts in the house's capital beside bets of several legs", () => {
  for (const houseCapitalMinor of [14_000, 13_999]) {
    const world = worldWithRace();
    const legs = [{ marketId: RACE, selectionId: 'asti' }, { marketId: WINNER }];
    placeMultiple(world, 'm', { system: 'double', stakePerLineMinor: 1_000, legs }); // 10.00 x 2.5 x 2.0 less 10.00: 40.00
    world.done({ type: 'SetLimits', limits: { houseCapitalMinor } });
    // 90.00 and 10.00 x (1 + 8/4), less 20.00: 100.00
    const placed = raceBet(world, 'x', { eachWay: true, selectionId: 'ebony', stakeMinor: 1_000 });
    if (houseCapitalMinor === 14_000) assert.equal(world.ledger.worstLossMinor, 14_000);
    else assert.deepEqual(refusalOf(placed), { ...refusalOf(placed), code: 'limit_house', need: 13_999, have: 14_000 });
  }
});
