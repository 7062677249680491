// What a person at the desk does to its book: fixtures and questions made by hand or by import, prices with their margin, withdrawals. Everything
// is checked before anything is written; what is at fault is told with its place, and then nothing changes.
import { type Refusal, refuse } from '#core/base/refusal.ts';
import { readStated, type Stated } from '#core/bets/runners/stated-market.ts';
import { isEventId, isFixedType, type MarketType, parseMarketId, selectionsOf } from '#core/catalog/market.ts';
import { isFinalStatus, type Placing, placingsOf, type Result } from '#core/catalog/result.ts';
import { type Margin, makePrices } from '#core/desk/make-prices.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeskBook, DeskChange, DeskFact, DeskFixture, DeskOffer, DeskRow, StatedAsked } from '#ports/desk-book.ts';
import type { OddsStore } from '#ports/odds-store.ts';
import { eventIdOf } from '../odds/normalise.ts';

export interface PriceList extends StatedAsked {
  readonly oddsMilli?: Readonly<Record<string, number>> | undefined;
  readonly probabilities?: Readonly<Record<string, number>> | undefined;
  readonly margin?: Margin | undefined;
  readonly inPlay?: boolean | undefined;
  readonly betDelayMs?: number | undefined;
  readonly validUntil?: number | undefined;
}

/** A row that cannot be taken, by its place among the rows. */
export interface RowFault {
  readonly row: number;
  readonly refusal: Refusal;
}

export interface Made {
  readonly eventIds: readonly string[];
  readonly marketIds: readonly string[];
  /** Place of the last change in the book; null when this was a trial. */
  readonly no: number | null;
}

/** How a race ended. */
export interface Finish {
  /** First, second ...; those that tied together. */
  readonly places: readonly (readonly string[])[];
  /** Took part and got no place. */
  readonly unplaced?: readonly string[] | undefined;
}

export interface DeskOfficePorts {
  readonly book: DeskBook;
  readonly odds: Pick<OddsStore, 'loadEvents'>;
  readonly clock: Clock;
}

export const DESK_ROWS_MAX = 10_000;
const TITLE_MAX = 300;
const BET_DELAY_MS_MAX = 60_000;
/** Fixtures looked up in one query. */
const LOOK_UP = 500;
const SPORT = /^[a-z0-9]{1,20}$/;
const WORD = /^[A-Za-z0-9._-]{1,60}$/;

export class DeskOffice {
  readonly #ports: DeskOfficePorts;

  constructor(ports: DeskOfficePorts) {
    this.#ports = ports;
  }

  /** Makes all of the rows or none; a dry run only says what it would make. */
  async make(rows: readonly DeskRow[], how: { readonly by: string; readonly dryRun?: boolean }): Promise<Made | RowFault[]> {
    if (rows.length > DESK_ROWS_MAX)
      return [{ row: DESK_ROWS_MAX, refusal: refuse('too_large', { need: DESK_ROWS_MAX, have: rows.length }) }];
    const now = this.#ports.clock.now();
    const faults: RowFault[] = [];
    const facts: DeskFact[] = [];
    const fixtures = new Map<string, DeskFixture>();
    const offers = new Map<string, DeskOffer>();
    const known = await this.#knownOf(rows);
    for (const [row, asked] of rows.entries()) {
      const made = factsOf(asked, now, known);
      const fault = 'code' in made ? made : clash(made, fixtures, offers);
      if (fault) {
        faults.push({ row, refusal: fault });
        continue;
      }
      const { fixture, offer } = made as RowFacts;
      if (!fixtures.has(fixture.eventId)) facts.push({ kind: 'fixture', fixture });
      fixtures.set(fixture.eventId, fixture);
      if (!offer) continue;
      offers.set(offer.marketId, offer);
      facts.push({ kind: 'offer', offer });
    }
    if (faults.length > 0) return faults;
    const no = how.dryRun || facts.length === 0 ? null : await this.#ports.book.append(facts, { at: now, by: how.by });
    return { eventIds: [...fixtures.keys()], marketIds: [...offers.keys()], no };
  }

  /** The prices of a market from now on. Its fixture must be the desk's, or be known from a supplier: then the desk takes the market over. */
  async price(marketId: string, list: PriceList, by: string): Promise<DeskOffer | Refusal> {
    const name = parseMarketId(marketId);
    if (!name) return refuse('not_found', { path: '/marketId' });
    const now = this.#ports.clock.now();
    const before = await this.#ports.book.event(name.eventId);
    const card = before.find((change) => change.kind === 'fixture');
    const [stored] = await this.#ports.odds.loadEvents([name.eventId]);
    if (!card && !stored?.card) return refuse('not_found', { path: '/marketId' });
    if (stored?.result && isFinalStatus(stored.result.status)) return refuse('market_closed', { path: '/marketId' });
    const known =
      offerIn(before, marketId)?.stated ?? stored?.quotes.find(({ quote }) => quote.marketId === marketId)?.quote.stated;
    const offer = offerOf({ eventId: name.eventId, marketId, list, now, known });
    if ('code' in offer) return offer;
    const facts: DeskFact[] = [{ kind: 'offer', offer }];
    if (!card && stored?.card) facts.unshift({ kind: 'fixture', fixture: { ...stored.card, title: '' } });
    await this.#ports.book.append(facts, { at: now, by });
    return offer;
  }

  /** Takes the price of a selection away, or of all of them: the market is the supplier's again, if there is one. */
  async withdraw(marketId: string, selectionId: string | null, by: string): Promise<DeskOffer | Refusal> {
    const offer = await this.offer(marketId);
    if (!offer) return refuse('not_found', { path: '/marketId' });
    const left = offer.prices.filter((price) => selectionId !== null && price.selectionId !== selectionId);
    if (left.length === offer.prices.length) return refuse('already_resolved', { path: '/selectionId' });
    const changed = { ...offer, prices: left };
    await this.#ports.book.append([{ kind: 'offer', offer: changed }], { at: this.#ports.clock.now(), by });
    return changed;
  }

  /**
   * No price of the fixture holds any longer, for good: the desk has heard how it ended. Where the order of a race is told, it is the result of its
   * markets, and a later word corrects it; other markets are settled by whoever has the result.
   */
  async close(eventId: string, by: string, finish?: Finish): Promise<Refusal | null> {
    const changes = await this.#ports.book.event(eventId);
    if (!changes.some((change) => change.kind === 'fixture')) return refuse('not_found', { path: '/eventId' });
    const before = changes.find((change) => change.kind === 'result');
    if (before && !finish) return refuse('already_resolved', { path: '/eventId' });
    const places = finish ? finishOf(finish, fieldOf(changes)) : null;
    if (places && 'code' in places) return places;
    const at = this.#ports.clock.now();
    const result: Result = {
      eventId,
      source: 'desk',
      version: before?.kind === 'result' ? before.result.version + 1 : 1,
      observedAt: at,
      status: 'finished',
      completedPeriods: [],
      scores: [],
      ...(places ? { places } : {}),
    };
    await this.#ports.book.append([{ kind: 'result', result }], { at, by });
    return null;
  }

  /** What holds of an event of the desk. */
  event(eventId: string): Promise<DeskChange[]> {
    return isEventId(eventId) ? this.#ports.book.event(eventId) : Promise.resolve([]);
  }

  /** What the desk offers on a market. */
  async offer(marketId: string): Promise<DeskOffer | null> {
    const name = parseMarketId(marketId);
    const changes = name ? await this.#ports.book.event(name.eventId) : [];
    return offerIn(changes, marketId);
  }

  fixtures(from: number, limit: number): Promise<DeskFixture[]> {
    return this.#ports.book.fixtures(from, limit);
  }

  /** Cards that suppliers told of the same fixtures, and which of them are over. */
  async #knownOf(rows: readonly DeskRow[]): Promise<Known> {
    const ids = [...new Set(rows.flatMap((row) => idOf(row) ?? []))];
    const known: Known = new Map();
    for (let i = 0; i < ids.length; i += LOOK_UP) {
      for (const { card, eventId, result } of await this.#ports.odds.loadEvents(ids.slice(i, i + LOOK_UP)))
        known.set(eventId, { card, over: result !== null && isFinalStatus(result.status) });
    }
    return known;
  }
}

function offerIn(changes: readonly DeskChange[], marketId: string): DeskOffer | null {
  const found = changes.find((change) => change.kind === 'offer' && change.offer.marketId === marketId);
  return found?.kind === 'offer' ? found.offer : null;
}

/** All runners of the fixture's markets. */
function fieldOf(changes: readonly DeskChange[]): ReadonlySet<string> {
  return new Set(changes.flatMap((change) => (change.kind === 'offer' ? (change.offer.stated?.selections ?? []) : [])));
}

function finishOf({ places, unplaced = [] }: Finish, field: ReadonlySet<string>): Placing[] | Refusal {
  const seen = new Set<string>();
  for (const [i, group] of [...places, unplaced].entries()) {
    const path = i === places.length ? '/unplaced' : `/places/${i}`;
    for (const name of group) {
      if (!field.has(name)) return refuse('not_found', { path });
      if (seen.has(name)) return refuse('malformed', { path });
      seen.add(name);
    }
    if (group.length === 0 && i < places.length) return refuse('malformed', { path });
  }
  return seen.size > 0 ? placingsOf(places, unplaced) : refuse('malformed', { path: '/places' });
}

type Known = Map<string, { readonly card: { readonly startAt: number } | null; readonly over: boolean }>;
interface RowFacts {
  readonly fixture: DeskFixture;
  readonly offer: DeskOffer | null;
}

function factsOf(row: DeskRow, now: number, known: Known): RowFacts | Refusal {
  const { away, competition, home, market, sport, startAt, title = '' } = row;
  if (typeof sport !== 'string' || !SPORT.test(sport)) return refuse('malformed', { path: '/sport' });
  for (const [path, word] of Object.entries({ competition, home, away }))
    if (typeof word !== 'string' || !WORD.test(word)) return refuse('malformed', { path: `/${path}` });
  if (!Number.isSafeInteger(startAt) || startAt <= now) return refuse('malformed', { path: '/startAt' });
  if (typeof title !== 'string' || title.length > TITLE_MAX) return refuse('malformed', { need: TITLE_MAX, path: '/title' });
  const eventId = idOf(row);
  if (eventId === null) return refuse('malformed', { path: '/home' });
  const supplied = known.get(eventId);
  if (supplied?.over) return refuse('market_closed', { path: '/home' });
  const fixture = { eventId, sport, competition, home, away, startAt, title };
  if (market === undefined) {
    if (row.oddsMilli || row.probabilities) return refuse('malformed', { path: '/market' });
    return { fixture, offer: null };
  }
  const marketId = `${eventId}/${market}`;
  const offer = offerOf({ eventId, marketId, list: row, now });
  return 'code' in offer ? offer : { fixture, offer };
}

interface OfferAsked {
  readonly eventId: string;
  readonly marketId: string;
  readonly list: PriceList;
  readonly now: number;
  /** What the market is opened with by an earlier word. */
  readonly known?: Stated | undefined;
}

function offerOf({ eventId, known, list, marketId, now }: OfferAsked): DeskOffer | Refusal {
  const { betDelayMs = 0, inPlay = false, margin, oddsMilli, probabilities, validUntil } = list;
  const name = parseMarketId(marketId);
  if (!name) return refuse('malformed', { path: '/market' });
  if (!Number.isSafeInteger(betDelayMs) || betDelayMs < 0 || betDelayMs > BET_DELAY_MS_MAX)
    return refuse('malformed', { need: BET_DELAY_MS_MAX, path: '/betDelayMs' });
  if (validUntil !== undefined && !(Number.isSafeInteger(validUntil) && validUntil > now))
    return refuse('malformed', { path: '/validUntil' });
  const stated = statedOf(name.type, list, known);
  if ('code' in stated) return stated;
  // With several winners probabilities do not sum to one: such a market is priced by its odds.
  if ((stated.places ?? 1) > 1 && (margin || probabilities)) return refuse('malformed', { path: margin ? '/margin' : '/prices' });
  const prices = makePrices({
    selections: stated.selections ? pricedOf(stated.selections, list) : selectionsOf(name.type),
    ...(oddsMilli ? { oddsMilli } : {}),
    ...(probabilities ? { probabilities } : {}),
    ...(margin ? { margin } : {}),
  });
  if (!isPriceList(prices)) return prices;
  const terms = { margin: margin ?? null, inPlay, betDelayMs, validUntil: validUntil ?? null };
  return { eventId, marketId, prices, ...terms, ...(isFixedType(name.type) ? {} : { stated }) };
}

/** What the market is opened with, if it states its own selections: without a word about them, those that are priced. It stays as it was said first. */
function statedOf(type: MarketType, list: PriceList, known: Stated | undefined): Stated | Refusal {
  if (isFixedType(type)) return readStated(type, list as Stated);
  const { deductions, eachWay, places, selections = known ? undefined : namesIn(list) } = list;
  const given = Object.entries({ deductions, eachWay, places, selections }).filter(([, value]) => value !== undefined);
  const stated = readStated(type, { ...known, ...Object.fromEntries(given) });
  if ('code' in stated || !known) return stated;
  const other = given.map(([name]) => name as keyof Stated).find((name) => !isSame(stated[name], known[name]));
  return other === undefined ? known : refuse('version_conflict', { path: `/${other}` });
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Of a field those that run: a runner that was withdrawn has no price, and the margin is made without it. */
function pricedOf(selections: readonly string[], list: PriceList): readonly string[] {
  const named = namesIn(list);
  return named.every((name) => selections.includes(name)) ? selections.filter((name) => named.includes(name)) : selections;
}

function namesIn({ oddsMilli, probabilities }: PriceList): readonly string[] {
  return Object.keys(oddsMilli ?? probabilities ?? {});
}

function isPriceList(made: ReturnType<typeof makePrices>): made is DeskOffer['prices'] {
  return Array.isArray(made);
}

/** Two rows may name one fixture, for two of its markets; they must agree about it. */
function clash({ fixture, offer }: RowFacts, fixtures: Map<string, DeskFixture>, offers: Map<string, DeskOffer>): Refusal | null {
  const other = fixtures.get(fixture.eventId);
  if (other && other.startAt !== fixture.startAt) return refuse('version_conflict', { path: '/startAt' });
  return offer && offers.has(offer.marketId) ? refuse('version_conflict', { path: '/market' }) : null;
}

function idOf(row: DeskRow): string | null {
  if (!Number.isSafeInteger(row.startAt) || Math.abs(row.startAt) > 8.64e15) return null;
  const eventId = eventIdOf({ ...row, eventId: '' }, 'day');
  return isEventId(eventId) ? eventId : null;
}
