// Bettors over raw keep-alive sockets, in a process of their own: a full HTTP client would cost more than the server under test.
// Told what to do by one message from its parent; answers with one message.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeId } from '#core/base/ids.ts';

export interface LoadOrders {
  readonly host: string;
  readonly port: number;
  readonly keys: readonly string[];
  readonly bet: { readonly marketId: string; readonly selectionId: string; readonly quoteSeq: number };
  readonly connections: number;
  readonly ms: number;
  /** Bets a second by the clock, latency from the intended moment; 0: each connection sends as soon as it is answered. */
  readonly perSecond: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Body of the first answer that was no acceptance. */
  readonly firstRefusal: string | null;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const STAKE_MINOR = 100;
const HEAD_END = '\r\n\r\n';

class Connection {
  readonly #socket: Socket;
  #text = '';
  #answer: ((answer: { status: number; body: string }) => void) | null = null;
  #fail: ((error: Error) => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text) => this.#hear(String(text)));
    socket.on('error', (error) => this.#fail?.(error));
    socket.on('close', () => this.#fail?.(new Error('the server closed the connection')));
  }

  static async open(host: string, port: number): Promise<Connection> {
    const socket = connect({ host, port });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Connection(socket);
  }

  ask(request: string): Promise<{ status: number; body: string }> {
    const { promise, reject, resolve } = Promise.withResolvers<{ status: number; body: string }>();
    this.#answer = resolve;
    this.#fail = reject;
    this.#socket.write(request, 'latin1');
    return promise;
  }

  close(): void {
    this.#fail = null;
    this.#socket.destroy();
  }

  #hear(text: string): void {
    this.#text += text;
    const head = this.#text.indexOf(HEAD_END);
    if (head < 0) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#text.slice(0, head))?.[1];
    if (length === undefined) return this.#fail?.(new Error(`an answer without a length: ${this.#text.slice(0, head)}`));
    const end = head + HEAD_END.length + Number(length);
    if (this.#text.length < end) return;
    const answer = { status: Number(this.#text.slice(9, 12)), body: this.#text.slice(head + HEAD_END.length, end) };
    this.#text = this.#text.slice(end);
    this.#answer?.(answer);
  }
}

async function run(orders: LoadOrders): Promise<LoadResult> {
  const idle = await Promise.all(Array.from({ length: orders.connections }, () => Connection.open(orders.host, orders.port)));
  const all = [...idle];
  const statuses: Record<string, number> = {};
  const latencies: number[] = [];
  let firstRefusal: string | null = null;
  let sent = 0;
  const started = performance.now();
  const place = async (connection: Connection, intended: number): Promise<void> => {
    const { body, status } = await connection.ask(requestOf(orders, sent++));
    latencies.push(performance.now() - intended);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status !== 201) firstRefusal ??= body;
  };
  if (orders.perSecond === 0) {
    await Promise.all(
      idle.map(async (connection) => {
        while (performance.now() - started < orders.ms) await place(connection, performance.now());
      }),
    );
  } else await paced(orders, { idle, place, started });
  const seconds = (performance.now() - started) / 1000;
  for (const connection of all) connection.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => Math.round((latencies[Math.floor(latencies.length * share)] ?? 0) * 100) / 100;
  const maxMs = Math.round((latencies.at(-1) ?? 0) * 100) / 100;
  return { sent, seconds, statuses, firstRefusal, p50Ms: at(0.5), p99Ms: at(0.99), maxMs };
}

/** By the clock: a bet that finds no idle connection waits for one, and the wait counts. */
async function paced(
  { ms, perSecond }: LoadOrders,
  by: { idle: Connection[]; place: (connection: Connection, intended: number) => Promise<void>; started: number },
): Promise<void> {
  const total = Math.floor((perSecond * ms) / 1000);
  const waiting: number[] = [];
  let done = 0;
  let failure: Error | null = null;
  const send = (connection: Connection, intended: number): void => {
    by.place(connection, intended).then(
      () => {
        done++;
        const next = waiting.shift();
        if (next === undefined) by.idle.push(connection);
        else send(connection, next);
      },
      (error: Error) => (failure ??= error),
    );
  };
  for (let next = 0; done < total; await sleep(1)) {
    if (failure) throw failure;
    const due = Math.min(total, Math.floor(((performance.now() - by.started) * perSecond) / 1000));
    for (; next < due; next++) {
      const intended = by.started + (next * 1000) / perSecond;
      const connection = by.idle.pop();
      if (connection) send(connection, intended);
      else waiting.push(intended);
    }
  }
}

function requestOf({ bet, host, keys, port }: LoadOrders, n: number): string {
  const { marketId, quoteSeq, selectionId } = bet;
  const body = `{"legs":[{"marketId":"${marketId}","selectionId":"${selectionId}"}],"stakeMinor":${STAKE_MINOR},"minOddsMilli":1001,"quoteSeq":${quoteSeq}}`;
  return (
    `POST /v1/bets HTTP/1.1\r\nhost: ${host}:${port}\r\nauthorization: Bearer ${keys[n % keys.length]}\r\n` +
    `idempotency-key: ${makeId('cmd', Date.now(), randomBytes(10))}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  );
}

process.on('message', (orders: LoadOrders) => {
  run(orders).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
