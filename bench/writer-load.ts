// The load of the writer bench: 100,000 funded users, a few markets, and encoded bets made before the clock starts.
import { randomBytes } from 'node:crypto';
import { deriveId, makeId } from '#core/base/ids.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Command, Lane, Via } from '#core/kernel/command.ts';
import { encodeEnvelope } from '#engine/envelope.ts';
import type { Writer } from '#engine/writer.ts';

export const TENANT = 'ten_00000000000000000000000001';
export const LEDGER = 'main';
const MARKETS = 20;
const FUNDS_MINOR = 1_000_000_000;

export function makeUsers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => deriveId('usr', 1, `user ${i}`));
}

export function marketName(i: number): string {
  return `fb:B:20260101:home-${i % MARKETS}:away/1x2`;
}

interface Request {
  readonly via: Via;
  readonly lane: Lane;
  readonly ownerId: string;
  readonly cmd: Command;
}

export function encode(request: Request): string {
  const actor = { ownerId: request.ownerId, tenantId: TENANT, via: request.via };
  const commandId = makeId('cmd', Date.now(), randomBytes(10));
  return encodeEnvelope({ commandId, ledgerId: LEDGER, actor, lane: request.lane, cmd: request.cmd });
}

/** Opens the ledger and the markets and funds everybody. */
export async function prepareArena(writer: Writer, users: readonly string[]): Promise<void> {
  const ask = async (via: Via, lane: Lane, cmd: Command): Promise<void> => {
    const answer = JSON.parse(await writer.submit(encode({ via, lane, ownerId: 'usr_bench', cmd }))) as { result: unknown };
    if (answer.result !== 'done') throw new Error(`${cmd.type}: ${JSON.stringify(answer.result)}`);
  };
  await ask('worker', 'control', { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
  const big = 2 ** 49;
  const limits = { houseCapitalMinor: big, marketLossMaxMinor: big, eventLossMaxMinor: big, openBetsMax: 1_000_000 };
  await ask('worker', 'control', { type: 'SetLimits', limits });
  for (let i = 0; i < MARKETS; i++) {
    await ask('worker', 'facts', { type: 'OpenMarket', marketId: marketName(i), startAt: Date.now() + 86_400_000 });
  }
  for (let i = 0; i < users.length; i += 5_000) {
    const some = users.slice(i, i + 5_000);
    await Promise.all(
      some.map((holder) =>
        ask('worker', 'people', { type: 'IssueFunds', holder, ownerId: holder, tenantId: TENANT, amountMinor: FUNDS_MINOR }),
      ),
    );
  }
}

export function putQuotes(writer: Writer): void {
  const at = Date.now();
  for (let i = 0; i < MARKETS; i++) writer.putQuote(quote(marketName(i), at));
}

function quote(marketId: string, at: number): Quote {
  return {
    marketId,
    quoteSeq: 1,
    status: 'open',
    inPlay: false,
    betDelayMs: 0,
    prices: [
      { selectionId: 'home', oddsMilli: 2_100 },
      { selectionId: 'draw', oddsMilli: 3_400 },
      { selectionId: 'away', oddsMilli: 3_600 },
    ],
    source: 'bench',
    sourceEpoch: 1,
    sourceVersion: 1,
    observedAt: at,
    confirmedAt: at,
  };
}

const SELECTIONS = ['home', 'draw', 'away'];

export function encodeBet(users: readonly string[], n: number): string {
  const holder = users[(n * 7919) % users.length] as string;
  const betId = makeId('bet', Date.now(), randomBytes(10));
  const legs = [{ marketId: marketName(n), selectionId: SELECTIONS[n % 3] as string }];
  const cmd = { type: 'PlaceBet', betId, holder, legs, stakeMinor: 100 + (n % 50), minOddsMilli: 2_000, quoteSeq: 1 } as const;
  return encode({ via: 'api', lane: 'people', ownerId: holder, cmd });
}
