// A market is named by its fixture and its type: `<eventId>/<type>[.<stat>][.<period>][@<line>]`. One line is one market.
// Lines are quarters of a goal seen from the home side (-0.75 is -3).

export const MARKET_SELECTIONS = {
  '1x2': ['home', 'draw', 'away'],
  dc: ['1x', '12', 'x2'],
  dnb: ['home', 'away'],
  btts: ['yes', 'no'],
  yesno: ['yes', 'no'],
  ou: ['over', 'under'],
  ah: ['home', 'away'],
} as const satisfies Record<string, readonly string[]>;

/** Types whose selections are the same in every market. */
export type FixedType = keyof typeof MARKET_SELECTIONS;
/** Types whose selections are stated when a market is opened: participants of a race or a competition, or scores. */
export type StatedType = 'win' | 'place' | 'outright' | 'cs';
export type MarketType = FixedType | StatedType;
const STATED_TYPES: ReadonlySet<string> = new Set<StatedType>(['win', 'place', 'outright', 'cs']);
/** Markets on who comes where: no statistic and no period of theirs. */
const RUNNER_TYPES: ReadonlySet<string> = new Set<StatedType>(['win', 'place', 'outright']);
export const STATS = ['goals', 'corners', 'cards'] as const;
export type Stat = (typeof STATS)[number];
export const PERIODS = ['ft', 'h1', 'h2', 'et', 'pens'] as const;
export type Period = (typeof PERIODS)[number];

export interface MarketTerms {
  readonly type: MarketType;
  readonly stat: Stat;
  readonly period: Period;
  readonly lineQuarters?: number;
}

export interface MarketName extends MarketTerms {
  readonly eventId: string;
}

/** Largest line accepted: 50 goals, corners or cards. */
export const LINE_QUARTERS_MAX = 200;
const MARKET_ID_MAX = 160;
/** Leaves room for the longest market name behind it, such as `/ou.corners.pens@49.75`. */
const EVENT_ID_MAX = 128;
const EVENT_ID = /^[a-z0-9]+(?::[A-Za-z0-9._-]+)+$/;
/** Begins with a letter: an object's members that look like whole numbers would not keep the order of canonical JSON. */
const PARTICIPANT = /^[A-Za-z][A-Za-z0-9._-]{0,47}$/;
const SCORE = /^(?:0|[1-9]\d?)-(?:0|[1-9]\d?)$/;
/** The selection of a correct score market that wins when no other does. */
export const OTHER_SCORE = 'other';
const TYPES_WITH_LINE: ReadonlySet<MarketType> = new Set<MarketType>(['ou', 'ah']);

export function isEventId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= EVENT_ID_MAX && EVENT_ID.test(value);
}

/** Builds the one spelling of a market's id. */
export function marketIdOf(market: MarketName): string {
  const stat = market.stat === 'goals' ? '' : `.${market.stat}`;
  const period = market.period === 'ft' ? '' : `.${market.period}`;
  const line = market.lineQuarters === undefined ? '' : `@${market.lineQuarters / 4}`;
  return `${market.eventId}/${market.type}${stat}${period}${line}`;
}

/** Reads a market id; null unless it is in the one spelling that marketIdOf gives. */
export function parseMarketId(id: string): MarketName | null {
  const slash = id.lastIndexOf('/');
  const eventId = id.slice(0, slash);
  if (slash < 0 || id.length > MARKET_ID_MAX || !isEventId(eventId)) return null;
  const [spec = '', lineText] = id.slice(slash + 1).split('@');
  const [type = '', ...qualifiers] = spec.split('.');
  if (!isMarketType(type)) return null;
  let stat: Stat = 'goals';
  let period: Period = 'ft';
  for (const word of qualifiers) {
    if ((STATS as readonly string[]).includes(word)) stat = word as Stat;
    else if ((PERIODS as readonly string[]).includes(word)) period = word as Period;
    else return null;
  }
  const market: MarketName = { eventId, type, stat, period };
  const named = lineText === undefined ? market : { ...market, lineQuarters: Number(lineText) * 4 };
  if (!hasSoundLine(named) || marketIdOf(named) !== id) return null;
  if (isRunnerType(type) && (stat !== 'goals' || period !== 'ft')) return null;
  return named;
}

function hasSoundLine(market: MarketTerms): boolean {
  const line = market.lineQuarters;
  if (!TYPES_WITH_LINE.has(market.type)) return line === undefined;
  if (line === undefined || !Number.isInteger(line) || Math.abs(line) > LINE_QUARTERS_MAX) return false;
  return market.type === 'ah' || line > 0;
}

export function isMarketType(type: string): type is MarketType {
  return Object.hasOwn(MARKET_SELECTIONS, type) || STATED_TYPES.has(type);
}

export function isFixedType(type: string): type is FixedType {
  return Object.hasOwn(MARKET_SELECTIONS, type);
}

export function isRunnerType(type: string): boolean {
  return RUNNER_TYPES.has(type);
}

/** Selections of a type that has the same in every market; none for the others: each market of theirs states its own. */
export function selectionsOf(type: MarketType): readonly string[] {
  return isFixedType(type) ? MARKET_SELECTIONS[type] : [];
}

/** True when a market of this type may have such a selection; whether it has, its opening says. */
export function mayHaveSelection(type: MarketType, selectionId: unknown): boolean {
  if (typeof selectionId !== 'string') return false;
  if (isFixedType(type)) return selectionsOf(type).includes(selectionId);
  return type === 'cs' ? isScoreName(selectionId) : PARTICIPANT.test(selectionId);
}

/** What a caller is told that named a selection no market of the type can have. */
export function selectionRule(type: MarketType): string {
  if (isFixedType(type)) return `${type} has the selections ${selectionsOf(type).join(', ')}`;
  if (type === 'cs') return `${type} has scores such as 2-1, and ${OTHER_SCORE}`;
  return `${type} has participants: a letter, then letters, digits, dots, dashes and underscores`;
}

function isScoreName(name: string): boolean {
  return name === OTHER_SCORE || SCORE.test(name);
}

export function isParticipant(value: unknown): value is string {
  return typeof value === 'string' && PARTICIPANT.test(value);
}
