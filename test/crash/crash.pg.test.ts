// Thirty times a writing process is killed at a named point of its commit, under load, and started again on the same database.
// Nobody's acknowledged bet may be lost or doubled, and what is stored must hold in every way that can be checked.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { MIGRATIONS_DIR } from '#adapters/postgres/database.ts';
import { type TestDatabase, withTestDatabase } from '#adapters/postgres/embedded/test-database.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { PostgresSnapshots } from '#adapters/postgres/journal/postgres-snapshots.ts';
import { migrateUp } from '#adapters/postgres/schema/migrate.ts';
import { makeRng, randomInt } from '#core/base/rng.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { initialShard } from '#core/kernel/state.ts';
import { CHAIN_START, eventsOf } from '#engine/journal/chain-reader.ts';
import { type Answer } from '#engine/envelope.ts';
import { verifyChain } from '#engine/journal/journal-verify.ts';
import { foldFrom, restore } from '#engine/state/restore.ts';
import { stateHash } from '#engine/state/snapshot.ts';
import { NaiveFold } from '../engine/naive-fold.ts';
import { projectionFaults } from '../engine/projection-check.ts';
import { CrashLoad } from './crash-load.ts';
import { WriterChild } from './writer-child.ts';
import type { CrashOrders } from './writer-process.ts';

const SHARD = 11;
const KILLS = 30;
/** With those that a slow machine needs until every point was reached twice. */
const KILLS_MAX = 60;
/** A point that is not reached within this is replaced by a kill from outside, ms. */
const ROUND_MS = 2_000;
/** Passes before it dies, at most: the further ones meet a process in full swing. */
const POINTS: [point: string, passes: number][] = [
  ['before-begin', 25],
  ['after-send', 25],
  ['after-commit', 25],
  ['after-answer', 600],
  ['mid-projection', 8],
  ['mid-snapshot', 2],
  ['', 0], // killed from outside, whatever it does
];

let database: TestDatabase;
let pool: pg.Pool;
let client: pg.Client;
let journal: PostgresJournal;

before(async () => {
  database = await withTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
  await migrateUp(pool, { dir: MIGRATIONS_DIR });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  journal = new PostgresJournal(client, pool);
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map((child) => child.exited));
  await client.end();
  await pool.end();
  await database.close();
});

const load = new CrashLoad(Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000));
const children: WriterChild[] = [];

async function blocksOf(epoch: number): Promise<number> {
  return Number((await pool.query('SELECT count(*) AS n FROM blocks WHERE shard = $1 AND epoch = $2', [SHARD, epoch])).rows[0].n);
}

function spawn(parts: Partial<CrashOrders> = {}): WriterChild {
  const child = new WriterChild(
    { url: database.url, shard: SHARD, holder: 'crash', ttlMs: 5_000, point: '', pass: 0, ...parts },
    load,
  );
  children.push(child);
  return child;
}

/** One life of the process; true when it died where it was told to. */
async function live(point: string, pass: number): Promise<boolean> {
  const child = spawn({ point, pass });
  load.resend();
  const started = await Promise.race([child.ready.then(() => true), child.exited.then(() => false)]);
  if (started) child.feed();
  const wait = point === '' ? pass : ROUND_MS;
  const died = await Promise.race([child.exited.then(() => true), sleep(wait, false)]);
  if (!died) child.kill('SIGKILL');
  assert.equal(await child.exited, 'SIGKILL', 'it ended otherwise than by the kill');
  return died;
}

async function drain(child: WriterChild): Promise<void> {
  await child.ready;
  load.resend();
  child.feed({ making: false });
  for (const until = Date.now() + 10_000; !child.idle; await sleep(20))
    assert.ok(Date.now() < until, 'commands stay without an answer');
}

async function events(): Promise<{ seq: number; event: NewEvent }[]> {
  const all: { seq: number; event: NewEvent }[] = [];
  for (let from = 1; ;) {
    const blocks = await journal.read(SHARD, from, 500);
    if (blocks.length === 0) return all;
    for (const block of blocks) eventsOf(block).forEach((event, i) => all.push({ seq: block.firstSeq + i, event }));
    from = (blocks.at(-1)?.blockNo ?? 0) + 1;
  }
}

describe('a writing process that is killed', () => {
  it(
    `loses and doubles nothing in ${KILLS} kills at named points, and gives each key one answer`,
    { timeout: 240_000 },
    async (t) => {
      const seed = Date.now();
      t.diagnostic(`the kills are of seed ${seed}`);
      const rng = makeRng(seed);
      const reached = new Map<string, number>();
      const hasMore = (): boolean => POINTS.some(([point]) => point !== '' && (reached.get(point) ?? 0) < 2);
      for (let round = 0; round < KILLS || (round < KILLS_MAX && hasMore()); round++) {
        const [point, most] = POINTS[round % POINTS.length] as (typeof POINTS)[number];
        const there = await live(point, point === '' ? randomInt(rng, 300, 1_200) : randomInt(rng, 1, most));
        if (there) reached.set(point, (reached.get(point) ?? 0) + 1);
        if (round % 6 === 5) load.finishMatch();
      }
      const last = spawn();
      await drain(last);
      await sleep(300); // the last delays end
      assert.equal(await last.stop(), null, 'it did not end in good order');

      assert.deepEqual(load.faults, []);
      for (const [point] of POINTS)
        if (point !== '') assert.ok((reached.get(point) ?? 0) >= 2, `${point} was reached ${reached.get(point) ?? 0} times`);
      const all = await events();
      checkAnswers(all);
      const fold = checkFold(all);
      assert.deepEqual((await projectionFaults(pool, SHARD, fold)).slice(0, 10), []);
      await checkState(fold);
      const report = await verifyChain(journal, SHARD, { decideAgain: true });
      assert.deepEqual(report.fault, null);
      const bets = [...fold.bets.values()];
      t.diagnostic(
        `${report.blocks} blocks, ${bets.length} bets, ${load.sent.size} commands, ${load.repeated} keys asked again, points ${JSON.stringify([...reached])}`,
      );
      assert.ok(bets.length > 1_000, `only ${bets.length} bets: the load was no load`);
      assert.ok(load.repeated > 100, 'hardly a key was asked for again');
    },
  );

  it('is fenced when it was stopped past its lease and another took over', { timeout: 60_000 }, async () => {
    const before = (await journal.head(SHARD))?.epoch ?? 0;
    const stale = spawn({ holder: 'stale', ttlMs: 700 });
    await stale.ready;
    stale.feed();
    for (const until = Date.now() + 10_000; (await blocksOf(before + 1)) === 0; await sleep(20))
      assert.ok(Date.now() < until, 'it writes nothing');
    await sleep(300);
    stale.kill('SIGSTOP');
    const next = spawn({ holder: 'next' });
    assert.equal(await next.ready, before + 2);
    const { answered } = load;
    const written = await blocksOf(before + 1);
    assert.ok(written > 0, 'it wrote nothing before it was stopped');
    stale.kill('SIGCONT'); // it goes on with what it had: none of it may count
    await sleep(500);
    stale.pause();
    await sleep(200);
    assert.equal(await blocksOf(before + 1), written, 'the stale writer wrote on');
    assert.equal((await journal.head(SHARD))?.epoch, before + 2);
    await drain(next);
    assert.ok(load.answered.length > answered.length, 'nothing was left for the successor: the test shows nothing');
    assert.equal(await next.stop(), null);
    stale.kill('SIGKILL');
    await stale.exited;
    assert.deepEqual(
      load.faults.filter((fault) => !fault.startsWith('writer.fenced')),
      [],
    );
    const all = await events();
    checkAnswers(all);
    const fold = checkFold(all);
    assert.deepEqual((await projectionFaults(pool, SHARD, fold)).slice(0, 10), []);
    assert.deepEqual((await verifyChain(journal, SHARD, { decideAgain: true })).fault, null);
  });
});

/** Every answer that was given is in the journal, at the seq it named, once. */
function checkAnswers(all: readonly { seq: number; event: NewEvent }[]): void {
  const bySeq = new Map(all.map(({ seq, event }) => [seq, event]));
  const placed = new Map<string, number>();
  for (const { event } of all)
    if (event.type === 'BetPlaced') placed.set(event.data.betId, (placed.get(event.data.betId) ?? 0) + 1);
  assert.equal(load.unanswered.length, 0);
  let bets = 0;
  for (const sent of load.answered) {
    const answer = JSON.parse(sent.answer as string) as Answer;
    const event = bySeq.get(answer.seq);
    assert.equal(
      event?.commandId,
      sent.commandId,
      `${sent.commandId} was answered ${sent.answer}, and the journal does not have it there`,
    );
    if (answer.result !== 'done') {
      assert.deepEqual([event.type, (event as NewEvent<'CommandRefused'>).data.refusal], ['CommandRefused', answer.result]);
    } else if (sent.cmd.type === 'PlaceBet') {
      bets++;
      assert.equal(placed.get(sent.cmd.betId), 1, `${sent.cmd.betId} is there ${placed.get(sent.cmd.betId) ?? 0} times`);
    }
  }
  assert.equal(placed.size, bets, 'there are bets that nobody was told of');
}

function checkFold(all: readonly { event: NewEvent }[]): NaiveFold {
  const fold = new NaiveFold();
  for (const { event } of all) fold.add(event);
  assert.deepEqual(fold.check(), []);
  return fold;
}

/** A start from the newest snapshot gives the state of the whole journal, and that one agrees with the naive fold. */
async function checkState(fold: NaiveFold): Promise<void> {
  const whole = initialShard();
  await foldFrom(journal, SHARD, { state: whole, place: CHAIN_START });
  const restored = await restore({ journal, snapshots: new PostgresSnapshots(pool), shard: SHARD, keysMax: 10 });
  assert.ok(restored.fromSnapshot, 'no snapshot was there');
  assert.equal(stateHash(restored.state), stateHash(whole));
  const ledger = whole.ledgers.get('main');
  for (const row of ledger?.accounts.rows() ?? []) assert.equal(BigInt(row.balanceMinor), fold.balance(row.path), row.path);
  const open = [...fold.bets.values()].filter((bet) => bet.status === 'accepted' || bet.status === 'pending').length;
  assert.equal(ledger?.bets.size, open);
}
