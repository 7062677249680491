// Limits of the desk for markets and people, and the liability board: what the house can lose, and how full its limits are.
import { type LiabilityLevel, liabilityBoard, selectionLiability } from '#core/desk/liability.ts';
import type { LedgerState } from '#core/kernel/state.ts';
import { type BetInReview, betsInReview } from '#core/desk/review-bet.ts';
import { zBetParams, zOptionalKeyHeaders, zMinSeqHeaders, zPageQuery, zReceipt } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { refused } from '../../problem.ts';
import { submit } from '../../submit.ts';
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
    const limits = Object.fromEntries(Object.entries(request.body).filter(([, value]) => value !== undefined));
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
    const { desk } = await stateOf(await inLedger(request, deps));
    const rows = [...desk.limits]
      .map(([target, limits]) => ({ target, limits: { ...limits } }))
      .sort((a, b) => (a.target < b.target ? -1 : 1));
    const { after, limit } = pageAsk(request.query, CURSORS.text);
    const items = rows.filter(({ target }) => after === null || target > String(after[0]));
    const cut = items.slice(0, limit);
    return sendPage(
      request,
      reply,
      { items: cut, after: items.length > limit ? [cut.at(-1)?.target ?? ''] : null },
      (row) => row,
    );
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
    const ledger = await stateOf(await inLedger(request, deps));
    const rows = liabilityBoard(ledger, request.query.level as LiabilityLevel);
    // By place: the board moves with every bet, and a reader of several pages sees each as it is at that moment.
    const { after, limit } = pageAsk(request.query, CURSORS.number);
    const from = Number(after?.[0] ?? 0);
    const items = rows.slice(from, from + limit);
    return sendPage(request, reply, { items, after: from + limit < rows.length ? [from + limit] : null }, (row) => row);
  });

  const market = {
    tags,
    summary: 'What each outcome of a market costs the house',
    headers: zMinSeqHeaders,
    params: zDeskMarketParams,
    response: { 200: zMarketLiability },
  };
  // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers; the rule is about Express
  app.get('/v1/desk/liability/:id', { schema: market, config }, async (request) => {
    const ledger = await stateOf(await inLedger(request, deps));
    const selections = selectionLiability(ledger, request.params.id);
    if (!selections) throw refused('not_found', { path: '/params/id' });
    return { marketId: request.params.id, selections };
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
    const rows = betsInReview(await stateOf(await inLedger(request, deps)));
    const { after, limit } = pageAsk(request.query, CURSORS.timeText);
    const left = rows.filter(
      (row) => after === null || row.dueAt > Number(after[0]) || (row.dueAt === after[0] && row.betId > String(after[1])),
    );
    const items = left.slice(0, limit);
    const last = items.at(-1);
    return sendPage(request, reply, { items, after: last && left.length > limit ? [last.dueAt, last.betId] : null }, reviewWire);
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

function reviewWire({ dueAt, placedAt, ...rest }: BetInReview) {
  return { ...rest, placedAt: new Date(placedAt).toISOString(), dueAt: new Date(dueAt).toISOString() };
}

/** The ledger as its writer has it, or a copy that follows the journal. */
async function stateOf(deps: ApiDeps): Promise<Readonly<LedgerState>> {
  const ledger = await deps.ledgerState(deps.ledgerId);
  if (!ledger) throw refused('writer_moving', { retryAfterMs: 1_000 });
  return ledger;
}
