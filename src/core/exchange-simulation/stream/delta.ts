// The fast way for what a stream mostly says: one market's delta of price levels, read from bytes straight into integers without building
// objects. It takes exactly the lines that it understands to the last byte and leaves every other to readStreamMessage; for those it takes,
// both ways lead to the same book (delta.test.ts).
import type { MarketBook } from './market-book.ts';

/** Places in RunnerBook.setLevel. */
export const LEVEL_FIELDS = { atb: 0, atl: 1, trd: 2, batb: 3, batl: 4, bdatb: 5, bdatl: 6, spb: 7, spl: 8 } as const;

/** Longest run of digits that stays exact in a float. */
const DIGITS_MAX = 15;
/** Above this many the thorough reader refuses prices and sizes. */
const WHOLE_DIGITS_MAX = 12;
const POWERS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000] as const;

const [QUOTE, COMMA, MINUS_ONE, POINT, ZERO, NINE, COLON, OPEN, CLOSE, BEGIN, END] = [
  34, 44, -1, 46, 48, 57, 58, 91, 93, 123, 125,
];
const MINUS = 45;
const PREFIX = bytesOf('{"op":"mcm",');
const TRUE = bytesOf('true');
const FALSE = bytesOf('false');

function bytesOf(text: string): readonly number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

interface DeltaRunner {
  id: number;
  hc: number;
  lastPriceMilli: number;
  totalMatchedMinor: number;
  nearPrice: number;
  farPrice: number;
  /** First of its levels and the first that is not. */
  from: number;
  to: number;
}

const NO_RUNNER: DeltaRunner = {
  id: 0,
  hc: 0,
  lastPriceMilli: 0,
  totalMatchedMinor: 0,
  nearPrice: 0,
  farPrice: 0,
  from: 0,
  to: 0,
};

/** One delta; the object is used again for the next line. */
export class Delta {
  readonly op = 'delta';
  /** Publish time, UTC ms. */
  pt = 0;
  marketId = '';
  runnerChanges = 0;
  levelChanges = 0;
  #totalMatchedMinor: number = MINUS_ONE;
  readonly #runners: DeltaRunner[] = [];
  readonly #fields: number[] = [];
  readonly #keys: number[] = [];
  readonly #prices: number[] = [];
  readonly #sizes: number[] = [];
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  /** Lists of the runner so far, one bit each: of two with one name JSON keeps the last, so that is for the thorough reader. */
  #listsSeen = 0;
  /** The id of the market as bytes, so that it is made text once. */
  #marketBytes: number[] = [];

  /** Reads the line between two places; false when it is for the thorough reader. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    this.#bytes = bytes;
    this.#at = from;
    this.pt = 0;
    this.runnerChanges = 0;
    this.levelChanges = 0;
    this.#totalMatchedMinor = MINUS_ONE;
    let markets = 0;
    if (!this.#literal(PREFIX)) return false;
    do {
      const key = this.#key();
      if (key === 'pt') this.pt = this.#integer();
      else if (key === 'id') this.#integer();
      else if (key === 'clk') this.#skipText();
      else if (key === 'mc' && markets++ === 0 && this.#take(OPEN) && this.#market() && this.#take(CLOSE)) continue;
      else return false;
    } while (this.#at >= 0 && this.#take(COMMA));
    return markets === 1 && this.pt > 0 && this.#take(END) && this.#at === to;
  }

  apply(book: MarketBook): void {
    book.publishedAt = this.pt;
    if (this.#totalMatchedMinor >= 0) book.totalMatchedMinor = this.#totalMatchedMinor;
    for (let i = 0; i < this.runnerChanges; i++) {
      const { farPrice, from, hc, id, lastPriceMilli, nearPrice, to, totalMatchedMinor } = this.#runners[i] as DeltaRunner;
      const runner = book.runnerNamed(id, hc);
      runner.revision++;
      if (lastPriceMilli >= 0) runner.lastPriceMilli = lastPriceMilli === 0 ? null : lastPriceMilli;
      if (totalMatchedMinor >= 0) runner.totalMatchedMinor = totalMatchedMinor;
      if (nearPrice >= 0) runner.nearPrice = nearPrice;
      if (farPrice >= 0) runner.farPrice = farPrice;
      for (let level = from; level < to; level++) {
        const key = this.#keys[level] as number;
        runner.setLevel(this.#fields[level] as number, key, this.#prices[level] as number, this.#sizes[level] as number);
      }
    }
  }

  #market(): boolean {
    if (!this.#take(BEGIN)) return false;
    let named = false;
    let lists = 0;
    do {
      const key = this.#key();
      if (key === 'id') named = this.#marketName();
      else if (key === 'tv') this.#totalMatchedMinor = this.#decimal(2);
      else if (key === 'con') this.#boolean();
      else if (key === 'img') {
        if (!this.#literal(FALSE)) return false; // an image is for the thorough reader
      } else if (key !== 'rc' || lists++ > 0 || !this.#runnerList()) return false;
    } while (this.#at >= 0 && this.#take(COMMA));
    return named && this.#take(END);
  }

  #runnerList(): boolean {
    if (!this.#take(OPEN)) return false;
    if (this.#take(CLOSE)) return true;
    do if (!this.#runner()) return false;
    while (this.#take(COMMA));
    return this.#take(CLOSE);
  }

  #runner(): boolean {
    if (!this.#take(BEGIN)) return false;
    const runner = (this.#runners[this.runnerChanges] ??= { ...NO_RUNNER });
    this.runnerChanges++;
    runner.id = MINUS_ONE;
    runner.hc = 0;
    runner.lastPriceMilli = MINUS_ONE;
    runner.totalMatchedMinor = MINUS_ONE;
    runner.nearPrice = MINUS_ONE;
    runner.farPrice = MINUS_ONE;
    runner.from = this.levelChanges;
    this.#listsSeen = 0;
    do {
      const key = this.#key();
      if (key === 'id') runner.id = this.#integer();
      else if (key === 'ltp') runner.lastPriceMilli = this.#decimal(3);
      else if (key === 'tv') runner.totalMatchedMinor = this.#decimal(2);
      else if (key === 'hc') runner.hc = this.#handicap();
      else if (key === 'spn') runner.nearPrice = this.#decimal(9) / 1e9;
      else if (key === 'spf') runner.farPrice = this.#decimal(9) / 1e9;
      else if (key === '' || !this.#levels(key)) return false;
    } while (this.#at >= 0 && this.#take(COMMA));
    runner.to = this.levelChanges;
    return runner.id >= 0 && this.#take(END);
  }

  #levels(key: string): boolean {
    const field = LEVEL_FIELDS[key as keyof typeof LEVEL_FIELDS] as number | undefined;
    if (field === undefined || (this.#listsSeen & (1 << field)) !== 0 || !this.#take(OPEN)) return false;
    this.#listsSeen |= 1 << field;
    if (this.#take(CLOSE)) return field !== LEVEL_FIELDS.trd; // an empty trd clears
    const leveled = field >= LEVEL_FIELDS.batb && field <= LEVEL_FIELDS.bdatl;
    do {
      if (!this.#take(OPEN)) return false;
      const level = leveled ? this.#integer() : 0;
      if (leveled && (level > 4_999 || !this.#take(COMMA))) return false;
      const price = this.#decimal(3);
      if (!this.#take(COMMA)) return false;
      const at = this.levelChanges++;
      this.#fields[at] = field;
      this.#keys[at] = leveled ? level : price;
      this.#prices[at] = price;
      this.#sizes[at] = this.#decimal(2);
      if (this.#at < 0 || !this.#take(CLOSE)) return false;
    } while (this.#take(COMMA));
    return this.#take(CLOSE);
  }

  /** The key that comes next, without its quotes and colon; '' for one that is not known here. */
  #key(): string {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] !== QUOTE) return this.#fail();
    const from = ++at;
    while (bytes[at] !== QUOTE) if (++at - from > 5) return this.#fail();
    if (bytes[at + 1] !== COLON) return this.#fail();
    this.#at = at + 2;
    return keyNamed(bytes, from, at - from);
  }

  #fail(): '' {
    this.#at = MINUS_ONE;
    return '';
  }

  #take(byte: number | undefined): boolean {
    if (this.#at < 0 || this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #literal(bytes: readonly number[]): boolean {
    for (const byte of bytes) if (!this.#take(byte)) return false;
    return true;
  }

  #boolean(): void {
    if (!this.#literal(this.#bytes[this.#at] === TRUE[0] ? TRUE : FALSE)) this.#at = MINUS_ONE;
  }

  #skipText(): void {
    if (!this.#take(QUOTE)) this.#at = MINUS_ONE;
    while (this.#at >= 0) {
      const byte = this.#bytes[this.#at++];
      if (byte === QUOTE) return;
      // Text with escapes, or beyond ASCII, is for the thorough reader.
      if (byte === undefined || byte === 92 || byte < 32 || byte > 126) this.#at = MINUS_ONE;
    }
  }

  #marketName(): boolean {
    const from = this.#at + 1;
    this.#skipText();
    const length = this.#at - 1 - from;
    if (this.#at < 0 || length > 200) return false;
    const known = this.#marketBytes;
    let same = known.length === length;
    for (let i = 0; same && i < length; i++) same = known[i] === this.#bytes[from + i];
    if (same) return true;
    this.#marketBytes = Array.from(this.#bytes.subarray(from, from + length));
    this.marketId = String.fromCharCode(...this.#marketBytes);
    return true;
  }

  /** Handicaps are quarters, of either sign. */
  #handicap(): number {
    const sign = this.#bytes[this.#at] === MINUS ? -1 : 1;
    if (sign < 0) this.#at++;
    return (sign * this.#decimal(2)) / 100;
  }

  #integer(): number {
    return this.#decimal(0);
  }

  /** A number of at most so many decimals, times ten to that power; anything else ends the reading. */
  #decimal(decimals: number): number {
    const bytes = this.#bytes;
    let at = this.#at;
    if (at < 0) return 0;
    const from = at;
    let value = 0;
    let byte = bytes[at] as number;
    while (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO);
      byte = bytes[++at] as number;
    }
    const whole = at - from;
    // JSON knows no number that begins with a needless 0.
    let wrong = whole === 0 || (whole > 1 && bytes[from] === ZERO);
    let left = decimals;
    if (byte === POINT) {
      const first = ++at;
      byte = bytes[at] as number;
      while (byte >= ZERO && byte <= NINE) {
        if (left > 0) value = value * 10 + (byte - ZERO);
        else if (byte !== ZERO) wrong = true;
        left--;
        byte = bytes[++at] as number;
      }
      wrong ||= at === first;
    }
    // What follows a number here is a comma or a bracket: an exponent is not.
    wrong ||= at - from > DIGITS_MAX || (byte !== COMMA && byte !== CLOSE && byte !== END);
    const scaled = left > 0 ? value * (POWERS[left] as number) : value;
    wrong ||= scaled > Number.MAX_SAFE_INTEGER || (decimals > 0 && whole > WHOLE_DIGITS_MAX);
    this.#at = wrong ? MINUS_ONE : at;
    return scaled;
  }
}

/** The names that are known, told apart by length and letters. */
function keyNamed(bytes: Uint8Array, from: number, length: number): string {
  const first = bytes[from] as number;
  const second = bytes[from + 1] as number;
  const third = bytes[from + 2] as number;
  if (length === 2) {
    const pair = (first << 8) | second;
    return PAIRS.get(pair) ?? '';
  }
  if (length === 3) return TRIPLES.get((first << 16) | (second << 8) | third) ?? '';
  for (const [name, letters] of LONGER) {
    if (letters.length !== length) continue;
    let same = true;
    for (let i = 0; same && i < length; i++) same = letters[i] === bytes[from + i];
    if (same) return name;
  }
  return '';
}

const numbered = (name: string): readonly [number, string] => [bytesOf(name).reduce((sum, byte) => (sum << 8) | byte, 0), name];
const PAIRS = new Map(['id', 'pt', 'mc', 'rc', 'tv', 'hc'].map(numbered));
const TRIPLES = new Map(['clk', 'con', 'img', 'atb', 'atl', 'trd', 'ltp', 'spb', 'spl', 'spn', 'spf'].map(numbered));
const LONGER = ['batb', 'batl', 'bdatb', 'bdatl'].map((name) => [name, bytesOf(name)] as const);
