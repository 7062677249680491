// The load of the writer bench: 100,000 funded users, a few markets, and a generator of encoded bets cheap enough not to be the bottleneck.
import { hash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonical } from '#core/base/canonical.ts';
import { deriveId, makeId } from '#core/base/ids.ts';
import { betIdOf } from '#core/bets/bet-id.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Command, Lane, Via } from '#core/kernel/command.ts';
import { encodeEnvelope, payloadHash } from '#engine/envelope.ts';
import type { Writer } from '#engine/writer.ts';

export const TENANT = 'ten_00000000000000000000000001';
export const LEDGER = 'main';
export const MARKETS = 20;
export const FUNDS_MINOR = 1_000_000_000;
const SELECTIONS = ['home', 'draw', 'away'];
const ODDS = [2_100, 3_400, 3_600];

export function makeUsers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => deriveId('usr', 1, `user ${i}`));
}

export function marketName(i: number): string {
  return `fb:B:20260101:home-${i % MARKETS}:away/1x2`;
}

let counter = 0;
const tail = Buffer.alloc(10);

/** Unique ids in order of time, as UUIDv7 would give. */
export function nextCommandId(at: number): string {
  tail.writeUInt32BE(Math.imul(++counter, 0x9e3779b1) >>> 0, 6);
  tail.writeUInt32BE(counter, 2);
  return makeId('cmd', at, tail);
}

interface Request {
  readonly via: Via;
  readonly lane: Lane;
  readonly ownerId: string;
  readonly cmd: Command;
}

export function encode(request: Request): string {
  const actor = { ownerId: request.ownerId, tenantId: TENANT, via: request.via };
  const commandId = nextCommandId(Date.now());
  return encodeEnvelope({ commandId, ledgerId: LEDGER, actor, lane: request.lane, cmd: request.cmd });
}

/** Opens the ledger and the markets and funds everybody. */
export async function prepareArena(writer: Writer, users: readonly string[]): Promise<void> {
  const ask = async (via: Via, lane: Lane, cmd: Command): Promise<void> => {
    const answer = JSON.parse(await writer.submit(encode({ via, lane, ownerId: 'usr_bench', cmd }))) as { result: unknown };
    if (answer.result !== 'done') throw new Error(`${cmd.type}: ${JSON.stringify(answer.result)}`);
  };
  await ask('worker', 'control', { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
  const big = 2 ** 49;
  const limits = {
    houseCapitalMinor: big,
    marketLossMaxMinor: big,
    eventLossMaxMinor: big,
    openBetsMax: 1_000_000,
    staleMsPreMatch: 86_400_000,
  };
  await ask('worker', 'control', { type: 'SetLimits', limits });
  for (let i = 0; i < MARKETS; i++) {
    await ask('worker', 'facts', { type: 'OpenMarket', marketId: marketName(i), startAt: Date.now() + 86_400_000 });
  }
  for (let i = 0; i < users.length; i += 5_000) {
    const some = users.slice(i, i + 5_000);
    const grant = (holder: string): Promise<void> =>
      ask('worker', 'people', { type: 'IssueFunds', holder, ownerId: holder, tenantId: TENANT, amountMinor: FUNDS_MINOR });
    await Promise.all(some.map(grant));
  }
}

export function putQuotes(writer: Writer): void {
  const at = Date.now();
  for (let i = 0; i < MARKETS; i++) writer.putQuote(quote(marketName(i), at));
}

function quote(marketId: string, at: number): Quote {
  const prices = SELECTIONS.map((selectionId, i) => ({ selectionId, oddsMilli: ODDS[i] as number }));
  const source = { source: 'bench', sourceEpoch: 1, sourceVersion: 1, observedAt: at, confirmedAt: at };
  return { marketId, quoteSeq: 1, status: 'open', inPlay: false, betDelayMs: 0, prices, ...source };
}

export interface BetSpec {
  readonly user: number;
  readonly market: number;
  readonly selection: number;
  readonly stakeMinor: number;
}

/** The n-th bet of the load: users spread evenly, markets and selections in turn. */
export function betSpec(n: number, users: number): BetSpec {
  return { user: (n * 7919) % users, market: n % MARKETS, selection: n % 3, stakeMinor: 100 + (n % 50) };
}

/**
 * The n-th bet as canonical text, written out because canonical() would cost more than deciding; `selfCheck` proves the two equal.
 */
export function encodeBet(users: readonly string[], n: number, at = Date.now()): string {
  const { market, selection, stakeMinor, user } = betSpec(n, users.length);
  const holder = users[user] as string;
  const commandId = nextCommandId(at);
  const cmd =
    `{"betId":"${betIdOf(commandId)}","holder":"${holder}","legs":[{"marketId":"${marketName(market)}",` +
    `"selectionId":"${SELECTIONS[selection]}"}],"minOddsMilli":2000,"quoteSeq":1,"stakeMinor":${stakeMinor},"type":"PlaceBet"}`;
  const payload = hash('sha256', `["${holder}","${TENANT}",${cmd}]`).slice(0, 32);
  return flat(
    `{"actor":{"ownerId":"${holder}","tenantId":"${TENANT}","via":"api"},"cmd":${cmd},"commandId":"${commandId}",` +
      `"lane":"people","ledgerId":"${LEDGER}","payloadHash":"${payload}"}`,
  );
}

/** One run of bytes, as a request's body arrives; what was concatenated is a tree that the first reader would have to walk. */
export function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/**
 * A load encoded beforehand, in a file in memory: on the heap, or held in one buffer beside it, it would be the collector's work and nobody's
 * bets. Read in order, a piece at a time, as from a socket.
 */
export class EncodedBets {
  readonly count: number;
  readonly #renamed: boolean;
  readonly #file: number;
  readonly #ends: Float64Array;
  readonly #piece = Buffer.allocUnsafeSlow(PIECE_BETS * BET_BYTES_MAX);
  #first = -1;
  #stampedAt = 0;
  #stamp = '';

  /** `encode` writes the nth command: a bet, unless given. */
  constructor(users: readonly string[], first: number, count: number, encode = encodeBet) {
    this.count = count;
    this.#renamed = encode === encodeBet; // later orders name earlier ones: their keys stay as they were made
    this.#ends = new Float64Array(count + 1);
    const path = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `palpite-load-${process.pid}-${first}`);
    this.#file = openSync(path, 'w+');
    unlinkSync(path); // gone with the process, however that ends
    for (let done = 0; done < count; done += PIECE_BETS) {
      let bytes = 0;
      for (let i = done; i < Math.min(count, done + PIECE_BETS); i++) {
        bytes += this.#piece.write(encode(users, first + i), bytes, 'latin1');
        this.#ends[i + 1] = (this.#ends[done] as number) + bytes;
      }
      writeSync(this.#file, this.#piece, 0, bytes);
    }
  }

  /** One bet as text, as reading it from a socket would make it: its command was made now, whenever its text was. */
  at(i: number): string {
    if (this.#first < 0 || i < this.#first || i >= this.#first + PIECE_BETS) this.#load(i - (i % PIECE_BETS));
    const base = this.#ends[this.#first] as number;
    const end = (this.#ends[i + 1] as number) - base;
    const begin = (this.#ends[i] as number) - base;
    if (this.#renamed) {
      // The bet is named after the key that places it.
      const time = this.#timeNow();
      this.#piece.write(time, begin + BET_ID_AT, 'latin1');
      this.#piece.write(time, end - COMMAND_ID_FROM_END, 'latin1');
    }
    return this.#piece.toString('latin1', begin, end);
  }

  /** How ids made now begin. */
  #timeNow(): string {
    const now = Date.now();
    if (now !== this.#stampedAt) {
      this.#stampedAt = now;
      this.#stamp = makeId('cmd', now, tail).slice('cmd_'.length, 'cmd_'.length + TIME_CHARS);
    }
    return this.#stamp;
  }

  close(): void {
    closeSync(this.#file);
  }

  #load(first: number): void {
    const start = this.#ends[first] as number;
    const end = this.#ends[Math.min(this.count, first + PIECE_BETS)] as number;
    readSync(this.#file, this.#piece, 0, end - start, start);
    this.#first = first;
  }
}
const PIECE_BETS = 512;
const BET_BYTES_MAX = 600;
/** Of an id, after its prefix: 48 bits. */
const TIME_CHARS = 10;
/** Where a bet id's first character stands: the ids before it have one length. */
const BET_ID_AT = `{"actor":{"ownerId":"${'0'.repeat(30)}","tenantId":"${TENANT}","via":"api"},"cmd":{"betId":"bet_`.length;
/** Where a command id's first character stands, from the end of the text. */
const COMMAND_ID_FROM_END = `${'0'.repeat(26)}","lane":"people","ledgerId":"${LEDGER}","payloadHash":"${'0'.repeat(32)}"}`.length;

/** Throws unless the written-out encoding is exactly what the library would have sent. */
export function selfCheck(users: readonly string[]): void {
  const text = encodeBet(users, 12_345);
  const value = JSON.parse(text);
  if (canonical(value) !== text) throw new Error('bench bet is not canonical');
  if (text.slice(BET_ID_AT, BET_ID_AT + 26) !== value.cmd.betId.slice(4)) throw new Error('bench bet has its id elsewhere');
  if (payloadHash(value.actor, value.cmd) !== value.payloadHash) throw new Error('bench payload hash differs');
}
