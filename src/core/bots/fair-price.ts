// Fair probabilities of a market's selections by the provider a gene names. Worked out once per price version and shared by all bots.
// For handicaps, totals and draw no bet a probability is the break-even one: 1 / fair odds, with pushes and half results inside.
// Provider prices must be open, fresh, of the same phase (pre-match or in play) and complete; otherwise there is no fair price.
import { DEVIG_METHODS, type DevigMethod, fairProbabilities } from '../signals/devig.ts';
import type { BookPrice, MarketRow } from './book-price.ts';
import type { FairProvider } from './genes/betting-genes.ts';
import { goalProbabilities } from './goal-model.ts';
import type { MarketMemory } from './market-memory.ts';

/** A provider whose prices add up to less than this is misprinted, not generous. */
const BOOKSUM_MIN = 0.98;
/** The goals provider averages this many home (away) matches of each side. */
const GOALS_WINDOW = 6;

export interface FairSource {
  /** Probabilities in the catalogue's order of selections, or null. Callers must not change the list. */
  of(price: BookPrice, now: number): readonly number[] | null;
}

export function fairSource(memory: MarketMemory, provider: FairProvider, devig: DevigMethod): FairSource {
  if (provider === 'goals') return new GoalFair(memory);
  if (provider === 'reference') return new BookFair(memory, memory.terms.reference, devig);
  return new ConsensusFair(memory, devig);
}

/** One named book, directly or through its 1x2 prices. */
class BookFair implements FairSource {
  readonly #book: number;
  readonly #method: number;
  readonly #maxAgeMs: number;

  constructor(memory: MarketMemory, book: string, devig: DevigMethod) {
    this.#book = memory.bookNumber(book);
    this.#method = DEVIG_METHODS.indexOf(devig);
    this.#maxAgeMs = memory.terms.fairMaxAgeMs;
  }

  /** Whether the book has said anything about this market, usable or not. */
  knows(market: MarketRow): boolean {
    return market.books[this.#book] !== undefined || market.matchOdds?.books[this.#book] !== undefined;
  }

  of(price: BookPrice, now: number): readonly number[] | null {
    const { market } = price;
    const own = market.books[this.#book];
    if (own) return isUsable(own, price, now - this.#maxAgeMs) ? cachedFair(own, this.#method, DIRECT) : null;
    const parent = market.matchOdds?.books[this.#book];
    if (!parent || !isUsable(parent, price, now - this.#maxAgeMs)) return null;
    return cachedFair(parent, this.#method, market.name.type === 'dc' ? AS_DOUBLE_CHANCE : AS_DRAW_NO_BET);
  }
}

const DIRECT = 0;
const AS_DOUBLE_CHANCE = 1;
const AS_DRAW_NO_BET = 2;

function isUsable(own: BookPrice, asked: BookPrice, oldest: number): boolean {
  return own.status === 'open' && own.inPlay === asked.inPlay && own.confirmedAt >= oldest;
}

function cachedFair(price: BookPrice, method: number, form: number): readonly number[] | null {
  const place = form * DEVIG_METHODS.length + method;
  if (price.fairVersion[place] === price.version) return price.fair[place] as readonly number[] | null;
  while (price.fair.length <= place) {
    price.fair.push(null);
    price.fairVersion.push(-1);
  }
  const fair = inForm(devig(price.market, price.oddsMilli, DEVIG_METHODS[method] as DevigMethod), form);
  price.fair[place] = fair;
  price.fairVersion[place] = price.version;
  return fair;
}

function inForm(fair: readonly number[] | null, form: number): readonly number[] | null {
  if (fair === null || form === DIRECT) return fair;
  const [home, draw, away] = fair as [number, number, number];
  if (form === AS_DOUBLE_CHANCE) return [home + draw, home + away, draw + away];
  return [home / (home + away), away / (home + away)];
}

/** Double chance covers every outcome twice: at twice its odds it is an ordinary market of halves. */
function devig(market: MarketRow, oddsMilli: readonly number[], method: DevigMethod): readonly number[] | null {
  let booksum = 0;
  for (const odds of oddsMilli) booksum += 1000 / odds; // a withdrawn selection makes it infinite
  const covers = market.name.type === 'dc' ? 2 : 1;
  if (!Number.isFinite(booksum) || booksum / covers < BOOKSUM_MIN) return null;
  if (covers === 1) return fairProbabilities(oddsMilli, method);
  const halves = fairProbabilities(
    oddsMilli.map((odds) => odds * 2),
    method,
  );
  const fair = halves && halves.map((half) => half * 2);
  return fair && fair.every((p) => p < 1) ? fair : null;
}

/** The consensus book, or where it says nothing at all the mean odds of enough books with a fresh complete price. */
class ConsensusFair implements FairSource {
  readonly #memory: MarketMemory;
  readonly #named: BookFair;
  readonly #devig: DevigMethod;

  constructor(memory: MarketMemory, devig: DevigMethod) {
    this.#memory = memory;
    this.#named = new BookFair(memory, memory.terms.consensus, devig);
    this.#devig = devig;
  }

  of(price: BookPrice, now: number): readonly number[] | null {
    const { market } = price;
    if (this.#named.knows(market)) return this.#named.of(price, now);
    const name = price.inPlay ? `mean in play ${this.#devig}` : `mean ${this.#devig}`;
    const shared = market.shared.get(name);
    if (shared && shared.key === market.version && shared.at === now) return shared.fair;
    const fair = this.#mean(price, now);
    market.shared.set(name, { key: market.version, at: now, fair });
    return fair;
  }

  #mean(price: BookPrice, now: number): readonly number[] | null {
    const { market } = price;
    const { consensusBooksMin, fairMaxAgeMs } = this.#memory.terms;
    const sums = market.selections.map(() => 0);
    let books = 0;
    for (const own of market.books) {
      if (!own || !isUsable(own, price, now - fairMaxAgeMs) || own.oddsMilli.includes(0)) continue;
      books++;
      own.oddsMilli.forEach((odds, i) => (sums[i] = (sums[i] as number) + odds));
    }
    if (books < consensusBooksMin) return null;
    const mean = sums.map((sum) => sum / books);
    return devig(market, mean, this.#devig);
  }
}

/** Goal averages through a score model; pre-match only, since it knows nothing of the running score. */
class GoalFair implements FairSource {
  readonly #memory: MarketMemory;

  constructor(memory: MarketMemory) {
    this.#memory = memory;
  }

  of(price: BookPrice): readonly number[] | null {
    const { market } = price;
    const { goals } = this.#memory;
    if (price.inPlay || market.bits === 0) return null;
    const shared = market.shared.get('goals');
    if (shared && shared.key === goals.version) return shared.fair;
    const fair = this.#model(market);
    market.shared.set('goals', { key: goals.version, at: 0, fair });
    return fair;
  }

  #model(market: MarketRow): readonly number[] | null {
    const { fixture } = market.event;
    if (!fixture) return null;
    const options = { window: GOALS_WINDOW, venue: 'same' } as const;
    const home = this.#memory.goals.average(fixture, 'home', options);
    const away = this.#memory.goals.average(fixture, 'away', options);
    if (!home || !away) return null;
    return goalProbabilities(market.name, (home.scored + away.conceded) / 2, (away.scored + home.conceded) / 2);
  }
}
