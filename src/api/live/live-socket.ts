// The route /ws/live: an authenticated caller's own bets, orders and money as they happen, with the state of markets, results, and order books on
// request. Who it is comes from its key alone. A number of its own frames is a seq of the journal.
import type { FastifyRequest } from 'fastify';
import { keyOf, viewerOf } from '../authentication.ts';
import { zLiveQuery } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { RefusedError } from '../problem.ts';
import { askWriter } from '../questions/questions.ts';
import { inLedger } from '../routes/in-ledger.ts';
import type { Connections } from '../socket/connections.ts';
import { accept } from '../socket/odds-socket.ts';
import { mustBeOwnPage } from '../socket/own-page.ts';
import { POLICY } from '../socket/talk-limit.ts';
import { BookHub } from './book-hub.ts';
import { BOOK_DEPTH, type BookAnswer, type BookPlace } from './book-room.ts';
import { LiveClient } from './live-client.ts';

/** How often a key is looked at again, ms: a revoked one ends its sockets. */
const RECHECK_MS = 30_000;

export function addLiveSocket(app: Api, deps: ApiDeps, connections: Connections): void {
  const books = booksOf(app, deps);
  const ledgers = new WeakMap<FastifyRequest, ApiDeps>();
  const options = {
    websocket: true as const,
    schema: { querystring: zLiveQuery, hide: true },
    config: { scope: 'read' as const },
    preValidation: mustBeOwnPage(deps),
    // Before there is a socket: a ledger that is not there is a problem like any other, and no message is missed while it is looked up.
    preHandler: async (request: FastifyRequest<{ Querystring: { ledger?: string | undefined } }>) =>
      void ledgers.set(request, await inLedger(request, deps, request.query.ledger)),
  };
  app.get('/ws/live', options, (socket, request) => {
    const peer = accept(socket, request, { connections, deps });
    if (!peer) return;
    const key = keyOf(request) as string;
    const client = new LiveClient(socket, peer, { deps: ledgers.get(request) ?? deps, books, viewer: viewerOf(request) });
    const checking = setInterval(() => {
      deps.identity.authenticate(key).then(
        (principal) => principal?.scopes.includes('read') || socket.close(POLICY, 'the key is no longer good'),
        () => undefined, // not known now; asked again
      );
    }, RECHECK_MS).unref();
    socket.on('close', () => clearInterval(checking));
    void client.start(request.query.after ?? null);
  });
}

/** Books of all ledgers, read where their writers are. */
function booksOf(app: Api, deps: ApiDeps): BookHub {
  const books = new BookHub((place) => bookAt(deps, place));
  app.addHook('onClose', (_app, done) => {
    books.stop();
    done();
  });
  return books;
}

/** Null while nobody who writes the ledger answers. */
async function bookAt({ questions }: ApiDeps, { ledgerId, marketId, shard }: BookPlace): Promise<BookAnswer | null> {
  try {
    const ask = { marketId, depth: BOOK_DEPTH };
    const { seq, told } = await askWriter({ questions, ledgerId, shard, viewer: null }, 'book', ask);
    return { seq, book: told };
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}
