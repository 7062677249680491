import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPriceColumns } from './price-columns.ts';

/** `opening B365 1x2:0,1,2` for each list found. */
function found(header: string, closingOnly = false): string[] {
  return findPriceColumns(header.split(' '), closingOnly).flatMap(({ book, closing, lists }) =>
    lists.map(({ type, columns, lineQuarters, lineColumn }) => {
      const line = lineQuarters === undefined ? '' : `@${lineQuarters / 4}`;
      const lineAt = lineColumn === undefined ? '' : ` line in ${lineColumn}`;
      return `${closing ? 'closing' : 'opening'} ${book} ${type}${line}:${columns.join()}${lineAt}`;
    }),
  );
}

test('findPriceColumns() tells closing from opening', () => {
  assert.deepEqual(found('B365H B365D B365A B365CH B365CD B365CA'), ['opening B365 1x2:0,1,2', 'closing B365 1x2:3,4,5']);
  assert.deepEqual(found('B365CH B365CD B365CA'), ['closing B365 1x2:0,1,2'], 'without its opening a closing price is still one');
  assert.deepEqual(found('VCH VCD VCA VCCH VCCD VCCA'), ['opening VC 1x2:0,1,2', 'closing VC 1x2:3,4,5']);
  assert.deepEqual(found('VCH VCD VCA'), ['opening VC 1x2:0,1,2']);
  assert.deepEqual(
    found('VH VD VA VCH VCD VCA'),
    ['opening V 1x2:0,1,2', 'closing V 1x2:3,4,5'],
    'a book V would have it for its close',
  );
  assert.deepEqual(found('PSCH PSCD PSCA VCH VCD VCA PH PD PA', true), ['closing PS 1x2:0,1,2', 'closing VC 1x2:3,4,5']);
});

test('findPriceColumns() brings the spellings of Pinnacle together', () => {
  const header = 'PSH PSD PSA P>2.5 P<2.5 AHh PAHH PAHA PSCH PSCD PSCA PC>2.5 PC<2.5 AHCh PCAHH PCAHA';
  assert.deepEqual(found(header), [
    'opening PS 1x2:0,1,2',
    'opening PS ou@2.5:3,4',
    'opening PS ah:6,7 line in 5',
    'closing PS 1x2:8,9,10',
    'closing PS ou@2.5:11,12',
    'closing PS ah:14,15 line in 13',
  ]);
});

test('findPriceColumns() finds books that nobody listed, and older spellings', () => {
  assert.deepEqual(found('ZZ9H ZZ9D ZZ9A ZZ9>3.5 ZZ9<3.5'), ['opening ZZ9 1x2:0,1,2', 'opening ZZ9 ou@3.5:3,4']);
  assert.deepEqual(found('BbMxH BbMxD BbMxA BbAv>2.5 BbAv<2.5 BbAHh BbAvAHH BbAvAHA'), [
    'opening Max 1x2:0,1,2',
    'opening Avg ou@2.5:3,4',
    'opening Avg ah:6,7 line in 5',
  ]);
  assert.deepEqual(found('GBAHH GBAHA GBAH'), ['opening GB ah:0,1 line in 2'], 'a book with a line of its own');
});

test('findPriceColumns() takes no statistic for a price and no half list', () => {
  assert.deepEqual(
    found('Div Date HomeTeam AwayTeam FTHG FTAG FTR HTHG HTAG HTR HS AS HST AST HF AF HC AC HY AY HR AR AHh AHCh'),
    [],
  );
  assert.deepEqual(found('B365H B365D B365>2.5 AHh B365AHH'), []);
  assert.deepEqual(found('B365AHH B365AHA'), [], 'a handicap without a line column');
  assert.deepEqual(found('B365AHh H D A >2.5 <2.5 AHH AHA'), []);
  assert.deepEqual(found('B365H B365D B365A B365H'), ['opening B365 1x2:0,1,2'], 'of two columns of one name the first');
});
