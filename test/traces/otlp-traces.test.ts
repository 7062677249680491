// What is traced and what is not, and what becomes of spans that no collector takes.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { OtlpTraces, type OtlpTracesOptions } from '#adapters/traces/otlp-traces.ts';
import { silentLog } from '#ports/log.ts';
import { OtlpCollector } from './otlp-collector.ts';

// The examples of the W3C recommendation, https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SAMPLED = `00-${TRACE}-00f067aa0ba902b7-01`;
const NOT_SAMPLED = `00-${TRACE}-00f067aa0ba902b7-00`;

async function open(
  t: TestContext,
  options: Partial<OtlpTracesOptions> = {},
): Promise<{ traces: OtlpTraces; collector: OtlpCollector; lost: Map<string, number> }> {
  const collector = await OtlpCollector.start();
  const lost = new Map<string, number>();
  const traces = new OtlpTraces({
    endpoint: `${collector.endpoint}/`,
    ratio: 1,
    resource: { 'service.instance.id': 'here' },
    log: silentLog,
    onLost: (reason, spans) => lost.set(reason, (lost.get(reason) ?? 0) + spans),
    gatherMs: 10,
    ...options,
  });
  t.after(() => Promise.all([collector.close(), traces.close()]));
  return { traces, collector, lost };
}

test('begin() joins a caller who records his trace, at his span', async (t) => {
  const { collector, traces } = await open(t, { ratio: 0 });
  const span = traces.begin('http.request', { from: SAMPLED });
  assert.match(span?.traceparent ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  span?.end({ 'http.route': '/v1/bets', 'http.response.status_code': 201 });
  await traces.close();
  const [only] = collector.spans;
  assert.equal(collector.spans.length, 1);
  assert.deepEqual([only?.traceId, only?.parentSpanId, only?.name, only?.kind], [TRACE, '00f067aa0ba902b7', 'http.request', 2]);
  assert.deepEqual(only?.facts, { 'http.route': '/v1/bets', 'http.response.status_code': 201 });
});

test('begin() leaves a caller alone who does not record, and takes a malformed header for none', async (t) => {
  const { traces } = await open(t);
  assert.equal(traces.begin('http.request', { from: NOT_SAMPLED }), null);
  for (const from of [
    '',
    'x',
    SAMPLED.toUpperCase(),
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `ff-${TRACE}-00f067aa0ba902b7-01`,
  ]) {
    const traceId = traces.begin('http.request', { from })?.traceparent.slice(3, 35);
    assert.match(traceId ?? '', /^[0-9a-f]{32}$/, from);
    assert.notEqual(traceId, TRACE, from);
  }
});

test('follow() of nothing, of what is not recorded and of what is malformed is null', async (t) => {
  const { traces } = await open(t);
  for (const traceparent of [undefined, '', 'x', NOT_SAMPLED]) assert.equal(traces.follow(traceparent, 'odds.process'), null);
  assert.equal(traces.follow(SAMPLED, 'odds.process')?.traceparent.slice(3, 35), TRACE);
});

test('begin() traces about the share that it is told', async (t) => {
  const { traces } = await open(t, { ratio: 0.1, perSecondMax: 100_000 });
  let begun = 0;
  for (let i = 0; i < 20_000; i++) if (traces.begin('ingest.receive')) begun++;
  // Binomial with n = 20,000 and p = 0.1: mean 2,000, standard deviation 42.4; seven of them are 297.
  assert.ok(Math.abs(begun - 2_000) < 297, `${begun} of 20,000`);
});

test('no caller can have more traces than the limit of a second, and what is refused is counted', async (t) => {
  const { lost, traces } = await open(t, { ratio: 0, perSecondMax: 5 });
  // The limit counts whole seconds: what follows must lie in one. A timer may fire a little early, and very late.
  do await new Promise((resolve) => setTimeout(resolve, 1_050 - (performance.now() % 1_000)));
  while (performance.now() % 1_000 > 500);
  let begun = 0;
  for (let i = 0; i < 100; i++) if (traces.begin('http.request', { from: SAMPLED })) begun++;
  assert.equal(begun, 5);
  assert.deepEqual([...lost], [['rate', 95]]);
});

test('spans that a collector does not take are counted, and later ones reach it again', async (t) => {
  const { collector, lost, traces } = await open(t);
  collector.status = 400;
  for (let i = 0; i < 3; i++) traces.begin('ingest.receive')?.end();
  for (const end = Date.now() + 20_000; (lost.get('export') ?? 0) < 3 && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual([...lost], [['export', 3]]);
  collector.status = 200;
  traces.begin('ingest.receive')?.end();
  await traces.close();
  assert.equal(collector.spans.length, 1);
});

test('while nobody takes spans no more of them wait than the queue holds', async (t) => {
  const { lost, traces } = await open(t, { endpoint: 'http://127.0.0.1:9', gatherMs: 60_000, perSecondMax: 1_000_000 });
  // Nothing leaves before the first turn of the loop, so all of them meet the same queue of 4,096.
  for (let i = 0; i < 5_000; i++) traces.begin('ingest.receive')?.end();
  assert.equal(lost.get('queue'), 904);
  const began = performance.now();
  await traces.close();
  assert.ok(performance.now() - began < 3_000, 'closing waits for a collector that is not there');
});
