// Bytes that are no HTTP request, on a real socket: answered with a problem that has a code, and cut off.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import type { Api } from '../deps.ts';
import { depsForTests } from '../deps-for-tests.ts';
import { buildServer } from '../server.ts';

let app: Api;
let port = 0;
let asked = () => {};
const held = Promise.withResolvers<void>();
before(async () => {
  app = await buildServer(depsForTests());
  app.get('/held', { schema: { hide: true } }, async (_request, reply) => {
    asked();
    await held.promise;
    return reply.send('late');
  });
  port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
});
after(() => app.close());

function send(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
  socket.write(text);
  return new Promise((resolve, reject) => socket.on('close', () => resolve(answer)).on('error', reject));
}

const large = `x-large: ${'a'.repeat(20_000)}`;
for (const [what, text, status, code] of [
  ['an unknown method', 'BREW /v1/events HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'malformed'],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\r\n\r\n', 400, 'malformed'],
  ['header fields over 16 KB', `GET /v1/events HTTP/1.1\r\nhost: x\r\n${large}\r\n\r\n`, 431, 'too_large'],
] as const)
  test(`${what}: ${status} ${code}`, async () => {
    const answer = await send(text);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*content-type: application/problem\\+json`));
    const problem = JSON.parse(body) as { code: string; status: number; detail: string };
    assert.deepEqual([problem.status, problem.code], [status, code]);
    assert.ok(head.includes(`content-length: ${Buffer.byteLength(body)}`));
  });

test('behind a request that is under way nothing is said, which would be taken for its answer', async () => {
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
  const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => {}));
  socket.write('GET /held HTTP/1.1\r\nhost: x\r\n\r\n');
  await isAsked;
  socket.write('BREW\r\n\r\n');
  await closed;
  held.resolve();
  assert.equal(answer, '');
});
