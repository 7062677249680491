// Prices of the markets that the house prices by rule: they follow the bets of the ledger with the rule and go into the desk's book, from where they
// take the way of every price, so that each is stored with its number. What was published last is read back from the book, so that a start repeats
// nothing. All ledgers share one price: the ledger whose rule was first prices a market, and the others' rules wait until it ends.
import type { Price } from '#core/catalog/quote.ts';
import { type LedgerState, marketAt } from '#core/kernel/state.ts';
import { MAIN_LEDGER } from '#core/ledger/shard.ts';
import { housePrices } from '#core/pricing/house-prices.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeskBook, DeskChange, DeskFact } from '#ports/desk-book.ts';
import { type Log, silentLog } from '#ports/log.ts';
import type { OddsStore } from '#ports/odds-store.ts';

export interface HousePricerPorts {
  /** The ledgers whose writers are here. */
  readonly ledgers: () => readonly Readonly<LedgerState>[];
  readonly book: DeskBook;
  readonly odds: Pick<OddsStore, 'loadEvents'>;
  readonly clock: Clock;
  readonly log?: Log;
  readonly everyMs?: number;
}

/** Who made these prices, in the desk's book: the rules of `main`, and those of another ledger with its name behind. */
export const HOUSE_PRICER = 'house';
const EVERY_MS = 100;
/** Events whose offers are read back at once. */
const EVENTS_PER_READ = 500;

interface Published {
  readonly eventId: string;
  readonly ledgerId: string;
  readonly marketId: string;
  readonly prices: string;
}

export class HousePricer {
  readonly #ports: HousePricerPorts;
  /** By ledger and market. */
  readonly #published = new Map<string, Published>();
  /** Ledgers whose prices were read back since they came here. */
  readonly #known = new Set<string>();
  #stopped = false;
  #cancel = (): void => {};
  #turn: Promise<void> = Promise.resolve();

  constructor(ports: HousePricerPorts) {
    this.#ports = ports;
  }

  start(): void {
    const { clock, everyMs = EVERY_MS, log = silentLog } = this.#ports;
    if (this.#stopped) return;
    this.#cancel = clock.schedule(clock.now() + everyMs, () => {
      this.#turn = this.look()
        .then(() => undefined)
        .catch((error: unknown) => log.warn('pricing.failed', { error: String(error) }))
        .finally(() => this.start());
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#turn;
  }

  /** Publishes what changed since it last looked; gives the markets. */
  async look(): Promise<string[]> {
    this.#forget();
    for (const ledger of this.#ports.ledgers()) if (!this.#known.has(ledger.ledgerId)) await this.#readBack(ledger);
    const ledgers = this.#ports.ledgers();
    const offers = ledgers.flatMap(offersOf);
    const priced = new Set(offers.map(keyOf));
    const gone = Array.from(this.#published).filter(([key]) => !priced.has(key));
    const changed: string[] = [];
    // What ends is told first: another ledger's rule may have waited for it.
    for (const [key, { eventId, ledgerId, marketId }] of gone) {
      if (await this.#publish({ eventId, ledgerId, marketId, prices: [] })) changed.push(marketId);
      this.#published.delete(key);
    }
    for (const offer of offers) if (await this.#publish(offer)) changed.push(offer.marketId);
    return changed;
  }

  /** Another process may publish those of a ledger that left meanwhile. */
  #forget(): void {
    const here = new Set(this.#ports.ledgers().map(({ ledgerId }) => ledgerId));
    for (const [key, { ledgerId }] of this.#published) if (!here.has(ledgerId)) this.#published.delete(key);
    for (const ledgerId of this.#known) if (!here.has(ledgerId)) this.#known.delete(ledgerId);
  }

  /** What stands in the book for this ledger: its rule may have ended while no pricer ran. */
  async #readBack(ledger: Readonly<LedgerState>): Promise<void> {
    const { ledgerId } = ledger;
    const events = new Set<string>();
    for (const market of ledger.markets) if (market && market.status !== 'settled') events.add(market.eventId);
    const eventIds = [...events];
    for (let from = 0; from < eventIds.length; from += EVENTS_PER_READ)
      for (const change of await this.#ports.book.offers(eventIds.slice(from, from + EVENTS_PER_READ))) {
        if (change.kind !== 'offer' || change.by !== houseOf(ledgerId) || change.offer.prices.length === 0) continue;
        const { eventId, marketId, prices } = change.offer;
        this.#published.set(keyOf({ ledgerId, marketId }), { eventId, ledgerId, marketId, prices: textOf(prices) });
      }
    this.#known.add(ledgerId);
  }

  async #publish(offer: HouseOffer): Promise<boolean> {
    const { eventId, ledgerId, marketId, prices } = offer;
    const text = textOf(prices);
    if (this.#published.get(keyOf(offer))?.prices === text) return false;
    const changes = await this.#ports.book.event(eventId);
    const last = changes.find((change) => change.kind === 'offer' && change.offer.marketId === marketId);
    const by = houseOf(ledgerId);
    if (isHeldByOther(last, by)) {
      this.#published.delete(keyOf(offer));
      return false;
    }
    const same = last?.kind === 'offer' && last.by === by && textOf(last.offer.prices) === text;
    if (!same) {
      const { book, clock } = this.#ports;
      const terms = { margin: null, inPlay: false, betDelayMs: 0, validUntil: null };
      const facts: DeskFact[] = [
        ...(await this.#card(eventId, changes)),
        { kind: 'offer', offer: { eventId, marketId, prices, ...terms } },
      ];
      await book.append(facts, { at: clock.now(), by });
    }
    this.#published.set(keyOf(offer), { eventId, ledgerId, marketId, prices: text });
    return !same;
  }

  /** The desk's feed tells of no prices without their fixture: a supplier's is taken over as it is. */
  async #card(eventId: string, changes: readonly DeskChange[]): Promise<DeskFact[]> {
    if (changes.some((change) => change.kind === 'fixture')) return [];
    const card = (await this.#ports.odds.loadEvents([eventId]))[0]?.card;
    return card ? [{ kind: 'fixture', fixture: { ...card, title: '' } }] : [];
  }
}

function houseOf(ledgerId: string): string {
  return ledgerId === MAIN_LEDGER ? HOUSE_PRICER : `${HOUSE_PRICER}:${ledgerId}`;
}

/** Another ledger's rule prices the market: two that answered each other would never come to an end. */
function isHeldByOther(last: DeskChange | undefined, by: string): boolean {
  const isHouse = last !== undefined && (last.by === HOUSE_PRICER || last.by.startsWith(`${HOUSE_PRICER}:`));
  return isHouse && last.by !== by && last.kind === 'offer' && last.offer.prices.length > 0;
}

function keyOf({ ledgerId, marketId }: { readonly ledgerId: string; readonly marketId: string }): string {
  return `${ledgerId} ${marketId}`;
}

interface HouseOffer {
  readonly eventId: string;
  readonly ledgerId: string;
  readonly marketId: string;
  readonly prices: readonly Price[];
}

/** All of one moment: the ledger goes on while they are written. */
function offersOf(ledger: Readonly<LedgerState>): HouseOffer[] {
  const offers: HouseOffer[] = [];
  for (const [row, pricing] of ledger.pricing) {
    const market = marketAt(ledger, row);
    if (market.status !== 'open' && market.status !== 'suspended') continue;
    const { eventId, marketId } = market;
    offers.push({ eventId, ledgerId: ledger.ledgerId, marketId, prices: housePrices(market, pricing) });
  }
  return offers;
}

/** Compared as text: stores may keep members in another order. */
function textOf(prices: readonly Price[]): string {
  return prices.map((price) => `${price.selectionId} ${price.oddsMilli} ${price.maxStakeMinor ?? ''}`).join(', ');
}
