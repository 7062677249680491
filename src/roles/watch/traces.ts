// Traces of this process, when a collector is named. Without one nothing of OpenTelemetry is even loaded.
import type { Log } from '#ports/log.ts';
import type { Metrics } from '#ports/metrics.ts';
import { noTraces, type Traces } from '#ports/traces.ts';
import { holderName } from '../start/standing-by.ts';
import type { Environment } from '../environment.ts';

export async function openTraces(
  environment: Environment,
  { log, metrics, version }: { readonly log: Log; readonly metrics: Metrics; readonly version: string },
): Promise<Traces> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: service, OTEL_TRACES_SAMPLER_ARG: ratio } = environment;
  if (endpoint === undefined) return noTraces;
  const { OtlpTraces } = await import('#adapters/traces/otlp-traces.ts');
  return new OtlpTraces({
    endpoint,
    ratio,
    resource: { 'service.name': service, 'service.version': version, 'service.instance.id': holderName() },
    log,
    onLost: (reason, spans) => metrics.count('palpite_traces_dropped_total', spans, { reason }),
  });
}
