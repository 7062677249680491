// Makes examples/season.csv: a season of a league that does not exist, in football-data.co.uk's columns, so that a newcomer has a file.
// True goal rates drift from opening to closing; books see them through noise and add their margin; goals are drawn from the closing rates.
// Run `node tools/sample-season.ts`; the same seed gives the same bytes, and a test holds the stored file to it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRng, randomGauss, randomPoisson, type Rng } from '#core/base/rng.ts';
import type { MarketTerms } from '#core/catalog/market.ts';
import { fairProbabilities, scoreTable } from '#core/simulation/market-probability.ts';

export const SAMPLE_SEED = 2024;

const DIVISION = 'EX';
const TEAMS = ['Ashford Mill', 'Bramley Town', 'Coldharbour', 'Dunmere Utd', 'Elmstead', 'Fernhill', 'Greyfriars', 'Hollowell'];
/** Goals an average team scores at home and away. */
const GOALS = { home: 1.5, away: 1.15 };
/** Corners of a match go with the goals expected: so many for each expected goal. */
const CORNERS_PER_GOAL = 3.6;
const FIRST_HALF_SHARE = 0.45;
/** Standard deviations: a team's strength in log goals, the drift of a log rate from opening to closing. */
const STRENGTH_SIGMA = 0.25;
const DRIFT_SIGMA = 0.08;

interface Book {
  readonly name: string;
  /** Overround of a three-way market; two-way markets get two thirds of it. */
  readonly margin: number;
  /** Standard deviation of its error in log odds: at opening, and at closing a third of that. */
  readonly noise: number;
}

const B365: Book = { name: 'B365', margin: 0.055, noise: 0.035 };
const PINNACLE: Book = { name: 'PS', margin: 0.025, noise: 0.015 };
/** Books that count in the average and the maximum only. */
const OTHERS: readonly Book[] = [
  { name: 'A', margin: 0.05, noise: 0.06 },
  { name: 'B', margin: 0.06, noise: 0.05 },
  { name: 'C', margin: 0.065, noise: 0.06 },
  { name: 'D', margin: 0.07, noise: 0.04 },
];
const ALL_BOOKS = [B365, PINNACLE, ...OTHERS];

/** Days after the first Saturday on which the rounds are played; two are on a Wednesday evening. */
const ROUND_DAYS = [0, 7, 14, 28, 32, 35, 49, 56, 63, 70, 74, 77, 91, 98];
const FIRST_SATURDAY = Date.UTC(2024, 7, 17);
const DAY_MS = 86_400_000;
const SATURDAY_TIMES = ['12:30', '15:00', '15:00', '17:30'];
const EVENING_TIMES = ['19:45', '19:45', '20:00', '20:00'];

interface Rates {
  readonly home: number;
  readonly away: number;
}

interface Match {
  readonly day: number;
  readonly time: string;
  readonly home: number;
  readonly away: number;
}

/** The whole file: a header and one line a match, ended by CR LF as in the real ones. */
export function sampleSeason(seed: number): string {
  const rng = makeRng(seed, 'sample season');
  const attack = TEAMS.map(() => randomGauss(rng) * STRENGTH_SIGMA);
  const defence = TEAMS.map(() => randomGauss(rng) * STRENGTH_SIGMA);
  const rows = fixtures().map((match) => {
    const { home, away } = match;
    const opening = {
      home: GOALS.home * Math.exp((attack[home] as number) - (defence[away] as number)),
      away: GOALS.away * Math.exp((attack[away] as number) - (defence[home] as number)),
    };
    return row(match, opening, rng);
  });
  const columns = Object.keys(rows[0] as Row);
  return [columns.join(','), ...rows.map((cells) => columns.map((column) => cells[column]).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
}

/** A double round robin by the circle method: everybody meets everybody at home and away. */
function fixtures(): Match[] {
  const last = TEAMS.length - 1;
  return ROUND_DAYS.flatMap((offset, round) => {
    const day = FIRST_SATURDAY + offset * DAY_MS;
    const times = new Date(day).getUTCDay() === 6 ? SATURDAY_TIMES : EVENING_TIMES;
    return times.map((time, i) => {
      const one = i === 0 ? last : (round + i) % last;
      const two = (round - i + 2 * last) % last;
      const swapped = (i + round) % 2 === 1; // an odd number of rounds: the second half is the first with sides changed
      return { day, time, home: swapped ? two : one, away: swapped ? one : two };
    });
  });
}

type Row = Record<string, string | number>;

function row(match: Match, opening: Rates, rng: Rng): Row {
  const drift = (rate: number): number => rate * Math.exp(DRIFT_SIGMA * randomGauss(rng));
  const closing = { home: drift(opening.home), away: drift(opening.away) };
  const full = { home: randomPoisson(rng, closing.home), away: randomPoisson(rng, closing.away) };
  const half = { home: firstHalf(rng, full.home), away: firstHalf(rng, full.away) };
  const date = new Date(match.day);
  const two = (n: number): string => String(n).padStart(2, '0');
  return {
    Div: DIVISION,
    Date: `${two(date.getUTCDate())}/${two(date.getUTCMonth() + 1)}/${date.getUTCFullYear()}`,
    Time: match.time,
    HomeTeam: TEAMS[match.home] as string,
    AwayTeam: TEAMS[match.away] as string,
    FTHG: full.home,
    FTAG: full.away,
    FTR: winner(full),
    HTHG: half.home,
    HTAG: half.away,
    HTR: winner(half),
    HC: randomPoisson(rng, closing.home * CORNERS_PER_GOAL),
    AC: randomPoisson(rng, closing.away * CORNERS_PER_GOAL),
    ...prices(opening, '', rng),
    ...prices(closing, 'C', rng),
  };
}

/** Each goal falls into the first half with the same chance. */
function firstHalf(rng: Rng, goals: number): number {
  let count = 0;
  for (let i = 0; i < goals; i++) if (rng() < FIRST_HALF_SHARE) count++;
  return count;
}

function winner({ home, away }: Rates): string {
  return home === away ? 'D' : home > away ? 'H' : 'A';
}

const GOALS_FT = { stat: 'goals', period: 'ft' } as const;

/** All price columns of one moment; `closing` is the C that marks closing prices. */
function prices(rates: Rates, closing: '' | 'C', rng: Rng): Row {
  const table = scoreTable(rates.home, rates.away);
  const fair = (market: MarketTerms): readonly number[] => fairProbabilities(market, table, { home: 0, away: 0 }) ?? [];
  const lineQuarters = levelLine((quarters) => fair({ ...GOALS_FT, type: 'ah', lineQuarters: quarters })[0] as number);
  const result = offers(fair({ ...GOALS_FT, type: '1x2' }), closing, rng);
  const totals = offers(fair({ ...GOALS_FT, type: 'ou', lineQuarters: 10 }), closing, rng);
  const handicap = offers(fair({ ...GOALS_FT, type: 'ah', lineQuarters }), closing, rng);
  const named = (offered: Offers, suffixes: readonly string[], pinnacle: string): Row => {
    const cells: Row = {};
    for (const [book, odds] of Object.entries(offered)) {
      const code = book === 'PS' ? pinnacle : book;
      for (const [i, suffix] of suffixes.entries()) cells[`${code}${closing}${suffix}`] = (odds[i] as number).toFixed(2);
    }
    return cells;
  };
  return {
    ...named(result, ['H', 'D', 'A'], 'PS'),
    ...named(totals, ['>2.5', '<2.5'], 'P'),
    [`AH${closing}h`]: lineQuarters / 4,
    ...named(handicap, ['AHH', 'AHA'], 'P'),
  };
}

/** The quarter line, from the home side, at which both sides are nearest to even. */
function levelLine(homeShare: (quarters: number) => number): number {
  let best = 0;
  for (let quarters = -12; quarters <= 12; quarters++) {
    if (Math.abs(homeShare(quarters) - 0.5) < Math.abs(homeShare(best) - 0.5)) best = quarters;
  }
  return best;
}

type Offers = Readonly<Record<'B365' | 'PS' | 'Max' | 'Avg', readonly number[]>>;

/** Decimal odds in hundredths steps: of two books by name, and the best and the mean of all. */
function offers(fair: readonly number[], closing: '' | 'C', rng: Rng): Offers {
  const all = ALL_BOOKS.map((book) => offer(fair, book, closing, rng));
  const column = (i: number): number[] => all.map((odds) => odds[i] as number);
  return {
    B365: all[0] as number[],
    PS: all[1] as number[],
    Max: fair.map((_, i) => Math.max(...column(i))),
    Avg: fair.map((_, i) => column(i).reduce((sum, odds) => sum + odds, 0) / all.length),
  };
}

/** The book's opinion first, normalised, then its margin on top in proportion, then down to the cent. */
function offer(fair: readonly number[], book: Book, closing: '' | 'C', rng: Rng): number[] {
  const noise = closing === 'C' ? book.noise / 3 : book.noise;
  const margin = fair.length === 3 ? book.margin : (book.margin * 2) / 3;
  const believed = fair.map((p) => p * Math.exp(noise * randomGauss(rng)));
  const sum = believed.reduce((a, b) => a + b, 0);
  return believed.map((p) => Math.max(1.01, Math.floor((100 * sum) / (p * (1 + margin))) / 100));
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(import.meta.dirname, '..', 'examples', 'season.csv'), sampleSeason(SAMPLE_SEED));
}
