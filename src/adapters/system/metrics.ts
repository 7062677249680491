// The metrics port over prom-client. Every series of the table exists from the start, so that a missing one means a missing process.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type Labels, METRICS, type MetricName, type Metrics } from '#ports/metrics.ts';

interface Spec {
  readonly kind: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
}
interface Reading {
  readonly labels: Labels;
  readonly read: () => number;
}

export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<MetricName, Counter>();
  readonly #histograms = new Map<MetricName, Histogram>();
  readonly #readings = new Map<MetricName, Map<string, Reading>>();

  constructor(options: { readonly processMetrics?: boolean } = {}) {
    for (const [name, spec] of Object.entries(METRICS)) this.#register(name as MetricName, spec);
    if (options.processMetrics !== false) collectDefaultMetrics({ register: this.#registry });
  }

  count(name: MetricName, by = 1, labels: Labels = {}): void {
    this.#counters.get(name)?.inc(labels, by);
  }

  observe(name: MetricName, value: number, labels: Labels = {}): void {
    this.#histograms.get(name)?.observe(labels, value);
  }

  gauge(name: MetricName, read: () => number, labels: Labels = {}): void {
    this.#readings.get(name)?.set(JSON.stringify(labels), { labels, read });
  }

  async export(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #register(name: MetricName, spec: Spec): void {
    const { buckets, help, kind, labels = [] } = spec;
    const common = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (kind === 'counter') this.#counters.set(name, new Counter(common));
    else if (kind === 'histogram')
      this.#histograms.set(name, new Histogram({ ...common, ...(buckets ? { buckets: [...buckets] } : {}) }));
    else {
      const readings = new Map<string, Reading>();
      this.#readings.set(name, readings);
      const plain = labels.length === 0;
      const gauge: Gauge = new Gauge({ ...common, collect: (): void => collect(gauge, readings, plain) });
    }
  }
}

function collect(gauge: Gauge, readings: ReadonlyMap<string, Reading>, plain: boolean): void {
  gauge.reset();
  if (plain) gauge.remove(); // it would say zero where nothing is known
  for (const { labels, read } of readings.values()) {
    try {
      const value = read();
      if (!Number.isNaN(value)) gauge.set(labels, value);
    } catch {
      // One reading that fails must not take the others with it.
    }
  }
}
