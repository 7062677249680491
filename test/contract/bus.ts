// What every Bus promises, whoever carries it. An adapter's test calls busContract with a way to make a fresh bus.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deadLetterTopic, type Bus, type Message, type Subscription } from '#ports/bus.ts';

const WAIT_MS_MAX = 10_000;

export function message(key: string, n: number, topic = 'odds_raw'): Message {
  return { topic, key, id: `${key}:${n}`, type: 'test', v: 1, correlationId: 'c', body: JSON.stringify({ n }) };
}

export function numberOf(given: Message): number {
  return (JSON.parse(given.body) as { n: number }).n;
}

export async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + WAIT_MS_MAX; !holds(); await sleep(2)) assert.ok(Date.now() < end, `waited in vain for: ${what}`);
}

/** First appearances only, per key: what is left when repetition is taken out. */
export function firstsByKey(messages: readonly Message[]): Map<string, number[]> {
  const byKey = new Map<string, number[]>();
  for (const given of messages) {
    const numbers = byKey.get(given.key) ?? [];
    if (!numbers.includes(numberOf(given))) numbers.push(numberOf(given));
    byKey.set(given.key, numbers);
  }
  return byKey;
}

export function busContract(name: string, make: () => Promise<Bus>): void {
  const withBus = async (work: (bus: Bus) => Promise<void>): Promise<void> => {
    const bus = await make();
    try {
      await work(bus);
    } finally {
      await bus.close();
    }
  };
  const interleaved = (keys: readonly string[], count: number): Message[] =>
    Array.from({ length: count }, (_, n) => keys.map((key) => message(key, n))).flat();

  describe(`${name} as a bus`, () => {
    it('delivers every message of a key in order', () =>
      withBus(async (bus) => {
        const got: Message[] = [];
        await bus.subscribe('odds_raw', 'g', async (batch) => void got.push(...batch));
        const sent = interleaved(['a', 'b', 'c', 'd'], 50);
        for (let i = 0; i < sent.length; i += 7) await bus.publish(sent.slice(i, i + 7));
        await until(() => new Set(got.map((m) => m.id)).size === 200, '200 messages');
        for (const [key, numbers] of firstsByKey(got))
          assert.deepEqual(
            numbers,
            Array.from({ length: 50 }, (_, n) => n),
            key,
          );
      }));

    it('gives each group every message, and the members of a group share the keys', () =>
      withBus(async (bus) => {
        const got: Record<string, Message[]> = { one: [], two: [], other: [] };
        for (const [member, group] of Object.entries({ one: 'g', two: 'g', other: 'h' })) {
          await bus.subscribe('odds_raw', group, async (batch) => void got[member]?.push(...batch));
        }
        const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
        await bus.publish(interleaved(keys, 5));
        const ids = (...members: string[]): number => new Set(members.flatMap((m) => (got[m] ?? []).map((x) => x.id))).size;
        await until(() => ids('one', 'two') === 200 && ids('other') === 200, 'both groups served');
        const keysOf = (member: string): Set<string> => new Set((got[member] ?? []).map((m) => m.key));
        assert.ok(keysOf('one').size > 0 && keysOf('two').size > 0, 'one member got no key at all');
        for (const key of keysOf('one')) assert.ok(!keysOf('two').has(key), `${key} went to two members`);
      }));

    it('delivers again, in order, when a handler fails', () =>
      withBus(async (bus) => {
        const got: Message[] = [];
        let failures = 2;
        await bus.subscribe('odds_raw', 'g', async (batch) => {
          if (failures-- > 0) throw new Error('not now');
          got.push(...batch);
        });
        await bus.publish(interleaved(['a'], 20));
        await until(() => firstsByKey(got).get('a')?.length === 20, '20 messages');
        assert.deepEqual(
          firstsByKey(got).get('a'),
          Array.from({ length: 20 }, (_, n) => n),
        );
      }));

    it('puts aside a message that can never be handled, as a dead letter, and goes on with the rest', () =>
      withBus(async (bus) => {
        const got: Message[] = [];
        const dead: Message[] = [];
        await bus.subscribe(deadLetterTopic('odds_raw'), 'operator', async (batch) => void dead.push(...batch));
        await bus.subscribe('odds_raw', 'g', async (batch) => {
          if (batch.some((m) => m.id === 'a:3')) throw new Error('poison');
          got.push(...batch);
        });
        await bus.publish(interleaved(['a', 'b'], 6));
        await until(() => dead.length > 0 && new Set(got.map((m) => m.id)).size === 11, 'the rest and the dead letter');
        assert.deepEqual(firstsByKey(got).get('a'), [0, 1, 2, 4, 5]);
        const letter = JSON.parse(dead[0]?.body ?? '') as { reason: string; message: Message };
        assert.equal(letter.message.id, 'a:3');
        assert.match(letter.reason, /poison/);
      }));

    it('waits for what a handler needs instead of burying messages', () =>
      withBus(async (bus) => {
        const got: Message[] = [];
        const dead: Message[] = [];
        let failures = 12;
        await bus.subscribe(deadLetterTopic('odds_raw'), 'operator', async (batch) => void dead.push(...batch));
        await bus.subscribe('odds_raw', 'g', async (batch) => {
          if (failures-- > 0) throw Object.assign(new Error('no database'), { code: 'ECONNREFUSED' });
          got.push(...batch);
        });
        await bus.publish(interleaved(['a'], 20));
        await until(() => firstsByKey(got).get('a')?.length === 20, '20 messages');
        assert.deepEqual(dead, []);
      }));

    it('hands nothing to a subscription that was closed, and keeps the messages for the group', () =>
      withBus(async (bus) => {
        const first: Message[] = [];
        const second: Message[] = [];
        const subscription = await bus.subscribe('odds_raw', 'g', async (batch) => void first.push(...batch));
        await bus.publish([message('a', 0)]);
        await until(() => first.length > 0, 'the first message');
        await subscription.close();
        const before = first.length;
        await bus.publish([message('a', 1)]);
        await bus.subscribe('odds_raw', 'g', async (batch) => void second.push(...batch));
        await until(() => second.some((m) => m.id === 'a:1'), 'the second message');
        assert.equal(first.length, before);
      }));

    it('gives every broadcast subscription everything from then on, and nothing from before', () =>
      withBus(async (bus) => {
        const got: Record<string, Message[]> = { one: [], two: [], late: [] };
        const join = (name: string): Promise<Subscription> =>
          bus.subscribe('odds_raw', 'g', async (batch) => void got[name]?.push(...batch), { broadcast: true });
        await bus.publish(interleaved(['before'], 3));
        await join('one');
        const two = await join('two');
        await bus.publish(interleaved(['a', 'b', 'c'], 10));
        const ids = (name: string): number => new Set((got[name] ?? []).map((m) => m.id)).size;
        await until(() => ids('one') === 30 && ids('two') === 30, 'both have everything');
        await two.close();
        await join('late');
        await bus.publish([message('after', 0)]);
        await until(() => ids('one') === 31 && ids('late') === 1, 'the one that stayed and the one that came late');
        assert.equal(ids('two'), 30);
        assert.ok(![...(got['one'] ?? []), ...(got['late'] ?? [])].some((m) => m.key === 'before'));
        for (const key of ['a', 'b', 'c'])
          assert.deepEqual(
            firstsByKey(got['one'] ?? []).get(key),
            Array.from({ length: 10 }, (_, n) => n),
          );
      }));

    it('carries text only', () =>
      withBus(async (bus) => {
        const bad = { ...message('a', 0), body: { n: 1 } } as unknown as Message;
        await assert.rejects(bus.publish([bad]), /text only/);
      }));
  });
}
