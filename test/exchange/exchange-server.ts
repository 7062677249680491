// The other side of the exchange stream: a real TLS server that greets, writes down what it is told, and says what the test lets it say.
import { once } from 'node:events';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { makeIdentity, type ServerIdentity } from './certificate.ts';

export type Request = Readonly<Record<string, unknown>>;

/** One connection, seen from the server. */
export class Visitor {
  readonly socket: TLSSocket;
  readonly #requests: Request[] = [];
  #wake: (() => void) | null = null;

  constructor(socket: TLSSocket) {
    this.socket = socket;
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (text: string) => {
      const parts = (rest + text).split('\r\n');
      rest = parts.pop() as string;
      for (const part of parts) this.#requests.push(JSON.parse(part) as Request);
      this.#wake?.();
    });
  }

  /** The next thing that the client says. */
  async request(): Promise<Request> {
    while (this.#requests.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#requests.shift() as Request;
  }

  say(...messages: (object | string)[]): void {
    for (const message of messages) this.socket.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\r\n`);
  }

  /** Greets, lets the client in, takes its subscription and gives back both requests. */
  async welcome(): Promise<{ authentication: Request; subscription: Request }> {
    this.say({ op: 'connection', connectionId: '002-1' });
    const authentication = await this.request();
    this.say({ op: 'status', id: authentication['id'], statusCode: 'SUCCESS', connectionClosed: false });
    const subscription = await this.request();
    this.say({ op: 'status', id: subscription['id'], statusCode: 'SUCCESS', connectionClosed: false });
    return { authentication, subscription };
  }
}

export class ExchangeServer {
  readonly identity: ServerIdentity = makeIdentity();
  readonly #server: Server = createServer({ ...this.identity }, (socket) => this.#arrived(new Visitor(socket)));
  readonly #visitors: Visitor[] = [];
  #wake: (() => void) | null = null;
  visits = 0;

  async open(): Promise<number> {
    this.#server.on('tlsClientError', () => {});
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;
  }

  /** The next client that connects. */
  async visitor(): Promise<Visitor> {
    while (this.#visitors.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#visitors.shift() as Visitor;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #arrived(visitor: Visitor): void {
    this.visits++;
    this.#visitors.push(visitor);
    this.#wake?.();
  }
}
