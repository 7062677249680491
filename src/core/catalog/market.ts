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

export type MarketType = keyof typeof MARKET_SELECTIONS;
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
  if (!Object.hasOwn(MARKET_SELECTIONS, type)) return null;
  let stat: Stat = 'goals';
  let period: Period = 'ft';
  for (const word of qualifiers) {
    if ((STATS as readonly string[]).includes(word)) stat = word as Stat;
    else if ((PERIODS as readonly string[]).includes(word)) period = word as Period;
    else return null;
  }
  const market: MarketName = { eventId, type: type as MarketType, stat, period };
  const named = lineText === undefined ? market : { ...market, lineQuarters: Number(lineText) * 4 };
  if (!hasSoundLine(named) || marketIdOf(named) !== id) return null;
  return named;
}

function hasSoundLine(market: MarketTerms): boolean {
  const line = market.lineQuarters;
  if (!TYPES_WITH_LINE.has(market.type)) return line === undefined;
  if (line === undefined || !Number.isInteger(line) || Math.abs(line) > LINE_QUARTERS_MAX) return false;
  return market.type === 'ah' || line > 0;
}

export function selectionsOf(type: MarketType): readonly string[] {
  return MARKET_SELECTIONS[type];
}
