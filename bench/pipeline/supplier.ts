// The supplier of `bench pipeline`: it speaks our wire and sends frames that were made beforehand as fast as the socket takes them. Only the
// numbers, versions and times of a frame are written anew, so that it costs little beside what is measured.
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { makeRng, randomInt } from '#core/base/rng.ts';
import { ALL, type ClientFrame, SUPPLIER_NAME } from '#adapters/feeds/supplier/wire.ts';
import {
  cardOf,
  FIRST_SEQ,
  FIRST_VERSION,
  MARKETS_A_FIXTURE,
  MARKETS_A_FRAME,
  type SupplierAsk,
  type SupplierCounts,
  VARIANTS,
  wireOf,
} from './scene.ts';

/** Frames written at once. */
const FRAMES_A_WRITE = 48;
const HEARTBEAT_MS = 2_000;
/** How often a paced supplier looks how much is due, ms. */
const TICK_MS = 5;
const HALVES = MARKETS_A_FIXTURE / MARKETS_A_FRAME;
const TIME = 1_111_111_111_111; // as long as a time in ms

interface Template {
  readonly bytes: Buffer;
  readonly seqAt: number;
  readonly versionsAt: readonly number[];
  readonly timesAt: readonly number[];
}

const fixtures = Number(process.argv[2]);
const epoch = Date.now();
const rng = makeRng(1, 'pipeline');
const templates = Array.from({ length: fixtures * HALVES * VARIANTS }, (_, i) => templateOf(i));
/** By half of a fixture: its markets move together. */
const versions = new Int32Array(fixtures * HALVES).fill(FIRST_VERSION);
let seq = FIRST_SEQ;
let sent = 0;
let askedAgain = 0;
let socket: Socket | null = null;
let going: { readonly perSecond: number; readonly since: number; readonly sent: number } | null = null;
let beatAt = 0;

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (client, request) => {
  client.on('error', () => undefined);
  client.send(JSON.stringify({ t: 'hello', sup: SUPPLIER_NAME, ep: epoch, hb: HEARTBEAT_MS }));
  client.on('message', (data) => {
    const ask = JSON.parse(String(data)) as ClientFrame;
    const first = socket === null && ask.op === 'sub' && !ask.from;
    if (!first) askedAgain++;
    client.send(
      JSON.stringify({ t: 'img', scope: ask.op === 'image' ? ask.scope : ALL, ep: epoch, sq: seq, ts: Date.now(), ...image() }),
    );
    if (first) socket = request.socket; // from here on everything is written to it directly
  });
});
await new Promise((resolve) => server.once('listening', resolve));
process.on('message', (ask: SupplierAsk) => process.send?.(answer(ask)));
setInterval(beat, HEARTBEAT_MS / 4);
process.send?.({ epoch, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` });

function answer(ask: SupplierAsk): SupplierCounts {
  if (ask.ask === 'halt') going = null;
  if (ask.ask === 'go') {
    going = { perSecond: ask.perSecond, since: performance.now(), sent };
    pump();
  }
  const byMarket = Array.from(
    { length: fixtures * MARKETS_A_FIXTURE },
    (_, i) => versions[Math.floor(i / MARKETS_A_FRAME)] as number,
  );
  return { sent, seq, askedAgain, versions: byMarket, cpu: process.cpuUsage() };
}

function image(): object {
  const now = Date.now();
  const all = Array.from({ length: fixtures }, (_, fixture) => fixture);
  const mk = all.flatMap((fixture) =>
    Array.from({ length: MARKETS_A_FIXTURE }, (_, market) =>
      wireOf(fixture, market, versions[fixture * HALVES + Math.floor(market / MARKETS_A_FRAME)] as number, now),
    ),
  );
  return { ev: all.map((fixture) => cardOf(fixture, epoch)), mk, rs: [] };
}

/** Writes until the socket has enough, or what is due; goes on when there is room, or time has passed. */
function pump(): void {
  while (going) {
    const frames = socket ? due(going) : 0;
    beat();
    if (!socket || frames === 0) return void setTimeout(pump, TICK_MS);
    if (!socket.write(frameBytes(frames))) return void socket.once('drain', pump);
  }
}

function due({ perSecond, sent: before, since }: NonNullable<typeof going>): number {
  if (perSecond === 0) return FRAMES_A_WRITE;
  const updates = ((performance.now() - since) / 1000) * perSecond - (sent - before);
  return Math.max(0, Math.min(FRAMES_A_WRITE, Math.floor(updates / MARKETS_A_FRAME)));
}

function frameBytes(frames: number): Buffer {
  const now = Buffer.from(String(Date.now()));
  const chosen = Array.from({ length: frames }, () => {
    const half = randomInt(rng, 0, fixtures * HALVES - 1);
    const version = (versions[half] as number) + 1;
    versions[half] = version;
    return { template: templates[half * VARIANTS + (version % VARIANTS)] as Template, version };
  });
  const bytes = Buffer.allocUnsafe(chosen.reduce((sum, { template }) => sum + template.bytes.length, 0));
  let at = 0;
  for (const { template, version } of chosen) {
    template.bytes.copy(bytes, at);
    bytes.write(String(++seq), at + template.seqAt, 'latin1');
    const text = String(version);
    for (const place of template.versionsAt) bytes.write(text, at + place, 'latin1');
    for (const place of template.timesAt) now.copy(bytes, at + place);
    at += template.bytes.length;
  }
  sent += frames * MARKETS_A_FRAME;
  return bytes;
}

/** A word now and then that all prices hold, as busy as it may be. */
function beat(): void {
  const now = Date.now();
  if (!socket || now - beatAt < HEARTBEAT_MS) return;
  beatAt = now;
  socket.write(framed(JSON.stringify({ t: 'hb', ep: epoch, sq: seq, ts: now })));
}

function templateOf(index: number): Template {
  const half = Math.floor(index / VARIANTS);
  const version = FIRST_VERSION + ((((index - FIRST_VERSION) % VARIANTS) + VARIANTS) % VARIANTS); // the same variant as `index`
  const fixture = Math.floor(half / HALVES);
  const first = (half % HALVES) * MARKETS_A_FRAME;
  const mk = Array.from({ length: MARKETS_A_FRAME }, (_, i) => wireOf(fixture, first + i, version, TIME));
  const bytes = framed(JSON.stringify({ t: 'upd', ep: epoch, sq: FIRST_SEQ, ts: TIME, ev: [], mk, rs: [] }));
  const places = (before: string): number[] => {
    const found: number[] = [];
    for (let at = bytes.indexOf(before); at >= 0; at = bytes.indexOf(before, at + 1)) found.push(at + before.length);
    return found;
  };
  return {
    bytes,
    seqAt: places('"sq":')[0] as number,
    versionsAt: places('"v":'),
    timesAt: [...places('"ts":'), ...places('"at":')],
  };
}

/** A text frame of a WebSocket, unmasked as from a server. */
function framed(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, payload.length])
      : Buffer.from([0x81, 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, payload]);
}
