import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MarketBook } from '#core/exchange-simulation/stream/market-book.ts';
import type { RunnerChange } from '#core/exchange-simulation/stream/wire.ts';
import { cardOf, quotesOf } from './book-quotes.ts';

const STAMP = { source: 'x', epoch: 1, version: 2, confirmedAt: 3 };
type Runner = readonly [id: number, hc: number, place: number, status?: string];

function quotes(more: object, runners: readonly Runner[], ...rc: RunnerChange[]) {
  const book = new MarketBook('1.1');
  const marketDefinition = {
    status: 'OPEN',
    bettingType: 'ODDS',
    eventTypeId: '1',
    eventId: '7',
    runners: runners.map(([id, hc, sortPriority, status = 'ACTIVE']) => ({ id, hc, sortPriority, status })),
    ...more,
  };
  book.apply({ id: '1.1', marketDefinition, rc }, 5);
  return quotesOf(book, STAMP);
}
const THREE: Runner[] = [
  [58_805, 0, 3],
  [1, 0, 1],
  [2, 0, 2],
];

test('quotesOf() names runners by their place in the market, whatever their order', () => {
  const [quote] = quotes(
    { marketType: 'MATCH_ODDS' },
    THREE,
    { id: 58_805, atb: [[3.5, 1]] },
    { id: 1, atb: [[2, 1]] },
    { id: 2, atb: [[4, 1]] },
  );
  assert.deepEqual(
    quote?.prices.map(({ oddsMilli, selectionId }) => [selectionId, oddsMilli]),
    [
      ['home', 2_000],
      ['away', 4_000],
      ['draw', 3_500],
    ],
  );
  const marketOf = (marketType: string, runners = THREE.slice(1)): string | undefined =>
    quotes({ marketType }, runners)[0]?.marketId;
  assert.equal(marketOf('OVER_UNDER_25'), 'exchange:7/ou@2.5');
  assert.equal(marketOf('BOTH_TEAMS_TO_SCORE'), 'exchange:7/btts');
  assert.equal(marketOf('DRAW_NO_BET'), 'exchange:7/dnb');
});

test('quotesOf() has no price for a runner that is not active or that nobody offers', () => {
  const [quote] = quotes(
    { marketType: 'DRAW_NO_BET' },
    [
      [1, 0, 1, 'REMOVED'],
      [2, 0, 2],
    ],
    { id: 1, atb: [[2, 1]] },
  );
  assert.deepEqual(quote?.prices, []);
});

test('quotesOf() gives each handicap line both its sides', () => {
  const runners: Runner[] = [
    [1, -0.5, 1],
    [2, 0.5, 2],
    [1, 0, 3],
    [2, 0, 4],
    [1, 0.75, 5], // without another side
    [1, 1_000, 6],
    [2, -1_000, 7],
  ];
  const ah = { marketType: 'ASIAN_HANDICAP', bettingType: 'ASIAN_HANDICAP_DOUBLE_LINE' };
  const lines = quotes(ah, runners, { id: 2, hc: 0.5, atb: [[1.9, 2]] });
  assert.deepEqual(
    lines.map(({ marketId, prices }) => [marketId, prices.map(({ selectionId }) => selectionId)]),
    [
      ['exchange:7/ah@-0.5', ['away']],
      ['exchange:7/ah@0', []],
    ],
  );
});

test('quotesOf() quotes nothing of what it does not know', () => {
  for (const marketType of ['HALF_TIME', 'constructor', '__proto__', '']) assert.deepEqual(quotes({ marketType }, THREE), []);
  assert.deepEqual(quotes({ marketType: 'MATCH_ODDS', eventTypeId: '7' }, THREE), []);
  assert.deepEqual(quotes({ marketType: 'MATCH_ODDS', eventId: '../7' }, THREE), []);
  assert.deepEqual(quotes({ marketType: 'MATCH_ODDS' }, THREE.slice(1)), []);
  assert.equal(quotes({ marketType: 'MATCH_ODDS', status: 'constructor' }, THREE)[0]?.status, 'suspended');
});

test('cardOf() has no fixture for a kick-off that is no moment of these times', () => {
  const startAt = (marketTime: unknown): number | undefined => {
    const book = new MarketBook('1.1');
    const marketDefinition = {
      status: 'OPEN',
      eventTypeId: '1',
      eventId: '7',
      marketType: 'MATCH_ODDS',
      runners: [],
      marketTime,
    };
    book.apply({ id: '1.1', marketDefinition } as Parameters<typeof book.apply>[0], 5);
    return cardOf(book)?.startAt;
  };
  assert.equal(startAt('2026-11-22T15:00:00.000Z'), Date.UTC(2026, 10, 22, 15));
  for (const wrong of [undefined, 12345, [2026], '12345', '+275760-09-13T00:00:00Z', '1969-12-31T00:00:00Z', 'soon'])
    assert.equal(startAt(wrong), undefined, String(wrong));
});
