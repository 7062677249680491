// A race: bets to win and each way on it, cash-outs of them as they are offered, non-runners, and its result.
import { pickOne, randomInt, type Rng } from '#core/base/rng.ts';
import { heldBet } from '#core/bets/held-bet.ts';
import { finish, PLACE, RACE, raceMarket, RACE_PRICES, raceResult, RUNNERS } from '#core/bets/runners/race-for-tests.ts';
import { offerCashOut } from '#core/cash-out/cash-out-bet.ts';
import { marketOf } from '#core/kernel/state.ts';
import { idOf, KICK_OFF, type World } from '#core/kernel/world-for-tests.ts';
import { actorOf, type Ask, byHolder, byOperator, HOLDERS, idsOf, nameOf, some } from './cast.ts';

const AHEAD = RUNNERS.slice(0, 5);

export function openRace(world: World): void {
  world.done(raceMarket());
  world.price(RACE, RACE_PRICES);
  world.done({ type: 'OpenMarket', marketId: PLACE, startAt: KICK_OFF, selections: RUNNERS, places: 3 });
  world.price(PLACE, RACE_PRICES);
}

export function raceBetMaker(world: World, rng: Rng): Ask | null {
  if (!world.quotes.has(RACE)) return null;
  const holder = pickOne(rng, HOLDERS);
  const bet = { type: 'PlaceBet', betId: nameOf('bet', world), holder, minOddsMilli: 1_001, quoteSeq: 1 } as const;
  const legs = [{ marketId: RACE, selectionId: pickOne(rng, AHEAD) }];
  const eachWay = rng() < 0.6 ? ({ eachWay: true } as const) : {};
  return byHolder({ ...bet, legs, stakeMinor: randomInt(rng, 1, 700), ...eachWay }, holder, rng);
}

/** Prices move, and a bet on the race, or a part of it, is given up for what is offered. */
export function raceCashOutMaker(world: World, rng: Rng): Ask | null {
  if (!world.quotes.has(RACE)) return null;
  const isOpen = (id: string): boolean => heldBet(world.ledger, id)?.market === marketOf(world.ledger, RACE)?.row;
  const ids = [...idsOf(world, 'EachWayPlaced', (e) => e.data.betId), ...idsOf(world, 'BetPlaced', (e) => e.data.betId)];
  const betId = some(rng, ids.filter(isOpen));
  if (!betId) return null;
  for (const marketId of [RACE, PLACE])
    world.price(marketId, Object.fromEntries(RUNNERS.map((name) => [name, randomInt(rng, 1_100, 12_000)])));
  const offer = offerCashOut(world.ledger, world.context(), { betId, part: { portionPpm: randomInt(rng, 1, 1_000_000) } });
  if ('code' in offer) return null;
  const { delayMs: _delay, ...terms } = offer;
  const offerId = idOf('offer', `${world.asked.length}`);
  return { cmd: { type: 'CashOutBet', betId, offerId, ...terms, expiresAt: world.now }, via: 'api', who: actorOf(offer.holder) };
}

export function raceChangeMaker(world: World, rng: Rng): Ask | null {
  if (!world.quotes.has(RACE)) return null;
  const how = rng();
  const selectionId = pickOne(rng, AHEAD);
  if (how < 0.4) {
    const by = rng() < 0.5 ? { priceMilli: 3_000 } : { deductionPpm: 250_000 };
    return byOperator({
      type: 'WithdrawRunner',
      marketId: RACE,
      selectionId,
      ...by,
      at: world.now - randomInt(rng, 0, 1) * 60_000,
    });
  }
  if (how < 0.6) return byOperator({ type: 'ReopenMarket', target: RACE, reason: 'x' });
  const [first, second, third, fourth] = RUNNERS.toSorted(() => rng() - 0.5) as [string, string, string, string];
  const order = rng() < 0.3 ? finish([first, second], third, fourth) : finish(first, second, third, fourth);
  const withdrawn = rng() < 0.3 ? [{ participantId: selectionId, at: world.now - 1_000, deductionPpm: 100_000 }] : undefined;
  const result = raceResult(order, { version: world.asked.length + 1, ...(withdrawn ? { withdrawn } : {}) });
  return { cmd: { type: 'RecordResult', result }, via: 'feed', who: {} };
}
