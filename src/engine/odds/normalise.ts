// From a supplier's fixture to ours, through the alias table and nothing else. A fixture is ours when somebody said so (an alias), or when its
// competition and both teams have aliases and no fixture like it is known under another id, or when a source that names no competition has
// aliases of both teams and one fixture of theirs is known on that day. Everything else goes to the review queue.
import { isEventId, marketIdOf, parseMarketId } from '#core/catalog/market.ts';
import type { Price, Quote } from '#core/catalog/quote.ts';
import type { Result } from '#core/catalog/result.ts';
import type { Alias, AliasKind, Aliases, Unmatched } from '#ports/aliases.ts';
import type { FixtureCard } from '#ports/feed.ts';
import { nearest } from './suggest.ts';

/** How our fixture ids name the start: real competitions by day, simulated ones that repeat a pairing within a day by the second. */
export type IdStamp = 'day' | 'second';

/** One for all, or by our competition. */
export type IdStampRule = IdStamp | ((competition: string) => IdStamp);

export interface Mapping {
  readonly foreignId: string;
  readonly eventId: string;
  readonly swapped: boolean;
  /** In our ids. */
  readonly card: FixtureCard;
}

export interface NormaliserOptions {
  readonly source: string;
  readonly aliases: Aliases;
  readonly idStamp: IdStampRule;
}

const DAY_MS = 86_400_000;
/** A fixture that moved is looked for this many days around its new start. */
const MOVED_DAYS = 3;
const NO_ALIAS: Alias = { source: '', kind: 'fixture', foreignId: '', ourId: '', swapped: false };

/** Resolves cards of one source; with `queue` what does not match is put before a person. Unmatched cards are missing from the answer. */
export async function resolveCards(
  options: NormaliserOptions,
  cards: readonly FixtureCard[],
  queue: boolean,
): Promise<Map<string, Mapping>> {
  const { aliases, source } = options;
  const found = new Map<string, Mapping>();
  const known = await lookUp(options, cards);
  const derived: Mapping[] = [];
  const unmatched: Unmatched[] = [];
  const bare: FixtureCard[] = [];
  for (const card of cards) {
    const alias = known.get(keyOf('fixture', card.eventId));
    if (alias) {
      const mapping = mappingOfAlias(card, alias);
      if (mapping) found.set(card.eventId, mapping);
      continue;
    }
    if (card.competition === '') {
      bare.push(card);
      continue;
    }
    const missing = missingOf(card, known);
    if (missing.length > 0)
      unmatched.push(
        ...missing.map(([kind, name]) => ({ source, kind, foreignId: name, payload: { ...card }, suggestion: null })),
      );
    else derived.push(derive(card, known, options.idStamp));
  }
  const doubtful = await withoutLookalikes(options, derived, found);
  doubtful.push(...(await withoutCompetition(options, bare, known, found)));
  if (queue) await aliases.queue([...(await suggested(aliases, unmatched)), ...doubtful]);
  return found;
}

async function lookUp({ aliases, source }: NormaliserOptions, cards: readonly FixtureCard[]): Promise<Map<string, Alias>> {
  const asked = new Map<string, { kind: AliasKind; foreignId: string }>();
  for (const card of cards) {
    for (const [kind, foreignId] of namesOf(card)) asked.set(keyOf(kind, foreignId), { kind, foreignId });
  }
  const rows = await aliases.find(source, [...asked.values()]);
  return new Map(rows.map((row) => [keyOf(row.kind, row.foreignId), row]));
}

function namesOf(card: FixtureCard): [AliasKind, string][] {
  return [
    ['fixture', card.eventId],
    ['competition', card.competition],
    ['team', card.home],
    ['team', card.away],
  ];
}

function missingOf(card: FixtureCard, known: ReadonlyMap<string, Alias>): [AliasKind, string][] {
  return namesOf(card).filter(([kind, name]) => kind !== 'fixture' && !known.has(keyOf(kind, name)));
}

/** Our fixture ids spell out competition, start, home and away. Null when the alias does not name such an id. */
function mappingOfAlias(card: FixtureCard, alias: Alias): Mapping | null {
  const [sport, competition, , home, away] = alias.ourId.split(':');
  if (!isEventId(alias.ourId) || !sport || !competition || !home || !away) return null;
  const ours = { eventId: alias.ourId, sport, competition, home, away, startAt: card.startAt };
  return { foreignId: card.eventId, eventId: alias.ourId, swapped: alias.swapped, card: ours };
}

function derive(card: FixtureCard, known: ReadonlyMap<string, Alias>, rule: IdStampRule): Mapping {
  const ours = (kind: AliasKind, name: string): string => (known.get(keyOf(kind, name)) ?? NO_ALIAS).ourId;
  const named = {
    ...card,
    competition: ours('competition', card.competition),
    home: ours('team', card.home),
    away: ours('team', card.away),
  };
  const eventId = eventIdOf(named, stampOf(rule, named));
  return { foreignId: card.eventId, eventId, swapped: false, card: { ...named, eventId } };
}

export function eventIdOf(card: FixtureCard, idStamp: IdStamp): string {
  const iso = new Date(card.startAt).toISOString().replaceAll(/[-:]/g, '');
  const stamp = idStamp === 'day' ? iso.slice(0, 8) : iso.slice(0, 15);
  return [card.sport, card.competition, stamp, card.home, card.away].join(':');
}

/** Accepts what no other known fixture resembles (same teams reversed, or on a day nearby); the rest is for a person. */
async function withoutLookalikes(
  options: NormaliserOptions,
  derived: readonly Mapping[],
  found: Map<string, Mapping>,
): Promise<Unmatched[]> {
  if (derived.length === 0) return [];
  const { aliases, idStamp, source } = options;
  const known = await aliases.findOurs(derived.flatMap(({ card }) => lookalikes(card, idStamp)));
  const doubtful: Unmatched[] = [];
  const accepted: Mapping[] = [];
  for (const mapping of derived) {
    const { card, eventId, foreignId } = mapping;
    const near = new Set(lookalikes(card, idStamp));
    const other = known.find((alias) => near.has(alias.ourId) && (alias.ourId !== eventId || alias.source === source));
    const twin = accepted.find((one) => near.has(one.eventId));
    if (!other && !twin) accepted.push(mapping);
    else
      doubtful.push({
        source,
        kind: 'fixture',
        foreignId,
        payload: { ...card },
        suggestion: other?.ourId ?? twin?.eventId ?? null,
      });
  }
  const made = accepted.map(({ eventId, foreignId }) => ({
    source,
    kind: 'fixture' as const,
    foreignId,
    ourId: eventId,
    swapped: false,
  }));
  await aliases.add(made, 'ingest');
  for (const mapping of accepted) found.set(mapping.foreignId, mapping);
  return doubtful;
}

/** Of cards that name no competition ours is the one fixture of the same teams on the same day; what is not as plain is for a person. */
async function withoutCompetition(
  options: NormaliserOptions,
  cards: readonly FixtureCard[],
  known: ReadonlyMap<string, Alias>,
  found: Map<string, Mapping>,
): Promise<Unmatched[]> {
  if (cards.length === 0) return [];
  const { aliases, idStamp, source } = options;
  const competitions = await aliases.ourIds('competition');
  const unmatched: Unmatched[] = [];
  for (const card of cards) {
    const [home, away] = [card.home, card.away].map((name) => known.get(keyOf('team', name))?.ourId);
    const ids = competitions.map((competition) => {
      const ours = { ...card, competition, home: home ?? '', away: away ?? '' };
      return eventIdOf(ours, stampOf(idStamp, ours));
    });
    const same = home && away ? await aliases.findOurs(ids) : [];
    const [ourId = null, ...others] = new Set(same.map((alias) => alias.ourId));
    if (ourId !== null && others.length === 0 && !same.some((alias) => alias.source === source)) {
      const alias: Alias = { source, kind: 'fixture', foreignId: card.eventId, ourId, swapped: false };
      const mapping = mappingOfAlias(card, alias);
      if (mapping) {
        await aliases.add([alias], 'ingest');
        found.set(card.eventId, mapping);
        continue;
      }
    }
    const missing = missingOf(card, known).filter(([kind, name]) => kind === 'team' && name !== '');
    const asked = [...missing, ['fixture', card.eventId] as const];
    unmatched.push(
      ...asked.map(([kind, foreignId]) => {
        const suggestion = kind === 'fixture' ? ourId : null;
        return { source, kind, foreignId, payload: { ...card }, suggestion };
      }),
    );
  }
  return unmatched;
}

function stampOf(rule: IdStampRule, { competition }: FixtureCard): IdStamp {
  return typeof rule === 'string' ? rule : rule(competition);
}

function lookalikes(card: FixtureCard, rule: IdStampRule): string[] {
  const idStamp = stampOf(rule, card);
  const days = idStamp === 'day' ? Array.from({ length: 2 * MOVED_DAYS + 1 }, (_, i) => i - MOVED_DAYS) : [0];
  return days.flatMap((day) => {
    const moved = { ...card, startAt: card.startAt + day * DAY_MS };
    return [eventIdOf(moved, idStamp), eventIdOf({ ...moved, home: card.away, away: card.home }, idStamp)];
  });
}

async function suggested(aliases: Aliases, items: readonly Unmatched[]): Promise<Unmatched[]> {
  const ids = new Map<AliasKind, string[]>();
  const once = new Map(items.map((item) => [keyOf(item.kind, item.foreignId), item]));
  for (const { kind } of once.values()) if (!ids.has(kind)) ids.set(kind, await aliases.ourIds(kind));
  return [...once.values()].map((item) => ({ ...item, suggestion: nearest(item.foreignId, ids.get(item.kind) ?? []) }));
}

function keyOf(kind: AliasKind, foreignId: string): string {
  return `${kind}|${foreignId}`;
}

const SWAPPED: Readonly<Record<string, string>> = { home: 'away', away: 'home', '1x': 'x2', x2: '1x' };

/** A market id in our ids; null when it is none. Swapped, a handicap changes its sign. */
export function ourMarketId(foreign: string, { eventId, swapped }: Pick<Mapping, 'eventId' | 'swapped'>): string | null {
  const market = parseMarketId(foreign);
  if (!market) return null;
  const { lineQuarters: line } = market;
  const turned = swapped && market.type === 'ah' && line !== undefined && line !== 0 ? { lineQuarters: -line } : {};
  return marketIdOf({ ...market, ...turned, eventId });
}

/** The quote in our ids; null when its market id is none. Swapped: home and away, the sign of a handicap and the score change sides. */
export function ourQuote(quote: Quote, mapping: Pick<Mapping, 'eventId' | 'swapped'>): Quote | null {
  const { swapped } = mapping;
  const marketId = ourMarketId(quote.marketId, mapping);
  if (marketId === null) return null;
  if (!swapped) return { ...quote, marketId };
  const prices: Price[] = quote.prices.map((price) => ({
    ...price,
    selectionId: SWAPPED[price.selectionId] ?? price.selectionId,
  }));
  const score = quote.score ? { score: { home: quote.score.away, away: quote.score.home } } : {};
  return { ...quote, marketId, prices, ...score };
}

export function ourResult(result: Result, { eventId, swapped }: Pick<Mapping, 'eventId' | 'swapped'>): Result {
  if (!swapped) return { ...result, eventId };
  return { ...result, eventId, scores: result.scores.map((score) => ({ ...score, home: score.away, away: score.home })) };
}
