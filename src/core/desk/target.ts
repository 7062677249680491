// What an operator points at: a market, a fixture, or the first words of fixture ids (sport, competition), or everything.
import { isEventId, parseMarketId } from '../catalog/market.ts';
import { EVERYTHING } from './desk-commands.ts';

const SCOPE_MAX = 128;
const SCOPE = /^[a-z0-9]+(?::[A-Za-z0-9._-]+)*$/;
/** Words of a fixture id (sport, competition, time, home, away): fewer name a scope. */
const FIXTURE_WORDS = 5;

/** True for a sport, a competition or everything: what holds for fixtures that are yet to come as well. */
export function isScope(target: unknown): target is string {
  if (target === EVERYTHING) return true;
  return (
    typeof target === 'string' && target.length <= SCOPE_MAX && SCOPE.test(target) && target.split(':').length < FIXTURE_WORDS
  );
}

/** True for anything that one can point at, whether it is there or not. */
export function isTarget(target: unknown): target is string {
  return isScope(target) || isEventId(target) || (typeof target === 'string' && parseMarketId(target) !== null);
}

/** True when the fixture lies in the scope, or is it. */
export function covers(scope: string, eventId: string): boolean {
  return scope === EVERYTHING || scope === eventId || (eventId.startsWith(scope) && eventId[scope.length] === ':');
}

/** The targets that may say something about a market, the widest first. */
export function targetsOver(market: { readonly eventId: string; readonly marketId: string }): string[] {
  const targets = [EVERYTHING];
  const { eventId, marketId } = market;
  for (let at = eventId.indexOf(':'); at >= 0; at = eventId.indexOf(':', at + 1)) targets.push(eventId.slice(0, at));
  targets.push(eventId, marketId);
  return targets;
}
