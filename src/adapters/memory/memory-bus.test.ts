import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import { busContract, firstsByKey, message, until } from '../../../test/contract/bus.ts';
import { MemoryBus } from './memory-bus.ts';

const clock: Clock = {
  now: () => Date.now(),
  schedule(at, fire) {
    const timer = setTimeout(fire, Math.max(0, at - Date.now()));
    return () => clearTimeout(timer);
  },
};

busContract('MemoryBus', async () => new MemoryBus({ clock, retryMs: 1 }));
busContract('MemoryBus with delay, repetition and reordering', async () => {
  return new MemoryBus({ clock, retryMs: 1, batchMax: 8, chaos: { seed: 7, delayMsMax: 3, repeatPpm: 300_000, reorder: true } });
});

describe('MemoryBus', () => {
  const arrivals = async (seed: number): Promise<Message[]> => {
    const bus = new MemoryBus({ clock, batchMax: 8, chaos: { seed, repeatPpm: 200_000, reorder: true } });
    const got: Message[] = [];
    await bus.subscribe('odds_raw', 'g', async (batch) => void got.push(...batch));
    await bus.publish(Array.from({ length: 200 }, (_, n) => message(`k${n % 20}`, n)));
    await until(() => new Set(got.map((m) => m.id)).size === 200, 'all messages');
    await bus.close();
    return got;
  };

  it('reorders across keys and repeats, the same way for the same seed', async () => {
    const [one, again, other] = [await arrivals(1), await arrivals(1), await arrivals(2)];
    const ids = (messages: Message[]): string => messages.map((m) => m.id).join();
    assert.equal(ids(one), ids(again));
    assert.notEqual(ids(one), ids(other));
    assert.ok(one.length > 200, 'nothing was repeated');
    const firsts = [...new Set(one.map((m) => Number(m.id.split(':')[1])))];
    assert.notDeepEqual(
      firsts,
      firsts.toSorted((a, b) => a - b),
    );
    for (const numbers of firstsByKey(one).values())
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
  });

  it('lets publishers wait while a queue is full', async () => {
    const bus = new MemoryBus({ clock, queueMax: 10, batchMax: 5 });
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const got: Message[] = [];
    await bus.subscribe('odds_raw', 'g', async (batch) => {
      await gate;
      got.push(...batch);
    });
    let published = 0;
    const publishing = (async () => {
      for (let n = 0; n < 100; n++, published++) await bus.publish([message('a', n)]);
    })();
    await until(() => published >= 10, 'the queue to be full');
    await sleep(30);
    assert.ok(published >= 10 && published <= 11, `${published} were published against a bound of 10`);
    open();
    await publishing;
    await until(() => got.length === 100, 'all messages');
    assert.deepEqual(
      firstsByKey(got).get('a'),
      Array.from({ length: 100 }, (_, n) => n),
    );
    await bus.close();
  });

  it('lets publishers wait while what waits is large, however few messages it is', async () => {
    const bus = new MemoryBus({ clock, queueCharsMax: 1_000 });
    const gate = Promise.withResolvers<void>();
    let handled = 0;
    await bus.subscribe('odds_raw', 'g', async (batch) => {
      await gate.promise;
      handled += batch.length;
    });
    let published = 0;
    const publishing = (async () => {
      for (; published < 20; published++) await bus.publish([{ ...message('a', published), body: 'x'.repeat(300) }]);
    })();
    await until(() => published >= 4, 'the queue to be full');
    await sleep(30);
    assert.equal(published, 4); // 900 characters leave room, 1,200 do not
    gate.resolve();
    await publishing;
    await until(() => handled === 20, 'all messages');
    await bus.close();
  });

  it('hands over what came first, of all keys, and no more at once than bodies of a million characters', async () => {
    const bus = new MemoryBus({ clock });
    const batches: string[][] = [];
    await bus.subscribe('odds_raw', 'g', (batch) => {
      batches.push(batch.map(({ body }) => body.slice(0, 2)));
      return Promise.resolve();
    });
    const keys = ['a', 'b', 'c', 'd', 'e'];
    await bus.publish([0, 1].flatMap((n) => keys.map((key) => ({ ...message(key, n), body: `${key}${n}`.padEnd(300_000) }))));
    await until(() => batches.flat().length === 10, 'all messages');
    assert.deepEqual(batches, [['a0', 'b0', 'c0'], ['d0', 'e0', 'a1'], ['b1', 'c1', 'd1'], ['e1']]);
    await bus.close();
  });

  it('keeps order per key while members come and go', async () => {
    const bus = new MemoryBus({ clock, batchMax: 4, retryMs: 1 });
    const got: Message[] = [];
    const handler = async (batch: readonly Message[]): Promise<void> => {
      await sleep(1);
      got.push(...batch);
    };
    const first = await bus.subscribe('odds_raw', 'g', handler);
    const publishing = (async () => {
      for (let n = 0; n < 300; n++) await bus.publish([message(`k${n % 7}`, n)]);
    })();
    await sleep(5);
    await bus.subscribe('odds_raw', 'g', handler);
    await sleep(5);
    await first.close();
    await publishing;
    await until(() => new Set(got.map((m) => m.id)).size === 300, 'all messages');
    for (const numbers of firstsByKey(got).values())
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
    await bus.close();
  });

  it('keeps dead letters for an operator who looks later', async () => {
    const bus = new MemoryBus({ clock, attemptsMax: 2, retryMs: 1 });
    let calls = 0;
    await bus.subscribe('results', 'g', async () => {
      calls++;
      throw new Error('broken');
    });
    await bus.publish([message('a', 1, 'results')]);
    await until(() => calls >= 2, 'two attempts');
    await sleep(10);
    const dead: Message[] = [];
    await bus.subscribe('results_dlq', 'operator', async (batch) => void dead.push(...batch));
    await until(() => dead.length === 1, 'the dead letter');
    assert.equal(calls, 2);
    await bus.close();
  });
});
