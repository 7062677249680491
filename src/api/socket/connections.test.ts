import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { CONNECTION_LIMITS, Connections, type Peer } from './connections.ts';

let server: Server;
before(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => server.close());

/** Both ends of a real connection. */
async function pair(): Promise<{ wire: Socket; reader: Socket }> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const reader = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const [wire] = await accepted;
  for (const socket of [wire, reader]) socket.on('error', () => undefined);
  return { wire, reader };
}

function peerOf(wire: Socket, over: Partial<Peer> = {}): Peer & { beats: number } {
  const peer = {
    wire,
    address: 'here',
    answers: true,
    beats: 0,
    beat: () => void peer.beats++,
    goodbye: () => undefined,
    ...over,
  };
  return peer;
}

/** Gives what there is room for, as the hub does, without end. */
function fill(wire: Socket): void {
  const chunk = Buffer.alloc(16_000);
  const give = (): void => {
    while (!wire.destroyed && wire.write(chunk));
  };
  wire.on('drain', give);
  give();
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; !holds(); await new Promise((done) => setTimeout(done, 20)))
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
}

test('Connections counts by process and by address', () => {
  const connections = new Connections({ ...CONNECTION_LIMITS, connections: 3, perAddress: 2 });
  const [a, b, c] = ['one', 'one', 'other'].map((address) => peerOf({} as Socket, { address })) as unknown as [Peer, Peer, Peer];
  connections.add(a);
  assert.ok(connections.hasRoomFor('one'));
  connections.add(b);
  assert.deepEqual([connections.hasRoomFor('one'), connections.hasRoomFor('other')], [false, true]);
  connections.add(c);
  assert.equal(connections.hasRoomFor('third'), false);
  connections.remove(a);
  connections.remove(a);
  assert.deepEqual([connections.size, connections.hasRoomFor('one')], [2, true]);
  connections.stop();
});

test('Connections cuts off who takes nothing, and leaves who takes slowly or has nothing to take', async () => {
  const connections = new Connections({ ...CONNECTION_LIMITS, stalledMs: 1_500 });
  const [stalled, slow, quiet] = [await pair(), await pair(), await pair()];
  for (const { wire } of [stalled, slow, quiet]) connections.add(peerOf(wire));
  stalled.reader.pause();
  slow.reader.pause();
  for (const { wire } of [stalled, slow]) fill(wire);
  const taking = setInterval(() => {
    slow.reader.resume();
    setTimeout(() => slow.reader.pause(), 10);
  }, 120);
  await until(() => stalled.wire.destroyed, 'the end of the one that takes nothing');
  clearInterval(taking);
  assert.deepEqual([stalled.wire.destroyed, slow.wire.destroyed, quiet.wire.destroyed], [true, false, false]);
  for (const { reader, wire } of [stalled, slow, quiet]) for (const end of [reader, wire]) end.destroy();
  connections.stop();
});

test('Connections asks for signs of life and cuts off who gives none, where one can be given', async () => {
  const connections = new Connections({ ...CONNECTION_LIMITS, heartbeatMs: 200 });
  const pairs = [await pair(), await pair(), await pair()];
  const [dead, alive, mute] = pairs.map(({ wire }) => wire) as [Socket, Socket, Socket];
  const [deadPeer, alivePeer, mutePeer] = [peerOf(dead), peerOf(alive), peerOf(mute, { answers: false })];
  for (const peer of [deadPeer, alivePeer, mutePeer]) connections.add(peer);
  const answering = setInterval(() => connections.heard(alivePeer), 100);
  await until(() => dead.destroyed && alivePeer.beats >= 5 && mutePeer.beats >= 5, 'the end of the silent one');
  clearInterval(answering);
  assert.deepEqual([dead.destroyed, alive.destroyed, mute.destroyed], [true, false, false]);
  for (const { reader, wire } of pairs) for (const end of [reader, wire]) end.destroy();
  connections.stop();
});
