// A session that closes in the middle of a rebalance, on a real broker: nothing of it stays behind.
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '#ports/log.ts';
import { missingForKafka } from '../../../tools/servers/kafka-jars.ts';
import { type KafkaServer, startKafka } from '../../../tools/servers/kafka-server.ts';
import { skipWhenMissing } from '../../../tools/servers/programs.ts';
import { KafkaBus } from './kafka-bus.ts';
import { KafkaSession } from './kafka-session.ts';
import { HEARTBEAT_MS } from './kafka-settings.ts';

const GROUPS = 16;
const LATER_MS = 3;
const skip = skipWhenMissing(await missingForKafka());
let kafka: KafkaServer;
before(async () => {
  if (!skip) kafka = await startKafka();
});
after(() => kafka?.close());

/** What the client tells of itself: each start of an operation, with the client that does it. */
interface Traced {
  readonly client: { readonly closed: boolean; readonly groupId: string; readonly memberId: string | null };
  readonly operation: string;
}

describe('KafkaSession', { skip }, () => {
  it('has no heartbeat once it was closed, also in the middle of a rejoin', { timeout: 60_000 }, async () => {
    const settings = { brokers: kafka.brokers, topicPrefix: 'rejoin.' };
    const bus = new KafkaBus(settings);
    await (await bus.subscribe('results', 'first', async () => {})).close();
    await bus.close();
    const open = (groupId: string): Promise<KafkaSession> =>
      KafkaSession.open({ settings, topic: 'rejoin.results', groupId, log: silentLog });
    const groups = Array.from({ length: GROUPS }, (_, n) => `g${n}`);
    const residents = new Map(await Promise.all(groups.map(async (group) => [group, await open(group)] as const)));

    // A newcomer makes the resident join again, and while it does the resident closes: soon after in one group, later in the next.
    const closing = new Map<string, Promise<void>>();
    const hear = (told: unknown): void => {
      const { client, operation } = told as Traced;
      const { groupId, memberId } = client;
      if (operation !== 'joinGroup' || !memberId || closing.has(groupId)) return;
      closing.set(
        groupId,
        sleep(LATER_MS * closing.size).then(() => residents.get(groupId)?.close()),
      );
    };
    const heard: string[] = [];
    const hearHeartbeat = (told: unknown): void => {
      const { client } = told as Traced;
      if (client.closed) heard.push(client.groupId);
    };
    subscribe('tracing:plt:kafka:consumer:group:start', hear);
    subscribe('tracing:plt:kafka:consumer:heartbeat:start', hearHeartbeat);
    try {
      const newcomers = await Promise.all(groups.map(open));
      assert.equal(closing.size, GROUPS);
      await Promise.all(closing.values());
      await Promise.all(newcomers.map((newcomer) => newcomer.close()));
      await sleep(3 * HEARTBEAT_MS);
      assert.deepEqual(heard, []);
    } finally {
      unsubscribe('tracing:plt:kafka:consumer:group:start', hear);
      unsubscribe('tracing:plt:kafka:consumer:heartbeat:start', hearHeartbeat);
    }
  });
});
