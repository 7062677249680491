// Responsible play: people set limits for themselves, operators see them and may tighten. A cool-off or an exclusion reaches every ledger.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HOME_LEDGER } from '#core/play/bans.ts';
import type { PlayRows } from '#ports/read-models.ts';
import { callerOf, viewerOf } from '../../authentication.ts';
import { zKeyHeaders, zMinSeqHeaders, zReceipt } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger } from '../in-ledger.ts';
import { RefusedError, refused } from '../../problem.ts';
import { askerOf } from '../../questions/ask-for.ts';
import { askWriter, type Told } from '../../questions/questions.ts';
import { awaitProjection, giveToken } from '../../read-token.ts';
import { submit } from '../../submit.ts';
import {
  isForGood,
  zCoolOff,
  zExclude,
  zPersonLimitParams,
  zPersonParams,
  zPlay,
  zPlayLimitParams,
  zSelfExclude,
  zSetPlayLimit,
} from './play-contract.ts';

const tags = ['responsible play'];
const LIMIT_RULE =
  'Lowering binds at once; raising or removing waits (a day for a daily limit, else seven days) and can be taken back meanwhile. Windows are ' +
  'calendar days, weeks from Monday and months in UTC. A limit counts in the ledger of the request; amounts are minor units, time is minutes.';

export function addPlay(app: Api, deps: ApiDeps): void {
  addOwn(app, deps);
  addBans(app, deps);
  addOperated(app, deps);
}

function addOwn(app: Api, deps: ApiDeps): void {
  const read = {
    tags,
    summary: 'Your limits, what you used of them, and your bans',
    headers: zMinSeqHeaders,
    response: { 200: zPlay },
  };
  app.get('/v1/me/limits', { schema: read, config: { scope: 'read' } }, (request, reply) =>
    show(request, reply, { deps, ownerId: callerOf(request).ownerId }),
  );

  const set = {
    tags,
    summary: 'Set, lower, raise or remove a limit of your own',
    description: LIMIT_RULE,
    params: zPlayLimitParams,
    headers: zKeyHeaders,
    body: zSetPlayLimit,
    response: { 200: zReceipt },
  };
  app.put('/v1/me/limits/:kind/:period', { schema: set, config: { scope: 'bet' } }, async (request, reply) => {
    const { ownerId } = callerOf(request);
    const cmd = { type: 'SetPlayLimit', ownerId, ...request.params, value: request.body.value } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
  });

  const keep = {
    tags,
    summary: 'Take back a raise or removal that still waits',
    params: zPlayLimitParams,
    headers: zKeyHeaders,
    response: { 200: zReceipt },
  };
  app.delete('/v1/me/limits/:kind/:period/waiting', { schema: keep, config: { scope: 'bet' } }, async (request, reply) => {
    const cmd = { type: 'KeepPlayLimit', ownerId: callerOf(request).ownerId, ...request.params } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'api' });
  });
}

function addBans(app: Api, deps: ApiDeps): void {
  const home = homeOf(deps);
  const config = { scope: 'bet' } as const;
  const coolOff = {
    tags,
    summary: 'Take a break: no bets of yours or your bots, from 24 hours to six weeks',
    description:
      'In every ledger: at once where people live, within a second elsewhere. Nobody can lift it. Unmatched orders are taken back; bets that stand do stand.',
    headers: zKeyHeaders,
    body: zCoolOff,
    response: { 200: zReceipt },
  };
  app.post('/v1/me/cool-off', { schema: coolOff, config }, (request, reply) => {
    const cmd = { type: 'CoolOff', ownerId: callerOf(request).ownerId, hours: request.body.hours } as const;
    return submit(request, reply, home, { cmd, lane: 'control', via: 'api' });
  });

  const exclude = {
    tags,
    summary: 'Exclude yourself, for 184 to 1,827 days or for good',
    description:
      'In every ledger, within a second, with all bots of yours; nobody can lift it before its end. Unmatched orders are taken back; bets that stand do stand.',
    headers: zKeyHeaders,
    body: zSelfExclude,
    response: { 200: zReceipt },
  };
  app.post('/v1/me/exclusion', { schema: exclude, config }, (request, reply) => {
    const cmd = { type: 'SelfExclude', ownerId: callerOf(request).ownerId, days: request.body.days } as const;
    return submit(request, reply, home, { cmd, lane: 'control', via: 'api' });
  });
}

function addOperated(app: Api, deps: ApiDeps): void {
  const config = { scope: 'operate' } as const;
  const read = {
    tags,
    summary: 'Limits and bans of a person of your tenant',
    params: zPersonParams,
    headers: zMinSeqHeaders,
    response: { 200: zPlay },
  };
  app.get('/v1/operator/people/:id/limits', { schema: read, config }, async (request, reply) =>
    show(request, reply, { deps, ownerId: await personOf(request, deps, request.params.id) }),
  );

  const set = {
    tags,
    summary: 'Set a limit for a person of your tenant, beside his own: the lower one binds',
    description: LIMIT_RULE,
    params: zPersonLimitParams,
    headers: zKeyHeaders,
    body: zSetPlayLimit,
    response: { 200: zReceipt },
  };
  app.put('/v1/operator/people/:id/limits/:kind/:period', { schema: set, config }, async (request, reply) => {
    const { id, kind, period } = request.params;
    const ownerId = await personOf(request, deps, id);
    const cmd = { type: 'SetPlayLimit', ownerId, kind, period, value: request.body.value } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'people', via: 'operator' });
  });

  const exclude = {
    tags,
    summary: 'Exclude a person of your tenant until a time, or lift that',
    description:
      'In every ledger, within a second. An exclusion that the person set himself can only be made longer before its end.',
    params: zPersonParams,
    headers: zKeyHeaders,
    body: zExclude,
    response: { 200: zReceipt },
  };
  app.post('/v1/operator/people/:id/exclusion', { schema: exclude, config }, async (request, reply) => {
    const until = request.body.until === null ? 0 : Date.parse(request.body.until);
    const ownerId = await personOf(request, deps, request.params.id);
    const cmd = { type: 'SetExclusion', ownerId, until } as const;
    return submit(request, reply, homeOf(deps), { cmd, lane: 'control', via: 'operator' });
  });
}

/** Bans are set in the home ledger, whichever the request names; its writer sees to it that the others are told. */
function homeOf(deps: ApiDeps): ApiDeps {
  return { ...deps, ledgerId: HOME_LEDGER };
}

/** The id of a person of the operator's tenant. Throws `not_found` for anybody else's. */
async function personOf(request: FastifyRequest, deps: ApiDeps, id: string): Promise<string> {
  const ownerId = await deps.readModels.ownerOf(viewerOf(request), id);
  if (ownerId !== id) throw refused('not_found', { path: '/params/id' });
  return ownerId;
}

async function show(request: FastifyRequest, reply: FastifyReply, of: { deps: ApiDeps; ownerId: string }) {
  const here = await inLedger(request, of.deps);
  await awaitProjection(request, here);
  const rows = await here.readModels.play(viewerOf(request), of.ownerId);
  giveToken(reply, here.readModels.shard, rows.seq);
  const used = await usedBy(request, here, of.ownerId);
  const windows = used?.map(({ until, ...window }) => ({ ...window, until: new Date(until).toISOString() })) ?? null;
  return { ownerId: of.ownerId, used: windows, ...playWire(rows) };
}

/** Null while nobody writes the ledger: what was set is shown all the same. */
async function usedBy(request: FastifyRequest, here: ApiDeps, ownerId: string): Promise<Told<'playUsed'>> {
  try {
    return (await askWriter(askerOf(request, here), 'playUsed', { ownerId, now: here.clock.now() })).told;
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}

function playWire({ ban, limits }: PlayRows) {
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    limits: limits.map(({ waiting, ...limit }) => ({
      ...limit,
      waiting: waiting && { value: waiting.value, dueAt: time(waiting.dueAt) },
    })),
    coolOffUntil: ban.coolOffUntil > 0 ? time(ban.coolOffUntil) : null,
    excludedUntil: ban.excludedUntil > 0 ? time(ban.excludedUntil) : null,
    forGood: isForGood(ban.excludedUntil),
    selfExcluded: ban.selfExcludedUntil > 0 && ban.excludedUntil >= ban.selfExcludedUntil,
  };
}
