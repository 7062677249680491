// Placing bets and looking at them. What is wrong with a bet's shape is refused here; what its market, price or wallet says, the writer decides.
import type { FastifyRequest } from 'fastify';
import { betIdOf } from '#core/bets/bet-id.ts';
import { mayHaveSelection, parseMarketId, selectionRule } from '#core/catalog/market.ts';
import { callerOf, viewerOf } from '../../authentication.ts';
import {
  type PlaceBetBody,
  zBet,
  zBetPage,
  zBetParams,
  zBetQuery,
  zBetReceipt,
  zKeyHeaders,
  zMinSeqHeaders,
  zPlaceBet,
} from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger } from '../in-ledger.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { refused } from '../../problem.ts';
import { awaitProjection, giveToken } from '../../read-token.ts';
import { submit } from '../../submit.ts';
import { betWire } from '../../wire.ts';

const tags = ['bets'];

export function addBets(app: Api, deps: ApiDeps): void {
  const place = {
    tags,
    summary: 'Place a bet',
    description:
      'Send the same Idempotency-Key again after a timeout or a 503: it is one bet. `quoteSeq` is the price you saw, `minOddsMilli` the worst you take. ' +
      'The bet is named after the key: `bet_` and its 26 characters. `betId` may be left out, and nothing else may be in it. ' +
      'With `eachWay` it is two bets of `stakeMinor` each, on the win and on a place, where the market takes such.',
    headers: zKeyHeaders,
    body: zPlaceBet,
    response: { 201: zBetReceipt },
  };
  app.post('/v1/bets', { schema: place, config: { scope: 'bet' } }, async (request, reply) => {
    const { eachWay, legs, minOddsMilli, quoteSeq, stakeMinor } = request.body;
    checkLegs(legs);
    const holder = request.body.holder ?? callerOf(request).ownerId;
    const betId = nameOf(request, request.body.betId);
    const single = { type: 'PlaceBet', betId, holder, legs, minOddsMilli, quoteSeq, stakeMinor } as const;
    const cmd = eachWay ? { ...single, eachWay } : single;
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
    reply.code(201).header('location', `/v1/bets/${betId}`);
    return { ...receipt, betId, holder };
  });

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

  const one = { tags, summary: 'A bet', params: zBetParams, headers: zMinSeqHeaders, response: { 200: zBet } };
  app.get('/v1/bets/:id', { schema: one, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const { bet, seq } = await here.readModels.bet(viewerOf(request), request.params.id);
    giveToken(reply, here.readModels.shard, seq);
    if (!bet) throw refused('not_found', { path: '/params/id' });
    return betWire(bet);
  });
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
