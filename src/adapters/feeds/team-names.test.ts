import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { bookName, clubSlug, competitionOfFile, extraLeagueCode, nationSlug, slugOf } from './team-names.ts';

test('slugOf() makes kebab-case ASCII', () => {
  const rows: [string, string][] = [
    ['Man United', 'man-united'],
    ["Nott'm Forest", 'nottm-forest'],
    ['São Paulo', 'sao-paulo'],
    ['Brighton & Hove Albion', 'brighton-and-hove-albion'],
    ['Bodø/Glimt', 'bodo-glimt'],
    ['Atletico-MG', 'atletico-mg'],
    ['1. FC Köln', '1-fc-koln'],
    ["Côte d'Ivoire", 'cote-divoire'],
    ['  St. Gallen ', 'st-gallen'],
    ['東京', ''],
    ['---', ''],
  ];
  for (const [name, slug] of rows) assert.equal(slugOf(name), slug, name);
});

test('slugOf() keeps a slug as it is and never leaves what an event id may not hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (name) => {
      const slug = slugOf(name);
      assert.match(slug, /^(?:[a-z0-9]+(?:-[a-z0-9]+)*)?$/);
      assert.equal(slugOf(slug), slug);
    }),
  );
});

test('names of one team in two sources become one slug', () => {
  assert.equal(clubSlug('E0', 'Manchester United'), clubSlug('E0', 'Man United'));
  assert.equal(clubSlug('E0', 'Nottingham Forest'), clubSlug('E0', "Nott'm Forest"));
  assert.equal(clubSlug('BRA', 'Atlético Mineiro'), clubSlug('BRA', 'Atletico-MG'));
  assert.notEqual(clubSlug('ARG', 'Botafogo'), clubSlug('BRA', 'Botafogo'), 'an alias holds in its competition only');
  assert.equal(nationSlug('USA'), nationSlug('United States'));
  assert.equal(nationSlug('Bosnia & Herzegovina'), nationSlug('Bosnia and Herzegovina'));
  assert.equal(clubSlug('constructor', 'toString'), 'tostring');
});

test('competitions and books have one name', () => {
  assert.equal(competitionOfFile('multimarket_E0_2425.csv'), 'E0');
  assert.equal(competitionOfFile('some/folder/wc2026_odds_snapshots.csv'), 'WC2026');
  assert.equal(competitionOfFile('ação.csv'), 'A');
  assert.equal(competitionOfFile('_.csv'), 'X');
  assert.equal(extraLeagueCode('Brazil'), 'BRA');
  assert.equal(extraLeagueCode('New Zealand'), 'NEW-ZEALAND');
  assert.equal(bookName('P'), 'PS');
  assert.equal(bookName('B365'), 'B365');
});
