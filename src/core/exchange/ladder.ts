// Price ladders as data: the prices at which orders may stand, numbered from 0. Inside the exchange a price is its tick, a small integer;
// thousandths appear only at the edges and in money. Ticks are stored in state, so a ladder never changes under its name.

/** Prices from `fromMilli` (inclusive) to `toMilli` (exclusive, but for the last band) in steps; all in thousandths. */
export interface LadderBand {
  readonly fromMilli: number;
  readonly toMilli: number;
  readonly stepMilli: number;
}

/** Most ticks a ladder may have: a book keeps a few bytes for each. */
export const TICKS_MAX = 131_072;
export const NO_TICK = -1;

export class Ladder {
  readonly name: string;
  readonly bands: readonly LadderBand[];
  /** Number of prices. */
  readonly ticks: number;
  /** Of each band, its first tick. */
  readonly #first: readonly number[];

  constructor(name: string, bands: readonly LadderBand[]) {
    const first: number[] = [];
    let ticks = 0;
    for (const [i, { fromMilli, toMilli, stepMilli }] of bands.entries()) {
      const steps = (toMilli - fromMilli) / stepMilli;
      const joined = i === 0 || bands[i - 1]?.toMilli === fromMilli;
      if (!Number.isSafeInteger(steps) || steps <= 0 || stepMilli <= 0 || !joined)
        throw new RangeError(`ladder ${name}: bad band ${i}`);
      first.push(ticks);
      ticks += steps;
    }
    if (ticks === 0 || ticks >= TICKS_MAX) throw new RangeError(`ladder ${name} has ${ticks} ticks`);
    this.name = name;
    this.bands = bands;
    this.#first = first;
    this.ticks = ticks + 1;
  }

  /** The tick of a price, or NO_TICK when it is not on the ladder. */
  tickOf(milli: number): number {
    const tick = this.tickAtOrBelow(milli);
    return tick !== NO_TICK && this.milliOf(tick) === milli ? tick : NO_TICK;
  }

  /** The price of a tick from 0 to ticks - 1, in thousandths. */
  milliOf(tick: number): number {
    const band = this.#bandOf(tick);
    const { fromMilli, stepMilli } = this.bands[band] as LadderBand;
    return fromMilli + (tick - (this.#first[band] as number)) * stepMilli;
  }

  /** The highest tick whose price is not above; NO_TICK when even the first is. */
  tickAtOrBelow(milli: number): number {
    for (let i = this.bands.length - 1; i >= 0; i--) {
      const { fromMilli, stepMilli } = this.bands[i] as LadderBand;
      if (milli >= fromMilli)
        return Math.min((this.#first[i] as number) + Math.floor((milli - fromMilli) / stepMilli), this.ticks - 1);
    }
    return NO_TICK;
  }

  /** The lowest tick whose price is not below; NO_TICK when even the last is. */
  tickAtOrAbove(milli: number): number {
    const below = this.tickAtOrBelow(milli);
    if (below !== NO_TICK && this.milliOf(below) >= milli) return below;
    return below + 1 < this.ticks ? below + 1 : NO_TICK;
  }

  #bandOf(tick: number): number {
    let band = this.bands.length - 1;
    while (band > 0 && tick < (this.#first[band] as number)) band--;
    return band;
  }
}

/** Betfair's classic ladder: 350 prices from 1.01 to 1000. Source: the Exchange Stream API's priceLadderDefinition CLASSIC. */
export const CLASSIC = new Ladder('classic', [
  { fromMilli: 1_010, toMilli: 2_000, stepMilli: 10 },
  { fromMilli: 2_000, toMilli: 3_000, stepMilli: 20 },
  { fromMilli: 3_000, toMilli: 4_000, stepMilli: 50 },
  { fromMilli: 4_000, toMilli: 6_000, stepMilli: 100 },
  { fromMilli: 6_000, toMilli: 10_000, stepMilli: 200 },
  { fromMilli: 10_000, toMilli: 20_000, stepMilli: 500 },
  { fromMilli: 20_000, toMilli: 30_000, stepMilli: 1_000 },
  { fromMilli: 30_000, toMilli: 50_000, stepMilli: 2_000 },
  { fromMilli: 50_000, toMilli: 100_000, stepMilli: 5_000 },
  { fromMilli: 100_000, toMilli: 1_000_000, stepMilli: 10_000 },
]);

/** Every hundredth from 1.01 to 1000: Asian handicap markets use it. */
export const FINEST = new Ladder('finest', [{ fromMilli: 1_010, toMilli: 1_000_000, stepMilli: 10 }]);

/** Of a line market, whose prices are lines (in thousandths of a unit) and whose winnings are always paid at 2.0. */
export function lineLadder(minMilli: number, maxMilli: number, stepMilli: number): Ladder {
  return new Ladder(`line:${minMilli}:${maxMilli}:${stepMilli}`, [{ fromMilli: minMilli, toMilli: maxMilli, stepMilli }]);
}

const NAMED: ReadonlyMap<string, Ladder> = new Map([CLASSIC, FINEST].map((ladder) => [ladder.name, ladder]));
const LINE_NAME = /^line:(-?\d{1,9}):(-?\d{1,9}):(\d{1,9})$/;

/** The ladder of a name, `line:MIN:MAX:STEP` included; null for a name that is none. */
export function ladderNamed(name: string): Ladder | null {
  const known = NAMED.get(name);
  const line = known ? null : LINE_NAME.exec(name);
  if (known || !line) return known ?? null;
  const [min, max, step] = line.slice(1).map(Number) as [number, number, number];
  const ticks = (max - min) / step;
  return Number.isSafeInteger(ticks) && ticks > 0 && ticks < TICKS_MAX ? lineLadder(min, max, step) : null;
}
