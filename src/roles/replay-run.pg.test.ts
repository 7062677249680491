// What a replay refuses to play, as a person at the command line meets it: the reason by file and line, exit code 1, and no run kept.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type TestDatabase, withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { silentLog } from '#ports/log.ts';
import { callProgram } from '../../test/e2e/command-line.ts';
import { openContext, type PlatformContext } from './context.ts';
import { readEnvironment } from './environment.ts';

const HEADER = 'Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A';
const ROW = 'E0,17/08/2024,15:00,Leeds,Fulham,1,0,H,2,3,4';
const SNAPSHOTS = 'ts_utc,match,kickoff_utc,bookmaker,market,outcome,point,price';
const SNAPSHOT = '2026-06-18 12:00:00,Brazil v Haiti,2026-06-19T20:00:00Z,pinnacle,h2h,Brazil,,1.1';
const RESULTS = 'date,home_team,away_team,home_score,away_score';
const RESULT = '2026-06-19,Brazil,Haiti,3,0';

describe('palpite replay', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'palpite-replay-'));
  const kept = { DATABASE_URL: process.env['DATABASE_URL'], PALPITE_DATA: process.env['PALPITE_DATA'] };
  let database: TestDatabase;
  let context: PlatformContext;

  before(async () => {
    database = await withTestDatabase();
    Object.assign(process.env, { DATABASE_URL: database.url, PALPITE_DATA: join(folder, 'data') });
    context = await openContext({ environment: readEnvironment(process.env), log: silentLog });
  });
  after(async () => {
    await context.close();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  const written = (name: string, ...lines: string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, lines.join('\r\n'));
    return path;
  };
  const refused = async (...paths: string[]): Promise<string> => {
    const { code, err, out } = await callProgram(['replay', ...paths, '--bots', '2']);
    assert.deepEqual({ code, out }, { code: 1, out: '' });
    assert.deepEqual(await context.runs.list(10), [], 'it kept a run');
    return err;
  };

  it('refuses files without a match and says what is amiss in them', async () => {
    assert.equal(
      await refused(written('header.csv', HEADER)),
      'nothing to replay: there is no match in header.csv (football-data)\n' +
        '  header.csv:1: read as football-data, no row is below the header\n',
    );
    assert.equal(
      await refused(written('old.csv', HEADER, ROW.replace('2024', '1950'))),
      'nothing to replay: there is no match in old.csv (football-data)\n' +
        '  old.csv:2 [Date]: "17/08/1950" is not a date; row left out\n' +
        '  old.csv:1: read as football-data, no row of it gives a fixture\n',
    );
    assert.match(
      await refused(written('league.csv', HEADER, ROW.slice(2))),
      /no match in .*\n {2}league\.csv:2: the competition has no name; row left out\n/,
    );
    assert.match(
      await refused(written('results.csv', RESULTS, RESULT)),
      /^nothing to replay: there is no match in results\.csv \(results\)/,
    );
  });

  it('refuses files without a price before a kick-off', async () => {
    const scores = written('scores.csv', ...[HEADER, ROW].map((line) => line.split(',').slice(0, 8).join(',')));
    assert.equal(
      await refused(scores),
      'nothing to replay: no match has a price before kick-off in scores.csv (football-data)\n' +
        '  scores.csv:1: no price column is known in "Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTA..."\n',
    );
    assert.match(
      await refused(written('zero.csv', HEADER, ROW.replace('2,3,4', '0,0,0'))),
      /no match has a price.*\n {2}zero\.csv:2 \[B365H\]/,
    );
  });

  it('names a folder, and the results that a history needs', async () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    assert.equal(await refused(inner), `${inner} is a folder: name a file in it\n`);
    const history = written('inner/wc2026_odds_snapshots.csv', SNAPSHOTS, SNAPSHOT);
    assert.equal(
      await refused(history),
      `${history} has prices and no scores: put its results beside it as ${join(inner, 'wc2026_results.csv')}, or name a results file too\n`,
    );
    assert.match((await callProgram(['desk', 'import', inner, '--dry-run'])).err, /inner is a folder: name a file in it/);
  });

  it('plays a history with results beside it or named, and a season with a match', async () => {
    const history = join(folder, 'inner', 'wc2026_odds_snapshots.csv');
    const scores = written('scores-of-ours.csv', RESULTS, RESULT);
    const played = async (...paths: string[]) => {
      const { code, err, out } = await callProgram(['replay', ...paths, '--bots', '2', '--json']);
      assert.equal(code, 0, err);
      return (JSON.parse(out) as { matches: number }).matches;
    };
    assert.equal(await played(history, scores), 1);
    written('inner/wc2026_results.csv', RESULTS, RESULT);
    assert.equal(await played(history), 1);
    assert.equal(await played(written('season.csv', HEADER, ROW)), 1);
    assert.equal((await context.runs.list(10)).length, 3);
  });
});
