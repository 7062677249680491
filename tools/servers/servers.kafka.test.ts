// Every server that tests rely on: it starts, is stopped and killed, and comes back at the same address.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { Client } from 'pg';
import { missingForKafka } from './kafka-jars.ts';
import { startKafka } from './kafka-server.ts';
import { startPostgres } from './postgres-server.ts';
import { skipWhenMissing } from './programs.ts';
import { missingForRedis, startRedis } from './redis-server.ts';

function opens(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

const kafkaSkip = skipWhenMissing(await missingForKafka());
const redisSkip = skipWhenMissing(await missingForRedis());

describe('real servers', () => {
  it('startKafka() stops, is killed and comes back on the same port', { skip: kafkaSkip }, async () => {
    await using kafka = await startKafka();
    await kafka.stop();
    assert.equal(await opens(`tcp://${kafka.brokers}`), false);
    await kafka.start();
    await kafka.kill();
    assert.equal(await opens(`tcp://${kafka.brokers}`), false);
    await kafka.start();
    assert.equal(await opens(`tcp://${kafka.brokers}`), true);
  });

  it('startRedis() comes back on the same port', { skip: redisSkip }, async () => {
    await using redis = await startRedis();
    await redis.stop();
    assert.equal(await opens(redis.url), false);
    await redis.start();
    await redis.kill();
    await redis.start();
    assert.equal(await opens(redis.url), true);
  });

  it('startPostgres() keeps its data over stop and kill', async () => {
    await using postgres = await startPostgres();
    const query = async (text: string): Promise<unknown[]> => {
      const client = new Client({ connectionString: postgres.url });
      client.on('error', () => {});
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(text)).rows;
      } finally {
        await client.end();
      }
    };
    await query('CREATE TABLE kept (n int)');
    await postgres.stop();
    await postgres.start();
    await query('INSERT INTO kept VALUES (7)');
    await postgres.kill();
    await postgres.start();
    assert.deepEqual(await query('SELECT n FROM kept'), [{ n: 7 }]);
  });
});
