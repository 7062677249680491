// The route /ws/odds: who may open a socket, and what becomes of it. The table of connections finds the dead and the stalled.
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { Api, ApiDeps } from '../deps.ts';
import type { Connections, Peer } from './connections.ts';
import { OddsClient } from './odds-client.ts';
import { mustBeOwnPage } from './own-page.ts';

/** WebSocket close codes (RFC 6455). */
export const TRY_LATER = 1013;
export const GOING_AWAY = 1001;

export function addOddsSocket(app: Api, deps: ApiDeps, connections: Connections): void {
  const preValidation = mustBeOwnPage(deps);
  app.get('/ws/odds', { websocket: true, preValidation }, (socket, request) => {
    const peer = accept(socket, request, { connections, deps });
    if (peer) new OddsClient(socket, peer.wire, deps.odds).listen();
  });
}

/** Puts a socket into the table, or tells it to come later. Nothing of the request is kept: it would outlive its use by hours. */
export function accept(
  socket: WebSocket,
  request: FastifyRequest,
  { connections, deps }: { connections: Connections; deps: ApiDeps },
): Peer | null {
  if (!connections.hasRoomFor(request.ip) || deps.draining()) {
    socket.close(TRY_LATER, 'full');
    return null;
  }
  const peer = new SocketPeer(socket, request);
  connections.add(peer);
  const heard = (): void => connections.heard(peer);
  socket.on('pong', heard).on('message', heard);
  socket.on('close', () => connections.remove(peer));
  return peer;
}

class SocketPeer implements Peer {
  readonly wire: Peer['wire'];
  readonly address: string;
  readonly answers = true;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, request: FastifyRequest) {
    this.wire = request.raw.socket;
    this.address = request.ip;
    this.#socket = socket;
  }

  beat(): void {
    this.#socket.ping();
  }

  goodbye(): void {
    this.#socket.close(GOING_AWAY, 'restarting');
  }
}
