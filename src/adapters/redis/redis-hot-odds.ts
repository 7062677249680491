// Hot prices in Redis. One hash per fixture under the name of a generation. The keeper keeps the generation alive; when it could not write
// something, or Redis lost it, a new generation begins and everything that was kept before is void. Scripts compare before they set.
import { randomUUID } from 'node:crypto';
import type { NumberedQuote, Quote } from '#core/catalog/quote.ts';
import type { HotOdds, HotOddsKeeper, HotRead, HotRow } from '#ports/hot-odds.ts';
import type { RedisConnection } from './redis-connection.ts';

const GENERATION = 'palpite:odds:generation';
const PREFIX = 'palpite:odds:';
/** A generation that its keeper does not renew is void after this, ms: for so long a cache without a keeper may be believed. */
export const GENERATION_MS = 1_000;
const RENEW_MS = 300;
/** Fixtures are forgotten this long after their last write, ms. */
const FIXTURE_MS = 600_000;
/** Prices in one script call: Redis does nothing else meanwhile. */
const ROWS_MAX = 250;

/** Sets each field unless it holds a newer price. ARGV: then five for each price. */
const KEEP = `
local function keep(key, field, seq, at, value)
  local known = redis.call('HGET', key, field)
  if known then
    local knownSeq, knownAt = string.match(known, '^(%d+) (%d+) ')
    knownSeq, knownAt, seq, at = tonumber(knownSeq), tonumber(knownAt), tonumber(seq), tonumber(at)
    if seq < knownSeq or (seq == knownSeq and at <= knownAt) then return end
  end
  redis.call('HSET', key, field, value)
end`;

const PUT = `${KEEP}
for i = 3, #ARGV, 5 do
  local key = ARGV[1] .. ARGV[i]
  local seq, at = string.match(ARGV[i + 2], '^(%d+) (%d+)$')
  keep(key, ARGV[i + 1], seq, at, ARGV[i + 2] .. ' ' .. ARGV[i + 3] .. ' ' .. ARGV[i + 4])
  redis.call('PEXPIRE', key, ARGV[2])
end`;

/** The mark "=" says that the fixture is whole. Refused when the generation is another: what was read may be older than what was lost. */
const FILL = `${KEEP}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 3, #ARGV, 4 do
  local seq, at = string.match(ARGV[i + 1], '^(%d+) (%d+)$')
  keep(KEYS[2], ARGV[i], seq, at, ARGV[i + 1] .. ' ' .. ARGV[i + 2] .. ' ' .. ARGV[i + 3])
end
redis.call('HSET', KEYS[2], '=', '1')
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1`;

const READ = `
local generation = redis.call('GET', KEYS[1])
if not generation then return {} end
return { generation, redis.call('HGETALL', ARGV[1] .. generation .. ':' .. ARGV[2]) }`;

/** 1: renewed. 0: it is gone. -1: somebody else keeps. */
const RENEW = `
local generation = redis.call('GET', KEYS[1])
if generation == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if generation then return -1 end
return 0`;

export class RedisHotOdds implements HotOdds, HotOddsKeeper {
  readonly #redis: RedisConnection;
  #generation = '';
  /** Something was not written: what Redis holds is not vouched for. */
  #lost = false;
  /** Another keeper began after this one: nothing is kept here until that one is gone. */
  #displaced = false;
  #renewing: NodeJS.Timeout | null = null;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async begin(): Promise<void> {
    this.end();
    this.#displaced = false;
    await this.#renewAll();
    this.#renewing = setInterval(() => void this.#renew(), RENEW_MS);
    this.#renewing.unref();
  }

  end(): void {
    if (this.#renewing) clearInterval(this.#renewing);
    this.#renewing = null;
    this.#lost = true;
  }

  async put(rows: readonly HotRow[]): Promise<void> {
    if (this.#lost) return;
    const generation = this.#generation;
    try {
      for (let at = 0; at < rows.length; at += ROWS_MAX) {
        const values = rows.slice(at, at + ROWS_MAX).flatMap((row) => [row.eventId, ...fieldsOf(row)]);
        await this.#redis.ask((client) => client.eval(PUT, 0, `${PREFIX}${generation}:`, FIXTURE_MS, ...values));
      }
    } catch {
      if (generation === this.#generation) this.#lost = true;
    }
  }

  async read(eventId: string): Promise<HotRead> {
    try {
      const answer = (await this.#redis.ask((client) => client.eval(READ, 1, GENERATION, PREFIX, eventId))) as [
        string?,
        string[]?,
      ];
      const [place = null, fields = []] = answer;
      return { place, quotes: quotesOf(fields) };
    } catch {
      return { place: null, quotes: null };
    }
  }

  async fill(eventId: string, quotes: readonly NumberedQuote[], place: string): Promise<void> {
    const values = quotes.flatMap(fieldsOf);
    const key = `${PREFIX}${place}:${eventId}`;
    await this.#redis.ask((client) => client.eval(FILL, 2, GENERATION, key, place, FIXTURE_MS, ...values)).catch(() => undefined);
  }

  async #renew(): Promise<void> {
    if (this.#lost && !this.#displaced) return this.#renewAll();
    try {
      const renewed = await this.#redis.ask((client) => client.eval(RENEW, 1, GENERATION, this.#generation, GENERATION_MS));
      if (renewed === 0) await this.#renewAll();
      else if (renewed === -1) this.#lost = this.#displaced = true;
    } catch {
      // It ends by itself if this goes on.
    }
  }

  /** What was kept before is void from here on. What is committed from now on is written under the new name, or makes this one void too. */
  async #renewAll(): Promise<void> {
    this.#generation = randomUUID();
    this.#lost = this.#displaced = false;
    try {
      await this.#redis.ask((client) => client.set(GENERATION, this.#generation, 'PX', GENERATION_MS));
    } catch {
      this.#lost = true;
    }
  }
}

function fieldsOf({ n, quote }: NumberedQuote): (string | number)[] {
  return [`${quote.marketId} ${quote.source}`, `${quote.quoteSeq} ${quote.confirmedAt}`, n, JSON.stringify(quote)];
}

/** Null unless the mark of a whole fixture is there. */
function quotesOf(fields: readonly string[]): NumberedQuote[] | null {
  const quotes: NumberedQuote[] = [];
  let whole = false;
  for (let at = 0; at < fields.length; at += 2) {
    const value = fields[at + 1] as string;
    if (fields[at] === '=') whole = true;
    else quotes.push(quoteOf(value));
  }
  return whole ? quotes : null;
}

function quoteOf(value: string): NumberedQuote {
  const [, , n = ''] = value.split(' ', 3);
  return { n: Number(n), quote: JSON.parse(value.slice(value.indexOf('{'))) as Quote };
}
