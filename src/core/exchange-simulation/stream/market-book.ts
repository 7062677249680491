// What the stream says about one market: its definition and each runner's price lists. An image replaces everything, a delta changes what it
// names; runners keep the order in which they were first named, which is the definition's.
import { LevelLadder, type Levels, PriceLadder, priceMilli, sizeMinor, TradedLadder } from './price-ladder.ts';
import type { LevelTriple, MarketChange, MarketDefinition, PricePair, RunnerChange, RunnerDefinition } from './wire.ts';

export class RunnerBook {
  readonly selectionId: number;
  readonly handicap: number;
  definition: RunnerDefinition | null = null;
  /** Rises with every change: what looks at a runner after each update can see that there is nothing new. */
  revision = 0;
  /** Last traded price, thousandths; null before the first trade. */
  lastPriceMilli: number | null = null;
  totalMatchedMinor = 0;
  /** Projected starting prices as sent: numbers, or `NaN` and `Infinity`. */
  nearPrice: number | string | null = null;
  farPrice: number | string | null = null;
  readonly traded = new TradedLadder();
  readonly #atb = new PriceLadder(true);
  readonly #atl = new PriceLadder(false);
  readonly #batb = new LevelLadder();
  readonly #batl = new LevelLadder();
  readonly #bdatb = new LevelLadder();
  readonly #bdatl = new LevelLadder();
  /** Stakes at starting price; their prices are reciprocals with many decimals, rounded to thousandths here. */
  readonly spBack = new PriceLadder(true);
  readonly spLay = new PriceLadder(false);

  constructor(selectionId: number, handicap: number) {
    this.selectionId = selectionId;
    this.handicap = handicap;
  }

  get status(): string {
    return this.definition?.status ?? '';
  }

  /** What can be backed, best first: the full ladder if it is sent, else the levels with virtual prices, else the levels. */
  get toBack(): Levels {
    if (this.#atb.prices.length > 0) return this.#atb;
    return this.#bdatb.prices.length > 0 ? this.#bdatb : this.#batb;
  }

  get toLay(): Levels {
    if (this.#atl.prices.length > 0) return this.#atl;
    return this.#bdatl.prices.length > 0 ? this.#bdatl : this.#batl;
  }

  /** Every list: to back, to lay, the levels of both, the levels with virtual prices, traded, at starting price. */
  get lists(): readonly Levels[] {
    return [this.#atb, this.#atl, this.#batb, this.#batl, this.#bdatb, this.#bdatl, this.traded, this.spBack, this.spLay];
  }

  apply(change: RunnerChange): void {
    this.revision++;
    for (const name in change) {
      switch (name) {
        case 'atb':
          setPrices(this.#atb, change.atb);
          break;
        case 'atl':
          setPrices(this.#atl, change.atl);
          break;
        case 'trd':
          if (change.trd?.length === 0) this.traded.clear();
          else setPrices(this.traded, change.trd);
          break;
        case 'batb':
          setLevels(this.#batb, change.batb);
          break;
        case 'batl':
          setLevels(this.#batl, change.batl);
          break;
        case 'bdatb':
          setLevels(this.#bdatb, change.bdatb);
          break;
        case 'bdatl':
          setLevels(this.#bdatl, change.bdatl);
          break;
        default:
          this.#applyRare(change, name);
      }
    }
  }

  /** Sets one level of the list that LEVEL_FIELDS of delta.ts numbers so; the key is the price or the level's number. */
  setLevel(field: number, key: number, price: number, size: number): void {
    switch (field) {
      case 0:
        this.#atb.set(key, size);
        break;
      case 1:
        this.#atl.set(key, size);
        break;
      case 2:
        this.traded.set(key, size);
        break;
      case 3:
        this.#batb.set(key, price, size);
        break;
      case 4:
        this.#batl.set(key, price, size);
        break;
      case 5:
        this.#bdatb.set(key, price, size);
        break;
      case 6:
        this.#bdatl.set(key, price, size);
        break;
      case 7:
        this.spBack.set(key, size);
        break;
      default:
        this.spLay.set(key, size);
    }
  }

  #applyRare(change: RunnerChange, name: string): void {
    if (name === 'ltp') this.lastPriceMilli = change.ltp ? priceMilli(change.ltp) : null;
    else if (name === 'tv') this.totalMatchedMinor = sizeMinor(change.tv ?? 0);
    else if (name === 'spn') this.nearPrice = change.spn ?? null;
    else if (name === 'spf') this.farPrice = change.spf ?? null;
    else if (name === 'spb') setPrices(this.spBack, change.spb);
    else if (name === 'spl') setPrices(this.spLay, change.spl);
  }

  /** Forgets everything before an image; volumes count as traded only where the image is above what was known. */
  reset(): void {
    this.revision++;
    this.definition = null;
    this.lastPriceMilli = null;
    this.totalMatchedMinor = 0;
    this.nearPrice = null;
    this.farPrice = null;
    for (const ladder of [this.traded, this.#atb, this.#atl, this.spBack, this.spLay]) ladder.clear();
    for (const ladder of [this.#batb, this.#batl, this.#bdatb, this.#bdatl]) ladder.clear();
  }
}

export class MarketBook {
  readonly marketId: string;
  definition: MarketDefinition | null = null;
  /** When the last change was published, UTC ms. */
  publishedAt = 0;
  totalMatchedMinor = 0;
  /** In the order in which they were first named. */
  runners: RunnerBook[] = [];
  #byKey = new Map<number | string, RunnerBook>();
  /** Runners of before an image: named again, they know what had been traded on them. */
  #before = new Map<number | string, RunnerBook>();

  constructor(marketId: string) {
    this.marketId = marketId;
  }

  get status(): string {
    return this.definition?.status ?? '';
  }

  get inPlay(): boolean {
    return this.definition?.inPlay === true;
  }

  runner(selectionId: number, handicap: number): RunnerBook | undefined {
    return this.#byKey.get(keyOf(selectionId, handicap));
  }

  apply(change: MarketChange, publishedAt: number): void {
    if (change.img === true) this.#reset();
    this.publishedAt = publishedAt;
    if (change.marketDefinition) this.#define(change.marketDefinition);
    if (typeof change.tv === 'number') this.totalMatchedMinor = sizeMinor(change.tv);
    if (!change.rc) return;
    for (const runner of change.rc) this.runnerNamed(runner.id, runner.hc ?? 0).apply(runner);
  }

  #define(definition: MarketDefinition): void {
    this.definition = definition;
    for (const runner of definition.runners) this.runnerNamed(runner.id, runner.hc ?? 0).definition = runner;
  }

  /** The runner of that name, made if it is new. */
  runnerNamed(selectionId: number, handicap: number): RunnerBook {
    const key = keyOf(selectionId, handicap);
    let runner = this.#byKey.get(key);
    if (!runner) {
      runner = this.#before.get(key) ?? new RunnerBook(selectionId, handicap);
      this.#byKey.set(key, runner);
      this.runners.push(runner);
    }
    return runner;
  }

  /** The runners that an image names stay the same objects, in the image's order; others are gone. */
  #reset(): void {
    this.#before = this.#byKey;
    this.definition = null;
    this.totalMatchedMinor = 0;
    this.runners = [];
    this.#byKey = new Map();
    for (const runner of this.#before.values()) runner.reset();
  }
}

/** One number or text per runner: most have no handicap. */
export function keyOf(selectionId: number, handicap: number): number | string {
  return handicap === 0 ? selectionId : `${selectionId}/${handicap}`;
}

function setPrices(ladder: PriceLadder, pairs: readonly PricePair[] | null | undefined): void {
  if (!pairs) return;
  for (const pair of pairs) ladder.set(priceMilli(pair[0]), sizeMinor(pair[1]));
}

function setLevels(ladder: LevelLadder, triples: readonly LevelTriple[] | null | undefined): void {
  if (!triples) return;
  for (const [level, price, size] of triples) ladder.set(level, priceMilli(price), sizeMinor(size));
}
