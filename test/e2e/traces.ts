// A bet and a price whose ways are followed through whole processes: what both shapes are held to.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeId } from '#core/base/ids.ts';
import type { PlatformContext } from '#roles/context.ts';
import { until } from '../odds/pipeline-harness.ts';
import { assertOneTree, type CollectedSpan, type OtlpCollector } from '../traces/otlp-collector.ts';
import { type Bettor, makeBettors, openPrices, scheduledEvents } from './bettors.ts';

const BET_WAY = ['http.request', 'command.send', 'writer.command', 'journal.append', 'bus.produce', 'project.fold'];
const PRICE_WAY = ['ingest.receive', 'bus.produce', 'odds.process', 'odds.commit', 'gateway.push'];
/** Between two bets, ms: the spans of one are on their way for some seconds, and requests without a key are limited. */
const PAUSE_MS = 500;
/** The caller's own span, which the collector does not have. */
const CALLER_SPAN = '00f067aa0ba902b7';

/** Places bets inside traces of the caller's until one is accepted whose way was seen whole. */
export async function followBet(url: string, context: PlatformContext, collector: OtlpCollector): Promise<CollectedSpan[]> {
  const [bettor] = await makeBettors(context, 1);
  let whole: string | undefined;
  const placed: string[] = [];
  await until(
    async () => {
      await sleep(PAUSE_MS);
      const traceId = await placeTraced(url, bettor as Bettor);
      if (traceId) placed.push(traceId);
      whole = collector.tracesWith(BET_WAY).find((id) => placed.includes(id));
      return whole !== undefined;
    },
    `a bet with ${BET_WAY.join(', ')}`,
    60_000,
  );
  const spans = collector.trace(whole as string);
  assertOneTree(spans, CALLER_SPAN);
  const route = spans.find(({ name }) => name === 'http.request')?.facts['http.route'];
  assert.equal(route, '/v1/bets');
  return spans;
}

/** A trace from the supplier's frame to a gateway. */
export async function followPrice(collector: OtlpCollector): Promise<CollectedSpan[]> {
  let whole: string | undefined;
  await until(() => (whole = collector.tracesWith(PRICE_WAY)[0]) !== undefined, `a price with ${PRICE_WAY.join(', ')}`, 60_000);
  return collector.trace(whole as string);
}

/** The id of the caller's trace when the bet was accepted and the answer named the trace. */
async function placeTraced(url: string, { apiKey }: Bettor): Promise<string | null> {
  const prices = await Promise.all((await scheduledEvents(url, 5)).map((eventId) => openPrices(url, eventId)));
  const [price] = prices.flat();
  if (!price) return null;
  const { marketId, quoteSeq, selectionId } = price;
  const traceId = randomBytes(16).toString('hex');
  const answer = await fetch(`${url}/v1/bets`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': makeId('cmd', Date.now(), randomBytes(10)),
      traceparent: `00-${traceId}-${CALLER_SPAN}-01`,
    },
    body: JSON.stringify({ legs: [{ marketId, selectionId }], stakeMinor: 100, minOddsMilli: 1_001, quoteSeq }),
  });
  await answer.arrayBuffer();
  assert.match(answer.headers.get('traceparent') ?? '', new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  return answer.status === 201 ? traceId : null;
}
