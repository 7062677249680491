// Orders through the real engine on a durable PostgreSQL: 70 % rest, 20 % cancel, 10 % match, at a fixed rate, over a deep book.
import { hash } from 'node:crypto';
import { canonical } from '#core/base/canonical.ts';
import { orderIdOf } from '#core/exchange/order-commands.ts';
import { initialShard } from '#core/kernel/state.ts';
import { CHAIN_START } from '#engine/journal/chain-reader.ts';
import { foldFrom } from '#engine/state/restore.ts';
import { stateHash } from '#engine/state/snapshot.ts';
import { GATHER_MS } from '#engine/gather-pause.ts';
import { Writer } from '#engine/writer.ts';
import { silentLog } from '#ports/log.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { assertDurable, note, withBenchDatabase } from '../bench-database.ts';
import { measureOpenLoop } from '../open-loop.ts';
import {
  EncodedBets,
  encode,
  flat,
  LEDGER,
  makeUsers,
  marketName,
  MARKETS,
  nextCommandId,
  prepareArena,
  TENANT,
} from '../writer-load.ts';

const USERS = 20_000;
/** Resting before the clock starts: far from the market, so that they stay. */
const RESTING = 100_000;
/** A cancel takes back the order placed this many commands before it. */
const CANCELLED_AFTER = 10_000;
/** Far prices in thousandths: nothing reaches them. */
const FAR = { back: 900_000, lay: 1_010 };
const SELECTIONS = ['home', 'draw', 'away'];
const SIDES = ['back', 'lay'] as const;

export async function ordersThroughWriter(windows: number): Promise<Record<string, unknown>> {
  return withBenchDatabase(async (database) => {
    const durability = await assertDurable(database);
    const clock = new SystemClock();
    const journal = new PostgresJournal(await database.connect(), database.pool);
    const writer = new Writer(
      { shard: 0, lease: { holder: 'bench', address: '', ttlMs: 3_600_000 }, gatherMs: GATHER_MS },
      { journal, snapshots: null, clock, log: { ...silentLog, error: console.error, warn: console.warn } },
    );
    const users = makeUsers(USERS);
    await writer.start();
    await prepareArena(writer, users);
    await openExchanges(writer);
    note('filling the books ...');
    await fill(writer, users);
    let next = 0;
    const load = (count: number): EncodedBets => {
      const encoded = new EncodedBets(users, next, count, encodeStep);
      next += count;
      return encoded;
    };
    const openLoop = await measureOpenLoop({ database, writer, next: load, windows });
    const ledger = writer.state?.ledgers.get(LEDGER);
    const open = ledger?.exchange.orders.size ?? 0;
    const balanced = [...(ledger?.accounts.sums().values() ?? [])].every((sum) => sum === 0n);
    const state = initialShard();
    await foldFrom(journal, 0, { state, place: CHAIN_START });
    const rebuilt = stateHash(state) === stateHash(writer.state as Parameters<typeof stateHash>[0]);
    if (!balanced || !rebuilt || open < RESTING) throw new Error(`orders: ${JSON.stringify({ balanced, rebuilt, open })}`);
    await writer.stop();
    return { ...openLoop, openOrders: open, balanced, rebuiltEqual: rebuilt, durability };
  });
}

export async function openExchanges(writer: Writer): Promise<void> {
  await send(
    writer,
    encode({
      via: 'worker',
      lane: 'control',
      ownerId: 'usr_bench',
      cmd: { type: 'SetLimits', limits: { openOrdersMax: 1_000_000 } },
    }),
  );
  for (let i = 0; i < MARKETS; i++) {
    const cmd = { type: 'OpenExchange', marketId: marketName(i), terms: {} } as const;
    await send(writer, encode({ via: 'worker', lane: 'facts', ownerId: 'usr_bench', cmd }));
  }
}

export async function fill(writer: Writer, users: readonly string[]): Promise<void> {
  const each = 2_000;
  for (let from = 0; from < RESTING; from += each) {
    await Promise.all(Array.from({ length: each }, (_, i) => send(writer, encodeOrder(users, from + i, { far: true }))));
  }
}

async function send(writer: Writer, encoded: string): Promise<void> {
  const answer = JSON.parse(await writer.submit(encoded)) as { result: unknown };
  if (answer.result !== 'done') throw new Error(JSON.stringify(answer.result));
}

/** The nth command. Of ten: one matches, two are far orders, two cancel the far order of 10,000 commands before, the rest stand at the market. */
export function encodeStep(users: readonly string[], n: number): string {
  const kind = n % 10;
  if (kind === 0) return encodeOrder(users, n, { match: true });
  const cancels = kind === 3 || kind === 8;
  if (cancels && n >= CANCELLED_AFTER) return encodeCancel(users, n - CANCELLED_AFTER + 1);
  return encodeOrder(users, n, { far: kind === 4 || kind === 9 });
}

/** Names of the orders that a cancel may name, by number of the command. */
const placed: string[] = [];

function encodeOrder(users: readonly string[], n: number, of: { match?: boolean; far?: boolean }): string {
  const side = SIDES[(n >> 1) & 1] as (typeof SIDES)[number];
  const step = ((n * 7) % 30) * 20;
  const near = side === 'back' ? 2_400 + (step % 600) : 2_380 - (step % 380);
  const crossing = side === 'back' ? 2_000 : 2_980;
  const priceMilli = of.far === true ? FAR[side] : of.match === true ? crossing : near;
  const sizeMinor = of.match === true ? 600 : 100 + (n % 50);
  const holder = userOf(users, n);
  const commandId = nextCommandId(Date.now());
  placed[n] = orderIdOf(commandId);
  const cmd =
    `{"holder":"${holder}","kind":"limit","marketId":"${marketName(Math.floor(n / 10))}","orderId":"${placed[n]}","persistence":"lapse",` +
    `"priceMilli":${priceMilli},"selectionId":"${SELECTIONS[n % 3]}","side":"${side}","sizeMinor":${sizeMinor},"timeInForce":"rest","type":"PlaceOrder"}`;
  return envelope(holder, cmd, commandId);
}

function encodeCancel(users: readonly string[], n: number): string {
  return envelope(userOf(users, n), `{"orderId":"${placed[n]}","type":"CancelOrder"}`, nextCommandId(Date.now()));
}

function userOf(users: readonly string[], n: number): string {
  return users[(n * 7919) % users.length] as string;
}

function envelope(holder: string, cmd: string, commandId: string): string {
  const payload = hash('sha256', `["${holder}","${TENANT}",${cmd}]`).slice(0, 32);
  return flat(
    `{"actor":{"ownerId":"${holder}","tenantId":"${TENANT}","via":"api"},"cmd":${cmd},"commandId":"${commandId}",` +
      `"lane":"people","ledgerId":"${LEDGER}","payloadHash":"${payload}"}`,
  );
}

/** Throws unless what is written out here is what the library would send. */
export function selfCheck(): void {
  const users = makeUsers(10);
  for (const n of [0, 1, 4]) {
    const text = encodeStep(users, n);
    const { actor, cmd, commandId, lane, ledgerId } = JSON.parse(text);
    if (canonical(JSON.parse(text)) !== text) throw new Error(`bench order ${n} is not canonical`);
    const sent = JSON.parse(encode({ via: actor.via, lane, ownerId: actor.ownerId, cmd }));
    if (sent.payloadHash !== JSON.parse(text).payloadHash || !commandId || ledgerId !== LEDGER)
      throw new Error('bench payload hash differs');
  }
}
