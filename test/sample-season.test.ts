// examples/season.csv is what its maker makes, reads without a fault, and has the properties of a real season.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRecording } from '#adapters/feeds/recording-reader.ts';
import { SAMPLE_SEED, sampleSeason } from '../tools/sample-season.ts';

const BYTES = readFileSync(join(import.meta.dirname, '..', 'examples', 'season.csv'));
const read = () => readRecording([{ name: 'season.csv', bytes: BYTES }]);

test('examples/season.csv is what `node tools/sample-season.ts` writes', () => {
  assert.ok(
    BYTES.equals(Buffer.from(sampleSeason(SAMPLE_SEED))),
    'run `node tools/sample-season.ts` and commit examples/season.csv',
  );
  assert.notEqual(sampleSeason(SAMPLE_SEED + 1), sampleSeason(SAMPLE_SEED));
});

test('readRecording() reads the sample season without a problem', () => {
  const { fixtures, problems, files } = read();
  assert.deepEqual(problems, []);
  assert.deepEqual(files, [{ name: 'season.csv', layout: 'football-data', rows: 56 }]);
  assert.equal(fixtures.length, 56, '8 teams, each pair twice: 8 x 7');
  for (const fixture of fixtures) {
    assert.equal(fixture.result?.status, 'finished');
    assert.equal(fixture.result.scores.length, 3, 'full time, half time, corners');
    const books = fixture.captures.map(({ label, book }) => `${label} ${book}`).sort();
    assert.deepEqual(books, ['Avg', 'B365', 'Max', 'PS'].flatMap((book) => [`closing ${book}`, `opening ${book}`]).sort());
    for (const { quotes } of fixture.captures) assert.equal(quotes.length, 3, '1x2, over/under 2.5, Asian handicap');
  }
});

test('sampleSeason() lets every team meet every other once at home and once away', () => {
  const { fixtures } = read();
  const pairs = new Set(fixtures.map(({ card }) => `${card.home} ${card.away}`));
  assert.equal(pairs.size, 56);
  for (const team of new Set(fixtures.map(({ card }) => card.home))) {
    assert.equal(fixtures.filter(({ card }) => card.home === team).length, 7, team);
    const days = fixtures
      .filter(({ card }) => card.home === team || card.away === team)
      .map(({ startAt }) => Math.floor(startAt / 86_400_000));
    assert.equal(new Set(days).size, 14, `${team} plays at most once a day`);
  }
});

test('sampleSeason() prices every market with a margin, and nobody above the maximum', () => {
  for (const { captures } of read().fixtures) {
    for (const label of ['opening', 'closing'] as const) {
      const of = (book: string) => captures.find((c) => c.label === label && c.book === book)?.quotes ?? [];
      for (const [i, quote] of of('B365').entries()) {
        const overround = quote.prices.reduce((sum, { oddsMilli }) => sum + 1000 / oddsMilli, 0);
        assert.ok(overround > 1.03 && overround < 1.12, `${quote.marketId} ${overround}`);
        const best = of('Max')[i]?.prices ?? [];
        quote.prices.forEach(({ oddsMilli }, at) => assert.ok(oddsMilli <= (best[at]?.oddsMilli ?? 0)));
      }
    }
  }
});
