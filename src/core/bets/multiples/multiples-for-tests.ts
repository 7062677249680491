// A world of several fixtures for tests of bets of several legs: each has a 1x2 market at 2.0, 3.4 and 4.0, and the oracle of exposures.
import { assert } from '../../base/assert.ts';
import type { Decision, NewEvent } from '../../kernel/event.ts';
import { holderOf, type LedgerState, type ShardState } from '../../kernel/state.ts';
import { ANA, goals, idOf, KICK_OFF, resultOf, type World, worldWithMarket } from '../../kernel/world-for-tests.ts';
import { worstLossMinor } from '../market.ts';
import type { LegWanted, PlaceMultiple } from './multiple-commands.ts';
import { legFactor, multiplePayout } from './multiple-payout.ts';
import { SETTLED } from './open-multiples.ts';

import { linesOf, SYSTEMS } from './systems.ts';

export const FIXTURES = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `fb:E0:20240817:${name}:${name}2`);

export function winnerOf(fixture: number): string {
  return `${FIXTURES[fixture]}/1x2`;
}

export function handicapOf(fixture: number): string {
  return `${FIXTURES[fixture]}/ah@-0.25`;
}

/** Six fixtures with a 1x2 and a quarter handicap each; everything else as in worldWithMarket(). */
export function worldOfMultiples(fingerprint: ((state: ShardState) => string) | null = null): World {
  const world = worldWithMarket(fingerprint);
  for (const [i] of FIXTURES.entries()) {
    world.done({ type: 'OpenMarket', marketId: winnerOf(i), startAt: KICK_OFF });
    world.quote(winnerOf(i));
    world.done({ type: 'OpenMarket', marketId: handicapOf(i), startAt: KICK_OFF });
    world.price(handicapOf(i), { home: 1_900, away: 2_000 });
  }
  return world;
}

export type MultipleWish = Partial<Omit<PlaceMultiple, 'type' | 'legs'>> & {
  /** Fixtures with a selection of their 1x2; or whole legs. */
  readonly legs: readonly (readonly [fixture: number, selectionId: string] | Partial<LegWanted>)[];
};

export function multipleCommand(name: string, { legs, ...wish }: MultipleWish): PlaceMultiple {
  const whole = legs.map((leg) => {
    const named = Array.isArray(leg) ? { marketId: winnerOf(leg[0] as number), selectionId: leg[1] as string } : leg;
    return { marketId: '', selectionId: 'home', minOddsMilli: 1_001, quoteSeq: 1, ...named };
  });
  const rest = { holder: ANA, system: 'accumulator', stakePerLineMinor: 100, oddsPolicy: 'better' } as const;
  return { type: 'PlaceMultiple', betId: idOf('bet', name), ...rest, ...wish, legs: whole };
}

export function placeMultiple(world: World, name: string, wish: MultipleWish): Decision {
  const holder = holderOf(world.ledger, wish.holder ?? ANA);
  const who = holder ? { ownerId: holder.ownerId, tenantId: holder.tenantId } : {};
  return world.ask(multipleCommand(name, wish), 'api', who);
}

/** A fixture ends; what is due is done. */
export function finish(world: World, fixture: number, [home, away]: readonly [number, number], status = 'finished'): void {
  const eventId = FIXTURES[fixture] as string;
  const result = resultOf({ eventId, status: status as 'finished', scores: [goals(home, away)] });
  world.done({ type: 'RecordResult', result }, 'feed');
  world.goTo(world.now);
}

/** What each settled bet returned, by name. */
export function returnsOf(world: World, ...names: string[]): (number | null)[] {
  const settled = new Map<string, number>();
  for (const e of world.events) {
    if (e.type === 'MultiplesSettled') for (const [betId, , returned] of e.data.bets) settled.set(betId, returned);
  }
  return names.map((name) => settled.get(idOf('bet', name)) ?? null);
}

export function eventsOf<T extends NewEvent['type']>(world: World, type: T): NewEvent<T>[] {
  return world.events.filter((e) => e.type === type) as NewEvent<T>[];
}

/** Everything that exposures and counts must be, worked out from the open bets alone; compared with what was added up. */
export function checkExposure(ledger: LedgerState): void {
  const { multiples } = ledger;
  const winnings = new Map<number, number[]>();
  let house = 0;
  const open = new Map<number, number>();
  for (const bet of betRows(ledger)) {
    if (multiples.bets.status[bet] === SETTLED) continue;
    const holder = multiples.bets.holder[bet] as number;
    open.set(holder, (open.get(holder) ?? 0) + 1);
    const legs = multiples.legsOf(bet);
    const factors = legs.map((leg) => {
      const [wonNum, wonDen, backNum, backDen] = multiples.outcomeOf(leg) ?? [1, 1, 0, 1];
      return legFactor(multiples.legs.oddsMilli[leg] as number, { won: [wonNum, wonDen], back: [backNum, backDen] });
    });
    const system = SYSTEMS[multiples.bets.system[bet] as number] as (typeof SYSTEMS)[number];
    const stakePerLineMinor = multiples.bets.stakePerLineMinor[bet] as number;
    const most = Number(multiplePayout({ system, stakePerLineMinor, factors }, 'ceil'));
    const win = Math.max(0, most - stakePerLineMinor * linesOf(system, legs.length));
    house += win;
    for (const leg of legs) {
      if (multiples.outcomeOf(leg)) continue;
      const market = multiples.legs.market[leg] as number;
      const sums = winnings.get(market) ?? [];
      const selection = multiples.legs.selection[leg] as number;
      sums[selection] = (sums[selection] ?? 0) + win;
      winnings.set(market, sums);
    }
  }
  const fixtures = new Map<string, number>();
  for (const market of ledger.markets) {
    if (!market) continue;
    const payouts = market.selections.map(() => 0);
    let staked = 0;
    for (let row = ledger.bets.first(market.row); row >= 0; row = ledger.bets.next(row)) {
      const bet = ledger.bets.get(row);
      open.set(bet.holder, (open.get(bet.holder) ?? 0) + 1);
      const certain = bet.pending ? 0 : bet.stakeMinor;
      staked += certain;
      payouts[bet.selection] =
        (payouts[bet.selection] as number) + Math.ceil((bet.stakeMinor * bet.oddsMilli) / 1_000) - bet.stakeMinor + certain;
    }
    house += worstLossMinor(market.terms.type, payouts, staked);
    const all = payouts.map((payout, i) => payout + (winnings.get(market.row)?.[i] ?? 0));
    equal(market.payoutsMinor, all, `payouts of ${market.marketId}`);
    const worst = worstLossMinor(market.terms.type, all, staked);
    equal(market.worstLossMinor, worst, `worst case of ${market.marketId}`);
    fixtures.set(market.eventId, (fixtures.get(market.eventId) ?? 0) + worst);
  }
  for (const [eventId, worst] of fixtures) equal(ledger.fixtures.get(eventId)?.worstLossMinor, worst, eventId);
  equal(ledger.worstLossMinor, house, 'worst case of the house');
  ledger.holders.forEach((holder, row) => equal(holder.openBets, open.get(row) ?? 0, `open bets of ${holder.id}`));
  for (const sum of ledger.accounts.sums().values()) equal(sum, 0n, 'sum of all accounts');
}

/** Held stakes of all holders are those of their open bets. */
export function checkHeld(ledger: LedgerState): void {
  let staked = 0;
  for (const bet of betRows(ledger)) {
    if (ledger.multiples.bets.status[bet] === SETTLED) continue;
    const system = SYSTEMS[ledger.multiples.bets.system[bet] as number] as (typeof SYSTEMS)[number];
    staked +=
      (ledger.multiples.bets.stakePerLineMinor[bet] as number) * linesOf(system, ledger.multiples.bets.legs[bet] as number);
  }
  for (const market of ledger.markets) {
    if (market)
      for (let row = ledger.bets.first(market.row); row >= 0; row = ledger.bets.next(row))
        staked += ledger.bets.get(row).stakeMinor;
  }
  let held = 0;
  for (const holder of ledger.holders) held += ledger.accounts.balance(holder.held, ledger.currency);
  equal(held, staked, 'held stakes');
}

/** Rows in use: a bet has at least two legs, a free row none. */
function betRows({ multiples }: LedgerState): number[] {
  return [...multiples.bets.legs.keys()].filter((row) => (multiples.bets.legs[row] as number) > 0);
}

function equal(have: unknown, want: unknown, what: string): void {
  const text = (value: unknown): string => JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v));
  assert(text(have) === text(want), () => `${what}: ${text(have)} instead of ${text(want)}`);
}
