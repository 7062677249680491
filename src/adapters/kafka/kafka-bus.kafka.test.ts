import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Producer } from '@platformatic/kafka';
import type { Message } from '#ports/bus.ts';
import { busContract, firstsByKey, message, numberOf, until } from '../../../test/contract/bus.ts';
import { missingForKafka } from '../../../tools/servers/kafka-jars.ts';
import { type KafkaServer, startKafka } from '../../../tools/servers/kafka-server.ts';
import { skipWhenMissing } from '../../../tools/servers/programs.ts';
import { KafkaBus, type KafkaBusOptions } from './kafka-bus.ts';

const skip = skipWhenMissing(await missingForKafka());
let kafka: KafkaServer;
before(async () => {
  if (!skip) kafka = await startKafka();
});
after(() => kafka?.close());

const freshPrefix = (): string => `t${randomBytes(4).toString('hex')}.`;
const makeBus = (options: Partial<KafkaBusOptions> = {}): KafkaBus =>
  new KafkaBus({ brokers: kafka.brokers, topicPrefix: freshPrefix(), retryMs: 1, ...options });

describe('a real broker', { skip }, () => {
  busContract('KafkaBus', async () => makeBus());
});

describe('KafkaBus', { skip }, () => {
  it('puts aside a record that is no message, and goes on', async () => {
    const topicPrefix = freshPrefix();
    const bus = makeBus({ topicPrefix });
    const got: Message[] = [];
    const dead: Message[] = [];
    await bus.subscribe('results', 'g', async (batch) => void got.push(...batch));
    await bus.subscribe('results_dlq', 'operator', async (batch) => void dead.push(...batch));
    const foreign = new Producer({ clientId: 'foreign', bootstrapBrokers: [kafka.brokers] });
    await foreign.send({
      messages: [{ topic: `${topicPrefix}results`, key: Buffer.from('k'), value: Buffer.from('what') }],
      acks: 1,
    });
    await foreign.close();
    await bus.publish([message('k', 1, 'results')]);
    await until(() => got.length === 1 && dead.length === 1, 'the message and the dead letter');
    const { message: buried, reason } = JSON.parse(dead[0]?.body ?? '') as { reason: string; message: Message };
    assert.match(reason, /lacks a header/);
    assert.equal(buried.body, 'what');
    await bus.close();
  });

  it('tells how many messages wait for a group, and no more of one that left', { timeout: 60_000 }, async () => {
    const told: number[] = [];
    const onLag = (topic: string, group: string, messages: number): void => {
      assert.equal(`${topic} ${group}`, 'results g');
      told.push(messages);
    };
    const bus = makeBus({ onLag, lagLookMs: 100 });
    const held = Promise.withResolvers<void>();
    let seen = 0;
    const subscription = await bus.subscribe('results', 'g', async (batch) => {
      await held.promise;
      seen += batch.length;
    });
    await until(() => told.at(-1) === 0, 'nothing that waits');
    await bus.publish(Array.from({ length: 20 }, (_, n) => message(`k${n % 5}`, n, 'results')));
    await until(() => told.at(-1) === 20, 'twenty that wait, none of them handled');
    held.resolve();
    await until(() => seen === 20 && told.at(-1) === 0, 'nothing that waits any more');
    await subscription.close();
    assert.ok(Number.isNaN(told.at(-1)));
    await bus.close();
  });

  it('keeps order per key and loses nothing while members come, go and the broker is killed', async () => {
    const topicPrefix = freshPrefix();
    const bus = makeBus({ topicPrefix, publishMsMax: 60_000 });
    const other = makeBus({ topicPrefix });
    const got: Message[] = [];
    const handler = async (batch: readonly Message[]): Promise<void> => {
      await sleep(1);
      got.push(...batch);
    };
    await bus.subscribe('odds_raw', 'g', handler);
    const publishing = (async () => {
      for (let n = 0; n < 400; n++) {
        await bus.publish(['a', 'b', 'c', 'd', 'e'].map((key) => message(key, n)));
        await sleep(5);
      }
    })();
    await sleep(200);
    const second = await other.subscribe('odds_raw', 'g', handler);
    await sleep(200);
    await kafka.kill();
    await kafka.start();
    await sleep(500);
    await second.close();
    await publishing;
    await until(() => new Set(got.map((m) => m.id)).size === 2_000, '2,000 messages');
    for (const [key, numbers] of firstsByKey(got))
      assert.deepEqual(
        numbers,
        Array.from({ length: 400 }, (_, n) => n),
        key,
      );
    await other.close();
    await bus.close();
  });

  it('fails publishers after a bounded wait while no broker runs, and resumes by itself when one is back', async () => {
    const outageMs = 30_000;
    const bus = makeBus({ publishMsMax: 3_000 });
    const got: Message[] = [];
    const heard: Message[] = [];
    await bus.subscribe('odds_raw', 'g', async (batch) => void got.push(...batch));
    await bus.subscribe('odds_raw', 'h', async (batch) => void heard.push(...batch), { broadcast: true });
    await bus.publish([message('a', 0)]);
    await until(() => got.length === 1 && heard.length === 1, 'the first message');
    await kafka.stop();
    const stopped = Date.now();
    await assert.rejects(bus.publish([message('a', 1)]), /took nothing for 3000 ms .*KAFKA_BROKERS/);
    assert.ok(Date.now() - stopped < 15_000, `it waited ${Date.now() - stopped} ms`);
    await sleep(Math.max(0, outageMs - (Date.now() - stopped)));
    await kafka.start();
    const back = Date.now();
    for (let n = 2; ; n++) {
      const sent = await bus.publish([message('a', n)]).then(
        () => true,
        () => false,
      );
      if (sent) break;
      assert.ok(Date.now() - back < 10_000, 'publishing did not resume within 10 s');
    }
    const last = (list: readonly Message[]): number => Math.max(...list.map(numberOf));
    await until(() => last(got) >= 2 && last(heard) >= 2, 'both subscriptions resumed');
    assert.ok(Date.now() - back < 10_000, `it took ${Date.now() - back} ms to resume`);
    await bus.close();
  });

  it('tells publishers in time that a broker hangs, and goes on when it wakes', async () => {
    const bus = makeBus({ publishMsMax: 1_500 });
    const got: Message[] = [];
    await bus.subscribe('odds_raw', 'g', async (batch) => void got.push(...batch));
    await bus.publish([message('a', 0)]);
    kafka.pause();
    const paused = Date.now();
    await assert.rejects(bus.publish([message('a', 1)]), /took nothing for 1500 ms \(no answer\)/);
    assert.ok(Date.now() - paused < 3_000, `it waited ${Date.now() - paused} ms`);
    kafka.resume();
    await bus.publish([message('a', 2)]);
    await until(() => got.some((m) => numberOf(m) === 2), 'the message after the pause');
    await bus.close();
  });

  it('says what to mend when no broker answers', async () => {
    const bus = new KafkaBus({ brokers: '127.0.0.1:1', publishMsMax: 500, subscribeMsMax: 500 });
    await assert.rejects(bus.publish([message('a', 0)]), /127\.0\.0\.1:1.*KAFKA_BROKERS/);
    await assert.rejects(
      bus.subscribe('odds_raw', 'g', async () => {}),
      /cannot subscribe to odds_raw at Kafka 127\.0\.0\.1:1/,
    );
    await bus.close();
  });

  it('leaves its group at once, so that the others get its keys', async () => {
    const topicPrefix = freshPrefix();
    const [bus, other] = [makeBus({ topicPrefix }), makeBus({ topicPrefix })];
    const got: Message[] = [];
    await bus.subscribe('odds_raw', 'g', async () => {});
    await other.subscribe('odds_raw', 'g', async (batch) => void got.push(...batch));
    const started = Date.now();
    await bus.close();
    assert.ok(Date.now() - started < 2_000, `closing took ${Date.now() - started} ms`);
    await other.publish(Array.from({ length: 64 }, (_, n) => message(`k${n}`, n)));
    await until(() => got.length >= 64, 'all keys');
    assert.ok(Date.now() - started < 5_000, `it took ${Date.now() - started} ms until the rest had all keys`);
    await other.close();
  });
});
