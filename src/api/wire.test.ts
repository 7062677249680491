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

test('oddsWire() names who said the price, not the line that it came by', () => {
  assert.equal(oddsWire({ ...QUOTE, from: 'desk' }).source, 'desk');
  assert.equal(oddsWire(QUOTE).source, 'line');
});
