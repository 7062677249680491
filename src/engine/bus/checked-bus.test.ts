import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import type { DeadLetterBody, Message } from '#ports/bus.ts';
import { silentLog } from '#ports/log.ts';
import { until } from '../../../test/contract/bus.ts';
import { readUpdate, updateMessage } from '../odds/messages.ts';
import { CheckedBus } from './checked-bus.ts';
import { bodyOf, faultOf } from './message-table.ts';

const quote = {
  marketId: 'evt:1x2',
  quoteSeq: 1,
  status: 'open' as const,
  inPlay: false,
  betDelayMs: 0,
  prices: [{ selectionId: 'home', oddsMilli: 2_100 }],
  source: 'book',
  sourceEpoch: 1,
  sourceVersion: 1,
  observedAt: 1,
  confirmedAt: 1,
};
const good = (id: string): Message =>
  updateMessage(
    { kind: 'quotes', feed: 'f', eventId: 'evt', quotes: [{ ...quote, quoteSeq: Number(id) }], numbers: [Number(id)], after: 0 },
    id,
  );

describe('faultOf()', () => {
  const altered = (change: Partial<Message>): string | null => faultOf({ ...good('1'), ...change });

  it('finds nothing in what our own senders make', () => assert.equal(faultOf(good('1')), null));

  it('names topic, type and version that no row describes', () => {
    assert.equal(altered({ type: 'guess' }), 'odds_updates carries no guess v1');
    assert.equal(altered({ v: 2 }), 'odds_updates carries no quotes v2');
    assert.equal(altered({ topic: 'candles' }), 'candles carries no quotes v1');
    assert.equal(altered({ topic: 'toString' }), 'toString carries no quotes v1');
    assert.equal(altered({ type: 'constructor' }), 'odds_updates carries no constructor v1');
  });

  it('names the place of a fault in the body', () => {
    assert.match(altered({ body: '{' }) ?? '', /malformed odds_updates quotes v1: /);
    const body = JSON.stringify({ kind: 'quotes', feed: 'f', eventId: 'e', quotes: [quote, { ...quote, prices: [{}] }] });
    assert.match(altered({ body }) ?? '', /body\.quotes\[1\]\.prices\[0\]\.selectionId is missing/);
  });

  it('finds what no database keeps, and moments that are no whole ms', () => {
    const bodyWith = (change: object): string => JSON.stringify({ ...JSON.parse(good('1').body), ...change });
    for (const [change, place] of [
      [{ feed: 'f\0' }, 'feed'],
      [{ eventId: 'e\ud800' }, 'eventId'],
      [{ quotes: [{ ...quote, sourceEpoch: 1.5 }] }, 'sourceEpoch'],
      [{ quotes: [{ ...quote, confirmedAt: 1e300 }] }, 'confirmedAt'],
    ] as const)
      assert.match(altered({ body: bodyWith(change) }) ?? 'no fault', new RegExp(`${place} is missing or not what it must be`));
    const proto = { ...good('1'), v: '__proto__' as unknown as number };
    assert.equal(faultOf(proto), 'odds_updates carries no quotes v__proto__');
  });

  it('lets each reader have an object of its own', () => {
    const message = good('1');
    assert.notEqual(bodyOf(message), bodyOf(message));
    assert.throws(() => bodyOf({ ...message, v: 9 }), /carries no quotes v9/);
  });
});

describe('CheckedBus', () => {
  it('hands over what can be read, in order, and puts the rest aside once, also when the batch is tried again', async () => {
    const bus = new CheckedBus(new MemoryBus({ clock: new SystemClock(), retryMs: 1 }), silentLog);
    const got: number[] = [];
    const dead: DeadLetterBody[] = [];
    let failures = 2;
    await bus.subscribe('odds_updates_dlq', 'operator', async (letters) => {
      for (const letter of letters) dead.push(JSON.parse(letter.body) as DeadLetterBody);
    });
    await bus.subscribe('odds_updates', 'g', async (messages) => {
      if (failures-- > 0) throw new Error('not now');
      for (const message of messages) {
        const update = readUpdate(message);
        if (update.kind === 'quotes') got.push(update.quotes[0]?.quoteSeq ?? 0);
      }
    });
    await bus.publish([good('1'), { ...good('2'), body: '{}' }, good('3')]);
    await until(() => got.length === 2 && dead.length === 1, 'two prices and a dead letter');
    assert.deepEqual(got, [1, 3]);
    assert.equal(dead[0]?.message.id, '2');
    assert.match(dead[0]?.reason ?? '', /body\.kind is missing/);
    await bus.close();
    assert.equal(dead.length, 1);
  });
});
