// Commands at a fixed rate by the clock, through the real writer: latency counts from the moment a command was meant to leave.
import type { Database } from '#adapters/postgres/database.ts';
import type { Writer } from '#engine/writer.ts';
import { median, quantile } from './bench-database.ts';
import type { EncodedBets } from './writer-load.ts';

const RATE = 10_000;
const WARM_MS = 5_000;
const WINDOW_MS = 3_000;
const WINDOWS = 10;

export interface OpenLoop {
  readonly database: Database;
  readonly writer: Writer;
  /** Encodes the next commands: what a load costs to make is not the arena's. */
  readonly next: (count: number) => EncodedBets;
  readonly windows?: number;
}

export async function measureOpenLoop(of: OpenLoop) {
  const count = of.windows ?? WINDOWS;
  const windows: { p99: number; p999: number; max: number }[] = [];
  await of.database.pool.query('CHECKPOINT'); // what the part before left behind is not this part's latency
  await pace(of, WARM_MS, () => undefined);
  for (let window = 0; window < count; window++) {
    const samples: number[] = [];
    await pace(of, WINDOW_MS, (ms) => samples.push(ms));
    samples.sort((a, b) => a - b);
    windows.push({ p99: quantile(samples, 0.99), p999: quantile(samples, 0.999), max: samples.at(-1) ?? 0 });
  }
  return {
    perSecond: RATE,
    windows: count,
    medianP99Ms: round(median(windows.map((w) => w.p99))),
    medianP999Ms: round(median(windows.map((w) => w.p999))),
    maxMs: round(Math.max(...windows.map((w) => w.max))),
    p99MsPerWindow: windows.map((w) => round(w.p99)),
  };
}

async function pace({ next, writer }: OpenLoop, ms: number, sample: (ms: number) => void): Promise<void> {
  const total = Math.floor((RATE * ms) / 1000);
  const load = next(total);
  const started = performance.now();
  const everyMs = 1000 / RATE;
  let sent = 0;
  let answered = 0;
  let failure: string | null = null;
  while (sent < total) {
    const now = performance.now() - started;
    const due = Math.min(total, Math.floor(now / everyMs) + 1);
    for (; sent < due; sent++) {
      const intended = started + sent * everyMs;
      void writer.submit(load.at(sent)).then((answer) => {
        answered++;
        if (!isDone(answer)) failure ??= answer;
        sample(performance.now() - intended);
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (failure) throw new Error(failure);
  }
  while (answered < total) await new Promise((resolve) => setTimeout(resolve, 1));
  load.close();
}

/** Behind `{"commandId":"cmd_..."`, where the callers look: what they do costs the writer's thread as well. */
export function isDone(answer: string): boolean {
  return answer.startsWith(',"result":"done"', 45);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
