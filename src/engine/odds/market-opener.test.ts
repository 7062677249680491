import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { MemoryOddsStore } from '#adapters/memory/memory-odds-store.ts';
import { makeId } from '#core/base/ids.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { silentLog } from '#ports/log.ts';
import { encodeEnvelope } from '../envelope.ts';
import { Writer } from '../writer.ts';
import { card, changed, resultOf, stored } from '../../../test/contract/odds-store.ts';
import { realClock, until } from '../../../test/odds/pipeline-harness.ts';
import { MarketOpener, startMarketOpener } from './market-opener.ts';
import { resultMessage, updateMessage } from './messages.ts';
import { type QuoteStream, startQuoteStream } from './quote-stream.ts';

const EVENT = 'fb:S1:20260101T000000:a:b';
const actor = { ownerId: 'system', tenantId: 'system', via: 'worker' } as const;

interface Scene {
  readonly bus: MemoryBus;
  readonly writer: Writer;
  readonly sent: string[];
  open(parts?: { submit?: (encoded: string) => Promise<string>; store?: MemoryOddsStore; group?: string }): Promise<MarketOpener>;
}

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const bus = new MemoryBus({ clock: realClock });
  const lease = { holder: 'test', address: '', ttlMs: 60_000 };
  const writer = new Writer(
    { shard: 0, lease },
    { journal: new MemoryJournal(), snapshots: null, clock: realClock, log: silentLog },
  );
  await writer.start();
  const cmd = { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' } as const;
  const commandId = makeId('cmd', Date.now(), new Uint8Array(10));
  await writer.submit(encodeEnvelope({ commandId, ledgerId: 'main', actor, lane: 'control', cmd }));
  const sent: string[] = [];
  const openers: MarketOpener[] = [];
  const streams: QuoteStream[] = [];
  const direct = (encoded: string): Promise<string> => {
    sent.push(encoded);
    return writer.submit(encoded);
  };
  await work({
    bus,
    writer,
    sent,
    async open({ submit = direct, ...parts } = {}) {
      const terms = {
        ledgerId: 'main',
        tenantId: 'ten',
        books: new Set(['simA']),
      };
      const { store } = parts;
      const onQuote = (quote: Quote): void => writer.putQuote(quote); // as the writer role does
      streams.push(await startQuoteStream({ bus, group: 'writer', books: terms.books, onQuote, ...(store ? { store } : {}) }));
      const opener = await startMarketOpener({ bus, clock: realClock, ...terms, submit, ...parts });
      openers.push(opener);
      return opener;
    },
  });
  for (const started of [...openers, ...streams]) await started.stop();
  await bus.close();
  await writer.stop();
}

const now = (): { observedAt: number; confirmedAt: number } => ({ observedAt: Date.now(), confirmedAt: Date.now() });
const quotes = (seq: number, book = 'simA', status: 'open' | 'closed' = 'open'): Parameters<typeof updateMessage>[0] => {
  const { quote } = stored(EVENT, seq, { book });
  return { kind: 'quotes', feed: 'f', eventId: EVENT, quotes: [{ ...quote, ...now(), status }], numbers: [seq], after: seq - 1 };
};
const fixture = (): Parameters<typeof updateMessage>[0] => ({ kind: 'fixture', feed: 'f', eventId: EVENT, fixture: card(EVENT) });
const result = (): ReturnType<typeof resultMessage> =>
  resultMessage({ feed: 'f', eventId: EVENT, result: { ...resultOf(EVENT, 1), observedAt: Date.now() } });
const statusIn = (writer: Writer): string | undefined => {
  const ledger = writer.state?.ledgers.get('main');
  const row = ledger?.marketRows.get(`${EVENT}/1x2`);
  return row === undefined ? undefined : ledger?.markets[row]?.status;
};

describe('MarketOpener', () => {
  it('opens a market of an executable book once its fixture is known, and settles it with the result', () =>
    withScene(async ({ bus, open, sent, writer }) => {
      const opener = await open();
      await bus.publish([updateMessage(quotes(1, 'PS'), '1'), updateMessage(quotes(1), '2'), updateMessage(quotes(2), '3')]);
      await until(() => writer.board.get(`${EVENT}/1x2`)?.quoteSeq === 2, 'the quotes');
      assert.equal(sent.length, 0); // no start known: no market
      assert.equal(writer.board.get(`${EVENT}/1x2`)?.source, 'simA');
      await bus.publish([updateMessage(fixture(), '4'), updateMessage(quotes(3), '5')]);
      await until(() => statusIn(writer) === 'open', 'the market');
      await bus.publish([result(), updateMessage(quotes(4, 'simA', 'closed'), '6')]);
      await until(() => statusIn(writer) === 'settled', 'the settlement');
      assert.deepEqual({ ...opener.counts }, { opened: 1, results: 1, refused: 0, retried: 0 });
    }));

  it('does no harm when a second one says everything again', () =>
    withScene(async ({ bus, open, writer }) => {
      const first = await open();
      await bus.publish([updateMessage(fixture(), '1'), updateMessage(quotes(1), '2')]);
      await until(() => statusIn(writer) === 'open', 'the market');
      const said = result();
      await bus.publish([said]);
      await until(() => statusIn(writer) === 'settled', 'the settlement');
      const second = await open({ group: 'again' });
      await bus.publish([updateMessage(fixture(), '3'), updateMessage(quotes(2), '4'), said]);
      await until(() => first.counts.results === 1, 'the first');
      await second.stop();
      assert.equal(second.counts.refused + first.counts.refused, 0);
    }));

  it('asks again with the same key while the writer is busy or does not answer, and the result waits for the opening', () =>
    withScene(async ({ bus, open, writer }) => {
      const keys: string[] = [];
      let fails = 4;
      const opener = await open({
        submit: async (encoded) => {
          const { cmd, commandId } = JSON.parse(encoded) as { commandId: string; cmd: { type: string } };
          keys.push(`${cmd.type} ${commandId}`);
          if (fails-- > 0) {
            if (fails % 2 === 0) throw new Error('no answer');
            return JSON.stringify({
              commandId,
              shard: 0,
              seq: 0,
              result: { code: 'busy', severity: 'warn', next: 'retry', retryAfterMs: 5 },
            });
          }
          return writer.submit(encoded);
        },
      });
      await bus.publish([updateMessage(fixture(), '1'), updateMessage(quotes(1), '2')]);
      await until(() => keys.length > 0, 'the opening to be asked for');
      await bus.publish([result()]);
      await until(() => opener.counts.results === 1, 'the result');
      assert.deepEqual(
        keys.map((key) => key.split(' ')[0]),
        [...Array<string>(5).fill('OpenMarket'), 'RecordResult'],
      );
      assert.equal(new Set(keys).size, 2);
      assert.equal(opener.counts.retried, 4);
    }));

  it('leaves a result that the writer did not answer to whoever comes next', () =>
    withScene(async ({ bus, open, writer }) => {
      const first = await open({
        submit: async (encoded) => {
          const { cmd } = JSON.parse(encoded) as { cmd: { type: string } };
          if (cmd.type === 'RecordResult') throw new Error('no answer');
          return writer.submit(encoded);
        },
      });
      await bus.publish([updateMessage(fixture(), '1'), updateMessage(quotes(1), '2')]);
      await until(() => statusIn(writer) === 'open', 'the market');
      await bus.publish([result()]);
      await until(() => first.counts.retried > 0, 'the result to be asked for');
      await first.stop();
      assert.equal(statusIn(writer), 'open');
      const second = await open();
      await until(() => second.counts.results === 1 && statusIn(writer) === 'settled', 'the settlement');
    }));

  it('opens nothing for a fixture whose result came first', () =>
    withScene(async ({ bus, open, sent, writer }) => {
      await open();
      await bus.publish([result()]);
      await until(() => sent.length === 1, 'the result');
      await bus.publish([updateMessage(fixture(), '1'), updateMessage(quotes(1), '2')]);
      await bus.publish([updateMessage(quotes(2, 'simA', 'closed'), '3')]);
      await sleep(100);
      assert.equal(sent.length, 1);
      assert.equal(writer.board.size, 0, 'a price of a fixture that is over is executable');
    }));

  it('lets a postponed fixture wait, with its prices, until it is played', () =>
    withScene(async ({ bus, open, sent, writer }) => {
      const store = new MemoryOddsStore();
      const said = (version: number, status: 'postponed' | 'live' | 'finished') =>
        resultMessage({ feed: 'f', eventId: EVENT, result: { ...resultOf(EVENT, version, status), observedAt: Date.now() } });
      const waits = (): boolean => writer.state?.ledgers.get('main')?.fixtures.get(EVENT)?.postponed !== undefined;
      const first = await open({ store });
      await bus.publish([updateMessage(fixture(), '1'), updateMessage(quotes(1), '2')]);
      await until(() => statusIn(writer) === 'open', 'the market');
      await bus.publish([said(1, 'live')]);
      await bus.publish([said(2, 'postponed')]);
      await until(waits, 'the wait');
      await bus.publish([updateMessage(quotes(2), '3')]);
      await until(() => writer.board.get(`${EVENT}/1x2`)?.quoteSeq === 2, 'the price');
      await first.stop();
      const results = [{ ...resultOf(EVENT, 2, 'postponed') }];
      await store.commit({ fixtures: [card(EVENT)], current: [], history: [], results, cursors: [] });
      await open({ store }); // one that starts meanwhile knows of the wait
      await bus.publish([said(3, 'live')]);
      await until(() => !waits(), 'the end of the wait');
      await bus.publish([said(4, 'live'), said(5, 'finished')]);
      await until(() => statusIn(writer) === 'settled', 'the settlement');
      const told = sent.flatMap(
        (text) => (JSON.parse(text) as { cmd: { result?: { version: number } } }).cmd.result?.version ?? [],
      );
      assert.deepEqual(told, [2, 3, 5]);
    }));

  it('takes what is stored at its start', () =>
    withScene(async ({ open, writer }) => {
      const store = new MemoryOddsStore();
      const row = stored(EVENT, 4);
      await store.commit({
        fixtures: [card(EVENT)],
        current: [changed({ ...row, quote: { ...row.quote, ...now() } })],
        history: [],
        results: [],
        cursors: [],
      });
      await open({ store });
      await until(() => statusIn(writer) === 'open', 'the market');
      assert.equal(writer.board.get(`${EVENT}/1x2`)?.quoteSeq, 4);
    }));
});
