import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { textFrame } from './text-frame.ts';

test('textFrame() makes what another WebSocket library reads, at every length of header', async () => {
  const http = createServer().listen(0, '127.0.0.1');
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  await once(http, 'listening');
  const texts = ['', 'a', 'é€😀', ...[125, 126, 65_535, 65_536, 70_000].map((length) => 'x'.repeat(length))];
  server.on('connection', (_socket, request) => request.socket.write(Buffer.concat(texts.map(textFrame))));
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const heard: string[] = [];
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('message', (data, binary) => {
      assert.equal(binary, false);
      heard.push(String(data));
      if (heard.length === texts.length) resolve();
    });
  });
  assert.deepEqual(heard, texts);
  client.terminate();
  server.close();
  http.close();
});
