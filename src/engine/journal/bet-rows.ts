// Folds BetPlaced events straight from a block's bytes. A rebuild is millions of them: making strings and objects of each, to look up the
// same holder and market again, took more time than folding them. What is not exactly such a line is left to decodeEvent() and evolve(),
// and what is folded here must give the same state (tested, and compared by every rebuild of the benches).
import { IdTable } from '#core/base/id-table.ts';
import { type IdPrefix, type IdWords, readIdBytes } from '#core/base/ids.ts';
import { onBetRow } from '#core/bets/evolve-bets.ts';
import type { Market } from '#core/bets/market.ts';
import { type LedgerState, marketOf, type ShardState } from '#core/kernel/state.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const AT = ascii('{"at":');
const COMMAND = ascii(',"commandId":"');
const BET = ascii('","data":{"betId":"bet_');
const HOLDER = ascii('","holder":"');
const MARKET = ascii('","legs":[{"marketId":"');
const ODDS = ascii('","oddsMilli":');
const SELECTION = ascii(',"selectionId":"');
const MIN_ODDS = ascii('"}],"minOddsMilli":');
const AGE = ascii(',"quote":{"ageMs":');
const SEQ = ascii(',"seq":');
const SOURCE = ascii(',"source":"');
const STAKE = ascii('"},"stakeMinor":');
const LEDGER = ascii(',"status":"accepted"},"ledgerId":"');
const AMOUNT = ascii('","postings":[{"amountMinor":');
const CURRENCY = ascii(',"currency":"');
const FROM = ascii('","from":"player:');
const TO = ascii(':available","to":"player:');
const END = ascii(':held"}],"type":"BetPlaced","v":1}');
const ID_DIGITS = 26;
const HOLDER_LENGTH = 30;
const QUOTE = 34;
const BACKSLASH = 92;
const PREFIXES = ['usr', 'bot'] as const satisfies IdPrefix[];

interface KnownMarket {
  readonly name: Uint8Array;
  readonly market: Market;
  readonly selections: readonly Uint8Array[];
}

interface KnownLedger {
  readonly name: Uint8Array;
  readonly currency: Uint8Array;
  readonly state: LedgerState;
  readonly holders: readonly { readonly prefix: Uint8Array; readonly ids: IdTable; readonly rows: number[] }[];
  readonly markets: Map<number, KnownMarket>;
}

const holderWords = new Int32Array(4);
const betWords = new Int32Array(4);

/** Reads lines of events with what it learnt of names before. One per rebuild; markets are looked up anew after an event that changed one. */
export class BetRows {
  readonly #state: ShardState;
  #ledgers: KnownLedger[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(state: ShardState) {
    this.#state = state;
  }

  /** For each event that is not a bet: it may have archived a market. */
  forgetMarkets(): void {
    for (const { markets } of this.#ledgers) markets.clear();
  }

  /** Folds the line in `bytes` from `start` to `end`; false, with nothing changed, when it is not a plain bet. */
  fold(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    const placedAt = this.#number(AT);
    if (placedAt < 0 || this.#text(COMMAND) < 0 || !this.#is(BET) || !readIdBytes(bytes, this.#at, betWords)) return false;
    this.#at += ID_DIGITS;
    const holderAt = this.#text(HOLDER);
    if (this.#at - holderAt !== HOLDER_LENGTH) return false;
    const marketAt = this.#text(MARKET);
    const marketEnd = this.#at;
    const oddsMilli = this.#number(ODDS);
    const selectionAt = this.#text(SELECTION);
    const selectionEnd = this.#at;
    const minOddsMilli = this.#number(MIN_ODDS);
    if (this.#number(AGE) < 0 || this.#number(SEQ) < 0 || this.#text(SOURCE) < 0) return false;
    const stakeMinor = this.#number(STAKE);
    const ledgerAt = this.#text(LEDGER);
    const ledger = ledgerAt < 0 ? null : this.#ledger(ledgerAt, this.#at);
    if (!ledger || this.#number(AMOUNT) !== stakeMinor || !this.#is(CURRENCY) || !this.#is(ledger.currency)) return false;
    if (!this.#is(FROM) || !this.#same(holderAt) || !this.#is(TO) || !this.#same(holderAt) || !this.#is(END)) return false;
    if (this.#at !== end || marketAt < 0 || selectionAt < 0 || oddsMilli < 0 || minOddsMilli < 0 || stakeMinor <= 0) return false;
    const holder = this.#holder(ledger, holderAt);
    const person = ledger.state.holders[holder];
    const known = this.#market(ledger, marketAt, marketEnd);
    if (!person || person.heldAccount < 0 || !known) return false;
    const selection = known.selections.findIndex((name) => this.#equals(name, selectionAt, selectionEnd));
    if (selection < 0) return false;
    const { market } = known;
    const { suspensions } = market;
    const bet = {
      holder,
      market: market.row,
      selection,
      oddsMilli,
      minOddsMilli,
      stakeMinor,
      placedAt,
      suspensions,
      pending: false,
    };
    onBetRow(ledger.state, { bet, id: wordsOf(betWords), market, person });
    return true;
  }

  /** The digits after a literal as a number; -1 when something else is there. */
  #number(literal: Uint8Array): number {
    if (!this.#is(literal)) return -1;
    const start = this.#at;
    let value = 0;
    for (;;) {
      const digit = (this.#bytes[this.#at] as number) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      this.#at++;
    }
    const digits = this.#at - start;
    return digits > 0 && digits < 16 ? value : -1;
  }

  /** Where the text after a literal begins; the place moves to its closing quote. -1 when it is escaped, not ASCII, or not there. */
  #text(literal: Uint8Array): number {
    if (!this.#is(literal)) return -1;
    const start = this.#at;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === QUOTE) return start;
      if (byte === undefined || byte === BACKSLASH || byte < 32 || byte > 126) return -1;
      this.#at++;
    }
  }

  /** True when the literal is here, and then past it. */
  #is(literal: Uint8Array): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return false;
    this.#at = at + literal.length;
    return true;
  }

  /** True when the holder read at `at` is here once more, and then past it. */
  #same(at: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < HOLDER_LENGTH; i++) if (bytes[this.#at + i] !== bytes[at + i]) return false;
    this.#at += HOLDER_LENGTH;
    return true;
  }

  #equals(text: Uint8Array, start: number, end: number): boolean {
    if (text.length !== end - start) return false;
    for (let i = 0; i < text.length; i++) if (text[i] !== this.#bytes[start + i]) return false;
    return true;
  }

  #ledger(start: number, end: number): KnownLedger | null {
    for (const known of this.#ledgers) if (this.#equals(known.name, start, end)) return known;
    const state = this.#state.ledgers.get(this.#textOf(start, end));
    if (!state) return null;
    const holders = PREFIXES.map((prefix) => ({ prefix: ascii(`${prefix}_`), ids: new IdTable(prefix), rows: [] }));
    const known = { name: ascii(state.ledgerId), currency: ascii(state.currency), state, holders, markets: new Map() };
    this.#ledgers.push(known);
    return known;
  }

  /** Row of the holder whose id stands at `at`, or -1. */
  #holder(ledger: KnownLedger, at: number): number {
    const kind = ledger.holders.find(({ prefix }) => this.#equals(prefix, at, at + prefix.length));
    if (!kind || !readIdBytes(this.#bytes, at + kind.prefix.length, holderWords)) return -1;
    const id = wordsOf(holderWords);
    const known = kind.ids.findWords(id);
    if (known >= 0) return kind.rows[known] as number;
    const row = ledger.state.holderRows.get(this.#textOf(at, at + HOLDER_LENGTH)) ?? -1;
    if (row >= 0) kind.rows[kind.ids.addWords(id)] = row;
    return row;
  }

  #market(ledger: KnownLedger, start: number, end: number): KnownMarket | null {
    let hash = 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (this.#bytes[i] as number), 0x01000193);
    const known = ledger.markets.get(hash);
    if (known && this.#equals(known.name, start, end)) return known;
    const market = marketOf(ledger.state, this.#textOf(start, end));
    if (!market) return null;
    const found = { name: ascii(market.marketId), market, selections: market.selections.map(ascii) };
    ledger.markets.set(hash, found);
    return found;
  }

  #textOf(start: number, end: number): string {
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, end - start).toString('latin1');
  }
}

function wordsOf(words: Int32Array): IdWords {
  return { w0: words[0] as number, w1: words[1] as number, w2: words[2] as number, w3: words[3] as number };
}
