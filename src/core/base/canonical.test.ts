import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonical } from './canonical.ts';

test('canonical() gives the example of RFC 8785 section 3.2.2', () => {
  const input = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`) as unknown;
  assert.equal(
    canonical(input),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test('canonical() sorts keys by UTF-16 units as in RFC 8785 section 3.2.3', () => {
  const input = {
    '€': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\u{1f600}': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    ö: 'Latin Small Letter O With Diaeresis',
  };
  const order = Object.values(JSON.parse(canonical(input)) as Record<string, string>);
  // JSON.parse puts the integer-like key '1' first in any case; the text itself is checked below
  assert.deepEqual(order.slice(1), [
    'Carriage Return',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ]);
  assert.ok(canonical(input).startsWith(String.raw`{"\r":"Carriage Return","1":"One","`));
});

test('canonical() prints the numbers of RFC 8785 appendix B', () => {
  const rows: [number, string][] = [
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [-5e-324, '-5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [1e23, '1e+23'],
    [0.000001, '0.000001'],
    [333333333.3333332, '333333333.3333332'],
  ];
  for (const [number, text] of rows) assert.equal(canonical(number), text);
});

test('canonical() throws on what JSON cannot carry', () => {
  for (const bad of [NaN, Infinity, undefined, 1n, (): void => {}, Symbol('x'), { a: NaN }, [() => 1]])
    assert.throws(() => canonical(bad));
});

test('canonical() drops undefined members and writes holes and undefined items as null', () => {
  assert.equal(canonical({ b: undefined, a: 1 }), '{"a":1}');
  assert.equal(canonical([1, undefined, 3]), '[1,null,3]');
  const sparse = [1];
  sparse[2] = 3;
  assert.equal(canonical(sparse), '[1,null,3]');
});

test('canonical() reads back as the same value and does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonical(value);
      assert.equal(JSON.stringify(JSON.parse(text)) === undefined, false);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.equal(canonical(reversed(value)), text);
    }),
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
