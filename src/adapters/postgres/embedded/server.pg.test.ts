// The embedded server with real processes: start, attach, adopt, crash, recover, refuse. Each test has a data directory of its own.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { Client } from 'pg';
import { findPostmaster } from './postmaster.ts';
import { startEmbedded, type EmbeddedServer } from './server.ts';
import { DatabaseStartError } from './start-error.ts';

const SMALL = { shared_buffers: '16MB', max_wal_size: '256MB' };
const root = mkdtempSync(join(tmpdir(), 'palpite-server-'));
chmodSync(root, 0o755); // as root the server runs as another account, which must get in
after(() => {
  for (const name of readdirSync(root)) {
    const left = findPostmaster(join(root, name, 'postgres'));
    if (left) process.kill(left.pid, 'SIGQUIT'); // a test failed half-way
  }
  rmSync(root, { recursive: true, force: true });
});

let places = 0;
function newPlace(): string {
  const dir = join(root, `p${(places += 1)}`);
  mkdirSync(dir);
  return join(dir, 'postgres');
}

const start = (dataDir: string, more: object = {}): Promise<EmbeddedServer> =>
  startEmbedded({ dataDir, log: () => {}, settings: SMALL, ...more });

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A process that starts the server, prints one JSON line, and obeys "stop" and "exit" on its standard input. */
type Starter = {
  child: ChildProcess;
  said: Promise<{ url: string; owned: boolean; log: string[]; error?: string }>;
  end(word: string): Promise<number>;
};
function starter(dataDir: string, options: SpawnOptions & { extra?: object } = {}): Starter {
  const code = `
    import { startEmbedded } from '${new URL('server.ts', import.meta.url).href}';
    const log = [];
    try {
      const server = await startEmbedded({ dataDir: '${dataDir}', log: (m) => log.push(m), settings: ${JSON.stringify(SMALL)}, ...${JSON.stringify(options.extra ?? {})} });
      console.log(JSON.stringify({ url: server.url, owned: server.owned, log }));
      process.stdin.on('data', async (word) => { if (String(word) === 'stop') await server.stop(); process.exit(0); });
    } catch (error) { console.log(JSON.stringify({ error: error.code ?? String(error), log })); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'], ...options });
  const said = new Promise<string>((resolve) => child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString())));
  const end = async (word: string): Promise<number> => {
    child.stdin?.write(word);
    return ((await once(child, 'exit')) as [number])[0];
  };
  return { child, said: said.then((line) => JSON.parse(line)), end };
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const startError =
  (code: DatabaseStartError['code'], words: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof DatabaseStartError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  };

test('startEmbedded() makes a durable, checksummed, UTF-8 database that survives stop and start', async () => {
  const place = newPlace();
  const first = await start(place);
  assert.equal(first.owned, true);
  const shown = await query(first.url, `SELECT name, setting FROM pg_settings`);
  const settings = new Map(shown.map((row) => [row['name'], row['setting']]));
  const expected = {
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    data_checksums: 'on',
    server_encoding: 'UTF8',
    TimeZone: 'UTC',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(settings.get(name), value, name);
  assert.match(String(settings.get('server_version')), /^18\./);
  // Collation and case rules come from the server itself: bytes order, but letters beyond ASCII have an upper case.
  const [letters] = await query(first.url, `SELECT upper('ação') AS upper, 'Z' < 'a' AS bytes`);
  assert.deepEqual(letters, { upper: 'AÇÃO', bytes: true });
  await query(first.url, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n');
  await first.stop();
  await first.stop();
  assert.equal(findPostmaster(place), undefined);
  const second = await start(place);
  assert.equal(second.url, first.url, 'the port and the password are remembered');
  assert.deepEqual(await query(second.url, 'SELECT count(*)::int AS n FROM kept'), [{ n: 1000 }]);
  await second.stop();
});

test('the server lets nobody in without the password, and listens on the loopback only', async () => {
  const place = newPlace();
  const server = await start(place);
  const url = new URL(server.url);
  for (const password of ['', 'password', 'palpite']) {
    const client = new Client({ host: url.hostname, port: Number(url.port), user: 'palpite', database: 'palpite', password });
    await assert.rejects(client.connect(), /password/);
  }
  const [rules] = await query(server.url, `SELECT array_agg(DISTINCT auth_method) AS methods FROM pg_hba_file_rules`);
  assert.deepEqual(rules, { methods: ['scram-sha-256'] });
  assert.equal(statSync(`${place}.secret`).mode & 0o777, 0o600);
  assert.equal(statSync(place).mode & 0o777, 0o700);
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal);
  if (outside) {
    const client = new Client({
      connectionString: server.url.replace('127.0.0.1', outside.address),
      connectionTimeoutMillis: 2000,
    });
    await assert.rejects(client.connect(), /ECONNREFUSED/);
  }
  await server.stop();
});

test('a second process attaches, and its stop() leaves the server of the live owner alone', async () => {
  const place = newPlace();
  const owner = await start(place);
  const second = starter(place);
  const said = await second.said;
  assert.deepEqual([said.owned, said.url], [false, owner.url]);
  assert.equal(await second.end('stop'), 0);
  assert.deepEqual(await query(owner.url, 'SELECT 1 AS up'), [{ up: 1 }]);
  await owner.stop();
  assert.equal(findPostmaster(place), undefined);
});

test('the server stays while someone uses it: the last one out stops it, with stop() or by just exiting', async () => {
  for (const word of ['stop', 'exit']) {
    const place = newPlace();
    const owner = await start(place);
    const second = starter(place);
    await second.said;
    await owner.stop();
    assert.deepEqual(await query(owner.url, 'SELECT 1 AS up'), [{ up: 1 }]);
    await second.end(word);
    assert.equal(findPostmaster(place), undefined, word);
  }
});

test('a server whose owner was killed is adopted: same server, nothing lost, and stop() ends it', async () => {
  const place = newPlace();
  const owner = starter(place);
  const { url } = await owner.said;
  await query(url, 'CREATE TABLE kept AS SELECT 7 AS n');
  const before = findPostmaster(place)?.pid;
  await killed(owner.child);
  assert.equal(findPostmaster(place)?.pid, before, 'PostgreSQL outlives its owner');
  const log: string[] = [];
  const adopter = await start(place, { log: (line: string) => log.push(line) });
  assert.deepEqual([adopter.owned, adopter.url, findPostmaster(place)?.pid], [true, url, before]);
  assert.match(log.join('\n'), /adopted/);
  assert.deepEqual(await query(adopter.url, 'SELECT n FROM kept'), [{ n: 7 }]);
  await adopter.stop();
  assert.equal(findPostmaster(place), undefined);
});

test('an ownerless server that cannot be adopted (password lost) is stopped cleanly and started again with its data', async () => {
  const place = newPlace();
  const owner = starter(place);
  await query((await owner.said).url, 'CREATE TABLE kept AS SELECT 7 AS n');
  const before = findPostmaster(place)?.pid;
  await killed(owner.child);
  writeFileSync(`${place}.secret`, 'not-the-password\n');
  const next = await start(place);
  assert.equal(next.owned, true);
  assert.notEqual(findPostmaster(place)?.pid, before);
  assert.match(readFileSync(`${place}.log`, 'utf8'), /received fast shutdown request/);
  assert.deepEqual(await query(next.url, 'SELECT n FROM kept'), [{ n: 7 }]);
  await next.stop();
});

test('a server of a live owner that does not let us in is left running, with a clear error', async () => {
  const place = newPlace();
  const owner = await start(place);
  writeFileSync(`${place}.secret`, 'not-the-password\n');
  const other = starter(place);
  assert.equal((await other.said).error, 'in-use');
  assert.deepEqual(await query(owner.url, 'SELECT 1 AS up'), [{ up: 1 }]);
  await owner.stop();
});

const LINUX_ONLY = { skip: process.platform !== 'linux' && 'the processes of a server are read from /proc' };

test(
  'after kill -9 of the server and all its backends the next start recovers every acknowledged commit',
  LINUX_ONLY,
  async () => {
    const place = newPlace();
    const owner = starter(place);
    const { url } = await owner.said;
    await query(url, 'CREATE TABLE kept (n int PRIMARY KEY)');
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    let acknowledged = 0;
    const load = (async (): Promise<void> => {
      for (;;) {
        await client.query('INSERT INTO kept VALUES ($1)', [acknowledged + 1]);
        acknowledged += 1;
      }
    })().catch(() => {});
    const enough = (): boolean => acknowledged >= 200;
    while (!enough()) await new Promise((resolve) => setTimeout(resolve, 5));
    const postmaster = findPostmaster(place);
    assert.ok(postmaster);
    const children = readFileSync(`/proc/${postmaster.pid}/task/${postmaster.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number);
    assert.ok(children.length > 3);
    for (const pid of [postmaster.pid, ...children]) process.kill(pid, 'SIGKILL');
    await load;
    await killed(owner.child);
    const next = await start(place);
    const [found] = await query(next.url, 'SELECT count(*)::int AS n, max(n) AS top FROM kept');
    const n = Number(found?.['n']);
    assert.ok(n === acknowledged || n === acknowledged + 1, `${n} rows, ${acknowledged} acknowledged`); // the one in flight may have landed
    assert.equal(found?.['top'], n, 'no hole');
    assert.match(readFileSync(`${place}.log`, 'utf8'), /was not properly shut down; automatic recovery in progress/);
    await next.stop();
  },
);

test('backends that outlive a killed postmaster are ended before a new server touches their files', LINUX_ONLY, async () => {
  const place = newPlace();
  const owner = starter(place);
  const { url } = await owner.said;
  await query(url, 'CREATE TABLE kept AS SELECT 7 AS n');
  const busy = new Client({ connectionString: url });
  busy.on('error', () => {});
  await busy.connect();
  // Computes without ever waiting, so it does not notice that its postmaster is gone.
  const loop = busy.query('DO $$ DECLARE x bigint := 0; BEGIN LOOP x := x + 1; END LOOP; END $$').catch(() => 'ended');
  const computing = async (): Promise<boolean> =>
    (await query(url, `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'`)).length > 0;
  while (!(await computing())) await new Promise((resolve) => setTimeout(resolve, 20));
  process.kill(findPostmaster(place)?.pid ?? 0, 'SIGKILL');
  await killed(owner.child);
  const log: string[] = [];
  const next = await start(place, { log: (line: string) => log.push(line) });
  assert.match(log.join('\n'), /outlived their server/);
  assert.equal(await loop, 'ended');
  assert.deepEqual(await query(next.url, 'SELECT n FROM kept'), [{ n: 7 }]);
  await next.stop();
});

test('a postmaster.pid whose number now belongs to another process does not hinder the start', LINUX_ONLY, async () => {
  const place = newPlace();
  await (await start(place)).stop();
  writeFileSync(join(place, 'postmaster.pid'), `${process.pid}\n${place}\n1\n5432\n\n127.0.0.1\n 1 2\nready   \n`);
  const server = await start(place);
  assert.equal(server.owned, true);
  await server.stop();
});

test('six processes that start at once share one server that one of them made', { timeout: 60_000 }, async () => {
  const place = newPlace();
  const starters = Array.from({ length: 6 }, () => starter(place));
  const said = await Promise.all(starters.map((each) => each.said));
  assert.equal(said.filter((each) => each.owned).length, 1, JSON.stringify(said));
  assert.equal(new Set(said.map((each) => each.url)).size, 1);
  assert.equal(said.filter((each) => each.log.some((line) => line.includes('made a new database'))).length, 1);
  const codes = await Promise.all(starters.map((each) => each.end('stop')));
  assert.deepEqual(codes, Array(6).fill(0));
  assert.equal(findPostmaster(place), undefined);
  assert.deepEqual(readdirSync(`${place}.users`), []);
});

test(
  'a starter killed at any moment of making the database leaves nothing that stops the next one',
  { timeout: 60_000 },
  async () => {
    const place = newPlace();
    for (const afterMs of [200, 450, 700]) {
      const first = starter(place);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await killed(first.child);
      const next = await start(place);
      assert.deepEqual(await query(next.url, 'SELECT 1 AS up'), [{ up: 1 }]);
      await next.stop();
      assert.equal(
        readdirSync(join(place, '..')).some((name) => name.includes('.new-')),
        false,
      );
      rmSync(place, { recursive: true });
    }
  },
);

test('a fixed port in use is an error that names the mend; a remembered one gives way', async () => {
  const place = newPlace();
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as { port: number };
  await assert.rejects(start(place, { port }), startError('port-in-use', /To mend: stop that program/));
  writeFileSync(`${place}.server.json`, JSON.stringify({ port }));
  const log: string[] = [];
  const server = await start(place, { log: (line: string) => log.push(line) });
  assert.notEqual(Number(new URL(server.url).port), port);
  assert.match(log.join('\n'), new RegExp(`port ${port} is taken`));
  await server.stop();
  blocker.close();
});

test('a data directory that is not ours, or another version, is refused and not touched', async () => {
  const cases: [Record<string, string>, DatabaseStartError['code'], RegExp][] = [
    [{ 'holiday.jpg': 'x' }, 'foreign-data-directory', /no PG_VERSION/],
    [{ PG_VERSION: '18\n', base: '' }, 'foreign-data-directory', /another program made it/],
    [{ PG_VERSION: 'what\n' }, 'foreign-data-directory', /PG_VERSION says "what"/],
    [
      { PG_VERSION: '19\n', 'palpite.json': '{}' },
      'newer-data-directory',
      /made by PostgreSQL 19; this Palpite brings PostgreSQL 18/,
    ],
    [{ PG_VERSION: '17\n', 'palpite.json': '{}' }, 'older-data-directory', /made by PostgreSQL 17/],
    [{ PG_VERSION: '9.6\n' }, 'older-data-directory', /PostgreSQL 9\.6/],
  ];
  for (const [files, code, words] of cases) {
    const place = newPlace();
    mkdirSync(place);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content);
    await assert.rejects(start(place), startError(code, words));
    assert.deepEqual(readdirSync(place).sort(), Object.keys(files).sort());
  }
  const file = newPlace();
  writeFileSync(file, 'a file');
  await assert.rejects(start(file), startError('foreign-data-directory', /it is a file/));
});

test('a damaged database gives an error with the last lines of the server', async () => {
  const place = newPlace();
  await (await start(place)).stop();
  rmSync(join(place, 'global', 'pg_control'));
  await assert.rejects(
    start(place),
    startError('start-failed', /could not open file ".*pg_control"|could not find the database system/),
  );
  assert.equal(existsSync(`${place}.lock`), false);
});
