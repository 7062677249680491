import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Delta } from './delta.ts';
import { MarketBook } from './market-book.ts';
import { contentOf, deltaMessage } from '../../../../test/exchange/stream-messages.ts';
import { readStreamMessage } from './wire.ts';

const encoder = new TextEncoder();
const delta = new Delta();
const takes = (line: string): boolean => {
  const bytes = encoder.encode(line);
  return delta.read(bytes, 0, bytes.length);
};

test('Delta.read() and readStreamMessage() lead to the same book for any message', () => {
  let taken = 0;
  let left = 0;
  fc.assert(
    fc.property(fc.array(deltaMessage, { minLength: 1, maxLength: 6 }), (messages) => {
      const [fast, thorough] = [new MarketBook('1.5'), new MarketBook('1.5')];
      for (const message of messages) {
        const line = JSON.stringify(message);
        const read = readStreamMessage(line);
        assert.equal(read.op, 'mcm');
        if (read.op === 'mcm') for (const change of read.mc ?? []) thorough.apply(change, message.pt as number);
        if (takes(line)) {
          taken++;
          assert.equal(delta.pt, message.pt);
          assert.equal(delta.marketId, '1.5');
          delta.apply(fast);
        } else {
          left++;
          for (const change of message.mc ?? []) fast.apply(change, message.pt as number);
        }
        assert.deepEqual(contentOf(fast), contentOf(thorough));
      }
    }),
    { numRuns: 500, seed: 20 },
  );
  assert.ok(taken > 200 && left > 200, `${taken} taken, ${left} left`);
});

test('Delta.read() takes ordinary deltas of one market', () => {
  const line =
    '{"op":"mcm","clk":"AB+/=","pt":1667711594061,"mc":[{"id":"1.2","rc":[{"atb":[[1.01,47.23],[20,0]],"id":46315468,"hc":-0.25}],"con":true,"img":false}]}';
  assert.equal(takes(line), true);
  const book = new MarketBook('1.2');
  delta.apply(book);
  assert.deepEqual([delta.marketId, delta.pt, delta.runnerChanges, delta.levelChanges], ['1.2', 1_667_711_594_061, 1, 2]);
  assert.deepEqual(book.runner(46_315_468, -0.25)?.toBack, book.runners[0]?.toBack);
  assert.deepEqual([book.runners[0]?.toBack.prices, book.runners[0]?.toBack.sizes], [[1_010], [4_723]]);
});

test('Delta.read() leaves every line alone that is cut anywhere', () => {
  const line = '{"op":"mcm","pt":5,"mc":[{"id":"1.2","rc":[{"id":1,"atb":[[1.5,2]]}]}]}';
  assert.equal(takes(line), true);
  for (let length = 0; length < line.length; length++) assert.equal(takes(line.slice(0, length)), false, line.slice(0, length));
  // Bytes behind the line are not its own.
  const bytes = encoder.encode(`${line}\n${line}`);
  assert.equal(delta.read(bytes, 0, line.length - 1), false);
});

test('Delta.read() leaves to the thorough reader what it does not understand', () => {
  const inMarket = (rest: string): string => `{"op":"mcm","pt":5,"mc":[{"id":"1.2",${rest}}]}`;
  const inRunner = (rest: string): string => inMarket(`"rc":[{"id":1,${rest}}]`);
  for (const line of [
    inMarket('"img":true'),
    inMarket('"marketDefinition":{}'),
    inMarket('"rc":[{"ltp":2}]'),
    inMarket('"rc":[],"rc":[]'),
    inMarket('"tv":-1'),
    inRunner('"atb":[[1.5,2]],"atb":[[1.6,2]]'),
    inRunner('"trd":[]'),
    inRunner('"ltp":1e1'),
    inRunner('"ltp":01'),
    inRunner('"ltp":1.'),
    inRunner('"ltp":.5'),
    inRunner('"ltp":1.2345'),
    inRunner('"tv":1.234'),
    inRunner('"tv":12345678901234'),
    inRunner('"atb":[[1.5]]'),
    inRunner('"atb":[[1.5,2,3]]'),
    inRunner('"batb":[[1.5,2,3]]'),
    inRunner('"batb":[[5000,2,3]]'),
    inRunner('"mood":1'),
    '{"op":"mcm","pt":0,"mc":[{"id":"1.2"}]}',
    '{"op":"mcm","mc":[{"id":"1.2"}]}',
    '{"op":"mcm","pt":5,"mc":[{"id":"1.2"},{"id":"1.3"}]}',
    '{"op":"mcm","pt":5,"mc":[{"id":"1.2"}],"mc":[]}',
    '{"op":"mcm","pt":5,"status":503,"mc":[{"id":"1.2"}]}',
    '{"op": "mcm","pt":5,"mc":[{"id":"1.2"}]}',
    '{"op":"mcm","pt":5,"clk":"a\\"b","mc":[{"id":"1.2"}]}',
  ])
    assert.equal(takes(line), false, line);
});
