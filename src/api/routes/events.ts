// Fixtures, their markets and their prices: the same for everybody, so no key is needed.
import { isEventId } from '#core/catalog/market.ts';
import { zEvent, zEventPage, zEventParams, zEventQuery, zMarketPage, zOddsList, zPageQuery } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { CURSORS, pageAsk, sendPage } from '../paging.ts';
import { refused } from '../problem.ts';
import { eventWire, marketWire, oddsWire } from '../wire.ts';

const tags = ['events'];

export function addEvents(app: Api, deps: ApiDeps): void {
  const { readModels } = deps;
  const list = { tags, summary: 'Fixtures by start', querystring: zEventQuery, response: { 200: zEventPage } };
  app.get('/v1/events', { schema: list }, async (request, reply) => {
    const { competition, sport, startFrom, status } = request.query;
    const from = startFrom === undefined ? undefined : Date.parse(startFrom);
    const page = await readModels.fixtures(
      { competition, sport, status, startFrom: from },
      pageAsk(request.query, CURSORS.timeText),
    );
    return sendPage(request, reply, page, eventWire);
  });

  const one = { tags, summary: 'A fixture', params: zEventParams, response: { 200: zEvent } };
  // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers; the rule is about Express
  app.get('/v1/events/:id', { schema: one }, async (request) => {
    const row = await readModels.fixture(known(request.params.id));
    if (!row) throw refused('not_found', { path: '/params/id' });
    return eventWire(row);
  });

  const markets = {
    tags,
    summary: 'Markets of a fixture',
    params: zEventParams,
    querystring: zPageQuery,
    response: { 200: zMarketPage },
  };
  app.get('/v1/events/:id/markets', { schema: markets }, async (request, reply) => {
    const eventId = known(request.params.id);
    const page = await readModels.markets(eventId, pageAsk(request.query, CURSORS.text));
    if (page.items.length === 0) await mustExist(deps, eventId);
    return sendPage(request, reply, page, marketWire);
  });

  const odds = { tags, summary: 'Newest prices of a fixture', params: zEventParams, response: { 200: zOddsList } };
  app.get('/v1/events/:id/odds', { schema: odds }, async (request, reply) => {
    const eventId = known(request.params.id);
    const items = await deps.odds.current(eventId);
    if (items.length === 0) await mustExist(deps, eventId);
    return sendPage(request, reply, { items, after: null }, oddsWire);
  });
}

function known(id: string): string {
  if (!isEventId(id)) throw refused('not_found', { path: '/params/id' });
  return id;
}

async function mustExist(deps: ApiDeps, eventId: string): Promise<void> {
  if (!(await deps.readModels.fixture(eventId))) throw refused('not_found', { path: '/params/id' });
}
