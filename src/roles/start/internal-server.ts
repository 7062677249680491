// The writer's door for other processes of the same installation: the command line today, gateways tomorrow. Loopback and a token only.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { COMMAND_BYTES_MAX } from '#engine/envelope.ts';

const TOKEN_FILE = 'internal.token';

export interface InternalServer {
  readonly address: string;
  close(): Promise<void>;
}

/** The installation's token, made on first use, readable by its owner only. */
export async function internalToken(dataDir: string): Promise<string> {
  const file = join(dataDir, TOKEN_FILE);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(dataDir, { recursive: true });
  const token = randomBytes(32).toString('base64url');
  await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return (await readFile(file, 'utf8')).trim();
}

export async function startInternalServer(token: string, submit: (encoded: string) => Promise<string>): Promise<InternalServer> {
  const server: Server = createServer((request, response) => {
    answer(request, response, { token, submit }).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Sends a command to the writer that a lease row names. */
export async function submitTo(address: string, token: string, encoded: string): Promise<string> {
  const response = await fetch(`${address}/submit`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: encoded,
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`the running server answered ${response.status}`);
  return response.text();
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  of: { token: string; submit: (encoded: string) => Promise<string> },
): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/submit') return void response.writeHead(404).end();
  if (!sameToken(request.headers.authorization ?? '', `Bearer ${of.token}`)) return void response.writeHead(401).end();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > COMMAND_BYTES_MAX) return void response.writeHead(413).end();
    chunks.push(chunk);
  }
  const text = await of.submit(Buffer.concat(chunks).toString('utf8'));
  response.writeHead(200, { 'content-type': 'application/json' }).end(text);
}

function sameToken(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
