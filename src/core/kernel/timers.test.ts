import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Timers } from './timers.ts';

test('first() gives timers in (dueAt, key) order', () => {
  const timers = new Timers();
  for (const [key, dueAt] of [
    ['c', 5],
    ['a', 7],
    ['b', 5],
    ['d', 1],
  ] as const)
    timers.set(key, dueAt);
  const fired: string[] = [];
  for (let due = timers.first(); due; due = timers.first()) {
    fired.push(due.key);
    timers.delete(due.key);
  }
  assert.deepEqual(fired, ['d', 'b', 'c', 'a']);
  assert.equal(timers.size, 0);
});

test('set() again replaces the earlier time, sooner or later, also after a delete', () => {
  const timers = new Timers();
  timers.set('a', 5);
  timers.set('a', 9);
  assert.deepEqual([timers.first()?.dueAt, timers.dueAt('a'), timers.size], [9, 9, 1]);
  timers.set('a', 2);
  assert.equal(timers.first()?.dueAt, 2);
  timers.delete('a');
  assert.deepEqual([timers.first(), timers.dueAt('a')], [null, undefined]);
  timers.set('a', 2);
  assert.deepEqual(timers.entries(), [['a', 2]]);
  timers.delete('a');
  assert.equal(timers.first(), null); // the first entry for (a, 2) must not come back
});

test('Timers agrees with a sorted list after any sets and deletes', () => {
  const key = fc.constantFrom('a', 'b', 'order:c', 'order:a', 'order:b', 'orders');
  const step = fc.oneof(
    fc.record({ key, dueAt: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ key, dueAt: fc.constant(null) }),
    fc.constant(null), // look at the first, which drops what is stale
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const timers = new Timers();
      const model = new Map<string, number>();
      // A map keeps the order in which keys came; orders of one moment stay in it.
      const rank = (name: string): string => (name.startsWith('order:') ? 'order:' : name);
      const sorted = (): [string, number][] =>
        [...model].sort((a, b) => a[1] - b[1] || (rank(a[0]) < rank(b[0]) ? -1 : rank(a[0]) > rank(b[0]) ? 1 : 0));
      for (const one of steps) {
        if (one === null) {
          const [first] = sorted();
          assert.deepEqual(timers.first(), first ? { key: first[0], dueAt: first[1] } : null);
        } else if (one.dueAt === null) {
          timers.delete(one.key);
          model.delete(one.key);
        } else {
          timers.set(one.key, one.dueAt);
          model.delete(one.key);
          model.set(one.key, one.dueAt);
        }
      }
      assert.deepEqual(timers.entries(), sorted());
      assert.equal(timers.size, model.size);
    }),
  );
});
