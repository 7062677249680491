// The load of the crash test, on the side that must not forget: every command keeps its key, its bytes and its answer for good.
import { randomBytes } from 'node:crypto';
import { deriveId, makeId } from '#core/base/ids.ts';
import { commandIdOf } from '#core/bets/bet-id.ts';
import { makeRng, pickOne, randomInt, type Rng } from '#core/base/rng.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Command, Lane, Via } from '#core/kernel/command.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';

const TENANT = deriveId('ten', 1, 'crash');
const USERS = 25;
const FUNDS_MINOR = 50_000_000;
/** Answers that say nothing about the command: it is sent again with its key. */
const RETRY = new Set(['busy', 'writer_moving', 'outcome_unknown']);

export interface Sent {
  readonly commandId: string;
  readonly encoded: string;
  readonly cmd: Command;
  /** The first answer that settled it, as text. */
  answer: string | null;
  times: number;
}

export class CrashLoad {
  readonly sent = new Map<string, Sent>();
  /** To be sent, oldest first. */
  readonly queue: Sent[] = [];
  readonly faults: string[] = [];
  repeated = 0;
  readonly #rng: Rng;
  readonly #users = Array.from({ length: USERS }, (_, i) => deriveId('usr', 1, `crash ${i}`));
  #generation = 0;

  constructor(seed: number) {
    this.#rng = makeRng(seed, 'crash load');
    this.#add('worker', 'control', { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
    for (const user of this.#users) {
      this.#add('operator', 'facts', {
        type: 'IssueFunds',
        holder: user,
        ownerId: user,
        tenantId: TENANT,
        amountMinor: FUNDS_MINOR,
      });
    }
    this.openMatch();
  }

  get answered(): Sent[] {
    return [...this.sent.values()].filter((sent) => sent.answer !== null);
  }

  get unanswered(): Sent[] {
    return [...this.sent.values()].filter((sent) => sent.answer === null);
  }

  /** What the current match's markets are priced at: the third is in play, its bets wait for 120 ms. */
  quotes(): Quote[] {
    const at = Date.now();
    const prices = ['home', 'draw', 'away'].map((selectionId, i) => ({ selectionId, oddsMilli: 2_000 + i * 900 }));
    const source = { source: 'crash', sourceEpoch: 1, sourceVersion: 1, observedAt: at, confirmedAt: at };
    return this.#markets().map((marketId, i) => {
      const inPlay = i === 2;
      const list = inPlay
        ? [
            { selectionId: 'yes', oddsMilli: 1_900 },
            { selectionId: 'no', oddsMilli: 1_900 },
          ]
        : prices;
      return {
        marketId,
        quoteSeq: 1,
        status: 'open',
        inPlay,
        betDelayMs: inPlay ? 120 : 0,
        prices: i === 1 ? DOUBLE : list,
        ...source,
      };
    });
  }

  openMatch(): void {
    this.#generation++;
    const startAt = Date.now() + 3_600_000;
    for (const marketId of this.#markets()) this.#add('feed', 'facts', { type: 'OpenMarket', marketId, startAt });
  }

  /** The current match ends: its bets are paid by timers while the next one is bet on. */
  finishMatch(): void {
    const scores = [{ period: 'ft', stat: 'goals', home: randomInt(this.#rng, 0, 3), away: randomInt(this.#rng, 0, 3) }];
    const result = {
      eventId: this.#event(),
      source: 'crash',
      version: 1,
      observedAt: Date.now(),
      status: 'finished',
      completedPeriods: ['ft'],
      scores,
    } as const;
    this.#add('feed', 'facts', { type: 'RecordResult', result });
    this.openMatch();
  }

  addBet(): void {
    const [holder, at] = [pickOne(this.#rng, this.#users), randomInt(this.#rng, 0, 2)];
    const selectionId = pickOne(
      this.#rng,
      [
        ['home', 'draw', 'away'],
        ['1x', '12', 'x2'],
        ['yes', 'no'],
      ][at] as string[],
    );
    const legs = [{ marketId: this.#markets()[at] as string, selectionId }];
    // One in thirty asks for more than the largest stake: refusals must be as durable as bets.
    const stakeMinor = this.#rng() < 0.03 ? 99_000_000 : randomInt(this.#rng, 1, 5_000);
    const betId = makeId('bet', Date.now(), randomBytes(10));
    this.#add('api', this.#rng() < 0.5 ? 'people' : 'bots', {
      type: 'PlaceBet',
      betId,
      holder,
      legs,
      stakeMinor,
      minOddsMilli: 1_100,
      quoteSeq: 1,
    });
  }

  /** Takes an answer in; a key that was settled before must say the same again. */
  take(id: string, answer: string): 'settled' | 'again' {
    const sent = this.sent.get(id) as Sent;
    const { result } = JSON.parse(answer) as Answer;
    if (result !== 'done' && result.code === 'read_only') this.faults.push('the writer went read-only');
    if (result !== 'done' && RETRY.has(result.code)) {
      this.queue.push(sent);
      return 'again';
    }
    if (sent.answer !== null) {
      this.repeated++;
      if (sent.answer !== answer) this.faults.push(`${id} was answered ${sent.answer}, and then ${answer}`);
    }
    sent.answer ??= answer;
    return 'settled';
  }

  /** After a crash: everything without an answer goes again, and some that had one. */
  resend(): void {
    this.queue.length = 0;
    const { answered } = this;
    const again = Array.from({ length: Math.min(20, answered.length) }, () => pickOne(this.#rng, answered));
    this.queue.push(...this.unanswered, ...again);
  }

  #add(via: Via, lane: Lane, cmd: Command): void {
    const commandId = cmd.type === 'PlaceBet' ? commandIdOf(cmd.betId) : makeId('cmd', Date.now(), randomBytes(10));
    const ownerId = cmd.type === 'PlaceBet' ? cmd.holder : 'crash';
    const encoded = encodeEnvelope({ commandId, ledgerId: 'main', actor: { ownerId, tenantId: TENANT, via }, lane, cmd });
    const sent = { commandId, encoded, cmd, answer: null, times: 0 };
    this.sent.set(commandId, sent);
    this.queue.push(sent);
  }

  #event(): string {
    return `fb:E0:20260101:a${this.#generation}:b${this.#generation}`;
  }

  #markets(): string[] {
    return ['1x2', 'dc', 'btts'].map((type) => `${this.#event()}/${type}`);
  }
}

const DOUBLE = [
  { selectionId: '1x', oddsMilli: 1_300 },
  { selectionId: '12', oddsMilli: 1_250 },
  { selectionId: 'x2', oddsMilli: 1_700 },
];
