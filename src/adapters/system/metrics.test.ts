import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRICS } from '#ports/metrics.ts';
import { PrometheusMetrics } from './metrics.ts';

test('PrometheusMetrics exports every name of the table, and what was counted', async () => {
  const metrics = new PrometheusMetrics({ processMetrics: false });
  metrics.count('palpite_refusals_total', 2, { code: 'odds_changed' });
  metrics.count('palpite_refusals_total', 1, { code: 'odds_changed' });
  metrics.observe('palpite_commit_seconds', 0.004, { shard: 0 });
  let depth = 5;
  metrics.gauge('palpite_queue_depth', () => depth, { shard: 0 });
  depth = 7;
  const { contentType, text } = await metrics.export();
  assert.match(contentType, /^text\/plain; version=0\.0\.4/);
  for (const name of Object.keys(METRICS)) assert.match(text, new RegExp(`^# HELP ${name} `, 'm'));
  assert.match(text, /^palpite_refusals_total\{code="odds_changed"\} 3$/m);
  assert.match(text, /^palpite_queue_depth\{shard="0"\} 7$/m);
  assert.match(text, /^palpite_commit_seconds_bucket\{le="0\.002",shard="0"\} 0$/m);
  assert.match(text, /^palpite_commit_seconds_bucket\{le="0\.005",shard="0"\} 1$/m);
});

test('a gauge that cannot be read is left out and takes no other with it', async () => {
  const metrics = new PrometheusMetrics({ processMetrics: false });
  metrics.gauge('palpite_queue_depth', () => Number.NaN, { shard: 0 });
  metrics.gauge(
    'palpite_queue_depth',
    () => {
      throw new Error('gone');
    },
    { shard: 1 },
  );
  metrics.gauge('palpite_queue_depth', () => 3, { shard: 2 });
  const { text } = await metrics.export();
  assert.deepEqual(text.match(/^palpite_queue_depth\{.*$/gm), ['palpite_queue_depth{shard="2"} 3']);
});
