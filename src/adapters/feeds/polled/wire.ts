// The answers of a polled supplier, in the style of Pinnacle's lines API: snapshot without `since`, changes with it, and `last` to ask from
// the next time. Checked at the edge: an answer that is not as agreed is refused whole, and what it does not name is let through unread.
import { z } from 'zod';
import { isMoment, isPlainText } from '../plausible.ts';

/** Soccer. */
export const SPORT_ID = 29;
/** Fixtures, periods and lines in one answer; more is no offer but a fault. */
const EVENTS_MAX = 20_000;
const LEAGUES_MAX = 5_000;
const PERIODS_MAX = 20;
const LINES_MAX = 100;

const id = z.int().positive();
/** The supplier's own count of changes. It is only ever handed back. */
const last = z.int().nonnegative();
const name = z.string().min(1).max(80).refine(isPlainText, 'is no plain text');
const instant = z.iso
  .datetime()
  .transform((text) => Date.parse(text))
  .refine(isMoment, 'is no moment of these times');
const decimalOdds = z.number().min(1.001).max(1_000);
const score = z.int().min(0).max(99);
/** Goals from the home side, in quarters. */
const quarters = z
  .number()
  .min(-50)
  .max(50)
  .refine((goals) => Number.isInteger(goals * 4), 'is no multiple of a quarter');

const wireEvent = z.object({
  id,
  /** The pre-match fixture that a live one, or one about corners, belongs to. */
  parentId: id.optional(),
  starts: instant,
  home: name,
  away: name,
  /** 0: no live betting, 1: this is the live fixture, 2: there will be one. */
  liveStatus: z.int().min(0).max(2),
  /** O: open, I: lower limits, H: not to be bet on for the moment. */
  status: z.enum(['O', 'I', 'H']),
  /** What is counted: `Regular` are goals. */
  resultingUnit: z.string().max(40).optional(),
});

const wirePeriod = z.object({
  /** 0: the match, 1: the first half, 2: the second. */
  number: z.int().min(0).max(100),
  cutoff: instant,
  /** 1: open for betting, 2: not. */
  status: z.int().min(0).max(9),
  moneyline: z.object({ home: decimalOdds, away: decimalOdds, draw: decimalOdds.optional() }).optional(),
  spreads: z
    .array(z.object({ hdp: quarters, home: decimalOdds, away: decimalOdds }))
    .max(LINES_MAX)
    .optional(),
  totals: z
    .array(z.object({ points: quarters.refine((goals) => goals > 0), over: decimalOdds, under: decimalOdds }))
    .max(LINES_MAX)
    .optional(),
});

const wireOdds = z.object({
  id,
  homeScore: score.optional(),
  awayScore: score.optional(),
  periods: z.array(wirePeriod).max(PERIODS_MAX),
});

const wireSettlement = z.object({
  number: z.int().min(0).max(100),
  /** 1: settled, 2: settled again, 3: cancelled, 4: cancelled after all, 5: the fixture was deleted. */
  status: z.int().min(1).max(5),
  settledAt: instant,
  team1Score: score,
  team2Score: score,
});

const leagues = <T extends z.ZodType>(event: T) =>
  z.array(z.object({ id, events: z.array(event).max(EVENTS_MAX) })).max(LEAGUES_MAX);

export const ANSWERS = {
  leagues: z.object({
    leagues: z.array(z.object({ id, name, homeTeamType: z.enum(['Team1', 'Team2']).default('Team1') })).max(LEAGUES_MAX),
  }),
  fixtures: z.object({
    last,
    league: z.array(z.object({ id, name, events: z.array(wireEvent).max(EVENTS_MAX) })).max(LEAGUES_MAX),
  }),
  odds: z.object({ last, leagues: leagues(wireOdds) }),
  settled: z.object({ last, leagues: leagues(z.object({ id, settlements: z.array(wireSettlement).max(PERIODS_MAX) })) }),
} as const;

export type Endpoint = keyof typeof ANSWERS;
export type AnswerOf<E extends Endpoint> = z.infer<(typeof ANSWERS)[E]>;
export type WireEvent = z.infer<typeof wireEvent>;
export type WirePeriod = z.infer<typeof wirePeriod>;
export type WireOdds = z.infer<typeof wireOdds>;
export type WireSettlement = z.infer<typeof wireSettlement>;

export const PATHS: Readonly<Record<Endpoint, string>> = {
  leagues: '/v3/leagues',
  fixtures: '/v3/fixtures',
  odds: '/v3/odds',
  settled: '/v3/fixtures/settled',
};
