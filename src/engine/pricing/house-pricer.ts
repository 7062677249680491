// Prices of the markets that the house prices by rule: they follow the ledger's bets and go into the desk's book, from where they take the way of
// every price, so that each is stored with its number. What was published last is read back from the book, so that a start repeats nothing.
import type { Price } from '#core/catalog/quote.ts';
import { type LedgerState, marketAt } from '#core/kernel/state.ts';
import { housePrices } from '#core/pricing/house-prices.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeskBook, DeskFact } from '#ports/desk-book.ts';
import { type Log, silentLog } from '#ports/log.ts';
import type { OddsStore } from '#ports/odds-store.ts';

export interface HousePricerPorts {
  /** The ledger, while its writer is here. */
  readonly ledger: () => Readonly<LedgerState> | null;
  readonly book: DeskBook;
  readonly odds: Pick<OddsStore, 'loadEvents'>;
  readonly clock: Clock;
  readonly log?: Log;
  readonly everyMs?: number;
}

/** Who made these prices, in the desk's book. */
export const HOUSE_PRICER = 'house';
const EVERY_MS = 100;

interface Published {
  readonly eventId: string;
  readonly prices: string;
}

export class HousePricer {
  readonly #ports: HousePricerPorts;
  /** By market id. */
  readonly #published = new Map<string, Published>();
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
    const ledger = this.#ports.ledger();
    if (!ledger) {
      this.#published.clear(); // another process may publish meanwhile
      return [];
    }
    const changed: string[] = [];
    const offers = offersOf(ledger);
    const priced = new Set(offers.map(({ marketId }) => marketId));
    for (const offer of offers) if (await this.#publish(offer)) changed.push(offer.marketId);
    const gone = Array.from(this.#published).filter(([marketId]) => !priced.has(marketId));
    for (const [marketId, { eventId }] of gone) {
      if (await this.#publish({ eventId, marketId, prices: [] })) changed.push(marketId);
      this.#published.delete(marketId);
    }
    return changed;
  }

  async #publish({ eventId, marketId, prices }: HouseOffer): Promise<boolean> {
    const text = textOf(prices);
    const before = this.#published.get(marketId)?.prices ?? (await this.#fromBook(eventId, marketId));
    if (before !== text) {
      const { book, clock } = this.#ports;
      const facts = await this.#card(eventId);
      const terms = { margin: null, inPlay: false, betDelayMs: 0, validUntil: null };
      facts.push({ kind: 'offer', offer: { eventId, marketId, prices, ...terms } });
      await book.append(facts, { at: clock.now(), by: HOUSE_PRICER });
    }
    this.#published.set(marketId, { eventId, prices: text });
    return before !== text;
  }

  /** The last prices in the book, when they are the house's own. */
  async #fromBook(eventId: string, marketId: string): Promise<string | null> {
    for (const change of await this.#ports.book.event(eventId))
      if (change.kind === 'offer' && change.offer.marketId === marketId && change.by === HOUSE_PRICER)
        return textOf(change.offer.prices);
    return null;
  }

  /** The desk's feed tells of no prices without their fixture: a supplier's is taken over as it is. */
  async #card(eventId: string): Promise<DeskFact[]> {
    const { book, odds } = this.#ports;
    if ((await book.event(eventId)).some((change) => change.kind === 'fixture')) return [];
    const card = (await odds.loadEvents([eventId]))[0]?.card;
    return card ? [{ kind: 'fixture', fixture: { ...card, title: '' } }] : [];
  }
}

interface HouseOffer {
  readonly eventId: string;
  readonly marketId: string;
  readonly prices: readonly Price[];
}

/** All of one moment: the ledger goes on while they are written. */
function offersOf(ledger: Readonly<LedgerState>): HouseOffer[] {
  const offers: HouseOffer[] = [];
  for (const [row, pricing] of ledger.pricing) {
    const market = marketAt(ledger, row);
    if (market.status !== 'open' && market.status !== 'suspended') continue;
    offers.push({ eventId: market.eventId, marketId: market.marketId, prices: housePrices(market, pricing) });
  }
  return offers;
}

/** Compared as text: stores may keep members in another order. */
function textOf(prices: readonly Price[]): string {
  return prices.map((price) => `${price.selectionId} ${price.oddsMilli} ${price.maxStakeMinor ?? ''}`).join(', ');
}
