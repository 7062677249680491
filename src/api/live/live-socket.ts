// The route /ws/live: an authenticated caller's own bets, orders and money as they happen, with the state of markets, results, and order books on
// request. Who it is comes from its key alone. A number of its own frames is a seq of the journal.
import { keyOf, viewerOf } from '../authentication.ts';
import { bookAt } from '../book-question.ts';
import { zLiveQuery } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import type { Connections } from '../socket/connections.ts';
import { accept } from '../socket/odds-socket.ts';
import { mustBeOwnPage } from '../socket/own-page.ts';
import { POLICY } from '../socket/talk-limit.ts';
import { BookHub } from './book-hub.ts';
import { BOOK_DEPTH } from './book-room.ts';
import { LiveClient } from './live-client.ts';

/** How often a key is looked at again, ms: a revoked one ends its sockets. */
const RECHECK_MS = 30_000;

export function addLiveSocket(app: Api, deps: ApiDeps, connections: Connections): void {
  const books = booksOf(app, deps);
  const options = {
    websocket: true as const,
    schema: { querystring: zLiveQuery, hide: true },
    config: { scope: 'read' as const },
    preValidation: mustBeOwnPage(deps),
  };
  app.get('/ws/live', options, (socket, request) => {
    const peer = accept(socket, request, { connections, deps });
    if (!peer) return;
    const key = keyOf(request) as string;
    const client = new LiveClient(socket, peer, { deps, books, viewer: viewerOf(request) });
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

/** Books of the ledger that this API serves, read where its writer is. */
function booksOf(app: Api, deps: ApiDeps): BookHub {
  const { ledgerId } = deps;
  const books = new BookHub((marketId) => bookAt(deps, { ledgerId, shard: deps.readModels.shard, marketId, depth: BOOK_DEPTH }));
  app.addHook('onClose', (_app, done) => {
    books.stop();
    done();
  });
  return books;
}
