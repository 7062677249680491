// Messages of the exchange stream protocol as they are on the wire, and the one check that each passes before anything is done with it:
// a message is right as a whole or refused as a whole. Unknown fields are let through, as the protocol promises to add some.

/** Price and size; size 0 deletes the price. */
export type PricePair = readonly [price: number, size: number];
/** Level, price and size; size 0 deletes the level. */
export type LevelTriple = readonly [level: number, price: number, size: number];

/** Changes of one runner; what is absent is unchanged. A runner is (id, hc), hc 0 when absent. */
export interface RunnerChange {
  readonly id: number;
  readonly hc?: number;
  readonly ltp?: number;
  readonly tv?: number;
  readonly spn?: number | string;
  readonly spf?: number | string;
  readonly atb?: readonly PricePair[];
  readonly atl?: readonly PricePair[];
  readonly trd?: readonly PricePair[];
  readonly spb?: readonly PricePair[];
  readonly spl?: readonly PricePair[];
  readonly batb?: readonly LevelTriple[];
  readonly batl?: readonly LevelTriple[];
  readonly bdatb?: readonly LevelTriple[];
  readonly bdatl?: readonly LevelTriple[];
}

export interface RunnerDefinition {
  readonly id: number;
  readonly hc?: number;
  readonly status: string;
  readonly sortPriority?: number;
  readonly adjustmentFactor?: number;
  /** The reconciled starting price; text when there is none (`NaN`, `Infinity`). */
  readonly bsp?: number | string;
  readonly name?: string;
}

export interface MarketDefinition {
  readonly status: string;
  readonly inPlay?: boolean;
  readonly betDelay?: number;
  readonly version?: number;
  readonly bspMarket?: boolean;
  readonly bspReconciled?: boolean;
  readonly persistenceEnabled?: boolean;
  readonly numberOfWinners?: number;
  readonly eachWayDivisor?: number;
  readonly marketBaseRate?: number;
  readonly marketTime?: string;
  readonly marketType?: string;
  readonly bettingType?: string;
  readonly eventId?: string;
  readonly eventTypeId?: string;
  readonly eventName?: string;
  readonly priceLadderDefinition?: { readonly type?: string };
  readonly runners: readonly RunnerDefinition[];
}

export interface MarketChange {
  readonly id: string;
  /** Replace the market entirely. */
  readonly img?: boolean;
  /** Several changes were put together. */
  readonly con?: boolean;
  readonly tv?: number;
  readonly marketDefinition?: MarketDefinition;
  readonly rc?: readonly RunnerChange[];
}

export interface ChangeMessage {
  readonly op: 'mcm';
  readonly id?: number;
  readonly ct?: 'SUB_IMAGE' | 'RESUB_DELTA' | 'HEARTBEAT';
  readonly clk?: string;
  readonly initialClk?: string;
  /** When it was published, UTC ms; a bare `status: 503` has none. */
  readonly pt?: number;
  readonly heartbeatMs?: number;
  readonly conflateMs?: number;
  readonly segmentType?: 'SEG_START' | 'SEG' | 'SEG_END';
  /** 503: what lies behind the stream is late. */
  readonly status?: number;
  readonly mc?: readonly MarketChange[];
}

export interface StatusMessage {
  readonly op: 'status';
  readonly id?: number;
  readonly statusCode: 'SUCCESS' | 'FAILURE';
  readonly errorCode?: string;
  readonly connectionClosed?: boolean;
  readonly connectionsAvailable?: number;
}

export interface ConnectionMessage {
  readonly op: 'connection';
  readonly connectionId?: string;
}

/** Something that is no market data, such as a change of orders. */
export interface OtherMessage {
  readonly op: 'other';
  readonly name: string;
}

export interface MalformedMessage {
  readonly op: 'malformed';
  readonly fault: string;
}

export type StreamMessage = ChangeMessage | StatusMessage | ConnectionMessage | OtherMessage | MalformedMessage;

/** Markets in one message, runners in one market, levels in one list. */
const MARKETS_MAX = 10_000;
const RUNNERS_MAX = 2_000;
const LEVELS_MAX = 5_000;
/** Largest price or size taken: both stay exact as integers. */
const NUMBER_MAX = 1e12;
const TEXT_MAX = 200;

/** Reads one line of the protocol. */
export function readStreamMessage(text: string): StreamMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return malformed('is not JSON');
  }
  if (!isRecord(message)) return malformed('is not an object');
  switch (message['op']) {
    case 'mcm': {
      const fault = faultOfChange(message);
      return fault === null ? (message as unknown as ChangeMessage) : malformed(fault);
    }
    case 'status':
      if (message['statusCode'] !== 'SUCCESS' && message['statusCode'] !== 'FAILURE')
        return malformed('has a statusCode of no known kind');
      return message as unknown as StatusMessage;
    case 'connection':
      return message as unknown as ConnectionMessage;
    default:
      return typeof message['op'] === 'string' ? { op: 'other', name: message['op'].slice(0, TEXT_MAX) } : malformed('has no op');
  }
}

function malformed(fault: string): MalformedMessage {
  return { op: 'malformed', fault };
}

const CHANGE_TYPES: readonly unknown[] = [undefined, null, 'SUB_IMAGE', 'RESUB_DELTA', 'HEARTBEAT'];
const SEGMENTS: readonly unknown[] = [undefined, null, 'SEG_START', 'SEG', 'SEG_END'];

function faultOfChange(message: Record<string, unknown>): string | null {
  const { mc, pt } = message;
  if (!CHANGE_TYPES.includes(message['ct'])) return 'has a ct of no known kind';
  if (!SEGMENTS.includes(message['segmentType'])) return 'has a segmentType of no known kind';
  if (!isToken(message['clk']) || !isToken(message['initialClk'])) return 'has a clk that is no text';
  if (!isAbsent(pt) && !(Number.isSafeInteger(pt) && (pt as number) > 0)) return 'has a pt that is no time';
  if (!isAbsent(message['status']) && typeof message['status'] !== 'number') return 'has a status that is no number';
  if (isAbsent(mc)) return null;
  if (!Array.isArray(mc) || mc.length > MARKETS_MAX) return 'has an mc that is no list, or too long a one';
  if (mc.length > 0 && isAbsent(pt)) return 'has changes without a pt';
  for (const change of mc) {
    const fault = faultOfMarket(change);
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfMarket(change: unknown): string | null {
  if (!isRecord(change) || typeof change['id'] !== 'string' || change['id'].length > TEXT_MAX)
    return 'has a market without an id';
  const { marketDefinition, rc, tv } = change;
  if (!isAbsent(tv) && !isSize(tv)) return `${change['id']} has a tv that is no size`;
  if (!isAbsent(marketDefinition)) {
    const fault = faultOfDefinition(marketDefinition);
    if (fault !== null) return `${change['id']} ${fault}`;
  }
  if (isAbsent(rc)) return null;
  if (!Array.isArray(rc) || rc.length > RUNNERS_MAX) return `${change['id']} has an rc that is no list, or too long a one`;
  for (const runner of rc) {
    const fault = faultOfRunner(runner);
    if (fault !== null) return `${change['id']} ${fault}`;
  }
  return null;
}

function faultOfDefinition(definition: unknown): string | null {
  if (!isRecord(definition) || typeof definition['status'] !== 'string') return 'has a definition without a status';
  const { runners } = definition;
  if (!Array.isArray(runners) || runners.length > RUNNERS_MAX) return 'has a definition without runners';
  for (const runner of runners) {
    if (!isRecord(runner) || !isRunnerKey(runner['id'], runner['hc']) || typeof runner['status'] !== 'string')
      return 'has a definition with a runner without id or status';
    if (!isAbsent(runner['adjustmentFactor']) && !isSize(runner['adjustmentFactor']))
      return 'has an adjustmentFactor that is none';
  }
  for (const name of ['betDelay', 'version', 'numberOfWinners', 'eachWayDivisor', 'marketBaseRate'])
    if (!isAbsent(definition[name]) && !isSize(definition[name])) return `has a ${name} that is no number`;
  return null;
}

/** Walks the fields that are there: most of a runner's are absent. */
function faultOfRunner(change: unknown): string | null {
  if (!isRecord(change)) return 'has a runner that is no object';
  if (!isRunnerKey(change['id'], change['hc'])) return 'has a runner without an id';
  for (const name in change) {
    const value = change[name];
    switch (name) {
      case 'atb':
      case 'atl':
      case 'trd':
      case 'spb':
      case 'spl':
        if (!areLevels(value, 2)) return `has a runner with an ${name} that is no list of price and size`;
        break;
      case 'batb':
      case 'batl':
      case 'bdatb':
      case 'bdatl':
        if (!areLevels(value, 3)) return `has a runner with a ${name} that is no list of level, price and size`;
        break;
      case 'ltp':
      case 'tv':
        if (!isAbsent(value) && !isSize(value)) return `has a runner with a ${name} that is no number`;
        break;
      default:
    }
  }
  return null;
}

function areLevels(value: unknown, length: number): boolean {
  if (!Array.isArray(value)) return value === null;
  if (value.length > LEVELS_MAX) return false;
  for (const level of value) {
    if (!Array.isArray(level) || level.length !== length) return false;
    for (let i = 0; i < length; i++) if (!isSize(level[i])) return false;
    if (length === 3 && !(Number.isInteger(level[0]) && level[0] < LEVELS_MAX)) return false;
  }
  return true;
}

function isRunnerKey(id: unknown, hc: unknown): boolean {
  return Number.isSafeInteger(id) && (isAbsent(hc) || (typeof hc === 'number' && Math.abs(hc) <= NUMBER_MAX));
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= NUMBER_MAX;
}

function isToken(value: unknown): boolean {
  return isAbsent(value) || (typeof value === 'string' && value.length <= 10_000);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
