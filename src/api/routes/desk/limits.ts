// Limits of the desk for markets and people, and the liability board: what the house can lose, and how full its limits are.
import { zBetParams, zOptionalKeyHeaders, zMinSeqHeaders, zPageQuery, zReceipt } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { askFor } from '../../questions/ask-for.ts';
import type { Told } from '../../questions/questions.ts';
import { submit, withoutGaps } from '../../submit.ts';
import { inLedger } from '../in-ledger.ts';
import {
  zBetsInReview,
  zBettorParams,
  zDeskMarketParams,
  zDeskTargetParams,
  zFactor,
  zLiabilityPage,
  zLiabilityQuery,
  zLimitsPage,
  zMarketLiability,
  zMarketLimits,
  zReviewBet,
} from './desk-contract.ts';

const tags = ['desk'];
const config = { scope: 'operate' } as const;

export function addDeskLimits(app: Api, deps: ApiDeps): void {
  const change = {
    tags,
    summary: "Limit markets: one, a fixture's, a competition's, a sport's (`fb`) or all (`*`); null takes a limit away",
    params: zDeskTargetParams,
    headers: zOptionalKeyHeaders,
    body: zMarketLimits,
    response: { 200: zReceipt },
  };
  app.put('/v1/desk/limits/:target', { schema: change, config }, async (request, reply) => {
    const limits = withoutGaps(request.body);
    const cmd = { type: 'SetMarketLimits', target: request.params.target, limits } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'control', via: 'operator' });
  });

  const factor = {
    tags,
    summary: "A person's largest bet as a share of the markets' (ppm): 0 for none at all, 1000000 as everybody",
    params: zBettorParams,
    headers: zOptionalKeyHeaders,
    body: zFactor,
    response: { 200: zReceipt },
  };
  app.put('/v1/desk/bettors/:id/factor', { schema: factor, config }, async (request, reply) => {
    const cmd = { type: 'SetBettorFactor', ownerId: request.params.id, factorPpm: request.body.factorPpm } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'control', via: 'operator' });
  });

  const list = {
    tags,
    summary: 'Limits that the desk has set',
    headers: zMinSeqHeaders,
    querystring: zPageQuery,
    response: { 200: zLimitsPage },
  };
  app.get('/v1/desk/limits', { schema: list, config }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const { told } = await askFor({ request, reply, here }, 'deskLimits', pageAsk(request.query, CURSORS.text));
    return sendPage(request, reply, told, (row) => row);
  });

  addLiability(app, deps);
  addBetsInReview(app, deps);
}

function addLiability(app: Api, deps: ApiDeps): void {
  const board = {
    tags,
    summary: 'The liability board: stakes, payouts and worst losses, the fullest limit first',
    headers: zMinSeqHeaders,
    querystring: zLiabilityQuery,
    response: { 200: zLiabilityPage },
  };
  app.get('/v1/desk/liability', { schema: board, config }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const ask = { ...pageAsk(request.query, CURSORS.number), level: request.query.level };
    const { told } = await askFor({ request, reply, here }, 'liability', ask);
    return sendPage(request, reply, told, (row) => row);
  });

  const market = {
    tags,
    summary: 'What each outcome of a market costs the house',
    headers: zMinSeqHeaders,
    params: zDeskMarketParams,
    response: { 200: zMarketLiability },
  };
  app.get('/v1/desk/liability/:id', { schema: market, config }, async (request, reply) => {
    const here = await inLedger(request, deps);
    return (await askFor({ request, reply, here }, 'marketLiability', { marketId: request.params.id })).told;
  });
}

function addBetsInReview(app: Api, deps: ApiDeps): void {
  const list = {
    tags,
    summary: 'Bets that wait for a person, the first to end first',
    headers: zMinSeqHeaders,
    querystring: zPageQuery,
    response: { 200: zBetsInReview },
  };
  app.get('/v1/desk/bets', { schema: list, config }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const { told } = await askFor({ request, reply, here }, 'reviews', pageAsk(request.query, CURSORS.timeText));
    return sendPage(request, reply, told, reviewWire);
  });

  const decide = {
    tags,
    summary: 'Take a bet that waits, at the price of this moment if that is still good enough, or give it back',
    params: zBetParams,
    headers: zOptionalKeyHeaders,
    body: zReviewBet,
    response: { 200: zReceipt },
  };
  app.post('/v1/desk/bets/:id/decision', { schema: decide, config }, async (request, reply) => {
    const cmd = { type: 'ReviewBet', betId: request.params.id, ...request.body } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'facts', via: 'operator' });
  });
}

function reviewWire({ dueAt, placedAt, ...rest }: Told<'reviews'>['items'][number]) {
  return { ...rest, placedAt: new Date(placedAt).toISOString(), dueAt: new Date(dueAt).toISOString() };
}
