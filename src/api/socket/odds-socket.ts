// The route /ws/odds: who may open a socket, how many there may be, and a heartbeat that finds the dead and the stalled.
import websocket from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { Api, ApiDeps } from '../deps.ts';
import { refused } from '../problem.ts';
import { CLIENT_LIMITS, OddsClient, TRY_LATER } from './odds-client.ts';

export const SOCKETS_MAX = 2_000;
export const SOCKETS_PER_ADDRESS_MAX = 50;
export const HEARTBEAT_MS = 30_000;
/** How often stalled readers are looked for, ms. */
const LOOK_MS = 1_000;
const MESSAGE_BYTES_MAX = 1_024;
const GOING_AWAY = 1001;
/** How long a client may take to say goodbye when the server stops, ms. */
const GOODBYE_MS = 500;

interface Connection {
  readonly client: OddsClient;
  readonly address: string;
  heardAt: number;
}

export async function addOddsSocket(app: Api, deps: ApiDeps): Promise<void> {
  const connections = new Map<WebSocket, Connection>();
  deps.metrics.gauge('palpite_socket_clients', () => connections.size);
  await app.register(websocket, {
    options: { maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose: (done) => {
      sayGoodbye(connections);
      app.websocketServer.close();
      done();
    },
  });
  const looking = setInterval(() => look(connections), LOOK_MS);
  const beating = setInterval(() => beat(connections), HEARTBEAT_MS);
  looking.unref();
  beating.unref();
  app.addHook('onClose', (_app, done) => {
    clearInterval(looking);
    clearInterval(beating);
    done();
  });
  const preValidation = (request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void => {
    done(
      isOwnPage(request, deps.options.origins ?? [])
        ? undefined
        : refused('forbidden', { path: '/headers/origin' }, 'this page may not listen here'),
    );
  };
  app.get('/ws/odds', { websocket: true, preValidation }, (socket, request) => accept(socket, request, { connections, deps }));
}

function accept(
  socket: WebSocket,
  request: FastifyRequest,
  at: { connections: Map<WebSocket, Connection>; deps: ApiDeps },
): void {
  const { connections, deps } = at;
  const address = request.ip;
  const same = [...connections.values()].filter((connection) => connection.address === address).length;
  if (connections.size >= SOCKETS_MAX || same >= SOCKETS_PER_ADDRESS_MAX || deps.draining())
    return socket.close(TRY_LATER, 'full');
  const counted = (outcome: string): void => deps.metrics.count('palpite_socket_frames_total', 1, { outcome });
  const connection = {
    client: new OddsClient(socket, deps.odds, { limits: CLIENT_LIMITS, counted }),
    address,
    heardAt: performance.now(),
  };
  connections.set(socket, connection);
  const heard = (): void => {
    connection.heardAt = performance.now();
  };
  socket.on('pong', heard).on('message', heard);
  socket.on('close', () => connections.delete(socket));
}

/** Browsers always send Origin; programs do not, and what is told here is public. */
function isOwnPage(request: FastifyRequest, allowed: readonly string[]): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  try {
    return new URL(origin).host === request.headers.host;
  } catch {
    return false;
  }
}

/** A stalled reader cannot take a closing frame either: the connection is cut. */
function look(connections: ReadonlyMap<WebSocket, Connection>): void {
  const now = performance.now();
  for (const [socket, { client }] of connections) if (client.isStalled(now)) socket.terminate();
}

function beat(connections: ReadonlyMap<WebSocket, Connection>): void {
  const now = performance.now();
  for (const [socket, { heardAt }] of connections) {
    if (now - heardAt > 2 * HEARTBEAT_MS + LOOK_MS) socket.terminate();
    else socket.ping();
  }
}

function sayGoodbye(connections: ReadonlyMap<WebSocket, Connection>): void {
  for (const socket of connections.keys()) socket.close(GOING_AWAY, 'restarting');
  setTimeout(() => {
    for (const socket of connections.keys()) socket.terminate();
  }, GOODBYE_MS).unref();
}
