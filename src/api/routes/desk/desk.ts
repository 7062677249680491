// What the desk offers by hand: fixtures and questions, alone or by the hundred, and the prices of their markets.
import type { z } from 'zod';
import { isEventId } from '#core/catalog/market.ts';
import type { Refusal } from '#core/base/refusal.ts';
import type { PriceList } from '#engine/desk/desk-office.ts';
import type { DeskChange, DeskFixture, DeskOffer, DeskRow } from '#ports/desk-book.ts';
import { callerOf } from '../../authentication.ts';
import { zEventParams } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { RefusedError, refused } from '../../problem.ts';
import {
  zDeskClose,
  zDeskEvent,
  zDeskFixtureQuery,
  zDeskFixtures,
  zDeskMade,
  zDeskMake,
  zDeskMarketParams,
  zDeskOffer,
  zDeskPrices,
  type zStated,
  zWithdrawQuery,
} from './desk-contract.ts';

const tags = ['desk'];
const config = { scope: 'operate' } as const;

export function addDesk(app: Api, deps: ApiDeps): void {
  addFixtures(app, deps);
  addPrices(app, deps);
}

function addFixtures(app: Api, deps: ApiDeps): void {
  const make = {
    tags,
    summary: 'Make fixtures, questions, races and their markets by hand: all of them, or none',
    description:
      'A race has its short name in `home` and its markets `win`, `place` and `outright`, whose runners are those that are priced, unless `selections` names ' +
      'more; `place` needs `places`, and `win` takes each-way bets where `eachWay` says which part of the odds for how many places.',
    body: zDeskMake,
    response: { 200: zDeskMade, 201: zDeskMade },
  };
  app.post('/v1/desk/fixtures', { schema: make, config }, async (request, reply) => {
    const { dryRun, items } = request.body;
    const rows: DeskRow[] = items.map((item) => ({
      ...item,
      startAt: Date.parse(item.startAt),
      validUntil: msOf(item.validUntil),
    }));
    const made = await deps.desk.make(rows, { by: callerOf(request).ownerId, dryRun });
    if (isFaults(made)) throw new RefusedError(atRow(made[0] as (typeof made)[number]), faultsText(made));
    reply.code(dryRun ? 200 : 201);
    return { eventIds: [...made.eventIds], marketIds: [...made.marketIds], change: made.no };
  });

  const list = {
    tags,
    summary: "The desk's fixtures by start",
    querystring: zDeskFixtureQuery,
    response: { 200: zDeskFixtures },
  };
  // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers; the rule is about Express
  app.get('/v1/desk/fixtures', { schema: list, config }, async (request) => {
    const { limit, startFrom } = request.query;
    const fixtures = await deps.desk.fixtures(msOf(startFrom) ?? deps.clock.now(), limit);
    return { items: fixtures.map(fixtureWire) };
  });

  const one = { tags, summary: 'A fixture of the desk with what it offers', params: zEventParams, response: { 200: zDeskEvent } };
  // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers; the rule is about Express
  app.get('/v1/desk/fixtures/:id', { schema: one, config }, async (request) => {
    const wire = eventWire(await deps.desk.event(request.params.id));
    if (!wire) throw refused('not_found', { path: '/params/id' });
    return wire;
  });

  const close = {
    tags,
    summary: 'End all prices of a fixture of the desk for good, and say how a race ended',
    description:
      'With `places` the markets of a race are settled by the order of its runners in every ledger; saying it again corrects it. Without, each market ' +
      'is settled by `POST /v1/operator/settlements`.',
    params: zEventParams,
    body: zDeskClose,
  };
  app.post('/v1/desk/fixtures/:id/close', { schema: close, config }, async (request, reply) => {
    if (!isEventId(request.params.id)) throw refused('not_found', { path: '/params/id' });
    const refusal = await deps.desk.close(request.params.id, callerOf(request).ownerId, request.body ?? undefined);
    if (refusal) throw new RefusedError(refusal);
    return reply.code(204).send();
  });
}

function addPrices(app: Api, deps: ApiDeps): void {
  const price = {
    tags,
    summary: 'Price a market by hand',
    params: zDeskMarketParams,
    body: zDeskPrices,
    response: { 200: zDeskOffer },
  };
  // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers; the rule is about Express
  app.put('/v1/desk/markets/:id/prices', { schema: price, config }, async (request) => {
    const list_: PriceList = { ...request.body, validUntil: msOf(request.body.validUntil) };
    return offerWire(await deps.desk.price(request.params.id, list_, callerOf(request).ownerId));
  });

  const withdraw = {
    tags,
    summary: 'Withdraw the price of one selection, or all of a market',
    params: zDeskMarketParams,
    querystring: zWithdrawQuery,
    response: { 200: zDeskOffer },
  };
  // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers; the rule is about Express
  app.delete('/v1/desk/markets/:id/prices', { schema: withdraw, config }, async (request) => {
    const { selectionId = null } = request.query;
    return offerWire(await deps.desk.withdraw(request.params.id, selectionId, callerOf(request).ownerId));
  });
}

function msOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

function isFaults(made: Awaited<ReturnType<ApiDeps['desk']['make']>>): made is Extract<typeof made, readonly unknown[]> {
  return Array.isArray(made);
}

function atRow({ refusal, row }: { readonly row: number; readonly refusal: Refusal }): Refusal {
  return { ...refusal, path: `/items/${row}${refusal.path ?? ''}` };
}

const FAULTS_TOLD = 20;
function faultsText(faults: readonly { readonly row: number; readonly refusal: Refusal }[]): string {
  const told = faults.slice(0, FAULTS_TOLD).map((fault) => `${atRow(fault).path} ${fault.refusal.code}`);
  return `${faults.length} of the items cannot be taken: ${told.join(', ')}`;
}

function fixtureWire({ away, competition, eventId, home, sport, startAt, title }: DeskFixture) {
  return { eventId, sport, competition, home, away, startAt: new Date(startAt).toISOString(), title };
}

function eventWire(changes: readonly DeskChange[]) {
  const card = changes.find((change) => change.kind === 'fixture');
  if (card?.kind !== 'fixture') return null;
  const markets = changes.flatMap((change) => (change.kind === 'offer' ? [wireOf(change.offer)] : []));
  return { ...fixtureWire(card.fixture), closed: changes.some((change) => change.kind === 'result'), markets };
}

function offerWire(offer: DeskOffer | Refusal) {
  if ('code' in offer) throw new RefusedError(offer);
  return wireOf(offer);
}

function wireOf({ betDelayMs, inPlay, margin, marketId, prices, stated, validUntil }: DeskOffer) {
  const until = validUntil === null ? null : new Date(validUntil).toISOString();
  return {
    marketId,
    prices: [...prices],
    margin,
    inPlay,
    betDelayMs,
    validUntil: until,
    ...(stated ? { stated: stated as z.infer<typeof zStated> } : {}),
  };
}
