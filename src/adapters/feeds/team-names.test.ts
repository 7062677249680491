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
    ['Þór Akureyri', 'thor-akureyri'],
    ['Łódź', 'lodz'],
    ['Ægir Großaspach', 'aegir-grossaspach'],
    ['Ǿ Səbail Ħamrun', 'o-sebail-hamrun'],
    ['ＦＣ Ñandú 😀', 'fc-nandu'],
    ['Nottʼm Forest', 'nottm-forest'],
    ['O‘Higgins', 'ohiggins'],
    ['Pʹyatigorsk', 'p-yatigorsk'],
    ['x'.repeat(40), 'x'.repeat(40)],
    ['---', ''],
    ['😀', ''],
  ];
  for (const [name, slug] of rows) assert.equal(slugOf(name), slug, name);
});

test('slugOf() lets a hash stand for letters that ASCII cannot spell and for what is too long', () => {
  // the hashes: printf 'fc-上海' | sha256sum, and so on: the name in lower case, its words joined by hyphens
  const rows: [string, string][] = [
    ['FC 上海', 'fc-c1a4c69022'],
    ['FC 广州', 'fc-74d4b8c74c'],
    ['Зенит', 'a8cf741fb2'],
    [' ЗЕНИТ ', 'a8cf741fb2'],
    ['Спартак', '7b32e98b0a'],
    ['Край', 'cc28132f29'],
    ['Край'.normalize('NFD'), 'cc28132f29'],
    ['Краи', 'b95989a942'],
    [`${'A'.repeat(50)}0`, `${'a'.repeat(29)}-3df69b5db8`],
    [`${'A'.repeat(50)}1`, `${'a'.repeat(29)}-72c7bf82fc`],
  ];
  for (const [name, slug] of rows) assert.equal(slugOf(name), slug, name);
});

test('slugOf() gives no two names of other scripts one slug', () => {
  const word = fc.string({ unit: fc.constantFrom(...'абвйиعربية上海東京한국αβ'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(word, word, fc.constantFrom('', 'FC ', 'x'.repeat(38)), (one, other, before) => {
      assert.equal(slugOf(before + one) === slugOf(before + other), one === other);
    }),
  );
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
