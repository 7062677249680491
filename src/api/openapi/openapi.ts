// The API's own description: OpenAPI 3.1 at /openapi.json, made from the schemas that check every request, with a page to try it at /docs.
import { readFileSync } from 'node:fs';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { zProblem } from '../contract.ts';
import type { Api } from '../deps.ts';
import { BOOK_DEPTH } from '../live/book-room.ts';
import { BOOKS_PER_SOCKET } from '../live/live-books.ts';
import { API_VERSION } from '../routes/health.ts';

const DESCRIPTION = `Play-money betting under one exact ledger.

Errors are RFC 9457 problem details with a stable \`code\`. Times are RFC 3339 in UTC, money is \`{amountMinor, currency}\`, odds are thousandths
(1950 is 1.95). Lists take \`limit\` and \`cursor\` and come as CSV with \`Accept: text/csv\`. Answers carry \`Read-Token: shard:seq\`; a read with
\`Min-Seq: shard:seq\` has at least that, or says \`busy\`.

Live prices: the WebSocket \`/ws/odds\` takes \`{"type":"subscribe"|"unsubscribe"|"ping","eventId":"..."}\` and gives
\`{"eventId":"...","n":17,"payload":Quote}\`, the current prices at once, with times in ms; \`{"type":"pong"}\`; \`{"type":"error","code":"...","detail":"..."}\`.
\`n\` numbers the changes of a fixture and is the same on every server: after a frame you have everything up to its \`n\`. Numbers that you do not get were
replaced by newer ones. To go on after a break, subscribe with \`"after": n\`: the answer is \`{"type":"resumed",...}\` and what came since, or
\`{"type":"snapshot",...}\` and all prices, and then what you had is void. \`/v1/stream/odds\` gives the same as Server-Sent Events.

Your own: the WebSocket \`/ws/live\` needs a key and gives \`{"type":"snapshot","n":1234,"wallets":[...],"orders":[...]}\`, where \`orders\` are those that are not complete, and
then what happens, each frame with the journal's \`n\`, its time \`at\` and the \`moves\` of your money: \`bet\`, \`settled\`, \`wallet\`, \`market\`, \`result\`, and
\`orders\` when orders of yours are placed, released, matched or end, each as \`GET /v1/orders/{id}\` gives it. Open it with \`?after=n\` to go on: \`resumed\`, or a new
\`snapshot\`; with \`?ledger=NAME\` for another ledger than \`main\`, whose \`n\` are its own shard's. Order books, best ${BOOK_DEPTH} prices, on the same socket: \`{"type":"subscribe","channel":"book:MARKET_ID"}\` gives
\`{"type":"book","channel":"...","room":"...","n":1,"seq":1234,"book":{...}}\`, as \`GET /v1/markets/{id}/book\`, and at most five times a second
\`{"type":"book_changes","channel":"...","room":"...","after":1,"n":2,"seq":1240,"market":{...},"levels":[{"selectionId":"...","side":"availableToBack","priceMilli":1900,"sizeMinor":300,"orders":1}]}\`:
\`after\` is the \`n\` of your last frame, \`sizeMinor\` 0 a price that is gone or no longer among the best, \`market\` there when its state changed. To go on after a break, subscribe with the
\`room\` and, as \`after\`, the \`n\` of the last frame: \`resumed\` and what came since, or a new \`book\`, and then what you had is void. At most ${BOOKS_PER_SOCKET} books a socket.`;

export async function addOpenApi(app: Api): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Palpite', version: API_VERSION, description: DESCRIPTION, license: { name: 'MIT' } },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
        },
        schemas: { Problem: z.toJSONSchema(zProblem) as object },
      },
    },
    transform: (route) => describe(jsonSchemaTransform(route), route.route.config?.scope),
  });
  const icon = readFileSync(new URL('../page/icon.svg', import.meta.url));
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: false,
    logo: { type: 'image/svg+xml', content: icon, href: '/' },
    theme: {
      title: 'Palpite API',
      favicon: [{ filename: 'icon.svg', rel: 'icon', sizes: 'any', type: 'image/svg+xml', content: icon }],
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) =>
    reply.header('cache-control', 'no-cache').send(app.swagger()),
  );
}

/** What holds for every route: the scope its key needs, and the shape of its errors. */
function describe<T extends { schema: unknown; url: string }>(route: T, scope: string | undefined): T {
  const schema = route.schema as Record<string, unknown>;
  if (schema['hide'] === true) return route;
  const problem = {
    description: 'A problem, named by its code',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  const responses = { ...(schema['response'] as object | undefined), default: problem };
  const security = scope === undefined ? {} : { security: [{ bearer: [] }, { apiKey: [] }], 'x-scope': scope };
  return { ...route, schema: { ...schema, response: responses, ...security } };
}
