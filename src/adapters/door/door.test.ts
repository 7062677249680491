// The door between processes, over real sockets: nothing is answered twice, nothing is forgotten when the writer moves.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { silentLog } from '#ports/log.ts';
import { DoorClient } from './door-client.ts';
import { DoorServer } from './door-server.ts';

const TOKEN = 'a token of at least thirty-two characters';
const opened: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const door of opened.splice(0).reverse()) await door.close();
});

async function server(submit: (encoded: string) => Promise<string>, answer?: (question: string) => string): Promise<DoorServer> {
  const door = await DoorServer.open({ host: '127.0.0.1', token: TOKEN, commands: { submit }, answer });
  opened.push(door);
  return door;
}

function client(address: () => string | null, answerMs?: number): DoorClient {
  const options = { address: () => Promise.resolve(address()), token: TOKEN, log: silentLog };
  const door = new DoorClient(answerMs === undefined ? options : { ...options, answerMs });
  opened.push(door);
  return door;
}

test('each command gets its own answer, whatever order they are answered in', async () => {
  const door = await server(async (encoded) => {
    await sleep(Number(encoded) % 7);
    return `{"of":${encoded}}`;
  });
  const caller = client(() => door.address);
  const answers = await Promise.all(Array.from({ length: 5_000 }, (_, i) => caller.submit(String(i))));
  assert.deepEqual(
    answers,
    Array.from({ length: 5_000 }, (_, i) => `{"of":${i}}`),
  );
});

test('commands of one caller arrive in the order in which they were sent', async () => {
  const seen: number[] = [];
  const door = await server(async (encoded) => (seen.push(Number(encoded)), '{}'));
  const caller = client(() => door.address);
  await Promise.all(Array.from({ length: 10_000 }, (_, i) => caller.submit(String(i))));
  assert.deepEqual(
    seen,
    Array.from({ length: 10_000 }, (_, i) => i),
  );
});

test('what is under way when the writer goes is sent to the next one', async () => {
  const never = await server(() => new Promise(() => undefined));
  let address: string | null = never.address;
  const caller = client(() => address);
  const answer = caller.submit('{"bet":1}');
  await sleep(100);
  address = null;
  await never.close();
  await sleep(100);
  const next = await server(async (encoded) => `{"again":${encoded}}`);
  address = next.address;
  assert.equal(await answer, '{"again":{"bet":1}}');
});

test('a writer that says it is moving is left, and its lease row asked again', async () => {
  const moving = await server(async () => '{"result":{"code":"writer_moving"}}');
  const there = await server(async () => '{"result":"done"}');
  let asked = 0;
  const caller = client(() => (++asked <= 2 ? moving.address : there.address));
  assert.equal(await caller.submit('{}'), '{"result":"done"}');
  assert.equal(asked, 3);
});

test('without a writer the outcome is unknown after a while, and later commands find the one that came', async () => {
  let address: string | null = null;
  const caller = client(() => address, 1_500); // also what the later command has, on a machine with much else to do
  await assert.rejects(caller.submit('{}'), /in time/);
  const door = await server(async () => '{"late":true}');
  address = door.address;
  assert.equal(await caller.submit('{}'), '{"late":true}');
});

test('an entrance that throws leaves the outcome unknown', async () => {
  const door = await server(() => Promise.reject(new Error('no')));
  await assert.rejects(client(() => door.address).submit('{}'), /does not know/);
});

test('nobody enters without the token, and no other path opens', async () => {
  let submitted = 0;
  const door = await server(async () => (submitted++, '{}'));
  const refused = async (url: string, authorization: string): Promise<string> => {
    const socket = new WebSocket(url, { headers: { authorization } });
    return new Promise((resolve) => {
      socket.once('error', (error) => resolve(error.message));
      socket.once('open', () => resolve('open'));
    });
  };
  assert.match(await refused(door.address, 'Bearer wrong'), /401/);
  assert.match(await refused(door.address, ''), /401/);
  assert.match(await refused(`${door.address}x`, `Bearer ${TOKEN}`), /401/);
  assert.equal(submitted, 0);
});

test('who hangs up at the door, with or without the token, disturbs nobody', async () => {
  const door = await server(async () => '{"still":"here"}');
  const { hostname, pathname, port } = new URL(door.address);
  for (const authorization of ['Bearer wrong', `Bearer ${TOKEN}`]) {
    for (let i = 0; i < 10; i++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      const upgrade = [
        'connection: Upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        `sec-websocket-key: ${'a'.repeat(22)}==`,
      ];
      const request = [`GET ${pathname} HTTP/1.1`, 'host: x', `authorization: ${authorization}`, ...upgrade, '', ''].join('\r\n');
      socket.write(request, () => setTimeout(() => socket.resetAndDestroy(), i % 3));
      await new Promise((gone) => socket.once('close', gone));
    }
  }
  assert.equal(await client(() => door.address).submit('{}'), '{"still":"here"}');
});

test('many large commands at once travel in frames that the writer takes', async () => {
  const door = await server(async (encoded) => String(encoded.length));
  const large = 'é'.repeat(60_000); // 120 kB each, 48 MB in all: three times what one frame may hold
  const caller = client(() => door.address);
  const answers = await Promise.all(Array.from({ length: 400 }, () => caller.submit(large)));
  assert.deepEqual([...new Set(answers)], ['60000']);
});

test('questions are answered from memory, are no commands, and have a limit of their own', async () => {
  const submitted: string[] = [];
  const door = await server(
    async (encoded) => (submitted.push(encoded), '{}'),
    (question) => `{"to":${question}}`,
  );
  const caller = client(() => door.address);
  const asked = Array.from({ length: 1_000 }, (_, i) => caller.ask(String(i)));
  await assert.rejects(caller.ask('1000'), /too many questions/);
  const command = caller.submit('7');
  assert.deepEqual(
    await Promise.all(asked),
    Array.from({ length: 1_000 }, (_, i) => `{"to":${i}}`),
  );
  assert.equal(await command, '{}');
  assert.deepEqual(submitted, ['7']);
  assert.equal(await caller.ask('1'), '{"to":1}');
});

test('a question goes to whoever writes next, and is given up in time when nobody does', async () => {
  const moving = await server(
    async () => '{}',
    () => '{"code":"writer_moving"}',
  );
  const there = await server(
    async () => '{}',
    () => '{"book":1}',
  );
  let asked = 0;
  assert.equal(await client(() => (++asked <= 2 ? moving.address : there.address)).ask('{}'), '{"book":1}');
  const options = { address: () => Promise.resolve(moving.address), token: TOKEN, log: silentLog, questionMs: 1_000 };
  const patient = new DoorClient(options);
  opened.push(patient);
  const command = patient.submit('{}');
  assert.equal(await command, '{}');
  await assert.rejects(patient.ask('{}'), { code: 'writer_moving', message: /in time/ });
  const mute = await server(async () => '{}');
  await assert.rejects(client(() => mute.address).ask('{}'), /does not know/);
});
