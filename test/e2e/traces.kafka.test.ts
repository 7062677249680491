// Traces of the scaled-out shape: the same ways, over Kafka and the writer's door, told by processes of their own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingForKafka } from '../../tools/servers/kafka-jars.ts';
import { startKafka } from '../../tools/servers/kafka-server.ts';
import { startPostgres } from '../../tools/servers/postgres-server.ts';
import { skipWhenMissing } from '../../tools/servers/programs.ts';
import { OtlpCollector } from '../traces/otlp-collector.ts';
import { Cluster } from './cluster.ts';
import { followBet, followPrice } from './traces.ts';

const skip = skipWhenMissing(await missingForKafka());
const MEMBERS = [['supplier', 'ingest'], ['odds'], ['writer', 'opener'], ['project'], ['arena', 'gateway']];

test(
  'five processes over Kafka tell a collector of one way of a price, and of one of a bet',
  { skip, timeout: 300_000 },
  async (t) => {
    const [collector, kafka, postgres] = await Promise.all([OtlpCollector.start(), startKafka(), startPostgres()]);
    t.after(() => Promise.all([collector.close(), kafka.close(), postgres.close()]));
    const cluster = await Cluster.start({
      members: MEMBERS,
      env: {
        DATABASE_URL: postgres.url,
        KAFKA_BROKERS: kafka.brokers,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_TRACES_SAMPLER_ARG: '1',
      },
    });
    t.after(() => cluster.remove());
    const context = await cluster.context();
    t.after(() => context.close());
    try {
      const bet = await followBet(cluster.url, context, collector);
      assert.equal(new Set(bet.map(({ from }) => from)).size, 3, 'gateway, writer and read models');
      const price = await followPrice(collector);
      assert.equal(new Set(price.map(({ from }) => from)).size, 3, 'ingest, odds and gateway');
      t.diagnostic(bet.map(({ endMs, name, startMs }) => `${name} ${(endMs - startMs).toFixed(1)} ms`).join(', '));
    } catch (error) {
      t.diagnostic(cluster.troubles());
      throw error;
    }
  },
);
