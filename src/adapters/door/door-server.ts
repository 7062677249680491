// The writer's door for the other processes of an installation: one WebSocket each, a line a command, answers in any order.
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Commands } from '#ports/commands.ts';
import { DOOR_PATH, FRAME_BYTES_MAX, isQuestion, joinFrame, splitFrame, traceparentIn } from './frame.ts';

export interface DoorServerOptions {
  /** Where to listen, and what others are told to come to. */
  readonly host: string;
  /** 0 or none chooses a free one. */
  readonly port?: number;
  readonly token: string;
  readonly commands: Commands;
  /** Answers questions from memory, at once. */
  readonly answer?: ((question: string) => string) | undefined;
}

/** Commands of one caller that may be under way; more are not read until some are answered. */
const UNDER_WAY_MAX = 20_000;

export class DoorServer {
  readonly address: string;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;

  private constructor(address: string, http: Server, sockets: WebSocketServer) {
    this.address = address;
    this.#http = http;
    this.#sockets = sockets;
  }

  static async open({ answer, commands, host, port: wanted = 0, token }: DoorServerOptions): Promise<DoorServer> {
    const http = createServer((_request, response) => void response.writeHead(404).end());
    const sockets = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX, perMessageDeflate: false });
    http.on('upgrade', (request, socket, head) => {
      // Node leaves the socket to us, its errors too: without a listener a caller that hangs up would end the writer.
      socket.on('error', () => socket.destroy());
      if (request.url !== DOOR_PATH || !mayEnter(request, token)) {
        socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n', () => socket.destroy());
        return;
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, { commands, answer }));
    });
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject);
      http.listen(wanted, host, resolve);
    });
    const { port } = http.address() as AddressInfo;
    return new DoorServer(`ws://${host.includes(':') ? `[${host}]` : host}:${port}${DOOR_PATH}`, http, sockets);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.close(1001, 'the writer stops');
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      setTimeout(() => {
        for (const socket of this.#sockets.clients) socket.terminate();
        this.#http.closeAllConnections();
      }, 100).unref();
    });
  }
}

function serve(socket: WebSocket, { answer, commands }: Pick<DoorServerOptions, 'answer' | 'commands'>): void {
  let underWay = 0;
  let answers: string[] = [];
  const answered = (line: string): void => {
    if (answers.push(line) === 1) setImmediate(flush);
    if (underWay-- === UNDER_WAY_MAX) socket.resume();
  };
  const flush = (): void => {
    const lines = answers;
    answers = [];
    if (socket.readyState === socket.OPEN) socket.send(joinFrame(lines));
  };
  const ask = async (n: string, encoded: string): Promise<void> => {
    try {
      if (isQuestion(n)) answered(answer ? `${n} ${answer(encoded)}` : n);
      else answered(`${n} ${await commands.submit(encoded, traceparentIn(n))}`);
    } catch {
      answered(n); // the outcome is unknown: the caller asks again under the same key
    }
  };
  socket.on('error', () => socket.terminate());
  socket.on('message', (data) => {
    for (const { n, text } of splitFrame(String(data))) {
      if (++underWay === UNDER_WAY_MAX) socket.pause();
      void ask(n, text);
    }
  });
}

function mayEnter(request: IncomingMessage, token: string): boolean {
  const [given, wanted] = [Buffer.from(request.headers.authorization ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
