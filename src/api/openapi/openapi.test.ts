import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { depsForTests } from '../deps-for-tests.ts';
import { openApiText } from './openapi-text.ts';
import { buildServer } from '../server.ts';

interface Operation {
  readonly security?: unknown;
  readonly 'x-scope'?: string;
  readonly responses: Record<string, { content?: Record<string, unknown> }>;
  readonly requestBody?: { content: Record<string, { schema: { oneOf?: { additionalProperties?: unknown }[] } }> };
  readonly parameters?: { name: string; in: string; required?: boolean }[];
}

test('docs/openapi.json is what the server serves', async () => {
  const kept = await readFile(new URL('../../../docs/openapi.json', import.meta.url), 'utf8');
  const app = await buildServer(depsForTests());
  const live = await app.inject('/openapi.json');
  await app.close();
  assert.equal(await openApiText(), kept, 'run the generator again: the routes have changed');
  assert.deepEqual(live.json(), JSON.parse(kept));
});

test('the document is OpenAPI 3.1 and describes every route, its scope and its errors', async () => {
  const document = JSON.parse(await openApiText()) as { openapi: string; paths: Record<string, Record<string, Operation>> };
  assert.match(document.openapi, /^3\.1/);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );
  const names = operations.map(({ name }) => name).sort();
  assert.deepEqual(names, ROUTES);
  for (const { name, operation } of operations) {
    assert.ok(operation.responses['default']?.content?.['application/problem+json'], `${name} names its errors`);
    const open = /^get \/(v1\/events|v1\/markets|v1\/stream|v1\/arena|healthz|readyz|version|metrics)/.test(name);
    assert.equal(operation.security === undefined, open, name);
  }
  const bet = document.paths['/v1/bets']?.['post'];
  assert.equal(bet?.['x-scope'], 'bet');
  const bodies = bet?.requestBody?.content['application/json']?.schema.oneOf ?? [];
  assert.deepEqual(
    bodies.map(({ additionalProperties }) => additionalProperties),
    [false, false], // one leg, or several
  );
  assert.ok(bet?.parameters?.some((one) => one.name === 'idempotency-key' && one.in === 'header' && one.required === true));
});

const ROUTES = [
  'delete /v1/desk/markets/{id}/prices',
  'delete /v1/me/limits/{kind}/{period}/waiting',
  'get /healthz',
  'get /metrics',
  'get /readyz',
  'get /v1/arena/leaderboard',
  'get /v1/bets',
  'get /v1/bets/{id}',
  'get /v1/bets/{id}/cash-out-offer',
  'get /v1/bots',
  'get /v1/bots/{id}/decisions',
  'get /v1/desk/bets',
  'get /v1/desk/fixtures',
  'get /v1/desk/fixtures/{id}',
  'get /v1/desk/liability',
  'get /v1/desk/liability/{id}',
  'get /v1/desk/limits',
  'get /v1/desk/markets/{id}/pricing',
  'get /v1/disputes',
  'get /v1/disputes/{id}',
  'get /v1/disputes/{id}/evidence',
  'get /v1/events',
  'get /v1/events/{id}',
  'get /v1/events/{id}/markets',
  'get /v1/events/{id}/odds',
  'get /v1/ledgers',
  'get /v1/markets/{id}/book',
  'get /v1/me/limits',
  'get /v1/operator/people/{id}/limits',
  'get /v1/operator/settlements',
  'get /v1/operator/settlements/proposals',
  'get /v1/operator/settlements/rules',
  'get /v1/orders',
  'get /v1/orders/{id}',
  'get /v1/pools',
  'get /v1/pools/{id}',
  'get /v1/pools/{id}/dividends',
  'get /v1/pools/{id}/entries',
  'get /v1/pools/{id}/entries/{entryId}',
  'get /v1/pools/{id}/invitations',
  'get /v1/pools/{id}/ranking',
  'get /v1/review',
  'get /v1/review/answers',
  'get /v1/risk',
  'get /v1/stream/odds',
  'get /v1/transfers',
  'get /v1/transfers/{id}',
  'get /v1/wallet',
  'get /v1/wallet/entries',
  'get /version',
  'post /v1/bets',
  'post /v1/bets/preview',
  'post /v1/bets/{id}/cash-out',
  'post /v1/bets/{id}/cash-out-offer',
  'post /v1/desk/bets/{id}/decision',
  'post /v1/desk/fixtures',
  'post /v1/desk/fixtures/{id}/close',
  'post /v1/disputes',
  'post /v1/ledgers',
  'post /v1/me/cool-off',
  'post /v1/me/exclusion',
  'post /v1/operator/confirmation',
  'post /v1/operator/disputes/{id}/decide',
  'post /v1/operator/disputes/{id}/review',
  'post /v1/operator/grants',
  'post /v1/operator/markets',
  'post /v1/operator/markets/{id}/combinable',
  'post /v1/operator/markets/{id}/exchange',
  'post /v1/operator/markets/{id}/in-play',
  'post /v1/operator/markets/{id}/reopen',
  'post /v1/operator/markets/{id}/suspend',
  'post /v1/operator/markets/{id}/void',
  'post /v1/operator/markets/{id}/void-bets',
  'post /v1/operator/markets/{id}/withdraw',
  'post /v1/operator/people/{id}/exclusion',
  'post /v1/operator/pools',
  'post /v1/operator/pools/{id}/resolve',
  'post /v1/operator/pools/{id}/scratch',
  'post /v1/operator/pools/{id}/void',
  'post /v1/operator/settlements',
  'post /v1/operator/settlements/preview',
  'post /v1/operator/settlements/proposals/{id}/approve',
  'post /v1/operator/settlements/proposals/{id}/reject',
  'post /v1/operator/settlements/recall',
  'post /v1/orders',
  'post /v1/orders/{id}/cancel',
  'post /v1/orders/{id}/replace',
  'post /v1/pools',
  'post /v1/pools/{id}/entries',
  'post /v1/pools/{id}/entries/{entryId}/leave',
  'post /v1/pools/{id}/entries/{entryId}/picks',
  'post /v1/pools/{id}/invitations',
  'post /v1/pools/{id}/invitations/{invitation}/revoke',
  'post /v1/review/{id}/resolve',
  'post /v1/risk/{scope}/halt',
  'post /v1/risk/{scope}/resume',
  'post /v1/transfers',
  'put /v1/desk/bettors/{id}/factor',
  'put /v1/desk/limits/{target}',
  'put /v1/desk/markets/{id}/prices',
  'put /v1/desk/markets/{id}/pricing',
  'put /v1/me/limits/{kind}/{period}',
  'put /v1/operator/people/{id}/limits/{kind}/{period}',
  'put /v1/operator/settlements/rule',
  'put /v1/operator/settlements/rules/{scope}',
];
