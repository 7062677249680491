// Who and what the histories of a whole ledger are about, and how a command is put into somebody's mouth.
import { pickOne, type Rng } from '#core/base/rng.ts';
import { FIXTURES, handicapOf, winnerOf } from '#core/bets/multiples/multiples-for-tests.ts';
import type { Actor, Command, Via } from '#core/kernel/command.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { marketOf } from '#core/kernel/state.ts';
import { ANA, BEA, BOT, idOf, TENANT, type World } from '#core/kernel/world-for-tests.ts';

export const CY = idOf('usr', 'cy');
export const PEOPLE = [ANA, BEA, CY] as const;
export const HOLDERS = [...PEOPLE, BOT] as const;
export const OPERATORS = [idOf('usr', 'olga'), idOf('usr', 'otto')] as const;
export const FIXTURE_COUNT = 3;
/** What a person may stake in a day, where that is limited. */
export const DAY_STAKE_MAX = 10_000;
export const EVENTS = FIXTURES.slice(0, FIXTURE_COUNT);
export const MARKETS = EVENTS.flatMap((eventId, i) => [winnerOf(i), handicapOf(i), `${eventId}/dc`]);
export interface Ask {
  readonly cmd: Command;
  readonly via: Via;
  readonly who: Partial<Actor>;
}

export function actorOf(holder: string): Partial<Actor> {
  return { ownerId: holder === BOT ? ANA : holder, tenantId: TENANT };
}

export type Maker = (world: World, rng: Rng) => Ask | null;
export const byOperator = (cmd: Command, ownerId: string = OPERATORS[0]): Ask => ({ cmd, via: 'operator', who: { ownerId } });
export const byHolder = (cmd: Command, holder: string, rng: Rng): Ask => ({
  cmd,
  via: holder === BOT ? 'bot' : 'api',
  who: rng() < 0.03 ? { ownerId: BEA } : actorOf(holder),
});

export function nameOf(prefix: 'bet' | 'ord' | 'bot', world: World): string {
  return idOf(prefix, `whole ${world.asked.length}`);
}

/** The ids that events of a kind named, newest last. */
export function idsOf<T extends NewEvent['type']>(world: World, type: T, read: (e: NewEvent<T>) => string): string[] {
  return world.events.filter((e) => e.type === type).map((e) => read(e as unknown as NewEvent<T>));
}

export function some<T>(rng: Rng, items: readonly T[]): T | null {
  if (items.length === 0) return null;
  // The newest are the likeliest.
  return (rng() < 0.5 ? items[items.length - 1 - Math.floor(rng() * Math.min(4, items.length))] : pickOne(rng, items)) as T;
}

export function outcomesFor(
  world: World,
  marketId: string,
  rng: Rng,
): Record<string, readonly [number, number, number, number]> | null {
  const market = marketOf(world.ledger, marketId);
  const selections = market?.selections ?? ['home', 'draw', 'away'];
  const how = rng();
  if (how < 0.1) return null;
  if (how < 0.2) return pushAll(selections);
  const winner = pickOne(rng, selections);
  const part = how < 0.35 ? 2 : 1;
  return Object.fromEntries(selections.map((s) => [s, [s === winner ? 1 : 0, part, 0, 1] as const]));
}

export function pushAll(selections: readonly string[]): Record<string, readonly [number, number, number, number]> {
  return Object.fromEntries(selections.map((s) => [s, [0, 1, 1, 1] as const]));
}
