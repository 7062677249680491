// The live arena before a real writer: an answer that is lost, and a journal in which a bot has two bets on one market.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { makeId } from '#core/base/ids.ts';
import { refuse } from '#core/base/refusal.ts';
import type { Dna } from '#core/bots/dna.ts';
import { dnaWith } from '#core/bots/facts-for-tests.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Command } from '#core/kernel/command.ts';
import { encodeAnswer, encodeEnvelope } from '#engine/envelope.ts';
import { updateMessage } from '#engine/odds/messages.ts';
import { Writer } from '#engine/writer.ts';
import type { PastBet } from '#ports/bot-store.ts';
import { silentLog } from '#ports/log.ts';
import { realClock, until } from '../../test/odds/pipeline-harness.ts';
import { LiveArena } from './live-arena.ts';

const EVENT = 'fb:E0:20990101:alpha:beta';
const MARKET = `${EVENT}/1x2`;
const START = Date.parse('2099-01-01T00:00:00Z');
const FUNDS_MINOR = 100_000;
const SYSTEM = { ownerId: 'system', tenantId: 'system', via: 'worker' } as const;
const DNA: Dna = dnaWith({ type: 'favourite', params: {} });
const BOT = DNA.id;
const OWNER = { ownerId: makeId('usr', 1, new Uint8Array(10)), tenantId: makeId('ten', 1, new Uint8Array(10)) };

interface Scene {
  readonly bus: MemoryBus;
  readonly writer: Writer;
  /** Bets as they were sent, with their keys. */
  readonly sent: string[];
  readonly outcomes: string[];
  arena(parts?: { submit?: (encoded: string) => Promise<string>; history?: readonly PastBet[] }): Promise<LiveArena>;
  price(seq: number): Promise<void>;
}

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const bus = new MemoryBus({ clock: realClock });
  const lease = { holder: 'test', address: '', ttlMs: 60_000 };
  const ports = { journal: new MemoryJournal(), snapshots: null, clock: realClock, log: silentLog };
  const writer = new Writer({ shard: 0, lease }, ports);
  await writer.start();
  let keys = 0;
  const ask = (cmd: Command): Promise<string> => {
    const commandId = makeId('cmd', Date.now(), new Uint8Array(10).fill(++keys));
    return writer.submit(encodeEnvelope({ commandId, ledgerId: 'main', actor: SYSTEM, lane: 'control', cmd }));
  };
  await ask({ type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
  await ask({ type: 'OpenMarket', marketId: MARKET, startAt: START });
  const sent: string[] = [];
  const outcomes: string[] = [];
  const arenas: LiveArena[] = [];
  const scene: Scene = {
    bus,
    writer,
    sent,
    outcomes,
    async arena({ history = [], submit = (encoded: string) => writer.submit(encoded) } = {}) {
      const arena = new LiveArena(
        [{ dna: DNA, ...OWNER, bornAt: Date.now() }],
        { ledgerId: 'main', execBook: 'simA', memory: {}, fundsMinor: FUNDS_MINOR },
        {
          bus,
          bots: { load: async () => [], add: async () => {}, history: async () => [...history] },
          clock: realClock,
          log: silentLog,
          submit: (encoded) => {
            const { cmd, commandId } = JSON.parse(encoded) as { cmd: Command; commandId: string };
            if (cmd.type === 'PlaceBet') sent.push(commandId);
            return submit(encoded);
          },
          state: () => writer.state,
          onSheet: () => {},
          onBet: (outcome) => outcomes.push(outcome),
        },
      );
      arenas.push(arena);
      await arena.start();
      return arena;
    },
    async price(seq) {
      const at = Date.now();
      const odds = { home: 2_000 + seq, draw: 3_500, away: 4_000 };
      const prices = Object.entries(odds).map(([selectionId, oddsMilli]) => ({ selectionId, oddsMilli }));
      const from = { source: 'simA', sourceEpoch: 1, sourceVersion: seq, observedAt: at, confirmedAt: at };
      const quote: Quote = { marketId: MARKET, quoteSeq: seq, status: 'open', inPlay: false, betDelayMs: 0, prices, ...from };
      writer.putQuote(quote);
      const body = { kind: 'quotes', feed: 'f', eventId: EVENT, quotes: [quote], numbers: [seq], after: seq - 1 } as const;
      const asked = arenas.map(({ runner }) => runner.evaluations);
      await bus.publish([updateMessage(body, String(seq))]);
      await until(() => arenas.every(({ runner }, i) => runner.evaluations > (asked[i] as number)), `price ${seq} at the bots`);
    },
  };
  try {
    await work(scene);
  } finally {
    for (const arena of arenas) await arena.stop();
    await bus.close();
    await writer.stop();
  }
}

const openBets = (writer: Writer): number => writer.state?.ledgers.get('main')?.bets.size ?? -1;

describe('LiveArena', () => {
  it('asks under the same key until it knows what became of a bet, and makes no second one meanwhile', () =>
    withScene(async ({ arena, outcomes, price, sent, writer }) => {
      let lost = 3;
      const { runner } = await arena({
        submit: async (encoded) => {
          const answer = await writer.submit(encoded);
          if (encoded.includes('PlaceBet') && lost-- > 0) throw new Error('no answer from the writer in time');
          return answer;
        },
      });
      await price(1);
      await until(() => openBets(writer) === 1, 'the bet');
      for (let seq = 2; seq < 20; seq++) await price(seq);
      await until(() => outcomes.includes('done'), 'its answer');
      for (let seq = 20; seq < 30; seq++) await price(seq);
      assert.deepEqual(outcomes, ['done']);
      assert.deepEqual([sent.length, new Set(sent).size, openBets(writer)], [4, 1, 1]);
      assert.deepEqual(
        [runner.bots[0]?.strategy.state.open, Object.keys(runner.bots[0]?.strategy.state.bets ?? {})],
        [1, [MARKET]],
      );
    }));

  it('takes a refusal for now as no answer once an answer was lost, and as one before', () =>
    withScene(async ({ arena, outcomes, price, sent, writer }) => {
      const busy = (encoded: string): string => {
        const { commandId } = JSON.parse(encoded) as { commandId: string };
        return encodeAnswer({ commandId, shard: 0, seq: 0, result: refuse('busy') });
      };
      let bets = 0;
      const { runner } = await arena({
        submit: async (encoded) => {
          if (!encoded.includes('PlaceBet')) return writer.submit(encoded);
          bets++;
          if (bets === 1) return busy(encoded); // it never came to the writer's mind
          if (bets === 3) return busy(encoded);
          const answer = await writer.submit(encoded);
          if (bets === 2) throw new Error('no answer from the writer in time');
          return answer;
        },
      });
      await price(1);
      await until(() => outcomes.length === 1, 'the first answer');
      await price(2);
      await until(() => outcomes.length === 2, 'the second answer');
      await price(3);
      assert.deepEqual(outcomes, ['busy', 'done']);
      assert.deepEqual([sent.length, new Set(sent).size, openBets(writer)], [4, 2, 1]);
      assert.equal(runner.bots[0]?.strategy.state.open, 1);
    }));

  it('is born and funded although the first answers are lost', () =>
    withScene(async ({ arena, writer }) => {
      let lost = 2;
      await arena({
        submit: async (encoded) => {
          if (lost-- > 0) throw new Error('no answer from the writer in time');
          return writer.submit(encoded);
        },
      });
      const ledger = writer.state?.ledgers.get('main');
      assert.equal(ledger?.accounts.balance(`player:${BOT}:available`, 'PLAY'), FUNDS_MINOR);
    }));

  it('ends although nobody answers', () =>
    withScene(async ({ arena, price, sent, writer }) => {
      const running = await arena({
        submit: (encoded) =>
          encoded.includes('PlaceBet') ? Promise.reject(new Error('no answer from the writer in time')) : writer.submit(encoded),
      });
      await price(1);
      await until(() => sent.length > 1, 'a second try');
      await running.stop();
      const { length } = sent;
      await sleep(500);
      assert.equal(sent.length, length);
    }));

  it('starts with two bets on one market, and books what each comes to', () =>
    withScene(async ({ arena, price, sent }) => {
      const bet = (n: number, more: Partial<PastBet> = {}): PastBet => ({
        betId: makeId('bet', n, new Uint8Array(10).fill(n)),
        botId: BOT,
        marketId: MARKET,
        selectionId: 'home',
        oddsMilli: 2_000,
        stakeMinor: 1_000,
        quoteSeq: 1,
        placedAt: n,
        returnMinor: null,
        settledAt: null,
        ...more,
      });
      const other = `${EVENT.replace('alpha', 'gamma')}/1x2`;
      const settled = { marketId: other, returnMinor: 2_000, settledAt: 10 };
      const { runner } = await arena({ history: [bet(1), bet(2), bet(3, settled), bet(4, { ...settled, returnMinor: 0 })] });
      const strategy = runner.find(BOT)?.strategy;
      assert.ok(strategy);
      assert.deepEqual([strategy.state.open, strategy.state.profitMinor], [2, 0]); // 1,000 won and 1,000 lost on the other market
      await price(1);
      const view = { now: 20, availableMinor: FUNDS_MINOR, equityMinor: FUNDS_MINOR };
      assert.ok(strategy.onSettled({ betId: bet(2).betId, returnMinor: 2_500, at: 20 }, view));
      assert.ok(strategy.onSettled({ betId: bet(1).betId, returnMinor: 0, at: 21 }, view));
      assert.deepEqual([strategy.state.open, strategy.state.profitMinor], [0, 500]); // 1,500 - 1,000
      await price(2);
      assert.deepEqual(sent, []); // the market stays closed to the bot
    }));
});
