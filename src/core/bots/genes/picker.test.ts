import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BookPrice } from '../book-price.ts';
import { dnaWith, EVENT_ID, fixtureFact, quoteFact, resultFact } from '../facts-for-tests.ts';
import type { MarketFact } from '../input.ts';
import { MarketMemory } from '../market-memory.ts';
import { compilePicker } from './picker.ts';

const SECOND = 1_000;
const TEAM_FACTS = { home: 'alpha', away: 'beta' };

/** Tells the facts and asks a picker about the last quote of the executable book. */
function pick(betting: { type: string; params: object }, ...facts: MarketFact[]) {
  const memory = new MarketMemory();
  const { picker } = compilePicker(dnaWith(betting).genes.betting, memory);
  let price: BookPrice | null = null;
  for (const fact of facts) {
    const told = memory.tell(fact);
    if (told?.book === 'B365') price = told;
  }
  assert.ok(price);
  const choice = picker.pick(price, memory.now);
  return typeof choice === 'number' ? price.market.selections[choice] : { ...choice, kind: undefined };
}
const miss = (code: string, need?: number, have?: number) =>
  need === undefined ? { code, kind: undefined } : { code, need, have, kind: undefined };
const quote = (odds: readonly number[], market = '1x2', at = 0) => quoteFact({ at, odds, market: `${EVENT_ID}/${market}` });

test('value_bet_model_v1 bets from the least edge on', () => {
  const gene = { type: 'value_bet_model_v1', params: { min_edge: 0.03, devig: 'multiplicative' } };
  const fair = quoteFact({ at: 0, book: 'Avg', odds: [1900, 3800, 3800] }); // 0.5 0.25 0.25
  // 0.5 * 2.06 - 1 = 0.03; 0.5 * 2.052 - 1 = 0.026; 0.25 * 4.2 - 1 = 0.05
  assert.equal(pick(gene, fair, quote([2060, 3900, 3900])), 'home');
  assert.deepEqual(pick(gene, fair, quote([2052, 3900, 3900])), miss('edge_too_small', 30_000, 26_000));
  assert.equal(pick(gene, fair, quote([2060, 4200, 3900])), 'draw');
  assert.deepEqual(pick(gene, quote([2060, 3900, 3900])), miss('no_fair_price'));
  // an edge outside the band does not count: home at 1.5 < 1.8, the others above 15
  assert.deepEqual(pick(gene, fair, quote([1500, 20_000, 16_000])), miss('odds_out_of_range', 1800, 1500));
  assert.deepEqual(pick(gene, fair, quote([0, 4100, 0])), miss('edge_too_small', 30_000, 25_000)); // withdrawn ones are no choice
});

test('odds_range takes the shortest or longest price inside and names the nearest outside', () => {
  const shortest = { type: 'odds_range', params: { min_odds: 1.8, max_odds: 3.5 } };
  const longest = { type: 'odds_range', params: { min_odds: 1.8, max_odds: 3.5, prefer: 'longest' } };
  assert.equal(pick(shortest, quote([3500, 3300, 1800])), 'away');
  assert.equal(pick(longest, quote([3500, 3300, 1800])), 'home');
  assert.deepEqual(pick(shortest, quote([1500, 4200, 7000])), miss('odds_out_of_range', 1800, 1500));
  assert.deepEqual(pick(shortest, quote([1200, 3600, 7000])), miss('odds_out_of_range', 3500, 3600));
  assert.deepEqual(pick(shortest, quote([0, 0, 0])), miss('selection_withdrawn'));
});

test('favourite takes the shortest price, underdog the longest that is not the draw', () => {
  const favourite = { type: 'favourite', params: {} };
  const underdog = { type: 'underdog', params: {} };
  assert.equal(pick(favourite, quote([2500, 3200, 2400])), 'away');
  assert.equal(pick(underdog, quote([2500, 3200, 2400])), 'home');
  assert.equal(pick(underdog, quote([1850, 1950], 'ou@2.5')), 'under');
  assert.equal(pick(favourite, quote([1930, 1930], 'ah@0')), 'home'); // equal prices: the first
  assert.deepEqual(pick(favourite, quote([2500, 0, 2400])), miss('selection_withdrawn'));
  assert.deepEqual(
    pick({ type: 'favourite', params: { min_odds: 1.5 } }, quote([1200, 6000, 15_000])),
    miss('odds_out_of_range', 1500, 1200),
  );
  assert.deepEqual(
    pick({ type: 'underdog', params: { max_odds: 10 } }, quote([1200, 6000, 15_000])),
    miss('odds_out_of_range', 10_000, 15_000),
  );
});

test('over_25 takes over inside its band', () => {
  assert.equal(pick({ type: 'over_25', params: {} }, quote([1850, 1950], 'ou@2.5')), 'over');
  assert.deepEqual(
    pick({ type: 'over_25', params: { min_odds: 1.9 } }, quote([1850, 1950], 'ou@2.5')),
    miss('odds_out_of_range', 1900, 1850),
  );
  assert.deepEqual(pick({ type: 'over_25', params: {} }, quote([0, 1950], 'ou@2.5')), miss('selection_withdrawn'));
});

test('draw_hunter wants a long draw between even teams', () => {
  const gene = { type: 'draw_hunter', params: { min_odds: 3, max_gap: 0.5 } };
  assert.equal(pick(gene, quote([2500, 3200, 2900])), 'draw'); // gap 0.4
  assert.equal(pick(gene, quote([2500, 3000, 3000])), 'draw'); // both at their ends
  assert.deepEqual(pick(gene, quote([2000, 3200, 3900])), miss('condition_not_met', 500, 1900));
  assert.deepEqual(pick(gene, quote([2500, 2900, 2900])), miss('odds_out_of_range', 3000, 2900));
  assert.deepEqual(pick(gene, quote([2500, 3200, 0])), miss('selection_withdrawn'));
});

test('goal_machine wants both teams rich in goals, from results known by then', () => {
  const gene = (min_goal_average: number, venue = 'same') => ({
    type: 'goal_machine',
    params: { min_goal_average, window: 2, venue, min_odds: 1.7 },
  });
  const played = (n: number, teams: { home?: string; away?: string }, goals: [number, number]) => [
    fixtureFact(n, { eventId: `fb:p:${n}`, home: 'x', away: 'y', ...teams }),
    resultFact(n, goals, { eventId: `fb:p:${n}` }),
  ];
  const history = [
    ...played(1, { home: 'alpha' }, [3, 1]),
    ...played(2, { home: 'alpha' }, [2, 2]),
    ...played(3, { away: 'beta' }, [1, 0]),
    ...played(4, { away: 'beta' }, [2, 1]),
    ...played(5, { away: 'alpha' }, [0, 0]),
  ];
  const today = [fixtureFact(10, TEAM_FACTS), quote([1800, 2000], 'ou@2.5', 10)];
  // alpha at home (4 + 4) / 2 = 4, beta away (1 + 3) / 2 = 2: mean 3
  assert.equal(pick(gene(3), ...history, ...today), 'over');
  assert.deepEqual(pick(gene(3.05), ...history, ...today), miss('condition_not_met', 3050, 3000));
  // any venue: alpha's last two are 2-2 and 0-0, mean 2; beta as before: (2 + 2) / 2 = 2
  assert.deepEqual(pick(gene(3, 'all'), ...history, ...today), miss('condition_not_met', 3000, 2000));
  assert.deepEqual(pick(gene(3), ...history.slice(0, 6), ...today), miss('no_goal_average', 2, 1)); // one match of beta
  assert.deepEqual(pick(gene(3), ...history, quote([1800, 2000], 'ou@2.5', 10)), miss('no_goal_average')); // who plays?
  assert.deepEqual(
    pick(gene(3), ...history, fixtureFact(10, TEAM_FACTS), quote([1650, 2200], 'ou@2.5', 10)),
    miss('odds_out_of_range', 1700, 1650),
  );
});

test('dropping_odds follows a fall inside its window', () => {
  const gene = (within_s: number, more = {}) => ({ type: 'dropping_odds', params: { drop: 0.1, within_s, ...more } });
  const path = [
    quote([2200, 3200, 3300]),
    quote([2100, 3200, 3300], '1x2', 100 * SECOND),
    quote([1950, 3300, 3500], '1x2', 200 * SECOND),
  ];
  // (2.2 - 1.95) / 2.2 = 11.3636 %; from 100 s on (2.1 - 1.95) / 2.1 = 7.1429 %
  assert.equal(pick(gene(200), ...path), 'home');
  assert.deepEqual(pick(gene(150), ...path), miss('condition_not_met', 100_000, 71_429));
  assert.deepEqual(pick(gene(50), ...path), miss('no_path', 2, 1)); // nothing is known of 150 s .. 200 s
  assert.deepEqual(pick(gene(200), ...path.slice(0, 2)), miss('no_path', 3, 2));
  assert.deepEqual(pick(gene(200, { min_odds: 3.4 }), ...path), miss('condition_not_met', 100_000, 0)); // only away is in the band, and rose
  assert.deepEqual(pick(gene(200, { min_odds: 1.96, max_odds: 2 }), ...path), miss('odds_out_of_range', 1960, 1950));
});

test('dropping_odds answers no_path on a file with an opening and a closing price, however far they are apart', () => {
  const gene = { type: 'dropping_odds', params: { drop: 0.005, within_s: 3_600 } };
  assert.deepEqual(pick(gene, quote([3000, 3200, 2300]), quote([1500, 4200, 7000], '1x2', SECOND)), miss('no_path', 3, 2));
});

test("dropping_odds may watch another book's fall and bet where the price still stands", () => {
  const gene = { type: 'dropping_odds', params: { drop: 0.1, within_s: 300, watch: 'reference' } };
  const sharp = [2200, 2100, 1950].map((home, i) => quoteFact({ at: i * SECOND, book: 'PS', odds: [home, 3300, 3500] }));
  assert.equal(pick(gene, ...sharp, quote([2180, 3200, 3300], '1x2', 3 * SECOND)), 'home');
  assert.deepEqual(pick(gene, quote([2180, 3200, 3300], '1x2', 3 * SECOND)), miss('no_path', 3, 0));
});
