// Traces sent as OTLP over HTTP in JSON. Every queue is bounded: what does not fit, and what the collector does not take, is dropped and counted;
// nothing ever waits for the collector.
import { type Attributes, ROOT_CONTEXT, SpanKind, type Span as OtelSpan, trace, type Tracer } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { type Facts, type Span, type SpanName, SPANS, type SpanStart, type Traces } from '#ports/traces.ts';
import type { Log } from '#ports/log.ts';

export type TraceLoss = 'rate' | 'queue' | 'export';

export interface OtlpTracesOptions {
  /** Base address of a collector, as OTEL_EXPORTER_OTLP_ENDPOINT has it: /v1/traces is below it. */
  readonly endpoint: string;
  /** Share of beginnings that are traced, 0 to 1. */
  readonly ratio: number;
  /** Who tells: service.name and the like. */
  readonly resource: Attributes;
  readonly log: Log;
  readonly onLost: (reason: TraceLoss, spans: number) => void;
  /** How long spans are gathered before they are sent, ms. */
  readonly gatherMs?: number;
  readonly perSecondMax?: number;
}

/** Traces begun in a second, also those that callers from outside ask for: a public port must not fill a collector. */
const TRACES_PER_SECOND_MAX = 50;
/** Spans that wait for the collector. */
const SPANS_WAITING_MAX = 4_096;
const SPANS_PER_REQUEST = 512;
const GATHER_MS = 2_000;
/** An answer of the collector is waited for this long, ms. */
const EXPORT_MS_MAX = 5_000;
/** A stop waits this long for the collector, ms. */
const CLOSE_MS_MAX = 2_000;
const SAMPLED = 1;

const KINDS = {
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const;

export class OtlpTraces implements Traces {
  readonly on = true;
  readonly #options: OtlpTracesOptions;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #exporter: CountedExporter;
  #second = 0;
  #begun = 0;

  constructor(options: OtlpTracesOptions) {
    this.#options = options;
    const url = `${options.endpoint.replace(/\/$/, '')}/v1/traces`;
    this.#exporter = new CountedExporter(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_MS_MAX }), options);
    const batches = new BatchSpanProcessor({
      exporter: this.#exporter,
      maxQueueSize: SPANS_WAITING_MAX,
      maxExportBatchSize: SPANS_PER_REQUEST,
      scheduledDelayMillis: options.gatherMs ?? GATHER_MS,
      exportTimeoutMillis: EXPORT_MS_MAX,
    });
    this.#provider = new TracerProvider({ resource: resourceFromAttributes(options.resource), spanProcessors: [batches] });
    this.#tracer = this.#provider.getTracer('palpite');
  }

  begin(name: SpanName, start: SpanStart & { readonly from?: string | undefined } = {}): Span | null {
    const caller = start.from === undefined ? null : parseTraceParent(start.from);
    // Chance decides before anything is made: almost every call ends here.
    if (caller ? (caller.traceFlags & SAMPLED) === 0 : Math.random() >= this.#options.ratio) return null;
    if (!this.#mayBegin()) {
      this.#options.onLost('rate', 1);
      return null;
    }
    return this.#start(name, caller ? start.from : undefined, start.since);
  }

  follow(traceparent: string | undefined, name: SpanName, start?: SpanStart): Span | null {
    return traceparent === undefined ? null : this.#start(name, traceparent, start?.since);
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS_MAX)));
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
  }

  #start(name: SpanName, traceparent: string | undefined, since: number | undefined): Span | null {
    const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
    if (traceparent !== undefined && (!parent || (parent.traceFlags & SAMPLED) === 0)) return null;
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT;
    const options = { kind: KINDS[SPANS[name]], ...(since === undefined ? {} : { startTime: since }) };
    return new OtlpSpan(this.#tracer.startSpan(name, options, context), this.#exporter);
  }

  #mayBegin(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) [this.#second, this.#begun] = [second, 0];
    return this.#begun++ < (this.#options.perSecondMax ?? TRACES_PER_SECOND_MAX);
  }
}

class OtlpSpan implements Span {
  readonly traceparent: string;
  readonly #span: OtelSpan;
  readonly #exporter: CountedExporter;

  constructor(span: OtelSpan, exporter: CountedExporter) {
    const { spanId, traceId } = span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-01`;
    this.#span = span;
    this.#exporter = exporter;
  }

  end(facts?: Facts, at?: number): void {
    if (!this.#exporter.hasRoom()) return;
    if (facts) this.#span.setAttributes(facts);
    this.#span.end(at);
  }
}

/** Knows how many spans wait, so that none is dropped without being counted. */
class CountedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #options: Pick<OtlpTracesOptions, 'log' | 'onLost'>;
  #waiting = 0;
  #failing = false;

  constructor(exporter: SpanExporter, options: Pick<OtlpTracesOptions, 'log' | 'onLost'>) {
    this.#exporter = exporter;
    this.#options = options;
  }

  /** Takes a place in the queue for one span. */
  hasRoom(): boolean {
    if (this.#waiting < SPANS_WAITING_MAX) return ++this.#waiting > 0;
    this.#options.onLost('queue', 1);
    return false;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      this.#waiting -= spans.length;
      this.#tell(result, spans.length);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #tell({ code, error }: ExportResult, spans: number): void {
    const { log, onLost } = this.#options;
    const failed = code !== ExportResultCode.SUCCESS;
    if (failed) onLost('export', spans);
    if (failed !== this.#failing)
      log[failed ? 'warn' : 'info'](failed ? 'traces.not_taken' : 'traces.taken', { error: error?.message });
    this.#failing = failed;
  }
}
