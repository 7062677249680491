import assert from 'node:assert/strict';
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
