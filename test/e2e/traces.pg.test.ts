// Traces of the default shape: one process with all roles, followed by a real collector.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../odds/pipeline-harness.ts';
import { OtlpCollector } from '../traces/otlp-collector.ts';
import { Cluster } from './cluster.ts';
import { followBet, followPrice } from './traces.ts';

test('one process tells a collector of prices and bets from end to end', { timeout: 120_000 }, async (t) => {
  const collector = await OtlpCollector.start();
  t.after(() => collector.close());
  const cluster = await Cluster.start({
    members: [[]],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_TRACES_SAMPLER_ARG: '1' },
  });
  t.after(() => cluster.remove());
  const context = await cluster.context();
  t.after(() => context.close());
  try {
    const bet = await followBet(cluster.url, context, collector);
    t.diagnostic(bet.map(({ endMs, name, startMs }) => `${name} ${(endMs - startMs).toFixed(1)} ms`).join(', '));
    const price = await followPrice(collector);
    t.diagnostic(price.map(({ endMs, name, startMs }) => `${name} ${(endMs - startMs).toFixed(1)} ms`).join(', '));
    const figures = async (): Promise<string> => (await fetch(`${cluster.url}/metrics`)).text();
    await until(
      async () => /^palpite_bets_total\{via="bot",outcome="done"\} [1-9]/m.test(await figures()),
      'a bet of a bot',
      60_000,
    );
    assert.match(await figures(), /^palpite_bets_total\{via="api",outcome="done"\} [1-9]/m);
    assert.equal(new Set([...bet, ...price].map(({ from }) => from)).size, 1);
  } catch (error) {
    t.diagnostic(cluster.troubles());
    throw error;
  }
});
