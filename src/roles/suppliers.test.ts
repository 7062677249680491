import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkEnvironment } from './environment.ts';
import { lineOf, readSupplier, SupplierError, suppliersOf } from './suppliers.ts';

test('suppliersOf() knows by the scheme how a supplier is read', () => {
  assert.deepEqual(suppliersOf({}), [{ kind: 'stream', url: null, feed: 'simex', book: 'simA' }]);
  const polled = 'https://api.example.com/feed?name=pinnacle&poll=120';
  const [first, second] = suppliersOf({
    SUPPLIER_URL: polled,
    SUPPLIER_LOGIN: 'me:a:b',
    SUPPLIER_URL_2: 'file:///data/E0%202425.csv?speed=60&window=3600&book=PS',
  });
  assert.deepEqual(first, {
    kind: 'polled',
    feed: 'pinnacle',
    book: 'pinnacle',
    url: polled,
    pollMs: 120_000,
    login: { user: 'me', password: 'a:b' },
  });
  const { url: _, ...recorded } = second ?? assert.fail();
  assert.deepEqual(recorded, {
    kind: 'recorded',
    feed: 'recorded',
    book: 'PS',
    path: '/data/E0 2425.csv',
    speed: 60,
    windowMs: 3_600_000,
  });
});

test('an exchange stream is a supplier with a book of its own, and there is one session for it', () => {
  const { url: _, ...exchange } = readSupplier('exchange://stream.example');
  assert.deepEqual(exchange, { kind: 'exchange', feed: 'exchange', book: 'exchange', host: 'stream.example', port: 443 });
  const named = readSupplier('exchange://127.0.0.1:9443/?name=betx');
  assert.deepEqual([named.feed, named.book, named.host, named.port], ['betx', 'betx', '127.0.0.1', 9_443]);
  const two = { SUPPLIER_URL: 'exchange://a', SUPPLIER_URL_2: 'exchange://b' };
  assert.throws(() => suppliersOf(two), /one EXCHANGE_SESSION/);
  assert.deepEqual(lineOf([named])?.sources.at(-1), { feed: 'betx', book: 'betx' });
});

test('suppliersOf() gives two suppliers of one kind two names', () => {
  const two = suppliersOf({ SUPPLIER_URL: 'wss://a.example', SUPPLIER_URL_2: 'wss://b.example' });
  assert.deepEqual(
    two.map(({ feed }) => feed),
    ['simex', 'simex2'],
  );
});

test('readSupplier() refuses what it would have to guess, and a login in the open', () => {
  const rows: [string, string | undefined, RegExp][] = [
    ['ftp://x', undefined, /must start with/],
    ['nonsense', undefined, /must start with/],
    ['https://me:pw@x', undefined, /password/],
    ['https://x/?sped=3', undefined, /unknown parameter sped/],
    ['file:///x.csv?speed=0', undefined, /speed/],
    ['file:///x.csv?speed=1e9', undefined, /speed/],
    ['file:///x.csv?window=0', undefined, /window/],
    ['file://host/x.csv', undefined, /host/],
    ['exchange:///', undefined, /host/],
    ['exchange://x/path', undefined, /host/],
    ['exchange://x/?poll=1', undefined, /unknown parameter poll/],
    ['exchange://me:pw@x', undefined, /password/],
    ['https://x/?poll=0.1', undefined, /poll/],
    ['https://x/?name=A%20B', undefined, /name/],
    ['http://x/', 'me:pw', /https/],
  ];
  for (const [address, login, why] of rows) {
    assert.throws(
      () => readSupplier(address, login),
      (error) => error instanceof SupplierError && why.test(error.message),
      address,
    );
  }
  assert.equal(readSupplier('http://127.0.0.1:9000/', 'me:pw').login?.user, 'me');
});

test('lineOf() is needed when there are two, or when the one is not the executable book', () => {
  assert.equal(lineOf(suppliersOf({})), undefined);
  assert.equal(lineOf(suppliersOf({ SUPPLIER_URL: 'ws://x' })), undefined);
  assert.deepEqual(lineOf(suppliersOf({ SUPPLIER_URL: 'file:///x.csv' }))?.sources, [
    { feed: 'desk', book: 'desk' }, // by hand goes before all
    { feed: 'recorded', book: 'B365' },
  ]);
  assert.equal(lineOf(suppliersOf({ SUPPLIER_URL_2: 'http://127.0.0.1:1' }))?.sources.length, 3);
});

test('checkEnvironment() says what is wrong with a supplier', () => {
  const { faults } = checkEnvironment({
    SUPPLIER_URL: 'ftp://x',
    SUPPLIER_URL_2: 'file:///x.csv?book=',
    SUPPLIER_LOGIN: 'nobody',
  });
  assert.deepEqual(faults.map(({ name }) => name).sort(), ['SUPPLIER_LOGIN', 'SUPPLIER_URL', 'SUPPLIER_URL_2']);
});

test('checkEnvironment() wants key and session of an exchange, and remembers the file of a session', (t) => {
  const SUPPLIER_URL_2 = 'exchange://x';
  const named = (source: Record<string, string>): string[] => checkEnvironment(source).faults.map(({ name }) => name);
  assert.deepEqual(named({ SUPPLIER_URL_2 }), ['EXCHANGE_APP_KEY', 'EXCHANGE_SESSION']);
  const dir = mkdtempSync(join(tmpdir(), 'session-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'session');
  writeFileSync(file, 'first\n');
  const given = { SUPPLIER_URL_2, EXCHANGE_APP_KEY: 'k', EXCHANGE_SESSION_FILE: file };
  const { values } = checkEnvironment(given);
  assert.deepEqual([values?.EXCHANGE_SESSION, values?.files], ['first', { EXCHANGE_SESSION: file }]);
  assert.deepEqual(named({ ...given, EXCHANGE_SUBSCRIPTION: '{"heartbeatMs":1}' }), ['EXCHANGE_SUBSCRIPTION']);
});
