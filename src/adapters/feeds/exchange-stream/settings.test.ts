import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSubscription } from './settings.ts';

test('readSubscription() reads what is written, and the main markets of football without it', () => {
  const text = '{"marketFilter":{"marketIds":["1.1"]},"heartbeatMs":1000}';
  assert.deepEqual(readSubscription(text), { marketFilter: { marketIds: ['1.1'] }, heartbeatMs: 1_000 });
  assert.deepEqual(readSubscription(undefined).marketFilter['eventTypeIds'], ['1']);
});

test('readSubscription() names every fault', () => {
  assert.throws(() => readSubscription('{"heartbeatMs":1,"ladder":2}'), /marketFilter.*heartbeatMs.*ladder/);
  assert.throws(() => readSubscription('[]'), /object/);
  assert.throws(() => readSubscription('{'), /is not JSON/);
});
