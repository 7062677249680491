// Orders on the exchange: placing, changing and looking at them, and the books they stand in. What is wrong with an order's shape is refused
// here; what its market, price or wallet says, the writer decides.
import type { FastifyRequest } from 'fastify';
import { mayHaveSelection, parseMarketId, selectionRule } from '#core/catalog/market.ts';
import { orderIdOf } from '#core/exchange/order-commands.ts';
import { callerOf, viewerOf } from '../../authentication.ts';
import { zKeyHeaders, zMinSeqHeaders, zReceipt, zTargetParams } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger } from '../in-ledger.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { refused } from '../../problem.ts';
import { askFor } from '../../questions/ask-for.ts';
import { awaitProjection, giveToken } from '../../read-token.ts';
import { submit, withoutGaps } from '../../submit.ts';
import { orderWire } from '../../wire.ts';
import {
  zBook,
  zBookQuery,
  zCancelOrder,
  zOpenExchange,
  zOrder,
  zOrderPage,
  zOrderParams,
  zOrderQuery,
  zOrderReceipt,
  zPlaceOrder,
  zReplaceOrder,
  zTurnInPlay,
} from './order-contract.ts';

const tags = ['exchange'];
const OFF =
  'A starting price is where most is matched of the orders that take it; unmatched limit orders that it suits take part and keep their rest. ' +
  'After the planned start no order is taken before the off.';
const SAME_KEY = 'Send the same Idempotency-Key again after a timeout or a 503: it happens once. ';

export function addOrders(app: Api, deps: ApiDeps): void {
  addPlacing(app, deps);
  addReading(app, deps);
  addRunning(app, deps);
}

function addPlacing(app: Api, deps: ApiDeps): void {
  const place = {
    tags,
    summary: 'Place an order on the exchange',
    description:
      `${SAME_KEY}\`priceMilli\` is the worst price you take and must be on the ladder of the market; resting orders set the price. ` +
      '`sizeMinor` is the stake of the backer, on either side; of a lay order for the starting price it is the liability. ' +
      'The order is named after the key: `ord_` and its 26 characters. `orderId` may be left out, and nothing else may be in it.',
    headers: zKeyHeaders,
    body: zPlaceOrder,
    response: { 201: zOrderReceipt },
  };
  app.post('/v1/orders', { schema: place, config: { scope: 'bet' } }, async (request, reply) => {
    const { holder = callerOf(request).ownerId, ifMarketVersion, minFillMinor, orderId: wanted, ...order } = request.body;
    checkNames(order);
    const orderId = nameOf(request, wanted, '/orderId');
    const cmd = {
      ...order,
      type: 'PlaceOrder',
      orderId,
      holder,
      ...(minFillMinor === undefined ? {} : { minFillMinor }),
      ...(ifMarketVersion === undefined ? {} : { ifMarketVersion }),
    } as const;
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
    reply.code(201).header('location', `/v1/orders/${orderId}`);
    return { ...receipt, orderId };
  });

  const cancel = {
    tags,
    summary: 'Cancel an order, or make it smaller by sizeMinor',
    description: `${SAME_KEY}Allowed whatever is halted or suspended, except for the moment in which the off is carried out: \`market_suspended\`, to be tried again.`,
    params: zOrderParams,
    headers: zKeyHeaders,
    body: zCancelOrder,
    response: { 200: zOrderReceipt },
  };
  app.post('/v1/orders/:id/cancel', { schema: cancel, config: { scope: 'bet' } }, async (request, reply) => {
    const orderId = request.params.id;
    const sizeMinor = request.body?.sizeMinor;
    const cmd = { type: 'CancelOrder', orderId, ...(sizeMinor === undefined ? {} : { sizeMinor }) } as const;
    return { ...(await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' })), orderId };
  });

  const replace = {
    tags,
    summary: 'Move what is unmatched of an order to another price',
    description: `${SAME_KEY}The order ends and a new one takes a new place in the queue; refused, the order stays as it was.`,
    params: zOrderParams,
    headers: zKeyHeaders,
    body: zReplaceOrder,
    response: { 200: zOrderReceipt },
  };
  app.post('/v1/orders/:id/replace', { schema: replace, config: { scope: 'bet' } }, async (request, reply) => {
    const { newOrderId: wanted, priceMilli } = request.body;
    const newOrderId = nameOf(request, wanted, '/newOrderId');
    const cmd = { type: 'ReplaceOrder', orderId: request.params.id, newOrderId, priceMilli } as const;
    return {
      ...(await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' })),
      orderId: newOrderId,
    };
  });
}

function addReading(app: Api, deps: ApiDeps): void {
  const list = {
    tags,
    summary: 'Orders of yourself and your bots, newest first',
    querystring: zOrderQuery,
    headers: zMinSeqHeaders,
    response: { 200: zOrderPage },
  };
  app.get('/v1/orders', { schema: list, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const { holder, marketId, status } = request.query;
    const ask = pageAsk(request.query, CURSORS.text);
    const page = await here.readModels.orders(viewerOf(request), { holder, marketId, status }, ask);
    giveToken(reply, here.readModels.shard, page.seq);
    return sendPage(request, reply, page, orderWire);
  });

  const one = { tags, summary: 'An order', params: zOrderParams, headers: zMinSeqHeaders, response: { 200: zOrder } };
  app.get('/v1/orders/:id', { schema: one, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const { order, seq } = await here.readModels.order(viewerOf(request), request.params.id);
    giveToken(reply, here.readModels.shard, seq);
    if (!order) throw refused('not_found', { path: '/params/id' });
    return orderWire(order);
  });

  const read = {
    tags,
    summary: 'The order books of a market, best prices first',
    description:
      'The id is percent-encoded. From the memory of the process that writes the ledger; `writer_moving` while none does.',
    params: zTargetParams,
    querystring: zBookQuery,
    headers: zMinSeqHeaders,
    response: { 200: zBook },
  };
  app.get('/v1/markets/:id/book', { schema: read }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const ask = { marketId: request.params.id, depth: request.query.depth };
    const { told } = await askFor({ request, reply, here }, 'book', ask);
    if (!told) throw refused('not_found', { path: '/params/id' });
    return told;
  });
}

/** What an operator does: opening an exchange, and the off. */
function addRunning(app: Api, deps: ApiDeps): void {
  const config = { scope: 'operate' } as const;
  const common = { tags: ['operator'], params: zTargetParams, headers: zKeyHeaders, response: { 200: zReceipt } };
  const open = { ...common, summary: 'Open the exchange of a market', body: zOpenExchange };
  app.post('/v1/operator/markets/:id/exchange', { schema: open, config }, async (request, reply) => {
    const terms = withoutGaps(request.body);
    const cmd = { type: 'OpenExchange', marketId: request.params.id, terms } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
  const turn = {
    ...common,
    summary: 'The off: starting prices are made and orders wait from now on',
    description: OFF,
    body: zTurnInPlay,
  };
  app.post('/v1/operator/markets/:id/in-play', { schema: turn, config }, async (request, reply) => {
    const cmd = { type: 'TurnInPlay', marketId: request.params.id, betDelayMs: request.body.betDelayMs } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
}

/** The same key gives the same order, so that a retry is the same request, and no key gives another's. */
function nameOf(request: FastifyRequest, wanted: string | undefined, path: string): string {
  const orderId = orderIdOf(String(request.headers['idempotency-key']));
  if (wanted === undefined || wanted === orderId) return orderId;
  throw refused('malformed', { path }, `must be ${orderId}, after the Idempotency-Key, or be left out`);
}

/** Names that no market can have never reach the writer; whether a market has an exchange is the writer's to say. */
function checkNames({ marketId, selectionId }: { marketId: string; selectionId: string }): void {
  const market = parseMarketId(marketId);
  if (!market) throw refused('malformed', { path: '/marketId' }, 'is not the name of a market');
  if (mayHaveSelection(market.type, selectionId)) return;
  throw refused('malformed', { path: '/selectionId' }, selectionRule(market.type));
}
