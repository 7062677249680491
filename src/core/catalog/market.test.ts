import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  isEventId,
  LINE_QUARTERS_MAX,
  MARKET_SELECTIONS,
  type MarketName,
  type MarketType,
  marketIdOf,
  parseMarketId,
  PERIODS,
  selectionsOf,
  STATS,
} from './market.ts';

const EVENT = 'fb:E0:20240816:man-united:fulham';

test('marketIdOf() writes the spelling of the contract', () => {
  const rows: [Omit<MarketName, 'eventId'>, string][] = [
    [{ type: '1x2', stat: 'goals', period: 'ft' }, '1x2'],
    [{ type: 'ah', stat: 'goals', period: 'ft', lineQuarters: -3 }, 'ah@-0.75'],
    [{ type: 'ah', stat: 'goals', period: 'ft', lineQuarters: 0 }, 'ah@0'],
    [{ type: 'ou', stat: 'corners', period: 'h1', lineQuarters: 18 }, 'ou.corners.h1@4.5'],
    [{ type: 'btts', stat: 'goals', period: 'h2' }, 'btts.h2'],
  ];
  for (const [terms, spelling] of rows) {
    assert.equal(marketIdOf({ eventId: EVENT, ...terms }), `${EVENT}/${spelling}`);
    assert.deepEqual(parseMarketId(`${EVENT}/${spelling}`), { eventId: EVENT, ...terms });
  }
});

const part = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/);
const eventId = fc
  .tuple(fc.stringMatching(/^[a-z0-9]{1,6}$/), fc.array(part, { minLength: 1, maxLength: 5 }))
  .map(([sport, parts]) => [sport, ...parts].join(':'));
const market = fc
  .record(
    {
      eventId,
      type: fc.constantFrom(...(Object.keys(MARKET_SELECTIONS) as MarketType[])),
      stat: fc.constantFrom(...STATS),
      period: fc.constantFrom(...PERIODS),
    },
    { noNullPrototype: true },
  )
  .chain((name) => {
    if (name.type !== 'ou' && name.type !== 'ah') return fc.constant<MarketName>(name);
    const line = fc.integer({ min: name.type === 'ou' ? 1 : -LINE_QUARTERS_MAX, max: LINE_QUARTERS_MAX });
    return line.map<MarketName>((lineQuarters) => ({ ...name, lineQuarters }));
  });

test('parseMarketId() reads back every market that marketIdOf() can name', () => {
  fc.assert(
    fc.property(market, (name) => {
      assert.ok(isEventId(name.eventId));
      assert.deepEqual(parseMarketId(marketIdOf(name)), name);
    }),
  );
});

test('parseMarketId() has room for the longest market of the longest fixture', () => {
  const longest = `fb:${'x'.repeat(125)}`;
  assert.equal(isEventId(longest), true);
  assert.equal(isEventId(`${longest}x`), false);
  const name: MarketName = { eventId: longest, type: 'ah', stat: 'corners', period: 'pens', lineQuarters: -199 };
  assert.deepEqual(parseMarketId(marketIdOf(name)), name);
});

test('parseMarketId() refuses every other spelling', () => {
  const bad = [
    '',
    '/',
    '1x2',
    `${EVENT}`,
    `${EVENT}/`,
    `/1x2`,
    `${EVENT}/cs.2-1`,
    `${EVENT}/toString`,
    `${EVENT}/__proto__`,
    `${EVENT}/1X2`,
    `${EVENT}/1x2 `,
    `${EVENT}/1x2.goals`,
    `${EVENT}/1x2.ft`,
    `${EVENT}/1x2.h1.corners`,
    `${EVENT}/1x2.h1.h2`,
    `${EVENT}/1x2.`,
    `${EVENT}/1x2.shots`,
    `${EVENT}/1x2@1`,
    `${EVENT}/1x2@`,
    `${EVENT}/ou`,
    `${EVENT}/ou@`,
    `${EVENT}/ou@0`,
    `${EVENT}/ou@-2.5`,
    `${EVENT}/ou@2.50`,
    `${EVENT}/ou@02.5`,
    `${EVENT}/ou@+2.5`,
    `${EVENT}/ou@2.6`,
    `${EVENT}/ou@1e1`,
    `${EVENT}/ou@NaN`,
    `${EVENT}/ou@Infinity`,
    `${EVENT}/ou@0x4`,
    `${EVENT}/ou@2.5@2.5`,
    `${EVENT}/ou@ 2.5`,
    `${EVENT}/ah@-0`,
    `${EVENT}/ah@50.25`,
    `${EVENT}//1x2`,
    `a b:c/1x2`,
    `fb:é/1x2`,
    `fb/1x2`,
    `fb:/1x2`,
    `${EVENT}/1x2\n`,
    `${'x'.repeat(5000)}:y/1x2`,
  ];
  for (const id of bad) assert.equal(parseMarketId(id), null, JSON.stringify(id));
});

test('parseMarketId() never accepts a text that it would write differently', () => {
  const pieces = fc.constantFrom('fb', ':', '/', '1x2', 'ou', 'ah', '.', '@', '-', '0', '2.5', 'h1', 'corners', ' ', 'x');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const id = parts.join('');
      const name = parseMarketId(id);
      assert.ok(name === null || marketIdOf(name) === id);
    }),
    { numRuns: 3000 },
  );
});

test('isEventId() wants a sport and at least one part', () => {
  for (const bad of ['', 'fb', 'fb:', ':x', 'FB:x', 'fb::x', 'fb:x/y', 'fb:x y', 'fb:x\n', 7, null])
    assert.equal(isEventId(bad), false, String(bad));
  assert.equal(isEventId(EVENT), true);
});

test('selectionsOf() lists the selections in the order of the contract', () => {
  assert.deepEqual(selectionsOf('1x2'), ['home', 'draw', 'away']);
  assert.deepEqual(selectionsOf('dc'), ['1x', '12', 'x2']);
});
