// A race for given / when / then tests: eight runners, three places, each way at a quarter of the odds.
import type { Placing, Result } from '../../catalog/result.ts';
import type { OpenMarket } from '../../kernel/command.ts';
import { ANA, KICK_OFF, NOON, type BetWish, resultOf, type World, worldWithMarket } from '../../kernel/world-for-tests.ts';
import type { Decision } from '../../kernel/event.ts';
import { holderOf, type ShardState } from '../../kernel/state.ts';

export const RACE_EVENT = 'hr:ascot:20240817:1500';
export const RACE = `${RACE_EVENT}/win`;
export const PLACE = `${RACE_EVENT}/place`;
export const RUNNERS = ['asti', 'bay', 'colt', 'dun', 'ebony', 'fawn', 'grey', 'roan'] as const;
/** 2.0 to 16.0. */
export const RACE_PRICES: Readonly<Record<string, number>> = {
  asti: 2_500,
  bay: 3_000,
  colt: 4_000,
  dun: 5_000,
  ebony: 9_000,
  fawn: 11_000,
  grey: 13_000,
  roan: 16_000,
};

export function raceMarket(change: Partial<OpenMarket> = {}): OpenMarket {
  return {
    type: 'OpenMarket',
    marketId: RACE,
    startAt: KICK_OFF,
    selections: RUNNERS,
    eachWay: { divisor: 4, places: 3 },
    ...change,
  };
}

/** The usual world with the race's win and place market, priced; everybody has 10,000.00. */
export function worldWithRace(
  fingerprint: ((state: ShardState) => string) | null = null,
  change: Partial<OpenMarket> = {},
): World {
  const world = worldWithMarket(fingerprint);
  for (const { id, ownerId, tenantId } of world.ledger.holders)
    world.done({ type: 'IssueFunds', holder: id, ownerId, tenantId, amountMinor: 990_000 });
  world.done(raceMarket(change));
  world.done({ type: 'OpenMarket', marketId: PLACE, startAt: KICK_OFF, selections: RUNNERS, places: 3 });
  world.price(RACE, RACE_PRICES);
  world.price(PLACE, RACE_PRICES);
  return world;
}

export function raceBet(world: World, name: string, wish: BetWish = {}): Decision {
  const holder = holderOf(world.ledger, wish.holder ?? ANA);
  const cmd = world.betCommand(name, { marketId: RACE, selectionId: 'asti', ...wish });
  return world.ask(cmd, 'api', holder ? { ownerId: holder.ownerId, tenantId: holder.tenantId } : {});
}

/** The finish in order; those in one array share a place. */
export function finish(...order: readonly (string | readonly string[])[]): Placing[] {
  let place = 1;
  return order.flatMap((at) => {
    const names = typeof at === 'string' ? [at] : at;
    const first = place;
    place += names.length;
    return names.map((participantId) => ({ participantId, place: first, tied: names.length }));
  });
}

export function raceResult(places: readonly Placing[], change: Partial<Result> = {}): Result {
  return resultOf({ eventId: RACE_EVENT, observedAt: NOON, completedPeriods: [], scores: [], places, ...change });
}

export function finishRace(world: World, places: readonly Placing[], change: Partial<Result> = {}): void {
  world.done({ type: 'RecordResult', result: raceResult(places, change) }, 'feed');
  world.goTo(world.now);
}
