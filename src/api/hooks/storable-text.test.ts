// NUL in paths, queries and cursors: refused on every route, before a database could choke on it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isStorable } from '#core/base/storable-text.ts';
import type { Api } from '../deps.ts';
import { depsForTests } from '../deps-for-tests.ts';
import { openApiText } from '../openapi/openapi-text.ts';
import { CURSORS, encodeCursor, pageAsk } from '../paging.ts';
import { RefusedError } from '../problem.ts';
import { buildServer } from '../server.ts';
import { NOT_STORABLE } from './storable-text.ts';

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: { readonly type?: string } }[];
}

let app: Api;
let reads: [path: string, operation: Operation][] = [];
before(async () => {
  app = await buildServer(depsForTests());
  const { paths } = JSON.parse(await openApiText()) as { paths: Record<string, { get?: Operation }> };
  reads = Object.entries(paths).flatMap(([path, { get }]) => (get ? [[path, get] as [string, Operation]] : []));
});
after(() => app.close());

const ask = (url: string) => app.inject({ url, headers: { authorization: 'Bearer operator' } });

test('a NUL in any text of a query is refused by its name', async () => {
  let asked = 0;
  for (const [path, { parameters = [] }] of reads)
    for (const { in: place, name, schema } of parameters) {
      if (place !== 'query' || schema.type !== 'string') continue;
      const answer = await ask(`${path.replaceAll(/\{\w+\}/g, 'fb:E0:x')}?${name}=a%00bc`);
      const { code, detail, path: at } = answer.json();
      assert.deepEqual([answer.statusCode, code, detail, at], [400, 'malformed', NOT_STORABLE, `/query/${name}`], path);
      asked++;
    }
  assert.ok(asked > 20, `${asked}`);
});

test('a NUL in a path is refused, and so is a % that begins no character', async () => {
  const paths = reads.filter(([path]) => path.includes('{'));
  assert.ok(paths.length > 5);
  for (const [path] of paths) {
    const answer = await ask(path.replaceAll(/\{\w+\}/g, 'a%00bc'));
    const { code, detail } = answer.json();
    assert.deepEqual([answer.statusCode, code, detail], [400, 'malformed', NOT_STORABLE], path);
  }
  const broken = await ask('/v1/bets/%E0%A4%A');
  assert.deepEqual([broken.statusCode, broken.json().code], [400, 'malformed']);
  assert.match(broken.body, /the path has a %/);
});

test('one of a list of texts is enough; halves of characters are no text', async () => {
  const answer = await ask('/v1/events?sport=fb&sport=%00');
  assert.deepEqual([answer.statusCode, answer.json().path], [400, '/query/sport']);
  assert.deepEqual(['tênis', '\u{1f3be}', '', '\ud83c', 'a\0'].map(isStorable), [true, true, true, false, false]);
});

test('a forged cursor holds neither NUL nor a number that no column takes', () => {
  const int32 = 2 ** 31 - 1;
  const table: readonly (readonly [keyof typeof CURSORS, readonly (string | number)[], boolean])[] = [
    ['text', ['a'], true],
    ['text', ['\0'], false],
    ['text2', ['x', '\0'], false],
    ['timeText', [1, 'x\0'], false],
    ['number2', [Number.MAX_SAFE_INTEGER, int32], true],
    ['number2', [0, int32 + 1], false],
    ['number3', [0, int32 + 1, 0], false],
    ['number3', [2 ** 40, int32, 2 ** 40], true],
  ];
  for (const [kind, after, isGood] of table) {
    const take = (): unknown => pageAsk({ limit: 1, cursor: encodeCursor(after) }, CURSORS[kind]).after;
    if (isGood) assert.deepEqual(take(), after);
    else assert.throws(take, RefusedError, `${kind} ${JSON.stringify(after)}`);
  }
});
