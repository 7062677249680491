// What callers read of a price.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Quote } from '#core/catalog/quote.ts';
import { oddsWire } from './wire.ts';

const QUOTE: Quote = {
  marketId: 'q:weather:20261123:rain:-/yesno',
  quoteSeq: 2,
  status: 'open',
  inPlay: false,
  betDelayMs: 0,
  prices: [{ selectionId: 'yes', oddsMilli: 2_500 }],
  source: 'line',
  sourceEpoch: 1,
  sourceVersion: 1,
  observedAt: 0,
  confirmedAt: 0,
};

test('oddsWire() tells the list that a price is of from who said it: a line and the supplier that it follows are two', () => {
  const named = (quote: Quote) => [oddsWire(quote).book, oddsWire(quote).source];
  assert.deepEqual(named({ ...QUOTE, from: 'desk' }), ['line', 'desk']);
  assert.deepEqual(named({ ...QUOTE, source: 'desk' }), ['desk', 'desk']);
});
