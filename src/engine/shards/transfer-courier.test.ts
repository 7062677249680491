// The courier over real writers, while answers are lost, commands come twice, commits fail and processes are left for dead without knowing it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { deriveId } from '#core/base/ids.ts';
import { type Refusal, refuse } from '#core/base/refusal.ts';
import { makeRng, pickOne, randomInt, type Rng } from '#core/base/rng.ts';
import type { Command } from '#core/kernel/command.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { availableMinor, holderOf } from '#core/kernel/state.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { transitOf } from '#core/ledger/transfer-money.ts';
import type { Commands } from '#ports/commands.ts';
import { silentLog } from '#ports/log.ts';
import { FaultyJournal } from '../../../test/engine/faulty-journal.ts';
import { type Answer, encodeAnswer, encodeEnvelope } from '../envelope.ts';
import { eventsOf } from '../journal/chain-reader.ts';
import { verifyChain } from '../journal/journal-verify.ts';
import { Writer } from '../writer.ts';
import { shardOfCommand, ShardRouter } from './shard-router.ts';
import { TransferCourier } from './transfer-courier.ts';

const TENANT = deriveId('ten', 1, 'tenant');
const LEDGERS = ['main', 'arena', 'third'];
const NOWHERE = 'nowhere'; // its shard has a writer, but nobody opened it
const PEOPLE = ['ana', 'bea', 'cid'].map((name) => deriveId('usr', 1, name));
const FUNDS_MINOR = 10_000;
const SHARDS = [...new Set([...LEDGERS, NOWHERE].map(shardOf))];

interface Seat {
  readonly writer: Writer;
  readonly courier: TransferCourier;
}

/** One journal, and whoever holds its shards at the moment. */
class Installation {
  readonly clock = new SystemClock();
  readonly store = new MemoryJournal(() => this.clock.now());
  readonly journal = new FaultyJournal(this.store);
  readonly seats = new Map<number, Seat>();
  readonly abandoned: Seat[] = [];
  readonly inUse = new Set<number>();
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
    const couriers: TransferCourier[] = [];
    if (before) await this.store.renew(shard, before.writer.epoch, -1); // its lease has run out
    const lease = { holder: `process ${this.#ids++}`, address: '', ttlMs: 60_000 };
    const writer: Writer = new Writer(
      { shard, lease, keysMax: 1_000, onCommit: () => couriers[0]?.notify() },
      { journal: this.journal, snapshots: null, clock: this.clock, log: silentLog },
    );
    assert.ok(await writer.start());
    const shards = { use: async (used: number) => void this.inUse.add(used) };
    const commands = { submit: (encoded: string) => this.#troubled(encoded) };
    const courier = new TransferCourier({ writer, commands, shards, clock: this.clock, log: silentLog });
    couriers.push(courier);
    this.seats.set(shard, { writer, courier });
    courier.start();
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

  async ask(ledgerId: string, cmd: Command): Promise<Answer> {
    const commandId = deriveId('cmd', this.clock.now(), `test ${this.#ids++}`);
    const via = cmd.type === 'SendTransfer' ? 'operator' : 'worker';
    const actor = { ownerId: 'system', tenantId: TENANT, via } as const;
    const encoded = encodeEnvelope({ commandId, ledgerId, actor, lane: 'people', cmd });
    for (;;) {
      const answer = JSON.parse(await this.router.submit(encoded)) as Answer;
      if (answer.result === 'done' || answer.result.next !== 'retry') return answer; // else asked again, with the same key
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
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
    await Promise.all(seats.map(({ courier }) => courier.stop()));
    await Promise.all(seats.map(({ writer }) => writer.stop()));
  }
}

const send = (who: string, toLedger: string, amountMinor: number): Command => ({
  type: 'SendTransfer',
  holder: who,
  toLedger,
  toHolder: who,
  amountMinor,
  currency: 'PLAY',
});

describe('TransferCourier', () => {
  it('carries money to another shard, and brings back what nobody takes', async () => {
    const installation = await Installation.open(1);
    const [ana = ''] = PEOPLE;
    await installation.done('main', send(ana, 'arena', 100));
    await installation.done('main', send(ana, NOWHERE, 50));
    await installation.settled();
    assert.deepEqual([installation.available('main', ana), installation.available('arena', ana)], [9_900, 10_100]);
    const ends = (await installation.events()).filter(({ type }) => type === 'TransferConfirmed' || type === 'TransferReturned');
    assert.deepEqual(ends.map(({ type }) => type).toSorted(), ['TransferConfirmed', 'TransferReturned']);
    assert.ok(installation.inUse.has(shardOf(NOWHERE)), 'a shard that nobody uses has no writer that could refuse');
    await installation.close();
  });

  it('delivers nothing before it is durable, and once when the commit was lost and it is sent again', async () => {
    const installation = await Installation.open(2);
    const [ana = ''] = PEOPLE;
    const answer = installation.ask('main', send(ana, 'arena', 100));
    installation.journal.hold(shardOf('main'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(installation.open, 1, 'it is decided');
    installation.seats.get(shardOf('main'))?.courier.notify(); // as another commit would
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(installation.available('arena', ana), FUNDS_MINOR);
    await installation.take(shardOf('main')); // another holds the shard now: what waits will be refused
    installation.journal.letGo();
    assert.equal((await answer).result, 'done', 'asked again, of its successor');
    await installation.settled();
    assert.deepEqual([installation.available('main', ana), installation.available('arena', ana)], [9_900, 10_100]);
    assert.equal((await installation.events()).filter(({ type }) => type === 'TransferReceived').length, 1);
    await installation.close();
  });

  it('asks again soon when a writer cannot judge for now', async () => {
    const installation = await Installation.open(3);
    const [ana = ''] = PEOPLE;
    installation.refusals.push(refuse('read_only'), refuse('storage_full'), refuse('malformed', { path: '/commandId' }));
    await installation.done('main', send(ana, 'arena', 100));
    await installation.settled();
    assert.equal(installation.refusals.length, 0);
    assert.equal(installation.available('arena', ana), 10_100);
    await installation.close();
  });

  it('carries money to one shard while another does not answer, however much goes there', async () => {
    assert.notEqual(shardOf('arena'), shardOf('third'));
    const installation = await Installation.open(4);
    const [ana = ''] = PEOPLE;
    installation.dead = shardOf('arena');
    const many = PEOPLE.flatMap((who) => Array.from({ length: 99 }, () => who)); // a person may have 100 on their way
    await Promise.all(many.map((who) => installation.done('main', send(who, 'arena', 1))));
    await installation.done('main', send(ana, 'third', 100));
    for (const end = Date.now() + 5_000; installation.open > many.length; await new Promise((resolve) => setTimeout(resolve, 10)))
      assert.ok(Date.now() < end, 'the transfer to the other shard has no end');
    assert.equal(installation.available('third', ana), 10_100);
    assert.equal(installation.waiting, 16);
    await installation.close();
  });

  for (const seed of [11, 12, 13, 14, 15, 16]) {
    it(`neither loses nor doubles a cent while everything goes wrong, seed ${seed}`, async () => {
      const rng = makeRng(seed, 'transfers');
      const installation = await Installation.open(seed);
      installation.troublePct = 40;
      /** What the oracle knows: accepted transfers by who sent them, from where, where to. */
      const accepted: { from: string; to: string; who: string; amountMinor: number }[] = [];
      for (let round = 0; round < 12; round++) {
        const wishes = Array.from({ length: 10 }, () => ({
          from: pickOne(rng, LEDGERS),
          to: pickOne(rng, [...LEDGERS, NOWHERE]),
          who: pickOne(rng, PEOPLE),
          amountMinor: randomInt(rng, 1, 3_000),
        }));
        await Promise.all(
          wishes.map(async (wish) => {
            const { result } = await installation.ask(wish.from, send(wish.who, wish.to, wish.amountMinor));
            if (result === 'done') accepted.push(wish);
            else assert.ok(['insufficient_funds', 'same_ledger'].includes(result.code), result.code);
          }),
        );
        if (round % 4 === 2) installation.journal.faults.push('before', null, 'after');
        if (round % 3 === 1) await installation.take(pickOne(rng, SHARDS));
      }
      installation.troublePct = 0;
      await installation.settled();
      const expected = new Map<string, number>();
      const key = (ledger: string, who: string): string => `${ledger} ${who}`;
      for (const ledger of LEDGERS) for (const who of PEOPLE) expected.set(key(ledger, who), FUNDS_MINOR);
      for (const { amountMinor, from, to, who } of accepted) {
        if (to === NOWHERE) continue; // came back
        expected.set(key(from, who), (expected.get(key(from, who)) ?? 0) - amountMinor);
        expected.set(key(to, who), (expected.get(key(to, who)) ?? 0) + amountMinor);
      }
      for (const ledger of LEDGERS)
        for (const who of PEOPLE) assert.equal(installation.available(ledger, who), expected.get(key(ledger, who)));
      for (const a of LEDGERS) {
        assert.equal(installation.transit(a, NOWHERE), 0);
        for (const b of LEDGERS) assert.equal(installation.transit(a, b) + installation.transit(b, a), 0);
      }
      const count = new Map<string, number>();
      for (const e of await installation.events())
        if (e.type.startsWith('Transfer')) count.set(e.type, (count.get(e.type) ?? 0) + 1);
      const back = accepted.filter(({ to }) => to === NOWHERE).length;
      assert.ok(accepted.length > 40 && back > 5, `${accepted.length} transfers, ${back} to nowhere`);
      assert.deepEqual(
        ['TransferSent', 'TransferReceived', 'TransferConfirmed', 'TransferReturned'].map((type) => count.get(type) ?? 0),
        [accepted.length, accepted.length - back, accepted.length - back, back],
      );
      await installation.close();
      for (const shard of SHARDS) assert.equal((await verifyChain(installation.store, shard, { decideAgain: true })).fault, null);
    });
  }
});
