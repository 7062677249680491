// One price from the supplier's socket to the screen's, followed by a collector that takes OTLP: the same trace all the way, over the bus.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { OtlpTraces, type OtlpTracesOptions } from '#adapters/traces/otlp-traces.ts';
import { depsForTests } from '#api/deps-for-tests.ts';
import { buildServer } from '#api/server.ts';
import { feedHub } from '#api/socket/feed-hub.ts';
import { OddsHub } from '#api/socket/odds-hub.ts';
import { silentLog } from '#ports/log.ts';
import { noTraces } from '#ports/traces.ts';
import { Pipeline, until } from '../odds/pipeline-harness.ts';
import { assertOneTree, type CollectedSpan, OtlpCollector } from './otlp-collector.ts';

const WAY = ['ingest.receive', 'bus.produce', 'odds.process', 'odds.commit', 'gateway.push'];

function tracesTo(collector: OtlpCollector, options: Partial<OtlpTracesOptions> = {}): OtlpTraces {
  const resource = { 'service.name': 'palpite', 'service.instance.id': 'here' };
  const log = silentLog;
  return new OtlpTraces({
    endpoint: collector.endpoint,
    ratio: 1,
    resource,
    log,
    onLost: () => undefined,
    gatherMs: 20,
    ...options,
  });
}

async function collectorOf(t: TestContext): Promise<OtlpCollector> {
  const collector = await OtlpCollector.start();
  t.after(() => collector.close());
  return collector;
}

/** A screen that watches every fixture that the pipeline tells of, and what it was shown. */
async function screen(t: TestContext, pipeline: Pipeline, traces: OtlpTraces | typeof noTraces): Promise<{ frames: number }> {
  const stored = (): Promise<never[]> => Promise.resolve([]);
  const odds = new OddsHub({ load: stored, stored });
  const app = await buildServer(depsForTests({ odds, traces }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  const socket = new WebSocket(`ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/ws/odds`);
  await new Promise((resolve) => socket.once('open', resolve));
  const shown = { frames: 0 };
  socket.on('message', () => shown.frames++);
  const told = new Set<string>();
  await pipeline.bus.subscribe('odds_updates', 'screen', async (messages) => {
    for (const { key: eventId } of messages) {
      if (told.has(eventId)) continue;
      told.add(eventId);
      socket.send(JSON.stringify({ type: 'subscribe', eventId }));
    }
  });
  await feedHub(pipeline.bus, odds, traces);
  t.after(() => socket.terminate());
  return shown;
}

test('one trace follows a price from the supplier over the bus and the odds role to the socket', async (t) => {
  const collector = await collectorOf(t);
  const traces = tracesTo(collector, { perSecondMax: 10_000 });
  const pipeline = new Pipeline({ traces });
  const shown = await screen(t, pipeline, traces);
  await pipeline.start();
  t.after(() => pipeline.stop());
  const pushed = (span: CollectedSpan): boolean => span.name === 'gateway.push' && Number(span.facts['palpite.readers']) > 0;
  await until(() => collector.spans.some(pushed) && collector.tracesWith(WAY).length > 0, 'a price on the screen with its trace');
  await pipeline.stopRest();
  await traces.close();
  assert.ok(shown.frames > 0);
  const whole = collector
    .tracesWith(WAY)
    .map((id) => collector.trace(id))
    .find((spans) => spans.some(pushed));
  assert.ok(whole, 'no trace goes all the way');
  assertOneTree(whole);
  const spanOf = (name: string): CollectedSpan => whole.find((span) => span.name === name) as CollectedSpan;
  // Who hangs on whom, read from the picture in docs/operating.md and not from the code.
  const byId = new Map(whole.map((span) => [span.spanId, span]));
  const parentOf = (span: CollectedSpan): string => byId.get(span.parentSpanId)?.name ?? 'none';
  assert.equal(parentOf(spanOf('ingest.receive')), 'none');
  assert.equal(parentOf(spanOf('odds.process')), 'bus.produce');
  assert.equal(parentOf(spanOf('odds.commit')), 'odds.process');
  assert.equal(parentOf(spanOf('gateway.push')), 'bus.produce');
  const topics = whole.filter(({ name }) => name === 'bus.produce').map(({ facts }) => facts['messaging.destination.name']);
  assert.deepEqual([...new Set(topics)].sort(), ['odds_raw', 'odds_updates']);
  const inOrder = [spanOf('ingest.receive'), spanOf('odds.process'), spanOf('gateway.push')].map(({ startMs }) => startMs);
  assert.deepEqual(
    inOrder,
    inOrder.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    ['ingest.receive', 'bus.produce', 'odds.process', 'odds.commit', 'gateway.push'].map((name) => spanOf(name).kind),
    [5, 4, 5, 1, 5],
  );
});

test('a share of nothing traces nothing, and no message carries anything', async (t) => {
  const collector = await collectorOf(t);
  const traces = tracesTo(collector, { ratio: 0 });
  const pipeline = new Pipeline({ traces });
  let [seen, carried] = [0, 0];
  for (const topic of ['odds_raw', 'odds_updates'])
    await pipeline.bus.subscribe(topic, 'look', async (messages) => {
      seen += messages.length;
      carried += messages.filter(({ traceparent }) => traceparent !== undefined).length;
    });
  await pipeline.start();
  t.after(() => pipeline.stop());
  await until(() => seen > 50, 'messages');
  await traces.close();
  assert.equal(carried, 0);
  assert.equal(collector.spans.length, 0);
});
