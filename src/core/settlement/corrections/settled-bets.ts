// Bets that were paid, kept until their market is archived so that a settlement can be taken back: 60 bytes each, in one array a market.
// The last one paid comes out first, so that a reversal only ever shortens the array.
import { assert } from '../../base/assert.ts';
import { decodeIdWords, encodeId } from '../../base/ids.ts';
import type { ClosedBet } from '../../bets/evolve-bets.ts';

export interface SettledBet extends ClosedBet {
  readonly returnedMinor: number;
}

/** 32-bit words of a record: 4 of the id, holder, odds, worst odds, suspensions, selection with its marks, 2 each of stake, return and time. */
const WORDS = 15;
export const SETTLED_BET_BYTES = WORDS * 4;
const PENDING = 256;
const EACH_WAY = 512;
const HIGH = 2 ** 32;
const FIRST_RECORDS = 4;

const words = new Int32Array(4);

export class SettledBets {
  #records = new Int32Array(FIRST_RECORDS * WORDS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(bet: ClosedBet, returnedMinor: number): void {
    const at = this.#count * WORDS;
    if (at === this.#records.length) this.#grow();
    assert(decodeIdWords(bet.betId, words), () => `${bet.betId} is no id`);
    const r = this.#records;
    r.set(words, at);
    r[at + 4] = bet.holder;
    r[at + 5] = bet.oddsMilli;
    r[at + 6] = bet.minOddsMilli;
    r[at + 7] = bet.suspensions;
    r[at + 8] = bet.selection + (bet.pending ? PENDING : 0) + (bet.eachWay ? EACH_WAY : 0);
    this.#write(at + 9, bet.stakeMinor);
    this.#write(at + 11, returnedMinor);
    this.#write(at + 13, bet.placedAt);
    this.#count++;
  }

  /** The bet at a place, 0 the one paid first. `market` is what it was on. */
  get(place: number, market: number): SettledBet {
    const at = place * WORDS;
    const r = this.#records;
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 4; i++) view.setInt32(i * 4, r[at + i] as number);
    const marks = r[at + 8] as number;
    return {
      betId: encodeId('bet', bytes),
      holder: r[at + 4] as number,
      market,
      selection: marks % PENDING,
      oddsMilli: r[at + 5] as number,
      minOddsMilli: r[at + 6] as number,
      stakeMinor: this.#read(at + 9),
      placedAt: this.#read(at + 13),
      suspensions: r[at + 7] as number,
      pending: (marks & PENDING) !== 0,
      ...((marks & EACH_WAY) === 0 ? {} : { eachWay: true }),
      returnedMinor: this.#read(at + 11),
    };
  }

  /** What a preview reads of each bet, one by one: a hundred thousand of them without an object each. */
  holderAt(place: number): number {
    return this.#records[place * WORDS + 4] as number;
  }

  oddsAt(place: number): number {
    return this.#records[place * WORDS + 5] as number;
  }

  /** -1 for a bet that was pending: it returns its stake whatever happened. */
  selectionAt(place: number): number {
    const marks = this.#records[place * WORDS + 8] as number;
    return (marks & PENDING) === 0 ? marks % PENDING : -1;
  }

  stakeAt(place: number): number {
    return this.#read(place * WORDS + 9);
  }

  returnedAt(place: number): number {
    return this.#read(place * WORDS + 11);
  }

  /** Place of a bet, or -1. Walks all of the market's: asked once a dispute. */
  find(betId: string): number {
    if (!decodeIdWords(betId, words)) return -1;
    const r = this.#records;
    for (let place = 0; place < this.#count; place++) {
      const at = place * WORDS;
      if (r[at + 3] === words[3] && r[at + 2] === words[2] && r[at + 1] === words[1] && r[at] === words[0]) return place;
    }
    return -1;
  }

  pop(market: number): SettledBet {
    assert(this.#count > 0, 'no settled bet is left');
    const bet = this.get(--this.#count, market);
    this.#records.fill(0, this.#count * WORDS, (this.#count + 1) * WORDS);
    return bet;
  }

  dump(): Int32Array {
    return this.#records.slice(0, this.#count * WORDS);
  }

  static load(records: Int32Array): SettledBets {
    const bets = new SettledBets();
    bets.#records = records.length > 0 ? records.slice() : bets.#records;
    bets.#count = records.length / WORDS;
    return bets;
  }

  #write(at: number, value: number): void {
    this.#records[at] = Math.floor(value / HIGH);
    this.#records[at + 1] = (value % HIGH) | 0;
  }

  #read(at: number): number {
    return (this.#records[at] as number) * HIGH + ((this.#records[at + 1] as number) >>> 0);
  }

  #grow(): void {
    const records = new Int32Array(this.#records.length * 2);
    records.set(this.#records);
    this.#records = records;
  }
}
