import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import { MemoryBus } from '#adapters/memory/memory-bus.ts';
import { MIGRATIONS_DIR } from '#adapters/postgres/database.ts';
import { type TestDatabase, withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { PostgresDeadLetters } from '#adapters/postgres/postgres-dead-letters.ts';
import { migrateUp } from '#adapters/postgres/schema/migrate.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { deadLetter, type Message } from '#ports/bus.ts';
import type { KeptLetter } from '#ports/dead-letters.ts';
import { silentLog } from '#ports/log.ts';
import { message, until } from '../../../test/contract/bus.ts';
import { DeadLetterKeeper } from './dead-letter-keeper.ts';

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const clock = new SystemClock();
let database: TestDatabase;
let pool: Pool;
let letters: PostgresDeadLetters;

before(async () => {
  database = await withTestDatabase();
  pool = new Pool({ connectionString: database.url, max: 6 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  letters = new PostgresDeadLetters(pool);
});
after(async () => {
  await pool.end();
  await database.close();
});

interface Call {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function palpite(...args: string[]): Promise<Call> {
  const env = { ...process.env, DATABASE_URL: database.url };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

async function letterAbout(id: string): Promise<KeptLetter> {
  const all = await letters.list({ limit: 1_000 });
  const found = all.find((letter) => letter.message.id === id);
  assert.ok(found, `no letter about ${id}`);
  return found;
}

/** As until(), for what has to be asked for. */
async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  let held = false;
  const asking = (async () => {
    while (!held) held = await holds();
  })();
  await until(() => held, what);
  await asking;
}

const stateOf = async (id: string): Promise<string> => (await letterAbout(id)).state;

describe('dead letters', () => {
  it('go from the bus to the table, and from the command line back to their topic', async () => {
    const bus = new MemoryBus({ clock, retryMs: 1 });
    const got: Message[] = [];
    let broken = true;
    const keeper = new DeadLetterKeeper({ bus, letters, topics: ['results'], clock, log: silentLog, pollMs: 20 });
    await keeper.start();
    await bus.subscribe('results', 'g', async (batch) => {
      if (broken && batch.some((m) => m.id.startsWith('poison'))) throw new Error('cannot settle');
      got.push(...batch);
    });
    const poison = (n: number): Message => ({ ...message('k', n, 'results'), id: `poison:${n}` });
    await bus.publish([poison(1), poison(2), message('k', 3, 'results')]);
    await eventually(async () => (await letters.list({ state: 'waiting', limit: 9 })).length === 2, 'two letters');
    assert.deepEqual(
      got.map((m) => m.id),
      ['k:3'],
    );

    const listed = await palpite('dlq', 'list', '--json');
    assert.equal(listed.code, 0, listed.err);
    const rows = JSON.parse(listed.out) as KeptLetter[];
    assert.deepEqual(
      rows.map(({ group, message: { id }, state, times }) => [id, group, state, times]),
      [
        ['poison:1', 'g', 'waiting', 1],
        ['poison:2', 'g', 'waiting', 1],
      ],
    );
    const [first, second] = rows as [KeptLetter, KeptLetter];
    const shown = await palpite('dlq', 'show', `${first.id}`);
    assert.match(shown.out, /reason: Error: cannot settle/);
    assert.match(shown.out, /"id": "poison:1"/);

    assert.equal((await palpite('dlq', 'drop', `${second.id}`)).code, 0);
    assert.equal(await stateOf('poison:2'), 'dropped');

    assert.equal((await palpite('dlq', 'replay', `${first.id}`)).code, 0);
    await eventually(async () => (await letterAbout('poison:1')).times === 2, 'it fails again and waits again');
    assert.equal(await stateOf('poison:1'), 'waiting');

    broken = false;
    const both = await palpite('dlq', 'replay', `${first.id}`, `${second.id}`, '--json');
    assert.deepEqual(JSON.parse(both.out), { ids: [first.id, second.id], state: 'replay' });
    await until(() => got.length === 3, 'both are handled');
    await eventually(async () => (await stateOf('poison:2')) === 'replayed', 'both are marked');
    assert.deepEqual({ ...got[1], topic: 'results' }, poison(1));
    await keeper.stop();
    await bus.close();
  });

  it('are kept once per group, and stay dropped when they come again', async () => {
    const about = { ...message('once', 1, 'results'), body: 'with \0 and \uD800' };
    await letters.keep([
      { group: 'g', reason: 'a', message: about },
      { group: 'g', reason: 'b', message: about },
      { group: 'h', reason: 'c', message: about },
    ]);
    await letters.keep([{ group: 'g', reason: 'with \0', message: about }]);
    const kept = (await letters.list({ limit: 100 })).filter((letter) => letter.message.key === 'once');
    assert.deepEqual(
      kept.map(({ group, times }) => [group, times]),
      [
        ['g', 2],
        ['h', 1],
      ],
    );
    assert.equal(kept[0]?.message.body, about.body);
    await letters.mark([kept[0]?.id ?? 0], 'dropped');
    await letters.keep([{ group: 'g', reason: 'again', message: about }]);
    assert.equal((await letters.find(kept[0]?.id ?? 0))?.state, 'dropped');
  });

  it('are marked all or not at all, and a call that fails says why', async () => {
    await letters.keep([{ group: 'g', reason: 'a', message: message('mark', 1, 'odds_raw') }]);
    const { id } = await letterAbout('mark:1');
    const call = await palpite('dlq', 'drop', `${id}`, '999999');
    assert.equal(call.code, 1);
    assert.match(call.err, /there is no dead letter 999999; nothing was changed/);
    assert.equal(await stateOf('mark:1'), 'waiting');
    assert.equal((await palpite('dlq', 'show', '999999')).code, 1);
    for (const wrong of [
      ['replay'],
      ['drop', 'x'],
      ['replay', '1', '--all'],
      ['drop', '1', '--topic', 'a'],
      ['list', '--limit', '0'],
    ])
      assert.equal((await palpite('dlq', ...wrong)).code, 2, wrong.join(' '));
    const all = await palpite('dlq', 'drop', '--all', '--topic', 'odds_raw', '--json');
    assert.deepEqual(JSON.parse(all.out), { ids: [id], state: 'dropped' });
  });

  it('are removed a while after they were decided, and never before', async () => {
    await letters.keep([{ group: 'g', reason: 'a', message: message('old', 1, 'odds_raw') }]);
    const waits = await letterAbout('old:1');
    assert.equal(await letters.prune(3_600_000, 100), 0);
    assert.ok((await letters.prune(0, 100)) > 0);
    assert.ok(await letters.find(waits.id));
  });

  it('that are no dead letters are kept as they came', async () => {
    const bus = new MemoryBus({ clock, retryMs: 1 });
    const keeper = new DeadLetterKeeper({ bus, letters, topics: ['candles'], clock, log: silentLog, pollMs: 20 });
    await keeper.start();
    await bus.publish([
      { ...message('odd', 1, 'candles_dlq'), body: 'not even JSON' },
      deadLetter(message('odd', 2, 'candles'), 'g', 'why'),
    ]);
    await eventually(
      async () => (await letters.list({ limit: 1_000 })).filter((l) => l.message.key === 'odd').length === 2,
      'both',
    );
    assert.equal((await letterAbout('odd:1')).reason, 'not a dead letter');
    assert.equal((await letterAbout('odd:2')).reason, 'why');
    await keeper.stop();
    await bus.close();
  });
});
