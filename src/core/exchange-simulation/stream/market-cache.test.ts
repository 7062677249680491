import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MarketCache } from './market-cache.ts';
import type { ChangeMessage, MarketChange } from './wire.ts';

const definition = { status: 'OPEN', runners: [{ id: 1, status: 'ACTIVE' }] };
const image = (id: string): MarketChange => ({ id, img: true, marketDefinition: definition, rc: [{ id: 1, atb: [[2, 1]] }] });
const message = (rest: Partial<ChangeMessage>): ChangeMessage => ({ op: 'mcm', pt: 5, ...rest });
const subImage = (...ids: string[]): ChangeMessage => message({ ct: 'SUB_IMAGE', initialClk: 'I', clk: 'A', mc: ids.map(image) });
const ids = (cache: MarketCache): string[] => [...cache.markets].map(({ marketId }) => marketId);

test('apply() keeps both tokens and all markets, and an image replaces them', () => {
  const cache = new MarketCache();
  assert.equal(cache.resume, null);
  const first = cache.apply(subImage('1.1', '1.2'));
  assert.equal(first.kind === 'changed' && first.image && first.markets.length, 2);
  assert.deepEqual(cache.resume, { initialClk: 'I', clk: 'A' });
  cache.apply(message({ ct: 'HEARTBEAT', clk: 'B' }));
  assert.deepEqual(cache.resume, { initialClk: 'I', clk: 'B' });
  cache.apply(subImage('1.3'));
  assert.deepEqual(ids(cache), ['1.3']);
});

test('apply() counts segments when the last one is there, and its token not before', () => {
  const cache = new MarketCache();
  assert.equal(cache.apply({ ...subImage('1.1'), segmentType: 'SEG_START', clk: 'X' }).kind, 'partial');
  assert.equal(cache.apply(message({ segmentType: 'SEG', mc: [image('1.2')] })).kind, 'partial');
  assert.equal(cache.resume, null);
  const last = cache.apply(message({ segmentType: 'SEG_END', initialClk: 'I', clk: 'Z', mc: [image('1.3')] }));
  assert.ok(last.kind === 'changed' && last.image);
  assert.deepEqual(
    last.markets.map(({ marketId }) => marketId),
    ['1.1', '1.2', '1.3'],
  );
  assert.deepEqual(cache.resume, { initialClk: 'I', clk: 'Z' });
});

test('apply() finds a hole in changes of an unknown market and in a segment without a beginning', () => {
  const cache = new MarketCache();
  assert.deepEqual(cache.apply(message({ mc: [{ id: '1.9', tv: 1 }] })), {
    kind: 'hole',
    why: 'changes of 1.9, of which there was no image',
  });
  cache.apply({ ...subImage('1.1'), segmentType: 'SEG_START' });
  cache.connected();
  assert.equal(cache.apply(message({ segmentType: 'SEG_END' })).kind, 'hole');
});

test('apply() knows when the stream is late, and lets closed markets go', () => {
  const cache = new MarketCache();
  cache.apply(subImage('1.1'));
  cache.apply({ op: 'mcm', status: 503 });
  assert.equal(cache.late, true);
  cache.apply(message({ ct: 'HEARTBEAT', clk: 'B' }));
  assert.equal(cache.late, false);
  const closed = cache.apply(message({ mc: [{ id: '1.1', marketDefinition: { ...definition, status: 'CLOSED' } }] }));
  assert.equal(closed.kind === 'changed' && closed.markets[0]?.status, 'CLOSED');
  assert.deepEqual(ids(cache), []);
});
