// Tells the simulated world moment by moment in the supplier's words. Holds no history of its own: any moment can be told again from
// (world, index, moment), so images and a restart need nothing but the time.
import { type BookPrices, type BookTerms, priceMatch } from '#core/simulation/book-price.ts';
import { finalScore, type MatchPlan, momentAt, planMatch, stateAt } from '#core/simulation/match-plan.ts';
import { firstNotOver, lastOpened, type World } from '#core/simulation/world.ts';
import { ALL, MARKET_CODES, type WireFixture, type WireMarket, type WirePayload, type WireResult } from './wire.ts';

/** Results are told again at most this far back, and at most so many. */
export const RESULTS_BACK_MS_MAX = 7 * 86_400_000;
export const RESULTS_MAX = 20_000;

interface Telling {
  readonly plan: MatchPlan;
  /** Next moment to tell. */
  next: number;
  /** Last prices told, per book. */
  last: BookPrices[][] | null;
}

export interface Update extends WirePayload {
  readonly at: number;
}

export class SupplierStory {
  readonly #world: World;
  readonly #books: readonly BookTerms[];
  readonly #live = new Map<number, Telling>();
  #opened: number;
  #toldUntil: number;

  /** Starts telling after `from`: earlier moments are only in images. */
  constructor(world: World, books: readonly BookTerms[], from: number) {
    this.#world = world;
    this.#books = books;
    this.#toldUntil = from;
    this.#opened = firstNotOver(world, from) - 1;
    this.#open(from);
  }

  /** When there is something to tell next, ms. */
  nextAt(): number {
    const { aheadMs, kickOffEveryMs } = this.#world.pace;
    let at = this.#world.epochAt + (this.#opened + 1) * kickOffEveryMs - aheadMs;
    for (const { plan, next } of this.#live.values()) at = Math.min(at, plan.moments[next] ?? Number.POSITIVE_INFINITY);
    return at;
  }

  /** Everything that happened up to `now` and was not told yet, in order of time. */
  advance(now: number): Update[] {
    if (now <= this.#toldUntil) return [];
    this.#open(now);
    const updates: Update[] = [];
    for (const [index, telling] of this.#live) {
      for (; (telling.plan.moments[telling.next] ?? Number.POSITIVE_INFINITY) <= now; telling.next++) {
        updates.push(this.#tell(telling));
      }
      if (telling.next >= telling.plan.moments.length) this.#live.delete(index);
    }
    this.#toldUntil = now;
    return updates.sort((a, b) => a.at - b.at);
  }

  /** The world at the moment told last: one fixture, or all that are priced with the results since `since`. */
  image(scope: string, since: number): WirePayload {
    if (scope !== ALL) return this.#imageOf(/^\d{1,15}$/.test(scope) ? Number(scope) : -1);
    const whole: { ev: WireFixture[]; mk: WireMarket[]; rs: WireResult[] } = { ev: [], mk: [], rs: [] };
    for (const index of this.#live.keys()) {
      const { ev, mk } = this.#imageOf(index);
      whole.ev.push(...ev);
      whole.mk.push(...mk);
    }
    const from = Math.max(since, this.#toldUntil - RESULTS_BACK_MS_MAX);
    const end = firstNotOver(this.#world, this.#toldUntil);
    for (let index = Math.max(firstNotOver(this.#world, from - 1), end - RESULTS_MAX); index < end; index++) {
      const plan = planMatch(this.#world, index);
      whole.ev.push(cardOf(plan));
      whole.rs.push(resultOf(plan));
    }
    return whole;
  }

  #imageOf(index: number): WirePayload {
    if (!Number.isSafeInteger(index) || index < 0 || index > this.#opened) return { ev: [], mk: [], rs: [] };
    const plan = this.#live.get(index)?.plan ?? planMatch(this.#world, index);
    const n = momentAt(plan, this.#toldUntil);
    const mk = this.#books.flatMap((book) =>
      wireMarkets({ world: this.#world, plan, n, book: book.name }, priceMatch(this.#world, plan, n, book), null),
    );
    return { ev: [cardOf(plan)], mk, rs: plan.endAt <= this.#toldUntil ? [resultOf(plan)] : [] };
  }

  #open(now: number): void {
    for (const last = lastOpened(this.#world, now); this.#opened < last;) {
      const plan = planMatch(this.#world, ++this.#opened);
      this.#live.set(this.#opened, { plan, next: momentAt(plan, this.#toldUntil) + 1, last: null });
    }
  }

  #tell(telling: Telling): Update {
    const { plan, next: n } = telling;
    const at = plan.moments[n] as number;
    const last = telling.last ?? (n > 0 ? this.#books.map((book) => priceMatch(this.#world, plan, n - 1, book)) : null);
    const prices = this.#books.map((book) => priceMatch(this.#world, plan, n, book));
    telling.last = prices;
    const mk = prices.flatMap((now, b) =>
      wireMarkets({ world: this.#world, plan, n, book: (this.#books[b] as BookTerms).name }, now, last?.[b] ?? null),
    );
    return { at, ev: n === 0 ? [cardOf(plan)] : [], mk, rs: at >= plan.endAt ? [resultOf(plan)] : [] };
  }
}

interface Page {
  readonly world: World;
  readonly plan: MatchPlan;
  readonly n: number;
  readonly book: string;
}

/** Markets at moment n: all runners when there is no `last`, otherwise those whose price moved. */
function wireMarkets(
  { world, plan, n, book }: Page,
  prices: readonly BookPrices[],
  last: readonly BookPrices[] | null,
): WireMarket[] {
  const state = stateAt(world, plan, plan.moments[n] as number);
  const inPlay = state.phase !== 'before';
  return prices.map(({ market, oddsCents, status }, i) => {
    const [code, , runners] = MARKET_CODES.find(([, type]) => type === market.type) as (typeof MARKET_CODES)[number];
    const before = last?.[i]?.oddsCents;
    const rn: [string, number][] = [];
    for (const [k, cents] of oddsCents.entries()) {
      if (before?.[k] !== cents) rn.push([runners[k] as string, cents / 100]);
    }
    return {
      f: String(plan.index),
      bk: book,
      m: code,
      ...(market.lineQuarters === undefined ? {} : { ln: market.lineQuarters / 4 }),
      v: n + 1,
      st: status === 'open' ? 'O' : status === 'suspended' ? 'S' : 'C',
      live: inPlay ? 1 : 0,
      bd: inPlay ? world.pace.betDelayMs : 0,
      at: state.at,
      ...(inPlay ? { sc: `${state.score.home}-${state.score.away}` } : {}),
      rn,
    };
  });
}

function cardOf(plan: MatchPlan): WireFixture {
  return {
    f: String(plan.index),
    sport: 'SOC',
    lg: plan.competition.supplierName,
    h: plan.home.supplierName,
    a: plan.away.supplierName,
    ko: new Date(plan.startAt).toISOString(),
  };
}

function resultOf(plan: MatchPlan): WireResult {
  const { full, half } = finalScore(plan);
  return {
    f: String(plan.index),
    v: 1,
    st: 'FT',
    sc: `${full.home}-${full.away}`,
    ht: `${half.home}-${half.away}`,
    at: plan.endAt,
  };
}
