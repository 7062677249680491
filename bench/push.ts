// The age of the newest price on thousands of sockets while a thousand prices a second change: server, readers and this judge are three processes.
// A socket is sampled ten times a second: how long ago was the newest change of a fixture that it watches published, if it does not have it yet.
import { cpus } from 'node:os';
import { startKafka } from '../tools/servers/kafka-server.ts';
import { median, note, quantile } from './bench-database.ts';
import { type BenchChild, startChild } from './child.ts';
import { type Shape, shapesIn } from './shapes.ts';
import { type Ask, FIXTURES, type Samples, WATCHED } from './push/scene.ts';

const CONNECTIONS = 5_000;
const UPDATES_PER_SECOND = 1_000;
const WARM_MS = 4_000;
/** Windows without and with a reader that takes nothing, in turn. */
const WINDOW_MS = 5_000;
const WINDOWS = 8;
/** One loopback address has about 28,000 ports. */
const PER_ADDRESS = 20_000;
const MORE_AT_ONCE = 2_500;
const CONNECTIONS_MAX = 60_000;
/** Open files that each process asks for; with fewer it takes what it gets. */
const FILES = 200_000;

/** Options: `--connections=<n>`, `--updates=<n>` a second, `--seconds=<n>` a window, `--shape=one|kafka`, `--no-largest` to leave out how many sockets fit. */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const measured: Partial<Record<Shape, Record<string, unknown>>> = {};
  for (const shape of shapesIn(args)) {
    note(`${shape}:`);
    if (shape === 'one') measured.one = await measure(args, {});
    else {
      const kafka = await startKafka();
      measured.kafka = await measure([...args, '--no-largest'], { KAFKA_BROKERS: kafka.brokers }).finally(() => kafka.close());
    }
  }
  const { kafka, one } = measured;
  return { ...one, ...(kafka ? { kafka } : {}) };
}

async function measure(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const option = (name: string, otherwise: number): number =>
    Number(args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise);
  const connections = option('connections', CONNECTIONS);
  const updatesPerSecond = option('updates', UPDATES_PER_SECOND);
  const windowMs = option('seconds', WINDOW_MS / 1000) * 1000;
  const server = await start<{ port: number }>('server.ts', env);
  const readers = await start<object>('readers.ts');
  const publisher = env['KAFKA_BROKERS'] === undefined ? server : await start<object>('publisher-process.ts', env);
  const { port } = server.first;
  try {
    const empty = await server.ask<{ rss: number; heap: number }>({ ask: 'memory' });
    await connect(readers, port, connections);
    const idle = await server.ask<{ rss: number; heap: number }>({ ask: 'memory' });
    const bytesPerIdleConnection = Math.round((idle.rss - empty.rss) / connections);
    note(
      `${connections} idle sockets: ${bytesPerIdleConnection} bytes each, ${Math.round((idle.heap - empty.heap) / connections)} of them on the heap`,
    );
    await readers.ask({ ask: 'subscribe' });
    await publisher.ask({ ask: 'publish', perSecond: updatesPerSecond });
    await readers.ask({ ask: 'sample', ms: WARM_MS });
    // In turn, so that what else the machine does falls on both.
    const windows: Window[] = [];
    for (let at = 0; at < WINDOWS; at++) {
      if (at % 2 === 1) await readers.ask({ ask: 'stall', port });
      windows.push(await watched(server, readers, { ms: windowMs, stalled: at % 2 === 1 }));
    }
    await publisher.ask({ ask: 'quiet' });
    const { published } = await publisher.ask<{ published: number[][] }>({ ask: 'published' });
    const reports = windows.map((window) => ({ ...window, ages: agesOf(window.samples, published) }));
    const [calm, stalled] = [reports.filter((report) => !report.stalled), reports.filter((report) => report.stalled)];
    const over = (list: typeof reports, figure: (report: (typeof reports)[number]) => number): number =>
      round(median(list.map(figure)));
    return {
      connections,
      updatesPerSecond,
      p99Ms: over(calm, ({ ages }) => ages.p99Ms),
      medianMs: over(calm, ({ ages }) => ages.medianMs),
      maxMs: Math.max(...calm.map(({ ages }) => ages.maxMs)),
      behindP99Ms: over(calm, ({ ages }) => ages.behindP99Ms),
      behindMaxMs: Math.max(...calm.map(({ ages }) => ages.behindMaxMs)),
      p99MsOfWindows: calm.map(({ ages }) => ages.p99Ms),
      samples: calm.reduce((sum, { ages }) => sum + ages.samples, 0),
      deliveriesPerSecond: Math.round(over(calm, ({ samples }) => samples.frames / samples.seconds)),
      conflatedShare: over(calm, ({ conflatedShare }) => conflatedShare),
      serverCpu: over(calm, ({ serverCpu }) => serverCpu),
      readersCpu: over(calm, ({ samples }) => samples.cpu),
      // Cores that others kept busy meanwhile: with more than a few tenths on a small machine the ages are theirs, not ours.
      othersCpu: over(calm, ({ othersCpu }) => othersCpu),
      bytesPerIdleConnection,
      besideStalledReader: {
        p99Ms: over(stalled, ({ ages }) => ages.p99Ms),
        maxMs: Math.max(...stalled.map(({ ages }) => ages.maxMs)),
        p99MsOfWindows: stalled.map(({ ages }) => ages.p99Ms),
      },
      ...(args.includes('--no-largest') ? {} : { largest: await largest(readers, port, connections) }),
    };
  } finally {
    await Promise.all([server.stop(), readers.stop(), publisher.stop()]);
  }
}

interface Window {
  readonly stalled: boolean;
  readonly samples: Samples;
  readonly conflatedShare: number;
  readonly serverCpu: number;
  readonly othersCpu: number;
}

async function watched(server: Child, readers: Child, { ms, stalled }: { ms: number; stalled: boolean }): Promise<Window> {
  const before = await server.ask<Counts>({ ask: 'counts' });
  const busyBefore = busyMs();
  const samples = await readers.ask<Samples>({ ask: 'sample', ms });
  const busy = (busyMs() - busyBefore) / ms;
  const after = await server.ask<Counts>({ ask: 'counts' });
  const serverCpu = (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / (ms * 1000);
  const conflated = after.conflated - before.conflated;
  const conflatedShare = conflated / Math.max(1, after.sent - before.sent + conflated);
  return { stalled, samples, conflatedShare, serverCpu, othersCpu: Math.max(0, busy - serverCpu - samples.cpu) };
}

interface Counts {
  readonly sent: number;
  readonly conflated: number;
  readonly cpu: NodeJS.CpuUsage;
}

/** What all cores of the machine have worked so far, ms. */
function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

interface Ages {
  readonly p99Ms: number;
  readonly medianMs: number;
  readonly maxMs: number;
  readonly behindP99Ms: number;
  readonly behindMaxMs: number;
  readonly samples: number;
}

/** `p99Ms` is by the newest change that is missing; `behindP99Ms` by the oldest: how long a socket has been behind at all. */
function agesOf(samples: Samples, published: readonly number[][]): Ages {
  const ages: number[] = [];
  const behind: number[] = [];
  for (const [at, numbers] of samples.numbers.entries()) {
    const now = samples.times[at] as number;
    const newest = published.map((times) => lastUpTo(times, now));
    for (let reader = 0; reader < numbers.length / WATCHED; reader++) {
      let [age, late] = [0, 0];
      for (let i = 0; i < WATCHED; i++) {
        const fixture = (reader * WATCHED + i) % FIXTURES;
        const has = numbers[reader * WATCHED + i] as number;
        const n = newest[fixture] as number;
        if (has >= n) continue;
        age = Math.max(age, now - (published[fixture]?.[n - 1] as number));
        late = Math.max(late, now - (published[fixture]?.[has] as number));
      }
      ages.push(age);
      behind.push(late);
    }
  }
  if (ages.length === 0) throw new Error('nothing was sampled');
  ages.sort((a, b) => a - b);
  behind.sort((a, b) => a - b);
  return {
    p99Ms: round(quantile(ages, 0.99)),
    medianMs: round(quantile(ages, 0.5)),
    maxMs: round(ages.at(-1) as number),
    behindP99Ms: round(quantile(behind, 0.99)),
    behindMaxMs: round(behind.at(-1) as number),
    samples: ages.length,
  };
}

/** How many of the times, which grow, are not after `now`. */
function lastUpTo(times: readonly number[], now: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= now) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Opens idle sockets until one is refused; says what ended it. */
async function largest(readers: Child, port: number, from: number): Promise<{ connections: number; endedBy: string }> {
  for (let count = from; ;) {
    if (count >= CONNECTIONS_MAX) return { connections: count, endedBy: `the bench stops at ${CONNECTIONS_MAX}` };
    const { failed, open } = await openMore(readers, port, { have: count, more: MORE_AT_ONCE });
    note(`${open} sockets open`);
    if (failed !== null) return { connections: open, endedBy: failed };
    count = open;
  }
}

async function connect(readers: Child, port: number, connections: number): Promise<void> {
  for (let count = 0; count < connections;) {
    const { failed, open } = await openMore(readers, port, { have: count, more: Math.min(PER_ADDRESS, connections - count) });
    if (failed !== null) throw new Error(`only ${open} of ${connections} sockets: ${failed}`);
    count = open;
  }
}

function openMore(
  readers: Child,
  port: number,
  { have, more }: { have: number; more: number },
): Promise<{ open: number; failed: string | null }> {
  const address = `127.0.0.${1 + Math.floor(have / PER_ADDRESS)}`;
  return readers.ask({ ask: 'connect', port, connections: more, address });
}

type Child<T = unknown> = BenchChild<Ask, T>;

/** With as many open files as it may have. */
function start<T>(file: string, env: Readonly<Record<string, string>> = {}): Promise<Child<T>> {
  const path = new URL(`./push/${file}`, import.meta.url).pathname;
  const script = `ulimit -n ${FILES} 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$0" --max-semi-space-size=16 --expose-gc "$1"`;
  return startChild(file, { command: 'sh', args: ['-c', script, process.execPath, path], env });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
