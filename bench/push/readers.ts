// The readers of `bench push`, thousands in one process: plain TCP connections that speak just enough WebSocket, because the reader must cost less
// than the server that is measured. What it has not read yet counts as not arrived.
import { connect, type Socket } from 'node:net';
import { type Ask, eventIdOf, FIXTURE_AT, FIXTURES, machineMs, NUMBER_AT, type Samples, WATCHED } from './scene.ts';

/** Handshakes under way at once. */
const AT_ONCE = 200;
const SAMPLE_MS = 100;
const ZERO = 48;

const shared = Buffer.allocUnsafe(256 * 1024);
const readers: Reader[] = [];
let numbers = new Int32Array(0);
let frames = 0;

class Reader {
  readonly index: number;
  socket: Socket | null = null;
  /** Offset of each watched fixture in `numbers`. */
  readonly watched: readonly number[];
  #opened: (() => void) | null = null;
  #rest: Buffer | null = null;

  constructor(index: number) {
    this.index = index;
    this.watched = Array.from({ length: WATCHED }, (_, i) => (index * WATCHED + i) % FIXTURES);
  }

  open(port: number, localAddress: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const onread = { buffer: shared, callback: (size: number, buffer: Uint8Array) => this.#onRead(size, buffer as Buffer) };
      const socket = connect({ host: '127.0.0.1', port, localAddress, onread });
      this.socket = socket;
      socket.once('error', reject).once('close', () => reject(new Error(`reader ${this.index} was closed`)));
      this.#opened = resolve;
      socket.write(
        `GET /ws/odds HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
    });
  }

  subscribe(fixtures: readonly number[] = this.watched): void {
    const frames = fixtures.map((fixture) => masked({ type: 'subscribe', eventId: eventIdOf(fixture) }));
    this.socket?.write(Buffer.concat(frames));
  }

  #onRead(size: number, buffer: Buffer): boolean {
    let data = buffer.subarray(0, size);
    if (this.#opened) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) return true;
      if (!data.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) {
        this.socket?.destroy();
        return true;
      }
      this.#opened();
      this.#opened = null;
      data = data.subarray(end + 4);
    }
    if (this.#rest) data = Buffer.concat([this.#rest, data]);
    const used = this.#frames(data);
    this.#rest = used === data.length ? null : Buffer.from(data.subarray(used));
    return true;
  }

  /** Reads whole frames and gives how many bytes they were. */
  #frames(data: Buffer): number {
    let at = 0;
    while (at + 2 <= data.length) {
      const short = data[at + 1] as number;
      if (short === 126 && at + 4 > data.length) break;
      const head = short === 126 ? 4 : 2;
      const length = short === 126 ? ((data[at + 2] as number) << 8) | (data[at + 3] as number) : short;
      if (at + head + length > data.length) break;
      if (data[at] === 0x81 && length > NUMBER_AT) this.#quote(data, at + head);
      at += head + length;
    }
    return at;
  }

  #quote(data: Buffer, at: number): void {
    let fixture = 0;
    for (let i = at + FIXTURE_AT; i < at + FIXTURE_AT + 4; i++) fixture = fixture * 10 + (data[i] as number) - ZERO;
    let n = 0;
    for (let i = at + NUMBER_AT; (data[i] as number) >= ZERO; i++) n = n * 10 + (data[i] as number) - ZERO;
    const place = (fixture - (this.watched[0] as number) + FIXTURES) % FIXTURES;
    if (place < WATCHED) numbers[this.index * WATCHED + place] = n;
    frames++;
  }
}

function masked(message: object): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const frame = Buffer.alloc(6 + text.length);
  frame[0] = 0x81;
  frame[1] = 0x80 | text.length; // a mask of zeros; the text is shorter than 126 bytes
  text.copy(frame, 6);
  return frame;
}

async function open(ask: Extract<Ask, { ask: 'connect' }>): Promise<{ open: number; failed: string | null }> {
  let left = ask.connections;
  let failed: string | null = null;
  const opening = async (): Promise<void> => {
    while (left > 0 && failed === null) {
      left--;
      const reader = new Reader(readers.length);
      readers.push(reader);
      await reader.open(ask.port, ask.address).catch((error: unknown) => {
        failed ??= String(error);
        readers.splice(readers.indexOf(reader), 1);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, opening));
  for (const { socket } of readers)
    socket
      ?.removeAllListeners('close')
      .removeAllListeners('error')
      .on('error', () => undefined);
  return { open: readers.length, failed };
}

/** A reader that asks for much and takes nothing. */
async function stall(port: number): Promise<void> {
  const reader = new Reader(0);
  await reader.open(port, '127.0.0.1');
  reader.subscribe(Array.from({ length: 100 }, (_, i) => i));
  reader.socket?.removeAllListeners('close').on('error', () => undefined);
  reader.socket?.pause();
}

async function sample(ms: number): Promise<Samples> {
  const [framesBefore, started, cpuBefore] = [frames, machineMs(), process.cpuUsage()];
  const samples: { times: number[]; numbers: Int32Array[] } = { times: [], numbers: [] };
  const timer = setInterval(() => {
    samples.times.push(machineMs());
    samples.numbers.push(numbers.slice());
  }, SAMPLE_MS);
  await new Promise((done) => setTimeout(done, ms));
  clearInterval(timer);
  const { system, user } = process.cpuUsage(cpuBefore);
  const seconds = (machineMs() - started) / 1000;
  return { ...samples, frames: frames - framesBefore, seconds, cpu: (system + user) / 1e6 / seconds };
}

async function answer(ask: Ask): Promise<unknown> {
  if (ask.ask === 'connect') return open(ask);
  if (ask.ask === 'stall') return stall(ask.port);
  if (ask.ask === 'sample') return sample(ask.ms);
  if (ask.ask === 'subscribe') {
    numbers = new Int32Array(readers.length * WATCHED);
    for (const [at, reader] of readers.entries()) {
      reader.subscribe();
      if (at % AT_ONCE === 0) await new Promise(setImmediate);
    }
  }
  return {};
}

process.on('message', (ask: Ask) => {
  void answer(ask).then((said) => process.send?.(said ?? {}));
});
process.send?.({});
