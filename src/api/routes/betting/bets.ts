// Placing bets and looking at them. What is wrong with a bet's shape is refused here; what its market, price or wallet says, the writer decides.
import type { FastifyRequest } from 'fastify';
import { betIdOf } from '#core/bets/bet-id.ts';
import type { PlaceMultiple } from '#core/bets/multiples/multiple-commands.ts';
import type { PlaceBet } from '#core/kernel/command.ts';
import { mayHaveSelection, parseMarketId, selectionRule } from '#core/catalog/market.ts';
import { callerOf, viewerOf } from '../../authentication.ts';
import { zBetParams, zBetQuery, zBetReceipt, zKeyHeaders, zMinSeqHeaders, zReceipt, zTargetParams } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger } from '../in-ledger.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { refused } from '../../problem.ts';
import { awaitProjection, giveToken } from '../../read-token.ts';
import { submit } from '../../submit.ts';
import { betWire, money, timeText } from '../../wire.ts';
import { type PlaceBetBody, zBetPage, zBetPreview, zCombinable, zPlaceBet, zWholeBet } from './bet-contract.ts';
import { previewBet } from './preview-bet.ts';

const tags = ['bets'];

export function addBets(app: Api, deps: ApiDeps): void {
  addPlacing(app, deps);
  addReading(app, deps);
}

function addPlacing(app: Api, deps: ApiDeps): void {
  const place = {
    tags,
    summary: 'Place a bet',
    description:
      'Send the same Idempotency-Key again after a timeout or a 503: it is one bet. `quoteSeq` is the price you saw, `minOddsMilli` the worst you take. ' +
      'With `oddsPolicy` `exact` it is the only one you take, with `any` it says nothing. A bet of several legs names its `system` and states price ' +
      'and quote at each leg; its stake is `stakePerLineMinor` times the lines of the system. No two legs of one fixture. ' +
      'The bet is named after the key: `bet_` and its 26 characters. `betId` may be left out, and nothing else may be in it. ' +
      'With `eachWay` a single is two bets of `stakeMinor` each, on the win and on a place, where the market takes such.',
    headers: zKeyHeaders,
    body: zPlaceBet,
    response: { 201: zBetReceipt },
  };
  app.post('/v1/bets', { schema: place, config: { scope: 'bet' } }, async (request, reply) => {
    const { body } = request;
    checkLegs(body.legs);
    const holder = body.holder ?? callerOf(request).ownerId;
    const betId = nameOf(request, body.betId);
    const cmd = commandOf(body, betId, holder);
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
    reply.code(201).header('location', `/v1/bets/${betId}`);
    return { ...receipt, betId, holder };
  });

  const preview = {
    tags,
    summary: 'What a bet would be at the prices of this moment',
    description: 'The body of a bet; nothing is placed and nothing is held. Prices may move before the bet is placed.',
    body: zPlaceBet,
    response: { 200: zBetPreview },
  };
  // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers; the rule is about Express
  app.post('/v1/bets/preview', { schema: preview, config: { scope: 'read' } }, async (request) => {
    checkLegs(request.body.legs);
    checkRelated(request.body.legs);
    return previewBet(request.body, (eventId) => deps.odds.current(eventId));
  });

  const combinable = {
    tags: ['operation'],
    summary: 'Say whether selections of a market may be legs of a bet of several',
    params: zTargetParams,
    headers: zKeyHeaders,
    body: zCombinable,
    response: { 200: zReceipt },
  };
  app.post(
    '/v1/operator/markets/:id/combinable',
    { schema: combinable, config: { scope: 'operate' } },
    async (request, reply) => {
      const cmd = { type: 'SetCombinable', marketId: request.params.id, combinable: request.body.combinable } as const;
      return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'control', via: 'operator' });
    },
  );
}

function addReading(app: Api, deps: ApiDeps): void {
  const list = {
    tags,
    summary: 'Bets of yourself and your bots, newest first',
    querystring: zBetQuery,
    headers: zMinSeqHeaders,
    response: { 200: zBetPage },
  };
  app.get('/v1/bets', { schema: list, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const { holder, marketId, status } = request.query;
    const page = await here.readModels.bets(
      viewerOf(request),
      { holder, marketId, status },
      pageAsk(request.query, CURSORS.text),
    );
    giveToken(reply, here.readModels.shard, page.seq);
    return sendPage(request, reply, page, betWire);
  });

  const one = { tags, summary: 'A bet', params: zBetParams, headers: zMinSeqHeaders, response: { 200: zWholeBet } };
  app.get('/v1/bets/:id', { schema: one, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const { bet, seq } = await here.readModels.bet(viewerOf(request), request.params.id);
    giveToken(reply, here.readModels.shard, seq);
    if (!bet) throw refused('not_found', { path: '/params/id' });
    const { items } = await here.readModels.settlements.reversals(viewerOf(request), bet.betId);
    const corrections = items.map(({ at, returnMinor }) => ({ at: timeText(at), return: money(returnMinor, bet.currency) }));
    return { ...betWire(bet), corrections };
  });
}

/** What is usual is left out, as ever: the same bet is the same command. */
function commandOf(body: PlaceBetBody, betId: string, holder: string): PlaceBet | PlaceMultiple {
  if ('stakeMinor' in body) {
    const { eachWay, legs, minOddsMilli, oddsPolicy, quoteSeq, stakeMinor } = body;
    const single = { type: 'PlaceBet', betId, holder, legs, minOddsMilli, quoteSeq, stakeMinor } as const;
    // What is as usual is left out: the payload's hash is what it was before there was a choice.
    return { ...single, ...(oddsPolicy === 'better' ? {} : { oddsPolicy }), ...(eachWay ? { eachWay } : {}) };
  }
  const { legs, oddsPolicy, stakePerLineMinor, system } = body;
  return { type: 'PlaceMultiple', betId, holder, legs, oddsPolicy, stakePerLineMinor, system };
}

/** The writer says it too; a preview never comes to the writer. */
function checkRelated(legs: PlaceBetBody['legs']): void {
  const fixtures = legs.map(({ marketId }) => parseMarketId(marketId)?.eventId);
  const again = fixtures.findIndex((eventId, i) => fixtures.indexOf(eventId) < i);
  if (again >= 0) throw refused('legs_related', { path: `/legs/${again}/marketId` });
}

/** The same key gives the same bet, so that a retry is the same request, and no key gives another's. */
function nameOf(request: FastifyRequest, wanted: string | undefined): string {
  const betId = betIdOf(String(request.headers['idempotency-key']));
  if (wanted === undefined || wanted === betId) return betId;
  throw refused('malformed', { path: '/betId' }, `must be ${betId}, after the Idempotency-Key, or be left out`);
}

/** Names that no market can have never reach the writer; whether a market exists is the writer's to say. */
function checkLegs(legs: PlaceBetBody['legs']): void {
  for (const [at, leg] of legs.entries()) {
    const market = parseMarketId(leg.marketId);
    if (!market) throw refused('malformed', { path: `/legs/${at}/marketId` }, 'is not the name of a market');
    if (!mayHaveSelection(market.type, leg.selectionId))
      throw refused('malformed', { path: `/legs/${at}/selectionId` }, selectionRule(market.type));
  }
}
