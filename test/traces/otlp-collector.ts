// A collector of traces for tests: takes OTLP over HTTP in JSON as the protocol's own schema writes it, and knows nothing of the program that sends.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came over the wire; times in ms. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly facts: Readonly<Record<string, unknown>>;
  /** service.instance.id: the process. */
  readonly from: string;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly Attribute[];
}
interface TraceRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

export class OtlpCollector {
  readonly spans: CollectedSpan[] = [];
  /** What the next requests are answered. */
  status = 200;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#take(request).then(
        () => response.writeHead(this.status, { 'content-type': 'application/json' }).end('{}'),
        (error: unknown) => response.writeHead(400).end(String(error)),
      );
    });
  }

  static async start(): Promise<OtlpCollector> {
    const collector = new OtlpCollector();
    await new Promise<void>((resolve) => collector.#server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  trace(traceId: string): CollectedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  /** Traces that have a span of every one of these names. */
  tracesWith(names: readonly string[]): string[] {
    const ids = [...new Set(this.spans.map(({ traceId }) => traceId))];
    return ids.filter((id) => {
      const had = new Set(this.trace(id).map(({ name }) => name));
      return names.every((name) => had.has(name));
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage): Promise<void> {
    assert.equal(`${request.method} ${request.url}`, 'POST /v1/traces');
    assert.equal(request.headers['content-type'], 'application/json');
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (this.status !== 200) return;
    const { resourceSpans } = JSON.parse(Buffer.concat(parts).toString()) as TraceRequest;
    for (const { resource, scopeSpans } of resourceSpans) {
      const from = String(factsOf(resource.attributes)['service.instance.id']);
      for (const { spans } of scopeSpans) this.spans.push(...spans.map((span) => collected(span, from)));
    }
  }
}

/** Fails unless every span but one hangs on another of its trace, and none ends before it begins. */
export function assertOneTree(spans: readonly CollectedSpan[], rootParent = ''): void {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  assert.equal(ids.size, spans.length);
  const roots = spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
  assert.deepEqual(
    roots.map(({ parentSpanId }) => parentSpanId),
    [rootParent],
    `the spans ${spans.map(({ name }) => name).join(' ')} are no tree`,
  );
  for (const { endMs, name, startMs } of spans)
    assert.ok(endMs >= startMs, `${name} ends ${startMs - endMs} ms before it begins`);
}

function collected(span: WireSpan, from: string): CollectedSpan {
  assert.match(span.traceId, /^[0-9a-f]{32}$/);
  assert.match(span.spanId, /^[0-9a-f]{16}$/);
  const { attributes = [], kind, name, parentSpanId = '', spanId, traceId } = span;
  const [startMs, endMs] = [span.startTimeUnixNano, span.endTimeUnixNano].map((nano) => Number(BigInt(nano) / 1_000n) / 1_000);
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    startMs: startMs as number,
    endMs: endMs as number,
    facts: factsOf(attributes),
    from,
  };
}

function factsOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
