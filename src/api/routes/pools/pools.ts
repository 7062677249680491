// Pools over HTTP: opening, looking, entering, picking, leaving, inviting. What the rules say is the writer's to decide.
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toteBoard } from '#core/pools/arithmetic/tote-board.ts';
import type { OpenPool, Pick } from '#core/pools/pool-commands.ts';
import { entryIdOf, poolIdOf } from '#core/pools/pool-commands.ts';
import type { PoolRules } from '#core/pools/state/pool-rules.ts';
import type { PoolWhole } from '#ports/pool-reads.ts';
import type { z } from 'zod';
import { callerOf, viewerOf } from '../../authentication.ts';
import { zKeyHeaders, zMinSeqHeaders, zPageQuery } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { refused } from '../../problem.ts';
import { awaitProjection, giveToken } from '../../read-token.ts';
import { submit, withoutGaps } from '../../submit.ts';
import { timeText } from '../../wire.ts';
import { inLedger } from '../in-ledger.ts';
import * as wire from './pool-contract.ts';
import { entryWire, poolWholeWire, poolWire, rankingWire } from './pool-wire.ts';

const tags = ['pools'];
const SAME_KEY = 'Send the same Idempotency-Key again after a timeout or a 503: it happens once. ';
const bet = { scope: 'bet' } as const;
const read = { scope: 'read' } as const;

export function addPools(app: Api, deps: ApiDeps): void {
  addOpening(app, deps);
  addEntering(app, deps);
  addInviting(app, deps);
  addReading(app, deps);
  addRanking(app, deps);
}

/** The command that opens what a body describes; the caller's own wallet gets the fee unless another is named. */
export function openPoolOf(body: z.infer<typeof wire.zOpenPool>, ownerId: string): OpenPool {
  const { bots, carryFrom, fixtures, holder = ownerId, market, rules } = body;
  return {
    type: 'OpenPool',
    holder,
    rules: rules as unknown as PoolRules,
    ...(bots === undefined ? {} : { bots }),
    ...(fixtures ? { fixtures: fixtures.map((fixture) => stated(fixture)) } : {}),
    ...(market ? { market: stated(market) } : {}),
    ...(carryFrom === undefined ? {} : { carryFrom }),
  } as OpenPool;
}

function addOpening(app: Api, deps: ApiDeps): void {
  const schema = {
    tags,
    summary: 'Open a pool',
    description:
      `${SAME_KEY}A parimutuel pool is on a market or on the finish of runners, a bolão on fixtures to pick. Starts come from the fixtures' markets. ` +
      'The pool is named after the key: `pool_` and its 26 characters.',
    headers: zKeyHeaders,
    body: wire.zOpenPool,
    response: { 201: wire.zPoolReceipt },
  };
  app.post('/v1/pools', { schema, config: bet }, async (request, reply) => {
    const cmd = openPoolOf(request.body, callerOf(request).ownerId);
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
    const poolId = poolIdOf(receipt.commandId);
    reply.code(201).header('location', `/v1/pools/${poolId}`);
    return { ...receipt, poolId };
  });
}

function addEntering(app: Api, deps: ApiDeps): void {
  const enter = {
    tags,
    summary: 'Enter a pool',
    description: `${SAME_KEY}The stake moves into the pool's escrow. The entry is named after the key: \`ent_\` and its 26 characters.`,
    params: wire.zPoolParams,
    headers: zKeyHeaders,
    body: wire.zEnterPool,
    response: { 201: wire.zPoolEntryReceipt },
  };
  app.post('/v1/pools/:id/entries', { schema: enter, config: bet }, async (request, reply) => {
    const { holder = callerOf(request).ownerId, invitation, picks, selectionId, units } = request.body;
    const poolId = request.params.id;
    const cmd = {
      type: 'EnterPool',
      poolId,
      holder,
      units,
      ...(selectionId === undefined ? {} : { selectionId }),
      ...(picks === undefined ? {} : { picks: picks.map(pickOf) }),
      ...(invitation === undefined ? {} : { invitation: hashOf(invitation) }),
    } as const;
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
    reply.code(201);
    return { ...receipt, poolId, entryId: entryIdOf(receipt.commandId) };
  });

  const common = { tags, params: wire.zPoolEntryParams, headers: zKeyHeaders, response: { 200: wire.zPoolEntryReceipt } };
  const leave = { ...common, summary: 'Leave a pool before it locks', description: `${SAME_KEY}The stake comes back.` };
  app.post('/v1/pools/:id/entries/:entryId/leave', { schema: leave, config: bet }, async (request, reply) => {
    const { entryId, id: poolId } = request.params;
    const cmd = { type: 'LeavePool', poolId, entryId } as const;
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
    return { ...receipt, poolId, entryId };
  });

  const set = {
    ...common,
    summary: 'Set picks of an entry',
    description: `${SAME_KEY}Those not named stay as they are. Others see them when they are locked.`,
    body: wire.zSetPicks,
  };
  app.post('/v1/pools/:id/entries/:entryId/picks', { schema: set, config: bet }, async (request, reply) => {
    const { entryId, id: poolId } = request.params;
    const cmd = { type: 'SetPicks', poolId, entryId, picks: request.body.picks.map(pickOf) } as const;
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
    return { ...receipt, poolId, entryId };
  });
}

function addInviting(app: Api, deps: ApiDeps): void {
  const invite = {
    tags,
    summary: 'Invite to a pool of yours',
    description: `${SAME_KEY}You make the token and hand it on; the journal has only its sha256, by which the invitation is named.`,
    params: wire.zPoolParams,
    headers: zKeyHeaders,
    body: wire.zInvite,
    response: { 201: wire.zInvitationReceipt },
  };
  app.post('/v1/pools/:id/invitations', { schema: invite, config: bet }, async (request, reply) => {
    const { token, until, usesMax } = request.body;
    const poolId = request.params.id;
    const invitation = hashOf(token);
    const cmd = { type: 'InviteToPool', poolId, invitation, usesMax, until: Date.parse(until) } as const;
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
    reply.code(201);
    return { ...receipt, poolId, invitation };
  });

  const revoke = {
    tags,
    summary: 'Revoke an invitation',
    params: wire.zInvitationParams,
    headers: zKeyHeaders,
    response: { 200: wire.zInvitationReceipt },
  };
  app.post('/v1/pools/:id/invitations/:invitation/revoke', { schema: revoke, config: bet }, async (request, reply) => {
    const { id: poolId, invitation } = request.params;
    const cmd = { type: 'RevokePoolInvitation', poolId, invitation } as const;
    const receipt = await submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
    return { ...receipt, poolId, invitation };
  });

  const list = {
    tags,
    summary: 'Invitations to a pool of yours',
    params: wire.zPoolParams,
    headers: zMinSeqHeaders,
    response: { 200: wire.zInvitations },
  };
  app.get('/v1/pools/:id/invitations', { schema: list, config: read }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const { items, seq } = await here.readModels.pools.poolInvitations(viewerOf(request), request.params.id);
    giveToken(reply, here.readModels.shard, seq);
    if (!items) throw refused('not_found', { path: '/params/id' });
    return { items: items.map((row) => ({ ...row, until: timeText(row.until) })), nextCursor: null };
  });
}

function addReading(app: Api, deps: ApiDeps): void {
  const list = {
    tags,
    summary: 'Public pools and those you made or entered, newest first',
    querystring: wire.zPoolQuery,
    headers: zMinSeqHeaders,
    response: { 200: wire.zPoolPage },
  };
  app.get('/v1/pools', { schema: list, config: read }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const { eventId, kind, mine, status } = request.query;
    const filter = { eventId, kind, mine: mine === 'true', status };
    const page = await here.readModels.pools.pools(viewerOf(request), filter, pageAsk(request.query, CURSORS.text));
    giveToken(reply, here.readModels.shard, page.seq);
    return sendPage(request, reply, page, poolWire);
  });

  const one = { tags, summary: 'A pool', params: wire.zPoolParams, headers: zMinSeqHeaders, response: { 200: wire.zPoolWhole } };
  app.get('/v1/pools/:id', { schema: one, config: read }, async (request, reply) =>
    poolWholeWire((await poolFor(request, reply, deps)).pool),
  );

  const board = {
    tags,
    summary: 'What a unit would be paid now if each selection won',
    description: 'Of a parimutuel pool, as the money stands; of a place bet the part of one place.',
    params: wire.zPoolParams,
    headers: zMinSeqHeaders,
    response: { 200: wire.zBoard },
  };
  app.get('/v1/pools/:id/dividends', { schema: board, config: read }, async (request, reply) => {
    const { pool } = await poolFor(request, reply, deps);
    const { carryInMinor, market, rules, scratched, unitsOn } = pool;
    if (!market) throw refused('not_found', { path: '/params/id' }, 'a bolão has no dividends');
    const { selections, ...totals } = toteBoard({ carryInMinor, market, rules, scratched, unitsOn });
    return { currency: rules.currency, ...totals, selections: [...selections] };
  });
}

function addRanking(app: Api, deps: ApiDeps): void {
  const own = {
    tags,
    summary: 'Your entries in a pool, in the order of entering',
    params: wire.zPoolParams,
    querystring: zPageQuery,
    headers: zMinSeqHeaders,
    response: { 200: wire.zPoolEntryPage },
  };
  app.get('/v1/pools/:id/entries', { schema: own, config: read }, async (request, reply) => {
    const { here, pool } = await poolFor(request, reply, deps);
    const ask = pageAsk(request.query, CURSORS.number);
    const { page } = await here.readModels.pools.poolEntries(viewerOf(request), pool.poolId, ask);
    if (!page) throw refused('not_found', { path: '/params/id' });
    return sendPage(request, reply, page, entryWire(pool, deps.clock.now()));
  });

  const one = {
    tags,
    summary: 'An entry, with those of its picks that you may see',
    params: wire.zPoolEntryParams,
    headers: zMinSeqHeaders,
    response: { 200: wire.zPoolEntry },
  };
  app.get('/v1/pools/:id/entries/:entryId', { schema: one, config: read }, async (request, reply) => {
    const { here, pool } = await poolFor(request, reply, deps);
    const { entry } = await here.readModels.pools.poolEntry(viewerOf(request), pool.poolId, request.params.entryId);
    if (!entry) throw refused('not_found', { path: '/params/entryId' });
    return entryWire(pool, deps.clock.now())(entry);
  });

  const ranking = {
    tags,
    summary: 'The ranking of a pool, most points first',
    description: 'While a fixture runs, its points are as if it ended now: the pool says which fixtures are final.',
    params: wire.zPoolParams,
    querystring: zPageQuery,
    headers: zMinSeqHeaders,
    response: { 200: wire.zRanking },
  };
  app.get('/v1/pools/:id/ranking', { schema: ranking, config: read }, async (request, reply) => {
    const { here, pool } = await poolFor(request, reply, deps);
    const ask = pageAsk(request.query, CURSORS.number2);
    const { page, seq } = await here.readModels.pools.poolRanking(viewerOf(request), pool.poolId, ask);
    if (!page) throw refused('not_found', { path: '/params/id' });
    giveToken(reply, here.readModels.shard, seq);
    return sendPage(request, reply, page, rankingWire(pool));
  });
}

/** The pool of the request, if the caller sees it. */
async function poolFor(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ApiDeps,
): Promise<{ readonly here: ApiDeps; readonly pool: PoolWhole }> {
  const here = await inLedger(request, deps);
  await awaitProjection(request, here);
  const { pool, seq } = await here.readModels.pools.pool(viewerOf(request), (request.params as { id: string }).id);
  giveToken(reply, here.readModels.shard, seq);
  if (!pool) throw refused('not_found', { path: '/params/id' });
  return { here, pool };
}

/** Without members that are not stated, times in ms. */
function stated(value: { readonly startAt?: string | undefined }): object {
  const { startAt, ...rest } = value;
  return { ...withoutGaps(rest), ...(startAt === undefined ? {} : { startAt: Date.parse(startAt) }) };
}

function pickOf({ away, eventId, home }: { eventId: string; home: number; away: number }): Pick {
  return [eventId, home, away];
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
