// An installation for tests: real writers with their couriers over one journal, while answers are lost, commands come twice, commits fail and
// processes are left for dead without knowing it.
import assert from 'node:assert/strict';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { deriveId } from '#core/base/ids.ts';
import type { Refusal } from '#core/base/refusal.ts';
import { makeRng, randomInt, type Rng } from '#core/base/rng.ts';
import type { Command } from '#core/kernel/command.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { availableMinor, holderOf } from '#core/kernel/state.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { transitOf } from '#core/ledger/transfer-money.ts';
import type { Commands } from '#ports/commands.ts';
import { type Fields, type Log, silentLog } from '#ports/log.ts';
import { FaultyJournal } from './faulty-journal.ts';
import { type Answer, encodeAnswer, encodeEnvelope } from '#engine/envelope.ts';
import { eventsOf } from '#engine/journal/chain-reader.ts';
import { Writer } from '#engine/writer.ts';
import { BanCourier } from '#engine/shards/ban-courier.ts';
import { shardOfCommand, ShardRouter } from '#engine/shards/shard-router.ts';
import { TransferCourier } from '#engine/shards/transfer-courier.ts';

export const TENANT = deriveId('ten', 1, 'tenant');
export const LEDGERS = ['main', 'arena', 'third'];
export const NOWHERE = 'nowhere'; // its shard has a writer, but nobody opened it
export const PEOPLE = ['ana', 'bea', 'cid'].map((name) => deriveId('usr', 1, name));
export const FUNDS_MINOR = 10_000;
export const SHARDS = [...new Set([...LEDGERS, NOWHERE].map(shardOf))];

interface Seat {
  readonly writer: Writer;
  readonly courier: TransferCourier;
  readonly bans: BanCourier;
}

/** One journal, and whoever holds its shards at the moment. */
export class Installation {
  readonly clock = new SystemClock();
  readonly store = new MemoryJournal(() => this.clock.now());
  readonly journal = new FaultyJournal(this.store);
  readonly seats = new Map<number, Seat>();
  readonly abandoned: Seat[] = [];
  readonly inUse = new Set<number>();
  /** What couriers logged as errors. */
  readonly errors: (Fields & { readonly event: string })[] = [];
  readonly #rng: Rng;
  readonly router: ShardRouter;
  /** Share of commands of couriers that something happens to, in a hundred. */
  troublePct = 0;
  /** What couriers are answered first, instead of being asked of a writer. */
  readonly refusals: Refusal[] = [];
  /** A shard that gives couriers no answer, and how many wait for one. */
  dead: number | null = null;
  waiting = 0;
  #ids = 0;

  constructor(seed: number) {
    this.#rng = makeRng(seed, 'courier');
    const busy: Commands = { submit: () => Promise.reject(new Error('nobody holds the shard')) };
    this.router = new ShardRouter({ here: (shard) => this.seats.get(shard)?.writer ?? null, away: () => busy });
  }

  static async open(seed: number): Promise<Installation> {
    const installation = new Installation(seed);
    for (const shard of SHARDS) await installation.take(shard);
    for (const ledgerId of LEDGERS) {
      await installation.done(ledgerId, { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
      for (const holder of PEOPLE) {
        const who = { holder, ownerId: holder, tenantId: TENANT };
        await installation.done(ledgerId, { type: 'IssueFunds', ...who, amountMinor: FUNDS_MINOR });
      }
    }
    return installation;
  }

  /** Another process takes the shard; the one before it, if any, was killed or only believes that it goes on. */
  async take(shard: number): Promise<void> {
    const before = this.seats.get(shard);
    if (before) this.abandoned.push(before);
    const couriers: (TransferCourier | BanCourier)[] = [];
    let holder: BanCourier | null = null;
    if (before) await this.store.renew(shard, before.writer.epoch, -1); // its lease has run out
    const lease = { holder: `process ${this.#ids++}`, address: '', ttlMs: 60_000 };
    const writer: Writer = new Writer(
      {
        shard,
        lease,
        keysMax: 1_000,
        holdBack: (lane, ledgerId) => holder?.holdBack(lane, ledgerId) ?? null,
        onCommit: () => couriers.forEach((each) => each.notify()),
      },
      { journal: this.journal, snapshots: null, clock: this.clock, log: silentLog },
    );
    assert.ok(await writer.start());
    const shards = { use: async (used: number) => void this.inUse.add(used) };
    const commands = { submit: (encoded: string) => this.#troubled(encoded) };
    const log: Log = { ...silentLog, error: (event, fields) => void this.errors.push({ ...fields, event }) };
    const ports = { writer, commands, shards, clock: this.clock, log };
    const [courier, bans] = [new TransferCourier(ports), new BanCourier(ports)];
    holder = bans;
    couriers.push(courier, bans);
    this.seats.set(shard, { writer, courier, bans });
    for (const each of couriers) each.start();
  }

  async #troubled(encoded: string): Promise<string> {
    const shard = shardOfCommand(encoded);
    const result = this.refusals.shift();
    if (result) return encodeAnswer({ commandId: '', shard, seq: 0, result });
    if (shard === this.dead) {
      this.waiting++;
      return new Promise(() => undefined);
    }
    const fate = randomInt(this.#rng, 0, 99);
    if (fate >= this.troublePct) return this.router.submit(encoded);
    const kind = fate % 4;
    if (kind === 0) throw new Error('lost on the way');
    if (kind === 1) await new Promise((resolve) => setTimeout(resolve, randomInt(this.#rng, 1, 30)));
    if (kind === 2) void this.router.submit(encoded).catch(() => undefined);
    const answer = await this.router.submit(encoded);
    if (kind === 3) throw new Error('the answer is lost');
    return answer;
  }

  /** Asked again, with the same key, until there is an answer for good. */
  async ask(ledgerId: string, cmd: Command): Promise<Answer> {
    const encoded = this.#encode(ledgerId, cmd);
    for (;;) {
      const answer = JSON.parse(await this.router.submit(encoded)) as Answer;
      if (answer.result === 'done' || answer.result.next !== 'retry') return answer;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The first answer: `done`, or why not. */
  async once(ledgerId: string, cmd: Command): Promise<string> {
    const { result } = JSON.parse(await this.router.submit(this.#encode(ledgerId, cmd))) as Answer;
    return result === 'done' ? result : result.code;
  }

  #encode(ledgerId: string, cmd: Command): string {
    const commandId = deriveId('cmd', this.clock.now(), `test ${this.#ids++}`);
    const via = cmd.type === 'SendTransfer' ? 'operator' : 'worker';
    const actor = { ownerId: 'system', tenantId: TENANT, via } as const;
    return encodeEnvelope({ commandId, ledgerId, actor, lane: 'people', cmd });
  }

  async done(ledgerId: string, cmd: Command): Promise<void> {
    const { result } = await this.ask(ledgerId, cmd);
    assert.equal(result, 'done', JSON.stringify(result));
  }

  async events(): Promise<NewEvent[]> {
    const all: NewEvent[] = [];
    for (const shard of SHARDS) for (const block of await this.store.read(shard, 1, 100_000)) all.push(...eventsOf(block));
    return all;
  }

  get open(): number {
    return [...this.seats.values()].reduce((sum, { courier }) => sum + courier.open, 0);
  }

  async settled(): Promise<void> {
    for (const end = Date.now() + 20_000; this.open > 0; await new Promise((resolve) => setTimeout(resolve, 10)))
      assert.ok(Date.now() < end, `${this.open} transfers have no end`);
  }

  available(ledgerId: string, who: string): number {
    const ledger = this.seats.get(shardOf(ledgerId))?.writer.state?.ledgers.get(ledgerId);
    const holder = ledger && holderOf(ledger, who);
    return holder ? availableMinor(ledger, holder) : 0;
  }

  transit(ledgerId: string, other: string): number {
    const ledger = this.seats.get(shardOf(ledgerId))?.writer.state?.ledgers.get(ledgerId);
    return ledger?.accounts.balance(transitOf(other), 'PLAY') ?? 0;
  }

  async close(): Promise<void> {
    this.journal.letGo();
    const seats = [...this.seats.values(), ...this.abandoned];
    await Promise.all(seats.flatMap(({ bans, courier }) => [courier.stop(), bans.stop()]));
    await Promise.all(seats.map(({ writer }) => writer.stop()));
  }
}
