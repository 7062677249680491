// Everything that pushes: sockets and event streams over one table of connections.
import websocket from '@fastify/websocket';
import type { Api, ApiDeps } from '../deps.ts';
import { Connections } from './connections.ts';
import { addLiveSocket } from '../live/live-socket.ts';
import { addOddsSocket } from './odds-socket.ts';
import { addOddsStream } from './odds-stream.ts';

const MESSAGE_BYTES_MAX = 1_024;
/** How often the hub's counts are carried over, ms: counting each frame where it is sent would cost more than sending it. */
const COUNT_MS = 1_000;

/** Before authentication: what refuses an upgrade must already know that it is one, or nobody ends the refused connection. */
export async function openPush(app: Api, deps: ApiDeps): Promise<Connections> {
  const connections = new Connections(deps.options.connectionLimits);
  deps.metrics.gauge('palpite_socket_clients', () => connections.size);
  const counting = countFrames(deps);
  await app.register(websocket, {
    options: { maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose: (done) => {
      connections.goodbye();
      app.websocketServer.close();
      done();
    },
  });
  app.addHook('onClose', (_app, done) => {
    connections.stop();
    clearInterval(counting);
    done();
  });
  return connections;
}

export function addPush(app: Api, deps: ApiDeps, connections: Connections): void {
  addOddsSocket(app, deps, connections);
  addOddsStream(app, deps, connections);
  addLiveSocket(app, deps, connections);
}

function countFrames({ metrics, odds }: ApiDeps): NodeJS.Timeout {
  const seen = { sent: 0, conflated: 0 };
  const count = (outcome: keyof typeof seen): void => {
    metrics.count('palpite_socket_frames_total', odds.counts[outcome] - seen[outcome], { outcome });
    seen[outcome] = odds.counts[outcome];
  };
  return setInterval(() => {
    count('sent');
    count('conflated');
  }, COUNT_MS).unref();
}
